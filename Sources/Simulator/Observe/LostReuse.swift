/// Prompt tokens that earlier requests had and the cache did not have, by reason.
package struct LostReuse: Sendable, Equatable {
    /// The whole prompt was cached: one token is always computed.
    package var lastToken = 0
    /// They do not fill a block.
    package var blockSize = 0
    /// Only other replicas had seen them.
    package var otherReplica = 0
    /// The replica had computed them; they, or tokens before them, were evicted since.
    package var evicted = 0
    /// The replica had received them, but no request had computed them yet.
    package var notComputed = 0
    /// Full attention's blocks were cached, but not those of a window or state.
    package var window = 0

    /// No tokens lost.
    package init() {}

    /// The sum over all reasons.
    package var total: Int {
        lastToken + blockSize + otherReplica + evicted + notComputed + window
    }

    /// Adds a request's tokens.
    @inline(__always)
    mutating func add(_ request: RequestReuse) {
        lastToken += Int(request.lastToken)
        blockSize += Int(request.blockSize)
        otherReplica += Int(request.otherReplica)
        evicted += Int(request.evicted)
        notComputed += Int(request.notComputed)
        window += Int(request.window)
    }

    /// Adds another replica's tokens.
    mutating func add(_ other: LostReuse) {
        lastToken += other.lastToken
        blockSize += other.blockSize
        otherReplica += other.otherReplica
        evicted += other.evicted
        notComputed += other.notComputed
        window += other.window
    }
}
