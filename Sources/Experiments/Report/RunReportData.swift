import Foundation

/// Content of report.json in a run folder: chart data beyond the figures of summary.json. The
/// article "RunFiles" describes every key.
package struct RunReportData: Decodable, Sendable {
    /// Version of the file's format that is supported.
    static let form = 1

    package let format: Int
    package let digest: String
    /// By "ttft", "tpot", "itl", "e2el" and "queue".
    package let latencies: [String: Distribution]
    /// Nil if the run had no requests.
    package let series: Series?
    package let heatMap: HeatMap?
    /// Means by the keys of summary.json; nil if latencies were not broken down.
    package let parts: Parts?
    package let slowest: Slowest

    /// A latency's distribution, milliseconds.
    package struct Distribution: Decodable, Sendable {
        package let count: Int
        package let meanMs: Double
        /// Values at equal shares, from the smallest to the largest; empty without values.
        package let quantilesMs: [Double]
        /// The largest values in descending order.
        package let worstMs: [Double]

        package init(count: Int, meanMs: Double, quantilesMs: [Double], worstMs: [Double]) {
            self.count = count
            self.meanMs = meanMs
            self.quantilesMs = quantilesMs
            self.worstMs = worstMs
        }
    }

    /// Sums over all replicas, one element per window.
    package struct Series: Decodable, Sendable {
        package let startS: Double
        package let windowS: Double
        package let lastWindowS: Double
        package let arrivals: [Double]
        package let finished: [Double]
        package let queue: [Double]
        package let running: [Double]
        package let meanBatchSize: [Double?]
        package let prefillTokens: [Double]
        package let decodeTokens: [Double]
        package let deliveredTokens: [Double]
        package let kvUse: [Double]
        package let hitRate: [Double?]
        package let preemptions: [Double]
        package let busyShare: [Double]

        /// Length of a window, seconds.
        package func seconds(_ window: Int) -> Double {
            window + 1 == arrivals.count ? lastWindowS : windowS
        }

        /// Whether every list has one element per window and times are valid.
        var isWhole: Bool {
            let counts = [
                arrivals.count, finished.count, queue.count, running.count, meanBatchSize.count,
                prefillTokens.count, decodeTokens.count, deliveredTokens.count, kvUse.count,
                hitRate.count, preemptions.count, busyShare.count,
            ]
            return Set(counts).count == 1 && counts[0] > 0 && windowS > 0 && lastWindowS > 0
        }
    }

    /// One row per replica, one column per window.
    package struct HeatMap: Decodable, Sendable {
        package let windowS: Double
        package let busyShare: [[Double]]
        package let queue: [[Double]]
        /// Nil in folders of earlier versions.
        package let running: [[Double]]?

        var isWhole: Bool {
            let maps = [busyShare, queue] + (running.map { [$0] } ?? [])
            let columns = Set(maps.flatMap(\.self).map(\.count))
            return columns.count == 1 && columns != [0] && windowS > 0
                && maps.allSatisfy { $0.count == busyShare.count }
        }
    }

    /// Milliseconds by key, such as "mean_ttft_queue_ms".
    package struct Parts: Decodable, Sendable {
        package let mean: [String: Double]
        package let slowest1Percent: [String: Double]
    }

    /// The slowest finished requests by two measures, in descending order.
    package struct Slowest: Decodable, Sendable {
        package let ttft: [Request]
        package let e2el: [Request]
    }

    /// One request. Times are milliseconds; its arrival is in seconds of the trace.
    package struct Request: Decodable, Sendable {
        package let id: Int64
        package let arrivalS: Double
        package let replica: Int
        package let promptTokens: Int
        package let hitTokens: Int
        package let outputTokens: Int
        package let preemptions: Int
        package let queueMs: Double?
        package let ttftMs: Double?
        package let tpotMs: Double?
        package let e2elMs: Double
        /// By column of latency.csv.
        package let ttftParts: [String: Double]?
        package let laterParts: [String: Double]?
    }

    /// Why the lists are inconsistent; nil if they are consistent.
    var problem: String? {
        if format != Self.form { return "has the format \(format)" }
        for (name, latency) in latencies.sorted(by: { $0.key < $1.key }) {
            let quantiles = latency.quantilesMs
            guard quantiles.isEmpty == (latency.count == 0), quantiles.count != 1,
                latency.worstMs.isEmpty == quantiles.isEmpty
            else { return "has no quantiles of \(name)" }
        }
        if let series, !series.isWhole { return "has a series of unequal lists" }
        if let heatMap, !heatMap.isWhole { return "has a heat map of unequal rows" }
        return nil
    }
}
