/// Tokens to a block, and how many blocks tokens make, without a division: that would cost more
/// than everything else that happens at a block boundary.
struct BlockSize {
    let tokens: Int
    /// ⌈2⁶⁴ / tokens⌉, 0 for one token: the upper half of its product with n is n / tokens,
    /// exactly, for n and tokens below 2³² (Lemire, Kaser, Kurz, Software: Practice and
    /// Experience 49(6), 2019).
    private let reciprocal: UInt64

    init(_ tokens: Int) {
        precondition(tokens > 0 && tokens <= Int(Int32.max), "a block holds a token or more")
        self.tokens = tokens
        reciprocal = (UInt64.max / UInt64(tokens)) &+ 1
    }

    /// Blocks that so many tokens fill, 0 ≤ `count` < 2³².
    @inline(__always)
    func filled(by count: Int) -> Int {
        let product = UInt64(count).multipliedFullWidth(by: reciprocal)
        return tokens == 1 ? count : Int(truncatingIfNeeded: product.high)
    }

    /// Blocks that so many tokens need, 0 ≤ `count` < 2³¹.
    @inline(__always)
    func holding(_ count: Int) -> Int { filled(by: count + tokens - 1) }

    /// Tokens in the block that is filled in part.
    @inline(__always)
    func beyond(_ count: Int) -> Int { count - filled(by: count) * tokens }
}
