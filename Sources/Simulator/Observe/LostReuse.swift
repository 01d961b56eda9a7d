/// Prompt tokens that stood in earlier requests and were not found in the cache, by the reason.
public struct LostReuse: Sendable, Equatable {
    /// A prompt that was there as a whole: one token is always computed.
    public var lastToken = 0
    /// They fill no block.
    public var blockSize = 0
    /// Only other replicas had seen them.
    public var otherReplica = 0
    /// The replica had been sent them and did not hold them: evicted, not computed yet, or outside
    /// the windows that are kept.
    public var notHeld = 0

    /// Nothing lost.
    public init() {}

    /// All of them.
    public var total: Int { lastToken + blockSize + otherReplica + notHeld }

    /// Adds another replica's.
    mutating func add(_ other: LostReuse) {
        lastToken += other.lastToken
        blockSize += other.blockSize
        otherReplica += other.otherReplica
        notHeld += other.notHeld
    }
}
