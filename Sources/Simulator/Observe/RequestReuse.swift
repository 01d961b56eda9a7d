/// What of one prompt stood in earlier requests and was not found in the cache at the first
/// admission, tokens by the reason: those of `LostReuse`. With the hit they sum to what an endless
/// cache with blocks of one token would have hit.
package struct RequestReuse: Sendable, Equatable {
    package var lastToken: Int32 = 0
    package var blockSize: Int32 = 0
    package var otherReplica: Int32 = 0
    package var evicted: Int32 = 0
    package var notComputed: Int32 = 0
    package var window: Int32 = 0

    /// Nothing lost.
    package init() {}

    /// All of them.
    package var total: Int32 {
        lastToken + blockSize + otherReplica + evicted + notComputed + window
    }
}
