import Basics

extension Comparison {
    private typealias Latency = @Sendable (ComparedRequest) -> Double?

    private static let latencies: [(name: String, of: Latency)] = [
        ("ttft", { $0.timeToFirstToken }), ("tpot", { $0.timePerOutputToken }),
        ("e2el", { $0.endToEnd }), ("queue", { $0.queueTime }),
    ]

    private static let statistics: [(name: String, of: Statistic)] = [
        ("mean", .mean), ("median", .percentile(50)), ("p90", .percentile(90)),
        ("p99", .percentile(99)),
    ]

    /// The latencies, paired by request. Without `isJudged` no row has an interval.
    static func pairedRows(
        _ pairs: [(ComparedRequest, ComparedRequest)],
        nearby: (before: [[ComparedRequest]], after: [[ComparedRequest]]), isJudged: Bool,
        seed: UInt64
    ) -> [Row] {
        let names = Set(pairs.map(\.0.pairName))
        let others = [nearby.before, nearby.after].map { runs in
            runs.map { $0.filter { names.contains($0.pairName) } }
        }
        var rows: [Row] = []
        for (name, latency) in latencies {
            let values = pairs.compactMap { a, b -> (Double, Double)? in
                guard let old = latency(a), let new = latency(b) else { return nil }
                return (old, new)
            }
            guard !values.isEmpty else { continue }
            let bootstrap = PairedBootstrap(
                before: values.map(\.0), after: values.map(\.1), seed: seed)
            let nearby = others.map { runs in
                runs.map { $0.compactMap(latency) }.filter { !$0.isEmpty }
            }
            for (prefix, statistic) in statistics {
                var change = bootstrap.change(of: statistic)
                change.widen(
                    nearby[0].map { PairedBootstrap.value(statistic, $0) },
                    nearby[1].map { PairedBootstrap.value(statistic, $0) })
                rows.append(
                    Row(
                        metric: "\(prefix)_\(name)_ms", before: change.before,
                        after: change.after, direction: .lower, change: isJudged ? change : nil,
                        adjustedP: nil))
            }
        }
        return rows
    }
}

extension PairedBootstrap.Change {
    /// Takes the spread of nearby runs for the error where it is the wider one. `old` and `new`:
    /// the statistic in each nearby run of either side.
    mutating func widen(_ old: [Double], _ new: [Double]) {
        if let chance = Estimate(spreadOf: [before] + old, and: [after] + new) {
            absolute.widen(to: chance)
        }
        let sides = ([before] + old, [after] + new)
        guard relative != nil, (sides.0 + sides.1).allSatisfy({ $0 > 0 }) else { return }
        let logarithms = (sides.0.map(PortableMath.log), sides.1.map(PortableMath.log))
        if let chance = Estimate(spreadOf: logarithms.0, and: logarithms.1) {
            relative?.widen(to: chance)
        }
    }
}
