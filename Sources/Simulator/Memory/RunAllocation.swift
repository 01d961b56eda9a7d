import Traces

/// The first `count` blocks of a run, held by a request.
struct RunHold {
    var run: Int32
    var count: Int32
}

/// A request's blocks when they are kept as runs: registered ones as holds in chain order, then
/// keyless ones as a number.
struct RunTable {
    var holds = Slab<RunHold>.List()
    /// Blocks in `holds`.
    var registered: Int32 = 0
    var keyless: Int32 = 0
    /// The run known to cover the chain up to `registered`, if any.
    var path = RunReference()

    var count: Int32 { registered + keyless }

    /// Tokens computed at which a decoding request needs a block.
    @inline(__always)
    func nextTake(size: Int32) -> Int32 { count &* size }

    /// Tokens computed at which a block becomes full of known ones, if so many are not known yet.
    @inline(__always)
    func nextFill(unknown: Int32, size: Int32, caching: Bool) -> Int32 {
        caching ? (registered &+ 1) &* size &- 1 &+ unknown : .max
    }
}

/// `allocate` for runs; the same rules. O(hit runs + stretches evicted).
func allocateRuns(_ replica: inout Replica, _ demand: BlockDemand) -> Bool {
    if replica.requests[demand.slot].isPrivate { return allocatePrivate(&replica, demand) }
    let request = replica.requests[demand.slot]
    let limit = replica.engine.maxModelLen
    let total = min(Int(request.computed) + demand.hitTokens, limit)
    let held = Int(replica.runTables[demand.slot].count + replica.scratch.runHitBlocks)
    var freeHits = 0
    for index in replica.scratch.runHits.indices {
        let hit = replica.scratch.runHits[index]
        freeHits += Int(max(0, hit.count - replica.runPool.runs[Int(hit.run)].held))
    }
    if demand.gate {
        let want = replica.blockSize.holding(min(Int(request.known), limit))
        let need = max(0, want - held) + freeHits
        if need + demand.mark > replica.runPool.freeCount { return false }
    }
    let want = replica.blockSize.holding(min(total + demand.tokens, limit))
    let new = max(0, want - held)
    if new + freeHits + demand.mark > replica.runPool.freeCount { return false }
    if !replica.scratch.runHits.isEmpty { adoptRuns(&replica, demand.slot) }
    replica.runPool.take(new)
    replica.runTables[demand.slot].keyless += Int32(new)
    if replica.isCaching {
        registerRuns(&replica, demand.slot, min(total + demand.tokens, Int(request.known)))
    }
    setQuietRuns(&replica, demand.slot)
    return true
}

/// The same for content that nobody else names, which never hits anything. O(1).
private func allocatePrivate(_ replica: inout Replica, _ demand: BlockDemand) -> Bool {
    let size = replica.blockSize
    let limit = replica.engine.maxModelLen
    let known = Int(replica.requests[demand.slot].known)
    let held = Int(replica.runTables[demand.slot].count)
    let computed = Int(replica.requests[demand.slot].computed)
    let tokens = min(min(computed, limit) + demand.tokens, limit)
    let new = max(0, size.holding(tokens) - held)
    let asked = demand.gate ? max(new, size.holding(min(known, limit)) - held) : new
    guard asked + demand.mark <= replica.runPool.freeCount else { return false }
    if new > 0 { replica.runPool.take(new) }
    replica.runTables[demand.slot].keyless += Int32(new)
    if replica.isCaching {
        registerPrivate(&replica, demand.slot, size.filled(by: min(tokens, known)))
    }
    setQuietRuns(&replica, demand.slot)
    return true
}

/// Notes that so many blocks of a private request are full. O(1).
@inline(__always)
private func registerPrivate(_ replica: inout Replica, _ slot: Int, _ full: Int) {
    let new = max(0, Int32(full) - replica.runTables[slot].registered)
    replica.runPool.distinctKeys += Int(new)
    replica.runTables[slot].registered += new
    replica.runTables[slot].keyless -= new
}

/// Notes until when a request's next steps need nothing from the pool.
@inline(__always)
func setQuietRuns(_ replica: inout Replica, _ slot: Int) {
    let size = replica.runPool.blockSize
    let take = replica.runTables[slot].nextTake(size: size)
    replica.requests[slot].quietUntil = min(
        take, replica.runTables[slot].nextFill(unknown: 0, size: size, caching: replica.isCaching))
}

private func adoptRuns(_ replica: inout Replica, _ slot: Int) {
    var table = replica.runTables[slot]
    for index in replica.scratch.runHits.indices {
        let hit = replica.scratch.runHits[index]
        replica.runPool.hold(hit.run, hit.count)
        replica.runLists.append(hit, to: &table.holds)
        table.registered += hit.count
        table.path = RunReference(
            run: hit.run, stamp: replica.runPool.runs[Int(hit.run)].stamp)
    }
    replica.runTables[slot] = table
}

/// Releases everything a request holds, the last block first.
func releaseRuns(_ replica: inout Replica, _ slot: Int) {
    replica.requests[slot].quietUntil = -1
    if replica.requests[slot].isPrivate {
        replica.runPool.giveBack(Int(replica.runTables[slot].keyless))
        replica.runPool.releasePrivate(replica.runTables[slot].registered)
        replica.runTables[slot].keyless = 0
        replica.runTables[slot].registered = 0
        return
    }
    var table = replica.runTables[slot]
    replica.runPool.giveBack(Int(table.keyless))
    var index = Int(table.holds.count) - 1
    while index >= 0 {
        let hold = replica.runLists[table.holds, index]
        if replica.runPool.runs[Int(hold.run)].owner == Int32(slot) {
            replica.runPool.runs[Int(hold.run)].owner = -1
        }
        replica.runPool.release(hold.run, hold.count)
        index -= 1
    }
    replica.runLists.free(&table.holds)
    replica.runTables[slot] = RunTable(holds: table.holds)
}

/// Gives the content of a private request a name, and its blocks keys or a run: it is about to be
/// preempted and may find its own blocks again.
func expose(_ replica: inout Replica, _ slot: Int) {
    guard replica.requests[slot].isPrivate, replica.isCaching else { return }
    replica.requests[slot].isPrivate = false
    let sequence = replica.requests[slot].sequence
    let prompt = Segment.whole(of: sequence, length: replica.requests[slot].promptTokens)
    guard replica.usesRuns else {
        replica.chains.open(slot, [prompt])
        return exposeBlocks(&replica, slot)
    }
    replica.contents.open(slot, [prompt], output: replica.requests[slot].outputContent)
    let registered = replica.runTables[slot].registered
    replica.runPool.distinctKeys -= Int(registered)
    replica.runTables[slot].keyless += registered
    replica.runTables[slot].registered = 0
    registerRuns(&replica, slot, Int(registered) * replica.engine.blockSize)
}

/// Registers keys for the blocks that are full at `tokens` tokens. O(1 + shadows + pieces).
@inline(__always)
func registerRuns(_ replica: inout Replica, _ slot: Int, _ tokens: Int) {
    let full = Int32(replica.blockSize.filled(by: tokens))
    guard replica.requests[slot].isPrivate else { return registerNamed(&replica, slot, full) }
    registerPrivate(&replica, slot, Int(full))
}

/// The same for content that others may name, for so many blocks.
private func registerNamed(_ replica: inout Replica, _ slot: Int, _ full: Int32) {
    while replica.runTables[slot].registered < full {
        let block = replica.runTables[slot].registered
        let key = replica.contents.prefixHash(slot, (block + 1) * replica.runPool.blockSize)
        let covering = coveringRun(&replica, slot, block, key)
        if covering >= 0 {
            registerShadow(&replica, slot, key, of: covering)
        } else {
            // A tree closed under prefixes: where this block is new, all deeper ones are.
            registerRun(&replica, slot, key, to: full)
        }
    }
}

/// The run that carries the key of a block of the request already, or -1.
private func coveringRun(
    _ replica: inout Replica, _ slot: Int, _ block: Int32, _ key: UInt64
) -> Int32 {
    let path = replica.runTables[slot].path
    if replica.runPool.isAlive(path), replica.runPool.runs[Int(path.run)].end > block,
        replica.runPool.prefixHash(path.run, block + 1) == key
    {
        return path.run
    }
    let found = replica.runPool.index.find(key, replica.runPool.runs)
    if found >= 0 {
        replica.runTables[slot].path = RunReference(
            run: found, stamp: replica.runPool.runs[Int(found)].stamp)
    }
    return found
}

/// One block whose key exists already.
private func registerShadow(
    _ replica: inout Replica, _ slot: Int, _ key: UInt64, of primary: Int32
) {
    let block = replica.runTables[slot].registered
    let run = replica.runPool.makeRun(start: block, live: 1, key: key, owner: -1)
    replica.runPool.runs[Int(run)].isShadow = true
    replica.runPool.runs[Int(run)].primary = RunReference(
        run: primary, stamp: replica.runPool.runs[Int(primary)].stamp)
    replica.runPool.runs[Int(primary)].hasShadows = true
    copyPieces(&replica, slot, run)
    replica.runPool.holdNew(run)
    replica.runTables[slot].registered += 1
    replica.runTables[slot].keyless -= 1
    replica.runLists.append(RunHold(run: run, count: 1), to: &replica.runTables[slot].holds)
}

/// New blocks: the request's own run grows, or a run begins.
private func registerRun(
    _ replica: inout Replica, _ slot: Int, _ key: UInt64, to full: Int32
) {
    let table = replica.runTables[slot]
    let new = full - table.registered
    replica.runPool.distinctKeys += Int(new)
    replica.runTables[slot].registered = full
    replica.runTables[slot].keyless -= new
    if table.holds.count > 0 {
        let last = replica.runLists[table.holds, Int(table.holds.count) - 1]
        let run = replica.runPool.runs[Int(last.run)]
        if run.owner == Int32(slot), run.end == table.registered {
            replica.runPool.runs[Int(last.run)].live += new
            let longer = last.count + new
            replica.runPool.lengthenHold(last.run, from: last.count, to: longer)
            replica.runLists[table.holds, Int(table.holds.count) - 1].count = longer
            copyPieces(&replica, slot, last.run)
            return
        }
    }
    let run = replica.runPool.makeRun(
        start: table.registered, live: new, key: key, owner: Int32(slot))
    copyPieces(&replica, slot, run)
    replica.runPool.holdNew(run)
    replica.runLists.append(RunHold(run: run, count: new), to: &replica.runTables[slot].holds)
    replica.runTables[slot].path = RunReference(
        run: run, stamp: replica.runPool.runs[Int(run)].stamp)
}

/// Gives a run the request's pieces up to the run's end.
private func copyPieces(_ replica: inout Replica, _ slot: Int, _ run: Int32) {
    var list = replica.runPool.runs[Int(run)].pieces
    let size = replica.runPool.blockSize
    let end = replica.runPool.runs[Int(run)].end * size
    var index: Int
    if list.count == 0 {
        index = replica.contents.index(slot, holding: replica.runPool.runs[Int(run)].start * size)
    } else {
        let last = replica.runPool.pieces[list, Int(list.count) - 1]
        index = replica.contents.index(slot, holding: last.start) + 1
    }
    while index < replica.contents.count(slot) {
        let piece = replica.contents.piece(slot, index)
        guard piece.start < end else { break }
        replica.runPool.pieces.append(piece, to: &list)
        index += 1
    }
    replica.runPool.runs[Int(run)].pieces = list
}

/// `lookUpPrefix` for runs. O(runs + pieces passed).
func lookUpRuns(_ replica: inout Replica, _ slot: Int) -> Int {
    if replica.scratch.runHitBlocks > 0 { clearHits(&replica) }
    guard replica.isCaching, !replica.requests[slot].isPrivate else { return 0 }
    let size = replica.runPool.blockSize
    let limit = (replica.requests[slot].known - 1) / size
    var block: Int32 = 0
    var piece = 0
    while block < limit {
        let token = (block + 1) * size
        while replica.contents.end(slot, piece) < token { piece += 1 }
        let key = replica.contents.piece(slot, piece).prefixHash(to: token)
        let run = replica.runPool.index.find(key, replica.runPool.runs)
        guard run >= 0 else { break }
        let end = min(limit, commonEnd(&replica, slot, &piece, run))
        precondition(end > block, "a run that was found matches in its first block at least")
        replica.scratch.runHits.append(RunHold(run: run, count: end - block))
        block = end
    }
    replica.scratch.runHitBlocks = block
    return Int(block) * Int(size)
}

/// How far, in blocks of the chain, a run carries the content of a request that its first block
/// matches. `piece` moves to the request's piece at that point.
private func commonEnd(
    _ replica: inout Replica, _ slot: Int, _ piece: inout Int, _ run: Int32
) -> Int32 {
    let size = replica.runPool.blockSize
    let list = replica.runPool.runs[Int(run)].pieces
    let liveEnd = replica.runPool.runs[Int(run)].end * size
    let first = replica.runPool.pieces[list, 0]
    piece = replica.contents.index(slot, holding: first.start)
    var position = 0
    while true {
        let theirs = replica.runPool.pieces[list, position]
        let mine = replica.contents.piece(slot, piece)
        guard mine == theirs else { return theirs.start / size }
        let isLast = position + 1 == Int(list.count)
        let theirEnd = isLast ? liveEnd : replica.runPool.pieces[list, position + 1].start
        let myEnd = replica.contents.end(slot, piece)
        if theirEnd >= liveEnd || isLast || theirEnd != myEnd {
            return min(theirEnd, myEnd, liveEnd) / size
        }
        position += 1
        piece += 1
    }
}
