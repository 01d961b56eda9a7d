/// `lookUp` over single blocks: the hit in tokens; the blocks of each group are left in `found`.
/// O(hit blocks) and, for sliding windows, O(blocks).
func lookUpBlocks(_ cache: inout KVCache, _ slot: Int, _ known: Int) -> Int {
    for group in cache.groups.indices {
        cache.found.numbers[group].removeAll()
    }
    guard cache.isCaching else { return 0 }
    let size = cache.blockSize.tokens
    var blocks = (known - 1) / size
    var longest = 0
    for place in cache.found.kinds.indices {
        let kind = cache.found.kinds[place]
        let members = kind.members.map { Int(cache.found.members[$0]) }
        if kind.needed == 0 {
            blocks = findLeading(&cache, slot, members, blocks)
        } else {
            let needed = cache.groups[members[0]].needed
            blocks = findWindow(&cache, slot, members, blocks, needed: needed)
        }
        longest = max(longest, blocks)
    }
    // A full hit that went on past the sliding groups' is cut back, and the place remembered.
    for group in cache.groups.indices where cache.found.numbers[group].count > blocks {
        cache.found.numbers[group].removeLast(cache.found.numbers[group].count - blocks)
    }
    let alone = cache.groups.count == 1
    cache.slots[slot].junction = Int32(!alone && longest > blocks ? longest * size : 0)
    return blocks * size
}

private func findLeading(
    _ cache: inout KVCache, _ slot: Int, _ members: [Int], _ limit: Int
) -> Int {
    let content = cache.slots[slot].outputContent
    var found = 0
    while found < limit {
        if found == cache.chains.count(slot) {
            // Ahead in strides: most prompts hit nothing, some hit thousands of blocks.
            let ahead = min(limit, found + max(1, found))
            cache.chains.extend(slot, to: ahead, outputContent: content)
        }
        guard appendHit(&cache, slot, members, found) else { break }
        found += 1
    }
    return found
}

/// Appends block `index` to every member's hits if all of them have it cached.
private func appendHit(
    _ cache: inout KVCache, _ slot: Int, _ members: [Int], _ index: Int
) -> Bool {
    let key = cache.chains.key(slot, index)
    for (position, group) in members.enumerated() {
        let block = cache.pool.lookup(KeyChains.key(key, group: group))
        if block == 0 {
            for earlier in members[..<position] { cache.found.numbers[earlier].removeLast() }
            return false
        }
        cache.found.numbers[group].append(block)
    }
    return true
}

/// Scans from the right for `needed` consecutive cached blocks, or those that touch block 0.
private func findWindow(
    _ cache: inout KVCache, _ slot: Int, _ members: [Int], _ limit: Int, needed: Int
) -> Int {
    let content = cache.slots[slot].outputContent
    cache.chains.extend(slot, to: limit, outputContent: content)
    for group in members {
        cache.found.numbers[group].append(0, times: limit)
    }
    var run = 0
    var index = limit - 1
    var end = 0
    while index >= 0 {
        let key = cache.chains.key(slot, index)
        var all = true
        for group in members {
            let block = cache.pool.lookup(KeyChains.key(key, group: group))
            cache.found.numbers[group][index] = block
            all = all && block != 0
        }
        run = all ? run + 1 : 0
        if !all { for group in members { cache.found.numbers[group][index] = 0 } }
        if all, run >= needed {
            end = index + run
            break
        }
        index -= 1
    }
    if index < 0 { end = run }
    for group in members {
        cache.found.numbers[group].removeLast(limit - end)
    }
    return end
}
