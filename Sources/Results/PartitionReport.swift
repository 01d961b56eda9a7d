import Basics
import Simulator

/// Where finished requests' time went, and the rows of latency.csv.
public struct PartitionReport: Sendable {
    package private(set) var toFirstToken = PartitionSums()
    /// Per token after the first.
    package private(set) var afterwards = PartitionSums()

    /// A report on no requests.
    public init() {}

    /// The header of latency.csv. Times are seconds with twelve decimals: the parts sum to the
    /// time from arrival to the end exactly.
    public static let header =
        "id,"
        + LatencyParts.Part.allCases.map(\.column).joined(separator: ",")
        + "," + LatencyParts.Part.allCases.map { "ttft_\($0.column)" }.joined(separator: ",")

    /// A request's row: the parts of its whole life, then those until its first token.
    public static func row(_ id: Int64, _ request: PartitionedRequest) -> String {
        let cells = [request.whole, request.toFirstToken].flatMap { parts in
            LatencyParts.Part.allCases.map { Quantity.exact(parts[$0], decimals: 12) }
        }
        return "\(id)," + cells.joined(separator: ",")
    }

    /// Adds a request, if it finished.
    public mutating func add(_ request: PartitionedRequest, _ record: RequestRecord) {
        guard record.outcome == .finished else { return }
        toFirstToken.add(request.toFirstToken)
        guard record.outputTokens > 1 else { return }
        afterwards.add(request.afterwards.divided(by: Int(record.outputTokens) - 1))
    }

    /// The means over all requests, for `summary.json`.
    public var means: [RunSummary.MeanPart] { means(slowest: 1) }

    /// The means over the slowest 1 % of TTFT, and of TPOT.
    public var slowestMeans: [RunSummary.MeanPart] { means(slowest: 0.01) }

    private func means(slowest share: Double) -> [RunSummary.MeanPart] {
        let latencies = [("ttft", toFirstToken), ("tpot", afterwards)].filter { $0.1.count > 0 }
        return latencies.flatMap { latency, sums in
            zip(LatencyParts.Part.allCases, sums.means(slowest: share)).map { part, seconds in
                .init(latency: latency, part: part, milliseconds: seconds * 1e3)
            }
        }
    }
}
