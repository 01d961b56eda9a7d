extension KVCache {
    /// One kind's part of a lookup over single blocks: where a hit of at most `limit` blocks ends
    /// for it. Leaves the blocks of its groups in `found`. O(hit blocks), and O(blocks) for sliding
    /// windows.
    mutating func lookUpBlocks(_ slot: Int, _ kind: Int, _ limit: Int32) -> Int32 {
        let members = found.kinds[kind].members.map { Int(found.members[$0]) }
        for group in members { found.numbers[group].removeAll() }
        let needed = found.kinds[kind].needed
        guard needed == 0 else {
            return findWindow(slot, members, limit, needed: needed)
        }
        var end: Int32 = 0
        while end < limit, appendHit(slot, members, end) { end += 1 }
        return end
    }

    /// Cuts each group's hits to `blocks` blocks.
    mutating func cutHits(_ blocks: Int32) {
        for group in groups.indices {
            let excess = found.numbers[group].count - Int(blocks)
            if excess > 0 { found.numbers[group].removeLast(excess) }
        }
    }

    /// The key of a request's block in a group: groups share a pool but not their blocks.
    @inline(__always)
    mutating func blockKey(_ slot: Int, _ block: Int32, _ group: Int) -> UInt64 {
        let tokens = (block + 1) * Int32(blockSize.tokens)
        let piece = contents.index(slot, holding: tokens - 1)
        let prefix = contents.piece(slot, piece).prefixHash(to: tokens)
        return group == 0 ? prefix : (prefix ^ (UInt64(group) &* 0x9e37_79b9_7f4a_7c15)) | 1
    }

    /// Appends a block to every member's hits if all of them have it cached.
    private mutating func appendHit(_ slot: Int, _ members: [Int], _ index: Int32) -> Bool {
        for (position, group) in members.enumerated() {
            let block = pool.lookup(blockKey(slot, index, group))
            if block == 0 {
                for earlier in members[..<position] { found.numbers[earlier].removeLast() }
                return false
            }
            found.numbers[group].append(block)
        }
        return true
    }

    /// Scans from the right for `needed` consecutive cached blocks, or fewer that reach block 0.
    private mutating func findWindow(
        _ slot: Int, _ members: [Int], _ limit: Int32, needed: Int32
    ) -> Int32 {
        for group in members { found.numbers[group].append(0, times: Int(limit)) }
        var run: Int32 = 0
        var index = limit - 1
        while index >= 0 {
            var all = true
            for group in members {
                let block = pool.lookup(blockKey(slot, index, group))
                found.numbers[group][Int(index)] = block
                all = all && block != 0
            }
            run = all ? run + 1 : 0
            if !all { for group in members { found.numbers[group][Int(index)] = 0 } }
            if all, run >= needed { break }
            index -= 1
        }
        return max(0, index) + run
    }
}
