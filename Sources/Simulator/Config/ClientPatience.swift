import Basics

/// Clients that do not wait for ever: how long, how often they try again, and how soon.
///
/// A client that has waited too long closes its connection, which aborts the request at the engine,
/// and sends it again after a pause, as the clients of LLM services do by themselves.
package struct ClientPatience: Sendable, Equatable {
    /// How the pauses before the first, second, ... new attempt grow.
    package enum Backoff: String, Sendable, CaseIterable {
        /// All alike.
        case fixed
        /// Each twice as long as the one before, up to the most.
        case doubling
        /// The same, each shortened by up to a quarter at random: OpenAI's Python client
        /// (`_calculate_retry_timeout`: 0.5 s doubling to 8 s).
        case jittered
    }

    /// From the sending of a request to its last token, picoseconds; `Int64.max`: any time.
    package var timeout: Int64
    /// From the sending of a request to its first token, picoseconds; `Int64.max`: any time. A
    /// client that has its first token by then waits for the others.
    package var firstTokenTimeout = Int64.max
    /// Attempts after the first.
    package var retries: Int
    package var backoff = Backoff.doubling
    /// Picoseconds before the first new attempt, and the most before any.
    package var pause: Int64 = 500_000_000_000
    package var longestPause: Int64 = 8_000_000_000_000

    /// Gives up after a timeout, with so many more attempts.
    package init(timeout: Int64, retries: Int = 0) {
        (self.timeout, self.retries) = (timeout, retries)
    }

    /// When the client of a request sent at a moment gives up, picoseconds; `Int64.max`: never.
    /// `firstToken`: when it got its first token; less than 0: it has none.
    func limit(of arrival: Int64, firstToken: Int64) -> Int64 {
        let limit = Self.moment(arrival, after: timeout)
        let first = Self.moment(arrival, after: firstTokenTimeout)
        return firstToken >= 0 && firstToken <= first ? limit : min(limit, first)
    }

    /// A moment so long after another; `Int64.max` when that is out of range.
    static func moment(_ time: Int64, after span: Int64) -> Int64 {
        let (moment, isLate) = time.addingReportingOverflow(span)
        return isLate ? .max : moment
    }

    /// The pause after an attempt, counted from 1, picoseconds. O(attempts).
    func pause(after attempt: Int, of request: Int64, seed: UInt64) -> Int64 {
        var length = min(pause, longestPause)
        guard backoff != .fixed else { return length }
        for _ in 1..<max(1, attempt) where length < longestPause {
            let (double, isLong) = length.addingReportingOverflow(length)
            length = isLong ? longestPause : min(double, longestPause)
        }
        guard backoff == .jittered else { return length }
        var random = SeededRandom(
            seed: SeededRandom.hash(UInt64(bitPattern: request), seed: seed),
            stream: UInt64(attempt))
        return Int64(Double(length) * (1 - 0.25 * random.uniform()))
    }
}
