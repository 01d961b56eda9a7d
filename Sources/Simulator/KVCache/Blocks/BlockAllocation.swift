/// How many hit blocks nobody holds, those aside that a window has left already. O(hit blocks).
func freeHitBlocks(_ cache: inout KVCache, _ settled: Int) -> Int {
    var free = 0
    for group in cache.groups.indices {
        let hits = cache.found.numbers[group].count
        let skipped = min(cache.groups[group].skippedBlocks(settled), hits)
        for index in skipped..<hits {
            let block = cache.found.numbers[group][index]
            if block != 0, cache.pool.blocks[Int(block)].references == 0 { free += 1 }
        }
    }
    return free
}

/// Releases the blocks of a group that stand before a place, which have left its window.
func slideBlocks(_ cache: inout KVCache, _ slot: Int, _ group: Int, to end: Int32) {
    let list = cache.tables[slot * cache.groups.count + group]
    var cursor: Int32 = -1
    var index = Int(end) - 1
    while index >= 0 {
        let block = cache.numbers[list, index]
        if block == 0 { break }
        cache.numbers[list, index] = 0
        cache.pool.release(
            block, cursor: &cursor, keylessToBack: cache.groups[group].keylessToBack)
        index -= 1
    }
}

/// Gives a request the blocks that its lookup found. O(hit blocks).
func adoptBlocks(_ cache: inout KVCache, _ slot: Int, _ settled: Int) {
    for group in cache.groups.indices {
        let entry = slot * cache.groups.count + group
        let skipped = cache.groups[group].skippedBlocks(settled)
        let hits = cache.found.numbers[group].count
        cache.numbers.reserve(hits, in: &cache.tables[entry])
        for index in 0..<hits {
            let block = index < skipped ? 0 : cache.found.numbers[group][index]
            cache.pool.adopt(block)
            cache.numbers.append(block, to: &cache.tables[entry])
        }
    }
}

/// Takes so many more blocks in each group.
@inline(never)
func takeBlocks(_ cache: inout KVCache, _ slot: Int, _ new: Int) {
    for group in cache.groups.indices {
        let entry = slot * cache.groups.count + group
        for _ in 0..<new { cache.numbers.append(cache.pool.take(), to: &cache.tables[entry]) }
    }
}

/// Registers keys for blocks that have become full, group by group. O(blocks).
@inline(never)
func registerBlocks(_ cache: inout KVCache, _ slot: Int, _ places: Range<Int32>) {
    for group in cache.groups.indices {
        let list = cache.tables[slot * cache.groups.count + group]
        for index in places {
            let block = cache.numbers[list, Int(index)]
            guard block != 0,
                cache.groups[group].retains(block: Int(index), cache.slots[slot].retention)
            else { continue }
            cache.pool.register(block, key: blockKey(&cache, slot, index, group))
        }
    }
}

/// Releases all of a request's blocks, deepest first. O(blocks).
func releaseBlocks(_ cache: inout KVCache, _ slot: Int) {
    for group in cache.groups.indices {
        let entry = slot * cache.groups.count + group
        let list = cache.tables[entry]
        var cursor: Int32 = -1
        for index in (0..<Int(list.count)).reversed() {
            cache.pool.release(
                cache.numbers[list, index], cursor: &cursor,
                keylessToBack: cache.groups[group].keylessToBack)
        }
        cache.numbers.free(&cache.tables[entry])
    }
}
