import Basics

/// How long a user of a closed loop waits between the end of a request and the next.
package struct ThinkTime: Sendable, Equatable {
    /// How pauses are spread.
    package enum Law: String, Sendable, CaseIterable {
        /// All alike.
        case fixed
        /// Drawn, with the mean given.
        case exponential
    }

    package var law = Law.fixed
    /// Picoseconds.
    package var mean: Int64 = 0

    /// Nobody waits.
    package init() {}

    /// A pause, picoseconds: that after a request, whichever other has ended before. O(1).
    func pause(after request: Int64, seed: UInt64) -> Int64 {
        guard law == .exponential else { return mean }
        var random = SeededRandom(
            seed: SeededRandom.hash(UInt64(bitPattern: request), seed: seed))
        return Int64(Double(mean) * random.exponential())
    }
}
