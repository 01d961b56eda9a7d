/// The cache against the requests that hold its blocks: invariants 16 to 19.

extension Instance {
    /// I16: every block is free or held. What tables and extents hold adds up to what is in use,
    /// and each block has as many holders as tables name it.
    mutating func lostBlocks() -> String? {
        cache.usesExtents ? lostExtentBlocks() : cache.lostNumberedBlocks()
    }
}

extension KVCache {
    fileprivate mutating func lostNumberedBlocks() -> String? {
        var holders = Array(repeating: Int32(0), count: pool.blocks.count)
        for table in tables.indices {
            let list = tables[table]
            for place in 0..<Int(list.count) { holders[Int(numbers[list, place])] += 1 }
        }
        var free = 0
        for block in 1..<max(1, holders.count) {
            let noted = pool.blocks[block].references
            if noted != holders[block] {
                return "block \(block) has \(noted) holders, \(holders[block]) tables name it"
            }
            if noted == 0 { free += 1 }
        }
        let counted = pool.freeCount
        return free == counted ? nil : "\(counted) blocks are counted as free, \(free) are"
    }
}

extension Instance {
    private mutating func lostExtentBlocks() -> String? {
        var held = HeldBlocks()
        for slot in cache.slots.indices where scheduler.requests[slot].state != .ended {
            held.add(slot, count: blocksHeld(slot), &cache)
        }
        if let problem = held.wrongHolders(&cache.extents) { return problem }
        let used = cache.usedBlocks
        let sum = held.unshared + held.shared
        return used == sum ? nil : "\(used) blocks are in use, requests hold \(sum)"
    }

    /// Places in each group's table of a request. A member's may have been taken as a number only.
    private mutating func blocksHeld(_ slot: Int) -> Int32 {
        let booked = cache.slots[slot].table.count
        guard cache.sumsBlocks, scheduler.requests[slot].membership == .member else {
            return booked
        }
        let computed = scheduler.requests[slot].computed(at: scheduler.cohort.tick)
        return max(booked, Int32(cache.blockSize.holding(computed)))
    }
}

/// The blocks that requests hold of a pool of extents.
private struct HeldBlocks {
    /// Blocks held by one request alone, without a place in an extent.
    var unshared = 0
    /// Blocks of extents with a holder.
    var shared = 0
    /// Holders of each extent's blocks, by extent and block.
    private var holders: [Int32: [Int32: Int32]] = [:]

    mutating func add(_ slot: Int, count: Int32, _ cache: inout KVCache) {
        for group in 0..<cache.groups.count {
            let table = cache.groupTables[slot * cache.groups.count + group]
            unshared += Int(count - table.behindWindow - table.cached)
            for place in Int(table.gone)..<max(Int(table.gone), Int(table.holds.count)) {
                let hold = cache.holds[table.holds, place]
                for block in hold.low..<max(hold.low, hold.high) {
                    holders[hold.extent, default: [:]][block, default: 0] += 1
                }
            }
        }
    }

    /// Compares every span of the extents in use with the requests, and counts the blocks held.
    mutating func wrongHolders(_ pool: inout ExtentPool) -> String? {
        for (extent, wanted) in holders.sorted(by: { $0.key < $1.key }) {
            var left = wanted
            var place = pool.extents[extent].spans.first
            while place >= 0 {
                let span = pool.spans[place]
                for block in span.low..<span.high {
                    let holders = left.removeValue(forKey: block) ?? 0
                    if holders != span.holders {
                        return "block \(block) of extent \(extent) has \(span.holders) holders, "
                            + "\(holders) requests hold it"
                    }
                }
                if span.holders > 0 { shared += Int(span.count) }
                place = pool.byDepth.next(place)
            }
            if !left.isEmpty { return "extent \(extent) lacks blocks that are held" }
        }
        return nil
    }
}

extension Instance {
    /// I17: the free queue holds every free block once, those without a key before those with one,
    /// except in releases that send the former to the back.
    mutating func brokenFreeQueue() -> String? {
        if cache.usesExtents { return brokenSpanQueue(&cache.extents) }
        var isOrdered = true
        for group in cache.groups.indices where cache.groups[group].keylessToBack {
            isOrdered = false
        }
        return brokenBlockQueue(&cache.pool, isOrdered: isOrdered)
    }
}

private func brokenBlockQueue(_ pool: inout BlockPool, isOrdered: Bool) -> String? {
    var queued = 0
    var cached = false
    var problem: String?
    pool.forEachFree { block, entry in
        if entry.references != 0 { problem = "block \(block) is queued and held" }
        if isOrdered, cached, entry.key == 0 {
            problem = "block \(block) without a key stands behind a key"
        }
        cached = entry.key != 0
        queued += 1
    }
    if let problem { return problem }
    return queued == pool.freeCount ? nil : "\(queued) blocks of \(pool.freeCount) are queued"
}

private func brokenSpanQueue(_ pool: inout ExtentPool) -> String? {
    var queued = 0
    var previous: Int32 = -1
    var place = pool.free.first
    while place >= 0 {
        let span = pool.spans[place]
        if pool.queue.previous(place) != previous { return "a span names another before it" }
        if span.holders != 0 || span.count <= 0 { return "a span of the queue is held or empty" }
        queued += Int(span.count)
        if queued > pool.queuedFree { return "more than \(pool.queuedFree) blocks are queued" }
        previous = place
        place = pool.queue.next(place)
    }
    if previous != pool.free.last { return "the queue does not end at its tail" }
    if pool.uncachedFree < 0 { return "\(pool.uncachedFree) blocks without a key are free" }
    return queued == pool.queuedFree ? nil : "\(queued) blocks of \(pool.queuedFree) are queued"
}

extension Instance {
    /// I18: a running request holds blocks for exactly what it has computed; a waiting one holds
    /// none.
    mutating func uncoveredTokens() -> String? {
        for slot in cache.slots.indices {
            let request = scheduler.requests[slot]
            let count = Int(cache.slots[slot].table.count)
            var tokens = 0...0
            if request.state == .running {
                switch request.membership {
                case .individual: tokens = Int(request.computed)...Int(request.computed)
                case .member where cache.sumsBlocks: continue
                case .member:
                    let computed = request.computed(at: scheduler.cohort.tick)
                    tokens = computed...computed
                case .leaving: tokens = request.computedAtEnd...request.computedAtEnd + 1
                }
            }
            let least = cache.blockSize.holding(tokens.lowerBound)
            let most = cache.blockSize.holding(tokens.upperBound)
            if count < least || count > most {
                return "request \(request.id), \(request.state), holds \(count) blocks for "
                    + "\(tokens.upperBound) tokens"
            }
        }
        return nil
    }

    /// I19: the prefix index counts each key that a block carries once.
    mutating func wrongKeys() -> String? {
        guard cache.isCaching else {
            let keys = cache.distinctKeys
            return keys == 0 ? nil : "\(keys) keys without prefix caching"
        }
        let found = cache.usesExtents ? scheduler.extentKeys(&cache) : blockKeys(&cache.pool)
        let noted = cache.distinctKeys
        return found == noted ? nil : "\(noted) keys are counted, blocks carry \(found)"
    }
}

/// Distinct keys of blocks; -1 if the index names a block without the key.
private func blockKeys(_ pool: inout BlockPool) -> Int {
    var keys: Set<UInt64> = []
    for block in pool.blocks.indices where pool.blocks[block].key != 0 {
        let key = pool.blocks[block].key
        if pool.blocks[Int(pool.lookup(key))].key != key { return -1 }
        keys.insert(key)
    }
    return keys.count
}

extension Scheduler {
    /// Distinct keys of extents: for each node and group the blocks that some extent has, plus all
    /// blocks of content that no other request can name.
    fileprivate mutating func extentKeys(_ cache: inout KVCache) -> Int {
        var keys = 0
        let groups = cache.groups.count
        for list in cache.extents.ages.indices where !cache.extents.ages[list].isEmpty {
            cache.extents.cover(Int32(list / groups), Int32(list % groups), 0, .max)
            for place in cache.extents.covered.indices {
                keys += Int(cache.extents.covered[place].count)
            }
        }
        var place = cache.extents.free.first
        while place >= 0 {
            let span = cache.extents.spans[place]
            if span.extent < 0, span.group >= 0 { keys += Int(span.count) }
            place = cache.extents.queue.next(place)
        }
        for slot in cache.slots.indices
        where requests[slot].state == .running && cache.slots[slot].isPrivate {
            let registered = cache.slots[slot].table.registered
            for group in 0..<groups {
                let behindWindow = cache.groupTables[slot * groups + group].behindWindow
                keys += cache.retained(slot, group, min(behindWindow, registered)..<registered)
            }
        }
        return keys
    }
}
