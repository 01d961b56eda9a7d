import Foundation
import Simulator

/// The text of report.json: what a report draws of a run beyond the figures of summary.json, in a
/// compact form of some tens of kilobytes, whatever the run's length. The article "Outputs" names
/// every key.
package struct RunReportFile: Encodable, Sendable {
    /// Version of the form.
    static let form = 1
    /// Quantile intervals of a latency, number of largest values, windows of the series and of the
    /// heat map, and cells of each of its three maps.
    static let (shares, tail, points, times, cells) = (200, 100, 240, 120, 16_384)

    let format = Self.form
    let digest: String
    let latencies: [String: Distribution]
    let series: Series?
    let heatMap: HeatMap?
    let parts: Parts?
    let slowest: Slowest

    /// Builds a run's report. `summary` holds its figures already, `table` its windows (nil without
    /// requests). O(buckets + windows × replicas).
    package init(
        _ result: RunResult, _ summary: RunSummary, _ table: SeriesTable?,
        slowest: SlowestRequests
    ) {
        digest = result.digest
        latencies = [
            "ttft": result.timeToFirstToken, "tpot": result.timePerOutputToken,
            "itl": result.interTokenLatency, "e2el": result.endToEnd, "queue": result.queueTime,
        ].mapValues(Distribution.init)
        series = table.map { Series($0.atMost(Self.points)) }
        heatMap = table.map { table in
            let fitting = max(8, Self.cells / max(1, table.replicas.count))
            return HeatMap(table.atMost(min(Self.times, fitting)))
        }
        parts = summary.parts.isEmpty ? nil : Parts(summary)
        self.slowest = Slowest(
            ttft: slowest.toFirstToken.map(Request.init), e2el: slowest.endToEnd.map(Request.init))
    }

    /// Its text, on one line.
    package func text() throws -> String { try jsonText(self, pretty: false) }

    /// The values of a latency, in milliseconds.
    struct Distribution: Encodable, Sendable {
        let count: Int64
        let meanMs: Double
        let quantilesMs: JSONNumbers<Double>
        let worstMs: JSONNumbers<Double>

        init(_ histogram: LatencyHistogram) {
            count = histogram.count
            meanMs = significant(histogram.mean / 1e9)
            quantilesMs = JSONNumbers(
                histogram.quantiles(shares).map { significant(Double($0) / 1e9) })
            worstMs = JSONNumbers(histogram.largest(tail).map { significant(Double($0) / 1e9) })
        }
    }

    /// The work of all replicas together, window by window.
    struct Series: Encodable, Sendable {
        let startS: Double
        let windowS: Double
        let lastWindowS: Double
        let arrivals: JSONNumbers<Int>
        let finished: JSONNumbers<Int>
        let queue: JSONNumbers<Double>
        let running: JSONNumbers<Double>
        let meanBatchSize: JSONNumbers<Double?>
        let prefillTokens: JSONNumbers<Int>
        let decodeTokens: JSONNumbers<Int>
        let deliveredTokens: JSONNumbers<Int>
        let kvUse: JSONNumbers<Double>
        let hitRate: JSONNumbers<Double?>
        let preemptions: JSONNumbers<Int>
        let busyShare: JSONNumbers<Double>

        init(_ table: SeriesTable) {
            let sums = table.sums
            let spans = sums.indices.map { table.seconds($0) * 1e12 }
            let blocks = Double(table.blocks * table.replicas.count)
            startS = Double(table.start) / 1e12
            windowS = Double(table.interval) / 1e12
            lastWindowS = table.seconds(table.count - 1)
            arrivals = JSONNumbers(sums.map(\.requests.arrivals))
            finished = JSONNumbers(sums.map(\.requests.finished))
            queue = JSONNumbers(
                zip(sums, spans).map { significant(Double($0.requests.queueTime) / $1) })
            running = JSONNumbers(
                zip(sums, spans).map { significant(Double($0.requests.runningTime) / $1) })
            meanBatchSize = JSONNumbers(sums.map { share($0.engine.entries, $0.engine.steps) })
            prefillTokens = JSONNumbers(sums.map(\.engine.prefillTokens))
            decodeTokens = JSONNumbers(sums.map(\.engine.decodeTokens))
            deliveredTokens = JSONNumbers(sums.map(\.engine.outputTokens))
            kvUse = JSONNumbers(
                zip(sums, spans).map {
                    significant(ratio(Double($0.engine.blockTime), $1 * blocks))
                })
            hitRate = JSONNumbers(sums.map { share($0.engine.hitTokens, $0.engine.queriedTokens) })
            preemptions = JSONNumbers(sums.map(\.engine.preemptions))
            busyShare = JSONNumbers(
                zip(sums, spans).map {
                    significant(Double($0.engine.busyTime) / ($1 * Double(table.replicas.count)))
                })
        }
    }

    /// One row per replica, one column per window.
    struct HeatMap: Encodable, Sendable {
        let windowS: Double
        let busyShare: [JSONNumbers<Double>]
        let queue: [JSONNumbers<Double>]
        let running: [JSONNumbers<Double>]

        init(_ table: SeriesTable) {
            windowS = Double(table.interval) / 1e12
            let spans = (0..<table.count).map { table.seconds($0) * 1e12 }
            func rows(_ time: (SeriesTable.Point) -> Double) -> [JSONNumbers<Double>] {
                table.replicas.map { points in
                    JSONNumbers(zip(points, spans).map { significant(time($0) / $1, 3) })
                }
            }
            busyShare = rows { Double($0.engine.busyTime) }
            queue = rows { Double($0.requests.queueTime) }
            running = rows { Double($0.requests.runningTime) }
        }
    }

    /// Mean parts of TTFT and TPOT in milliseconds, by their keys in summary.json.
    struct Parts: Encodable, Sendable {
        let mean: [String: Double]
        let slowest1Percent: [String: Double]

        enum CodingKeys: String, CodingKey {
            case mean
            case slowest1Percent = "slowest_1_percent"
        }

        init(_ summary: RunSummary) {
            func byKey(_ parts: [RunSummary.MeanPart]) -> [String: Double] {
                Dictionary(parts.map { ($0.key, $0.milliseconds) }) { first, _ in first }
            }
            mean = byKey(summary.parts)
            slowest1Percent = byKey(summary.slowestParts)
        }
    }

    /// The slowest requests by two measures.
    struct Slowest: Encodable, Sendable {
        let ttft: [Request]
        let e2el: [Request]
    }

    /// One request's life.
    struct Request: Encodable, Sendable {
        let id: Int64
        let arrivalS: Double
        let replica: Int32
        let priority: Int32
        let promptTokens: Int32
        let hitTokens: Int32
        let outputTokens: Int32
        let preemptions: Int32
        let queueMs: Double?
        let ttftMs: Double?
        let tpotMs: Double?
        let e2elMs: Double
        /// Milliseconds by part, until the first token and after it; parts without time are left
        /// out.
        let ttftParts: [String: Double]?
        let laterParts: [String: Double]?

        init(_ entry: SlowestRequests.Entry) {
            let record = entry.record
            func milliseconds(_ time: Int64) -> Double { Double(time) / 1e9 }
            id = record.id
            arrivalS = Double(record.arrival) / 1e12
            (replica, priority) = (record.replica, record.priority)
            (promptTokens, hitTokens) = (record.promptTokens, record.hitTokens)
            (outputTokens, preemptions) = (record.outputTokens, record.preemptions)
            queueMs = record.queueTime.map(milliseconds)
            ttftMs = record.timeToFirstToken.map(milliseconds)
            tpotMs = record.timePerOutputToken.map(milliseconds)
            e2elMs = milliseconds(record.finish - record.arrival)
            ttftParts = entry.parts.map { Self.named($0.toFirstToken) }
            laterParts = entry.parts.map { Self.named($0.afterwards) }
        }

        private static func named(_ parts: LatencyParts) -> [String: Double] {
            Dictionary(
                LatencyParts.Part.allCases.filter { parts[$0] != 0 }
                    .map { ($0.column, Double(parts[$0]) / 1e9) }
            ) { first, _ in first }
        }
    }
}

/// A quotient for a chart; nil if the denominator is 0.
private func share(_ part: Int, _ whole: Int) -> Double? {
    whole > 0 ? significant(Double(part) / Double(whole)) : nil
}

/// A number rounded to `digits` significant digits, so that its text is short.
private func significant(_ value: Double, _ digits: Int = 5) -> Double {
    guard value != 0, value.isFinite else { return value }
    var (unit, least) = (1.0, 1.0)
    for _ in 1..<digits { least *= 10 }
    while abs(value) * unit < least { unit *= 10 }
    while abs(value) * unit >= least * 10, unit > 1e-9 { unit /= 10 }
    return unit >= 1 ? (value * unit).rounded() / unit : value.rounded()
}
