/// How many tokens a request shares with earlier ones: in total, in whole blocks, and in whole
/// blocks that its own replica had seen. One token is always left to compute.
struct ReusableTokens {
    var shared: Int32 = 0
    var whole: Int32 = 0
    var wholeHere: Int32 = 0
    /// Where the request ends in its replica's trees.
    var place = ReuseBound.Place()
    /// The shared tokens that the first admission did not find.
    var lost = RequestReuse()

    /// For a request that shares `anywhere` tokens with any request, given what its replica knows.
    init(_ anywhere: Int32, _ place: ReuseBound.Place, promptTokens: Int32, blockSize: BlockSize) {
        func whole(_ tokens: Int32) -> Int32 {
            let most = Int(min(tokens, promptTokens - 1))
            return most > 0 ? Int32(blockSize.filled(by: most) * blockSize.tokens) : 0
        }
        let here = min(place.known, promptTokens)
        self.place = place
        shared = max(anywhere, here)
        self.whole = whole(shared)
        wholeHere = whole(here)
    }

    /// Nothing shared.
    init() {}
}

extension Scheduler {
    /// Counts how many of a request's shared tokens its first admission found, and why the others
    /// were lost. A hit beyond what was known to be shared, from a later request that went first,
    /// counts as shared too.
    @inline(never)
    mutating func countShared(_ slot: Int, _ hit: Hit, _ blockSize: BlockSize) {
        guard slot < reusable.count, reusable[slot].shared > 0 || hit.tokens > 0 else { return }
        let promptTokens = requests[slot].promptTokens
        let tokens = Int32(hit.tokens)
        let shared = max(reusable[slot].shared, tokens)
        let whole = max(reusable[slot].whole, tokens)
        let here = max(reusable[slot].wholeHere, tokens)
        var lost = RequestReuse()
        lost.lastToken = shared == promptTokens ? 1 : 0
        lost.blockSize = shared - lost.lastToken - whole
        lost.otherReplica = whole - here
        if here > tokens {
            // Tokens that some group of blocks still has, and tokens that were ever computed.
            let kept = min(here, max(tokens, Int32(hit.longest)))
            let computed = blockSize.filled(by: Int(reuse.computed(of: reusable[slot].place)))
            let existed = min(here, max(kept, Int32(computed * blockSize.tokens)))
            lost.window = kept - tokens
            lost.evicted = existed - kept
            lost.notComputed = here - existed
        }
        reusable[slot].lost = lost
        counters.sharedTokens += Int(shared)
        counters.sharedTokensLost.add(lost)
    }

    /// Notes that a request has computed its first `tokens` tokens, and that the cache has seen
    /// them.
    @inline(__always)
    mutating func noteComputed(_ slot: Int, tokens: Int) {
        if slot < reusable.count { reuse.compute(Int32(tokens), of: reusable[slot].place) }
    }

    /// Notes what running requests have computed, before counting one that misses some of it. If a
    /// group keeps all of it, a lookup finds it; if each group has a window, it may be gone while
    /// they run. O(running).
    @inline(never)
    mutating func noteRunning(_ cache: inout KVCache, before slot: Int, _ hit: Hit) {
        guard slot < reusable.count, requests[slot].admitted < 0,
            reusable[slot].wholeHere > hit.tokens
        else { return }
        for place in running.indices {
            let slot = Int(running[place])
            noteComputed(slot, tokens: cache.registeredTokens(slot))
        }
    }
}
