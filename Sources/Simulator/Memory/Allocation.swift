/// Asking for KV blocks, and taking them: vLLM's `KVCacheManager.allocate_slots`.
///
/// Asking has one side effect only, which the engine has too: blocks that left a sliding window are
/// released first, even when the answer is no.
///
/// Blocks are kept as runs (`Runs`) or, for their numbers and as the oracle of these, one by one
/// (`Blocks`).

/// What a request wants to hold, as `allocate` needs it.
struct BlockDemand {
    var slot: Int
    /// Tokens to compute in this step.
    var tokens: Int
    /// Tokens of the prefix hit; the hits are in `scratch`.
    var hitTokens = 0
    /// Refuse unless all known tokens fit.
    var gate = false
    /// Blocks to leave free.
    var mark = 0
}

/// Gets a request the blocks for its next tokens, or returns false and changes nothing but what
/// slid out of a window. O(groups · (hit runs + stretches evicted)) over runs, over single blocks
/// O(new blocks + hit blocks).
@inline(__always)
func allocate(_ replica: inout Replica, _ demand: BlockDemand) -> Bool {
    replica.usesRuns ? allocateRuns(&replica, demand) : allocateBlocks(&replica, demand)
}

/// `allocate` for one more token of a request that decodes, where blocks are known to be free.
func allocateNext(_ replica: inout Replica, _ slot: Int) {
    replica.usesRuns ? allocateNextRun(&replica, slot) : allocateNextBlock(&replica, slot)
}

/// Registers keys for the blocks that are full at `tokens` tokens.
@inline(__always)
func register(_ replica: inout Replica, _ slot: Int, _ tokens: Int) {
    if replica.usesRuns {
        registerRuns(&replica, slot, tokens)
    } else {
        registerBlocks(&replica, slot, tokens)
    }
}

/// Releases everything a request holds, the last block first, group 0 first.
func release(_ replica: inout Replica, _ slot: Int) {
    replica.requests[slot].quietUntil = -1
    replica.usesRuns ? releaseRuns(&replica, slot) : releaseBlocks(&replica, slot)
}

/// Finds the longest cached prefix of a request: vLLM's `get_computed_blocks`.
///
/// Leaves the hits of each group in `scratch`, the junction on the request, and returns the hit
/// in tokens; at least one token is always left to compute.
func lookUpPrefix(_ replica: inout Replica, _ slot: Int) -> Int {
    replica.usesRuns ? lookUpRuns(&replica, slot) : lookUpBlocks(&replica, slot)
}

/// Tokens computed at which the pool has to be asked for a decoding request.
///
/// `settled` is what its latest `allocate` took for settled, on which depends how far its windows
/// have slid; nil: not known.
func nextDemand(_ replica: inout Replica, _ slot: Int, settled: Int?) -> Int {
    let size = replica.engine.blockSize
    let inFlight = replica.depth - 1
    let table = commonTable(&replica, slot)
    // What is full of known tokens is registered.
    let fill = table.nextFill(
        unknown: Int32(inFlight), size: Int32(size), caching: replica.isCaching)
    var next = Int(min(table.nextTake(size: Int32(size)), fill))
    guard replica.hasWindows else { return next }
    guard let settled else { return 0 }
    for group in 0..<replica.groups.count where replica.groups[group].window > 0 {
        let skipped = replica.groups[group].skippedBlocks(settled)
        next = min(next, (skipped + 1) * size + replica.groups[group].window - 1 + inFlight)
    }
    return next
}

/// Notes until when the request's next steps need nothing from the pool.
@inline(__always)
func setQuiet(_ replica: inout Replica, _ slot: Int) {
    // A window may slide at any step.
    guard !replica.hasWindows else {
        replica.requests[slot].quietUntil = -1
        return
    }
    let size = replica.runPool.blockSize
    let table = commonTable(&replica, slot)
    let fill = table.nextFill(unknown: 0, size: size, caching: replica.isCaching)
    replica.requests[slot].quietUntil = min(table.nextTake(size: size), fill)
}

/// What all groups' tables of a request have in common, however its blocks are kept.
@inline(__always)
func commonTable(_ replica: inout Replica, _ slot: Int) -> RunTable {
    if replica.usesRuns { return replica.runTables[slot] }
    let first = replica.tables[slot * replica.groups.count]
    return RunTable(count: first.list.count, registered: max(0, first.cached))
}
