/// `lookUpPrefix` over single blocks: leaves each group's hits in `scratch.hits`. O(hit blocks)
/// and, for sliding windows, O(blocks).
func lookUpBlocks(_ replica: inout Replica, _ slot: Int) -> Int {
    for group in replica.groups.indices {
        replica.scratch.hits[group].removeAll()
    }
    guard replica.pool.caching else { return 0 }
    let size = replica.engine.blockSize
    var blocks = (Int(replica.requests[slot].known) - 1) / size
    var longest = 0
    for members in replica.lookupOrder {
        let rules = replica.groups[members[0]]
        if rules.window == 0 {
            blocks = findLeadingRun(&replica, slot, members, blocks)
        } else {
            blocks = findWindow(&replica, slot, members, blocks, needed: rules.needed)
        }
        longest = max(longest, blocks)
    }
    // A full hit that went on past the sliding groups' is cut back, and the place remembered.
    for group in replica.groups.indices where replica.scratch.hits[group].count > blocks {
        replica.scratch.hits[group].removeLast(replica.scratch.hits[group].count - blocks)
    }
    let alone = replica.groups.count == 1
    replica.requests[slot].junction = Int32(!alone && longest > blocks ? longest * size : 0)
    return blocks * size
}

private func findLeadingRun(
    _ replica: inout Replica, _ slot: Int, _ members: [Int], _ limit: Int
) -> Int {
    let content = replica.requests[slot].outputContent
    var found = 0
    while found < limit {
        if found == replica.chains.count(slot) {
            // Ahead in strides: most prompts hit nothing, some hit thousands of blocks.
            let ahead = min(limit, found + max(1, found))
            replica.chains.extend(slot, to: ahead, outputContent: content)
        }
        guard appendHit(&replica, slot, members, found) else { break }
        found += 1
    }
    return found
}

/// Appends block `index` to every member's hits if all of them have it cached.
private func appendHit(
    _ replica: inout Replica, _ slot: Int, _ members: [Int], _ index: Int
) -> Bool {
    let key = replica.chains.key(slot, index)
    for (position, group) in members.enumerated() {
        let block = replica.pool.lookup(KeyChains.key(key, group: group))
        if block == 0 {
            for earlier in members[..<position] { replica.scratch.hits[earlier].removeLast() }
            return false
        }
        replica.scratch.hits[group].append(block)
    }
    return true
}

/// Scans from the right for `needed` consecutive cached blocks, or the run that touches block 0.
private func findWindow(
    _ replica: inout Replica, _ slot: Int, _ members: [Int], _ limit: Int, needed: Int
) -> Int {
    let content = replica.requests[slot].outputContent
    replica.chains.extend(slot, to: limit, outputContent: content)
    for group in members {
        replica.scratch.hits[group].append(0, times: limit)
    }
    var run = 0
    var index = limit - 1
    var end = 0
    while index >= 0 {
        let key = replica.chains.key(slot, index)
        var all = true
        for group in members {
            let block = replica.pool.lookup(KeyChains.key(key, group: group))
            replica.scratch.hits[group][index] = block
            all = all && block != 0
        }
        run = all ? run + 1 : 0
        if !all { for group in members { replica.scratch.hits[group][index] = 0 } }
        if all, run >= needed {
            end = index + run
            break
        }
        index -= 1
    }
    if index < 0 { end = run }
    for group in members {
        replica.scratch.hits[group].removeLast(limit - end)
    }
    return end
}
