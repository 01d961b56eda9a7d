/// What of one prompt stood in earlier requests and was not found in the cache at the first
/// admission, tokens by the reason: those of `LostReuse`. With the hit they sum to what an endless
/// cache with blocks of one token would have hit.
public struct RequestReuse: Sendable, Equatable {
    public var lastToken: Int32 = 0
    public var blockSize: Int32 = 0
    public var otherReplica: Int32 = 0
    public var evicted: Int32 = 0
    public var notComputed: Int32 = 0
    public var window: Int32 = 0

    /// Nothing lost.
    public init() {}

    /// All of them.
    public var total: Int32 {
        lastToken + blockSize + otherReplica + evicted + notComputed + window
    }
}
