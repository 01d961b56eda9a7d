import Basics
import Simulator
import Traces

/// Latencies that a trace records of a real server, and those of a run for the same requests.
package struct MeasuredReport: Encodable, Sendable, Equatable {
    /// Mean and percentiles of a latency in milliseconds. Percentiles are linear between
    /// neighbouring values, like NumPy's.
    package struct Figures: Encodable, Sendable, Equatable {
        /// Number of requests.
        package let count: Int
        /// In milliseconds.
        package let mean, p50, p90, p99: Double

        /// The figures of values in milliseconds; nil without values. O(n log n).
        init?(_ values: [Double]) {
            guard !values.isEmpty else { return nil }
            let sorted = values.sorted()
            func percentile(_ share: Double) -> Double {
                let place = share * Double(sorted.count - 1)
                let below = Int(place)
                guard below + 1 < sorted.count else { return sorted[sorted.count - 1] }
                return sorted[below] + (place - Double(below)) * (sorted[below + 1] - sorted[below])
            }
            count = sorted.count
            mean = sorted.reduce(0, +) / Double(sorted.count)
            p50 = percentile(0.5)
            p90 = percentile(0.9)
            p99 = percentile(0.99)
        }

        package var values: [Double] { [mean, p50, p90, p99] }

        enum CodingKeys: String, CodingKey {
            case count
            case mean = "mean_ms"
            case p50 = "p50_ms"
            case p90 = "p90_ms"
            case p99 = "p99_ms"
        }
    }

    /// One latency, for the requests that have both values.
    package struct Latency: Encodable, Sendable, Equatable {
        /// "ttft", "tpot" or "e2el".
        package let name: String
        /// Of the real server.
        package let measured: Figures
        /// Nil if nothing was simulated.
        package let simulated: Figures?
        /// Median and 90th percentile of a request's absolute error, in percent of the measured
        /// value, and the median of its signed error: positive if the prediction is too high.
        package let medianErrorPercent, p90ErrorPercent, biasPercent: Double?

        enum CodingKeys: String, CodingKey {
            case name, measured, simulated
            case medianErrorPercent = "median_error_percent"
            case p90ErrorPercent = "p90_error_percent"
            case biasPercent = "bias_percent"
        }

        /// Compares pairs of measured and simulated milliseconds.
        fileprivate init?(_ name: String, _ pairs: [(measured: Double, simulated: Double?)]) {
            guard let figures = Figures(pairs.map(\.measured)) else { return nil }
            self.name = name
            measured = figures
            simulated = Figures(pairs.compactMap(\.simulated))
            let errors = pairs.compactMap { pair in
                pair.measured > 0 ? pair.simulated.map { 100 * ($0 / pair.measured - 1) } : nil
            }
            let sizes = Figures(errors.map(\.magnitude))
            medianErrorPercent = sizes?.p50
            p90ErrorPercent = sizes?.p90
            biasPercent = Figures(errors)?.p50
        }
    }

    /// What the measured latencies count from and where they come from.
    package let origin: String
    /// TTFT, TPOT and E2E, as far as measured.
    package let latencies: [Latency]
    /// Requests that were measured and ran but did not finish; nil if nothing was simulated.
    package let missing: Int?
    /// Requests left out at the start and end of the run; nil without margins.
    package let leftOut: Int?

    /// The latencies that a trace records. O(n log n).
    package init(_ measured: MeasuredLatencies) { self.init(measured, simulated: nil) }

    /// The same beside those of a run.
    init(
        _ measured: MeasuredLatencies, simulated: [Int64: RequestRecord]?,
        between: Set<Int64>? = nil, leftOut: Int? = nil
    ) {
        origin = measured.origin
        self.leftOut = leftOut
        var lists = [[(measured: Double, simulated: Double?)]](repeating: [], count: 3)
        var missing = 0
        for id in 0..<measured.capacity {
            guard let request = measured[id], between?.contains(id) ?? true else { continue }
            let record = simulated?[id]
            if simulated != nil, record == nil {
                missing += 1
                continue
            }
            func add(_ list: Int, _ nanoseconds: Double?, _ picoseconds: Int64?) {
                guard let nanoseconds, simulated == nil || picoseconds != nil else { return }
                lists[list].append((nanoseconds * 1e-6, picoseconds.map { Double($0) * 1e-9 }))
            }
            add(0, request.timeToFirstToken.map(Double.init), record?.timeToFirstToken)
            add(1, request.timePerOutputToken, record?.timePerOutputToken)
            add(
                2, request.endToEnd.map(Double.init),
                record.map { $0.finish - $0.arrival })
        }
        self.missing = simulated == nil ? nil : missing
        latencies = zip(["ttft", "tpot", "e2el"], lists).compactMap { Latency($0, $1) }
    }
}

/// Collects a run's records for the requests with measured latencies in the trace. Memory: those
/// records.
package struct MeasuredComparison: Sendable {
    private let measured: MeasuredLatencies
    private var filter: MarginFilter<RequestRecord>
    private var records: [Int64: RequestRecord] = [:]
    /// Ids of measured requests that ran between the margins.
    private var between: Set<Int64> = []

    /// A comparison with the measured latencies, for the requests between the margins.
    package init(_ measured: MeasuredLatencies, leavingOut margins: Margins = Margins()) {
        self.measured = measured
        filter = MarginFilter(margins)
        isWhole = margins.isNone
    }

    private let isWhole: Bool

    /// Adds a request that ended, in order of arrival. O(1) amortised.
    package mutating func add(_ record: RequestRecord) {
        filter.push(record, record)
        takeOn()
    }

    private mutating func takeOn() {
        while let record = filter.pop() {
            guard measured[record.id] != nil else { continue }
            between.insert(record.id)
            if record.outcome == .finished { records[record.id] = record }
        }
    }

    /// The comparison of everything added so far. O(n log n).
    package var report: MeasuredReport {
        var copy = self
        copy.filter.finish()
        copy.takeOn()
        return MeasuredReport(
            measured, simulated: copy.records, between: copy.between,
            leftOut: isWhole ? nil : copy.filter.leftAtStart + copy.filter.leftAtEnd)
    }
}
