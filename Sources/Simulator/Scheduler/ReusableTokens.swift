/// What a request shares with earlier ones, in tokens: all of it, what fills whole blocks, and what
/// of these its own replica had seen. One token is always left to compute.
struct ReusableTokens {
    var shared: Int32 = 0
    var whole: Int32 = 0
    var wholeHere: Int32 = 0

    /// Of a prompt that shares so much, with blocks of some size.
    init(_ shared: SharedPrefix, promptTokens: Int32, blockSize: BlockSize) {
        func whole(_ tokens: Int32) -> Int32 {
            let most = Int(min(tokens, promptTokens - 1))
            return most > 0 ? Int32(blockSize.filled(by: most) * blockSize.tokens) : 0
        }
        self.shared = shared.anywhere
        self.whole = whole(shared.anywhere)
        wholeHere = whole(shared.here)
    }

    /// Nothing.
    init() {}
}

extension Counters {
    /// Counts what of a request's shared tokens its first admission found, and where the others
    /// were lost. A hit beyond what was known to be shared, by a later request that went first,
    /// is shared, too.
    @inline(never)
    mutating func count(_ reusable: ReusableTokens, promptTokens: Int32, hit: Int32) {
        let shared = max(reusable.shared, hit)
        let whole = max(reusable.whole, hit)
        let here = max(reusable.wholeHere, hit)
        let last: Int32 = shared == promptTokens ? 1 : 0
        sharedTokens += Int(shared)
        sharedTokensLost.lastToken += Int(last)
        sharedTokensLost.blockSize += Int(shared - last - whole)
        sharedTokensLost.otherReplica += Int(whole - here)
        sharedTokensLost.notHeld += Int(here - hit)
    }
}
