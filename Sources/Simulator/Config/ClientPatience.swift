import Basics

/// Clients that do not wait for ever: how long they wait, how often they retry, and how soon.
///
/// A client that has waited too long closes its connection, which aborts the request at the engine,
/// and sends it again after a pause, as the standard clients of LLM services do.
package struct ClientPatience: Sendable, Equatable {
    /// How the pauses before successive retries grow.
    package enum Backoff: String, Sendable, CaseIterable {
        /// All equal.
        case fixed
        /// Each twice the one before, up to `longestPause`.
        case doubling
        /// Doubling, each pause shortened at random by up to a quarter, like OpenAI's Python client
        /// (`_calculate_retry_timeout`: 0.5 s doubling to 8 s).
        case jittered
    }

    /// From sending a request to its last token, in picoseconds; `Int64.max` for no limit.
    package var timeout: Int64
    /// From sending a request to its first token, in picoseconds; `Int64.max` for no limit. A
    /// client that has its first token by then waits for the others.
    package var firstTokenTimeout = Int64.max
    /// Attempts after the first.
    package var retries: Int
    package var backoff = Backoff.doubling
    /// The pause before the first retry, and the longest before any, in picoseconds.
    package var pause: Int64 = 500_000_000_000
    package var longestPause: Int64 = 8_000_000_000_000

    /// Gives up after a timeout and then retries up to `retries` times.
    package init(timeout: Int64, retries: Int = 0) {
        (self.timeout, self.retries) = (timeout, retries)
    }

    /// When the client of a request sent at `arrival` gives up, in picoseconds; `Int64.max` for
    /// never. `firstToken` is when it got its first token; negative if it has none.
    func limit(of arrival: Int64, firstToken: Int64) -> Int64 {
        let limit = Self.moment(arrival, after: timeout)
        let first = Self.moment(arrival, after: firstTokenTimeout)
        return firstToken >= 0 && firstToken <= first ? limit : min(limit, first)
    }

    /// The moment `span` after `time`; `Int64.max` if out of range.
    static func moment(_ time: Int64, after span: Int64) -> Int64 {
        let (moment, isLate) = time.addingReportingOverflow(span)
        return isLate ? .max : moment
    }

    /// The pause after an attempt, which counts from 1, in picoseconds. O(attempts).
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
