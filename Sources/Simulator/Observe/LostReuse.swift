/// Prompt tokens that stood in earlier requests and were not found in the cache, by the reason.
package struct LostReuse: Sendable, Equatable {
    /// A prompt that was there as a whole: one token is always computed.
    package var lastToken = 0
    /// They fill no block.
    package var blockSize = 0
    /// Only other replicas had seen them.
    package var otherReplica = 0
    /// The replica had computed them, and they, or tokens before them, were evicted since.
    package var evicted = 0
    /// The replica had been sent them, and no request had computed them yet.
    package var notComputed = 0
    /// Full attention's blocks were there, and those of a window or state were not.
    package var window = 0

    /// Nothing lost.
    package init() {}

    /// All of them.
    package var total: Int {
        lastToken + blockSize + otherReplica + evicted + notComputed + window
    }

    /// Adds a request's.
    @inline(__always)
    mutating func add(_ request: RequestReuse) {
        lastToken += Int(request.lastToken)
        blockSize += Int(request.blockSize)
        otherReplica += Int(request.otherReplica)
        evicted += Int(request.evicted)
        notComputed += Int(request.notComputed)
        window += Int(request.window)
    }

    /// Adds another replica's.
    mutating func add(_ other: LostReuse) {
        lastToken += other.lastToken
        blockSize += other.blockSize
        otherReplica += other.otherReplica
        evicted += other.evicted
        notComputed += other.notComputed
        window += other.window
    }
}
