extension KVCache {
    /// How many hit blocks no request holds, except those that already left a window. O(hit
    /// blocks).
    mutating func freeHitBlocks(_ settled: Int) -> Int {
        var free = 0
        for group in groups.indices {
            let hits = found.numbers[group].count
            let skipped = min(groups[group].skippedBlocks(settled), hits)
            for index in skipped..<hits {
                let block = found.numbers[group][index]
                if block != 0, pool.blocks[Int(block)].references == 0 { free += 1 }
            }
        }
        return free
    }

    /// Releases the blocks of a group before place `end`, which have left its window.
    mutating func slideBlocks(_ slot: Int, _ group: Int, to end: Int32) {
        let list = tables[slot * groups.count + group]
        var cursor: Int32 = -1
        var index = Int(end) - 1
        while index >= 0 {
            let block = numbers[list, index]
            if block == 0 { break }
            numbers[list, index] = 0
            pool.release(block, cursor: &cursor, keylessToBack: groups[group].keylessToBack)
            index -= 1
        }
    }

    /// Gives a request the blocks that its lookup found. O(hit blocks).
    mutating func adoptBlocks(_ slot: Int, _ settled: Int) {
        for group in groups.indices {
            let entry = slot * groups.count + group
            let skipped = groups[group].skippedBlocks(settled)
            let hits = found.numbers[group].count
            numbers.reserve(hits, in: &tables[entry])
            for index in 0..<hits {
                let block = index < skipped ? 0 : found.numbers[group][index]
                pool.adopt(block)
                numbers.append(block, to: &tables[entry])
            }
        }
    }

    /// Takes `new` more blocks in each group.
    @inline(never)
    mutating func takeBlocks(_ slot: Int, _ new: Int) {
        for group in groups.indices {
            let entry = slot * groups.count + group
            for _ in 0..<new { numbers.append(pool.take(), to: &tables[entry]) }
        }
    }

    /// Registers keys for blocks that have become full, group by group. O(blocks).
    @inline(never)
    mutating func registerBlocks(_ slot: Int, _ places: Range<Int32>) {
        for group in groups.indices {
            let list = tables[slot * groups.count + group]
            for index in places {
                let block = numbers[list, Int(index)]
                guard block != 0,
                    groups[group].retains(block: Int(index), slots[slot].retention)
                else { continue }
                pool.register(block, key: blockKey(slot, index, group))
            }
        }
    }

    /// Releases all of a request's blocks, deepest first. O(blocks).
    mutating func releaseBlocks(_ slot: Int) {
        for group in groups.indices {
            let entry = slot * groups.count + group
            let list = tables[entry]
            var cursor: Int32 = -1
            for index in (0..<Int(list.count)).reversed() {
                pool.release(
                    numbers[list, index], cursor: &cursor,
                    keylessToBack: groups[group].keylessToBack)
            }
            numbers.free(&tables[entry])
        }
    }
}
