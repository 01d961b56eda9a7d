import Basics

/// How long a user of a closed loop waits between the end of a request and the next one.
package struct ThinkTime: Sendable, Equatable {
    /// How the pauses are distributed.
    package enum Law: String, Sendable, CaseIterable {
        /// All equal.
        case fixed
        /// Exponentially distributed, with the given mean.
        case exponential
    }

    package var law = Law.fixed
    /// Picoseconds.
    package var mean: Int64 = 0

    /// No pauses.
    package init() {}

    /// The pause after a request, in picoseconds. It depends on that request only, not on the order
    /// in which requests end. O(1).
    func pause(after request: Int64, seed: UInt64) -> Int64 {
        guard law == .exponential else { return mean }
        var random = SeededRandom(
            seed: SeededRandom.hash(UInt64(bitPattern: request), seed: seed))
        return Int64(Double(mean) * random.exponential())
    }
}
