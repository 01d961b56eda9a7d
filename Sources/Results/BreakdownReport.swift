import Basics
import Simulator

/// Where the time of finished requests went, and the rows of latency.csv.
package struct BreakdownReport: Sendable {
    package private(set) var toFirstToken = BreakdownSums()
    /// Per token after the first.
    package private(set) var afterwards = BreakdownSums()

    /// A report on no requests.
    package init() {}

    /// The header of latency.csv. Times are in seconds with twelve decimals, so the parts sum
    /// exactly to the time from arrival to end.
    package static let header =
        "id,"
        + LatencyParts.Part.allCases.map(\.column).joined(separator: ",")
        + "," + LatencyParts.Part.allCases.map { "ttft_\($0.column)" }.joined(separator: ",")

    /// Enough space for any row, in bytes: an id of 20 digits and sixteen times of at most 22.
    package static let longest = 512

    /// Writes a request's row, with its newline, into space for `longest` bytes: the parts of its
    /// whole life, then those until its first token. O(1).
    package static func put(
        _ id: Int64, _ request: RequestBreakdown, into text: inout TextRoom
    ) {
        text.put(id)
        put(request.whole, into: &text)
        put(request.toFirstToken, into: &text)
        text.put(byte: UInt8(ascii: "\n"))
    }

    private static func put(_ parts: LatencyParts, into text: inout TextRoom) {
        for part in parts.times.indices {
            text.put(byte: UInt8(ascii: ","))
            put(picoseconds: UInt64(parts.times[part]), into: &text)
        }
    }

    /// Writes seconds with twelve decimals.
    private static func put(picoseconds time: UInt64, into text: inout TextRoom) {
        let (seconds, rest) = time.quotientAndRemainder(dividingBy: 1_000_000_000_000)
        text.put(Int64(seconds))
        text.put(byte: UInt8(ascii: "."))
        text.put(UInt32(rest / 1_000_000), digits: 6)
        text.put(UInt32(rest % 1_000_000), digits: 6)
    }

    /// Adds a request, if it finished.
    package mutating func add(_ request: RequestBreakdown, _ record: RequestRecord) {
        guard record.outcome == .finished else { return }
        toFirstToken.add(request.toFirstToken)
        guard record.outputTokens > 1 else { return }
        afterwards.add(request.afterwards.divided(by: Int(record.outputTokens) - 1))
    }

    /// The means over all requests, for `summary.json`.
    package var means: [RunSummary.MeanPart] { means(slowest: 1) }

    /// The means over the slowest 1 % by TTFT and by TPOT.
    package var slowestMeans: [RunSummary.MeanPart] { means(slowest: 0.01) }

    private func means(slowest share: Double) -> [RunSummary.MeanPart] {
        let latencies = [("ttft", toFirstToken), ("tpot", afterwards)].filter { $0.1.count > 0 }
        return latencies.flatMap { latency, sums in
            zip(LatencyParts.Part.allCases, sums.means(slowest: share)).map { part, seconds in
                .init(latency: latency, part: part, milliseconds: seconds * 1e3)
            }
        }
    }
}
