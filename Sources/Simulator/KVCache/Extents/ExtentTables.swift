import Traces

/// A request's blocks in one group, if blocks are kept as extents.
struct GroupTable {
    /// Places at the front whose blocks have left the window.
    var behindWindow: Int32 = 0
    /// Registered blocks, in chain order; not kept for content that no other request can name.
    var holds = Slab<ExtentRange>.List()
    /// Holds at the front of the list that have wholly left the window.
    var gone: Int32 = 0
    /// Blocks in the remaining holds.
    var cached: Int32 = 0
}

extension KVCache {
    /// How many hit blocks no request holds, except those that already left a window.
    mutating func freeHitExtents(_ settled: Int) -> Int {
        var free = 0
        forEachHit(settled) { cache, _, hit in free += Int(cache.extents.freeCount(hit)) }
        return free
    }

    /// Calls `body` with each hit of each group, without blocks that already left a window.
    @inline(__always)
    private mutating func forEachHit(
        _ settled: Int, _ body: (inout KVCache, Int, ExtentRange) -> Void
    ) {
        for group in groups.indices {
            let skipped = Int32(groups[group].skippedBlocks(settled))
            for index in found.extents[group].indices {
                var hit = found.extents[group][index]
                hit.low = max(hit.low, skipped)
                if hit.low < hit.high { body(&self, group, hit) }
            }
        }
    }

    /// Gives a request the extents that its lookup found.
    mutating func adoptExtents(_ slot: Int, _ settled: Int) {
        let blocks = slots[slot].table.count
        let first = slot * groups.count
        forEachHit(settled) { cache, group, hit in
            cache.extents.hold(hit)
            cache.holds.append(hit, to: &cache.groupTables[first + group].holds)
            cache.groupTables[first + group].cached += hit.count
        }
        for entry in first..<(first + groups.count) {
            groupTables[entry].behindWindow = blocks - groupTables[entry].cached
        }
        for index in found.path.indices where found.path[index].low < blocks {
            slots[slot].table.node = found.path[index].node
        }
        extents.tree.retain(slots[slot].table.node)
    }

    /// Releases the blocks of a group before place `end`, which have left its window. O(extents
    /// released).
    mutating func freeBehindWindows(_ slot: Int, _ group: Int, to end: Int32) {
        let behindWindow = groupTables[slot * groups.count + group].behindWindow
        guard behindWindow < end else { return }
        // Blocks that left before they were registered go to the back first.
        let unregistered =
            groups[group].keylessToBack
            ? end - min(end, max(behindWindow, slots[slot].table.registered)) : 0
        if unregistered > 0 { extents.giveBack(Int(unregistered), toBack: true) }
        let cached =
            slots[slot].isPrivate
            ? freePrivateBehindWindow(slot, group, behindWindow..<end)
            : releaseHolds(slot, group, below: end)
        extents.giveBack(Int(end - behindWindow - unregistered) - cached)
        groupTables[slot * groups.count + group].behindWindow = end
    }

    /// Releases a request's registered blocks of a group before `end`, deepest first. Returns their
    /// number.
    private mutating func releaseHolds(_ slot: Int, _ group: Int, below end: Int32) -> Int {
        var table = groupTables[slot * groups.count + group]
        if table.cached == 0 { return 0 }
        var index = Int(table.gone)
        while index < Int(table.holds.count), holds[table.holds, index].low < end {
            index += 1
        }
        let before = table.cached
        while index > Int(table.gone) {
            index -= 1
            var hold = holds[table.holds, index]
            holds[table.holds, index].low = min(end, hold.high)
            hold.high = min(end, hold.high)
            table.cached -= hold.count
            extents.release(hold)
        }
        while table.gone < table.holds.count, holds[table.holds, Int(table.gone)].count == 0 {
            table.gone += 1
        }
        groupTables[slot * groups.count + group] = table
        return Int(before - table.cached)
    }

    /// The same for a request whose content no other request can name; it may have to itself if it
    /// is preempted.
    private mutating func freePrivateBehindWindow(
        _ slot: Int, _ group: Int, _ places: Range<Int32>
    ) -> Int {
        let cached = places.clamped(to: 0..<slots[slot].table.registered)
        let rules = groups[group]
        found.retained.removeAll()
        let count = rules.forEachRetained(cached, slots[slot].retention) {
            found.retained.append($0)
        }
        while let blocks = found.retained.popLast() {
            let sequence = slots[slot].sequence
            extents.releasePrivate(blocks, sequence: sequence, group: Int32(group))
        }
        return count
    }

    /// Releases all blocks of a request whose table was `table`.
    mutating func releaseExtents(_ slot: Int, _ table: BlockTable) {
        // No block has left a window, and a private request holds no extents.
        if sumsBlocks, slots[slot].isPrivate {
            extents.giveBack(Int(table.count - table.registered), toBack: groups[0].keylessToBack)
            return extents.releasePrivate(Int(table.registered))
        }
        for group in groups.indices {
            let entry = slot * groups.count + group
            let behindWindow = groupTables[entry].behindWindow
            let isPrivate = slots[slot].isPrivate
            let cached =
                isPrivate
                ? retained(slot, group, min(behindWindow, table.registered)..<table.registered)
                : Int(groupTables[entry].cached)
            extents.giveBack(
                Int(table.count - behindWindow) - cached, toBack: groups[group].keylessToBack)
            if isPrivate {
                extents.releasePrivate(cached)
            } else {
                _ = releaseHolds(slot, group, below: .max)
                holds.free(&groupTables[entry].holds)
            }
            groupTables[entry] = GroupTable()
        }
        if table.node >= 0 { extents.tree.release(table.node) }
    }

    /// Registers keys for blocks that have become full. O(groups · extents), and O(1) for content
    /// that no other request can name.
    @inline(__always)
    mutating func registerExtents(_ slot: Int, _ blocks: Range<Int32>) {
        guard slots[slot].isPrivate else { return registerNamed(slot, blocks) }
        // The same without looking at the group, for most requests.
        if sumsBlocks {
            extents.distinctKeys += Int(blocks.upperBound - blocks.lowerBound)
            return
        }
        for group in groups.indices {
            extents.distinctKeys += retained(slot, group, blocks)
        }
    }

    /// How many of these blocks of a request a group retains in the prefix cache.
    mutating func retained(_ slot: Int, _ group: Int, _ blocks: Range<Int32>) -> Int {
        groups[group].forEachRetained(blocks, slots[slot].retention) { _ in }
    }

    /// The same for content that others may name. The blocks follow those already registered.
    @inline(never)
    private mutating func registerNamed(_ slot: Int, _ blocks: Range<Int32>) {
        found.path.removeAll()
        let before = slots[slot].table.node
        var node = before
        extents.tree.reach(
            contents, slot, from: blocks.lowerBound, to: blocks.upperBound, &node, &found.path)
        if node != before {
            extents.tree.retain(node)
            if before >= 0 { extents.tree.release(before) }
            slots[slot].table.node = node
        }
        for group in groups.indices {
            let behindWindow = groupTables[slot * groups.count + group].behindWindow
            let low = min(max(blocks.lowerBound, behindWindow), blocks.upperBound)
            let rules = groups[group]
            _ = rules.forEachRetained(low..<blocks.upperBound, slots[slot].retention) {
                register(slot, group, $0)
            }
        }
    }

    /// Registers blocks of one group, whose nodes are in `found.path`.
    private mutating func register(_ slot: Int, _ group: Int, _ blocks: Range<Int32>) {
        let entry = slot * groups.count + group
        for index in found.path.indices {
            var part = found.path[index]
            part.low = max(part.low, blocks.lowerBound)
            part.high = min(part.high, blocks.upperBound)
            guard part.low < part.high else { continue }
            var table = groupTables[entry]
            let last = Int(table.holds.count) - 1
            let hold = last >= Int(table.gone) ? holds[table.holds, last] : nil
            if let new = extents.register(part, Int32(group), after: hold) {
                holds.append(new, to: &table.holds)
            } else {
                holds[table.holds, last].high = part.high
            }
            table.cached += part.high - part.low
            groupTables[entry] = table
        }
    }

    /// Gives the content of a private request a name, and its blocks extents, because it is about
    /// to be preempted and may find its own blocks again.
    mutating func expose(_ slot: Int, output: Int64) {
        guard slots[slot].isPrivate, isCaching else { return }
        slots[slot].isPrivate = false
        let sequence = slots[slot].sequence
        let prompt = Segment.whole(of: sequence, length: slots[slot].promptTokens)
        contents.open(slot, [prompt], output: output)
        let registered = slots[slot].table.registered
        guard registered > 0 else { return }
        for group in groups.indices {
            let behindWindow = groupTables[slot * groups.count + group].behindWindow
            extents.distinctKeys -=
                retained(slot, group, min(behindWindow, registered)..<registered)
        }
        registerNamed(slot, 0..<registered)
        extents.expose(sequence: sequence, node: slots[slot].table.node)
    }
}
