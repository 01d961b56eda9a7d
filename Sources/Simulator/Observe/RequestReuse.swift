/// The tokens of one prompt that earlier requests had and the cache did not have at the first
/// admission, by the reasons of `LostReuse`. Together with the hit they sum to what an infinite
/// cache with one-token blocks would have hit.
package struct RequestReuse: Sendable, Equatable {
    package var lastToken: Int32 = 0
    package var blockSize: Int32 = 0
    package var otherReplica: Int32 = 0
    package var evicted: Int32 = 0
    package var notComputed: Int32 = 0
    package var window: Int32 = 0

    /// No tokens lost.
    package init() {}

    /// The sum over all reasons.
    package var total: Int32 {
        lastToken + blockSize + otherReplica + evicted + notComputed + window
    }
}
