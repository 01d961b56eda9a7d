import Basics

/// How long a user of a closed loop waits between the end of a request and the next.
public struct ThinkTime: Sendable, Equatable {
    /// How pauses are spread.
    public enum Law: String, Sendable, CaseIterable {
        /// All alike.
        case fixed
        /// Drawn, with the mean given.
        case exponential
    }

    public var law = Law.fixed
    /// Picoseconds.
    public var mean: Int64 = 0

    /// Nobody waits.
    public init() {}

    /// A pause, picoseconds: that after a request, whichever other has ended before. O(1).
    func pause(after request: Int64, seed: UInt64) -> Int64 {
        guard law == .exponential else { return mean }
        var random = SeededRandom(
            seed: SeededRandom.hash(UInt64(bitPattern: request), seed: seed))
        return Int64(Double(mean) * random.exponential())
    }
}
