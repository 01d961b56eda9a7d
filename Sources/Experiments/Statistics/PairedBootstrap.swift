import Basics

/// A statistic of many values.
package enum Statistic: Sendable, Equatable {
    case mean
    /// The value below which this percentage of the values lies (nearest rank).
    case percentile(Double)
}

/// The same requests in two runs, in order of arrival: estimates how a statistic changed, taking
/// into account that queues correlate neighbouring requests.
///
/// Resamples blocks of consecutive requests with replacement, the same blocks in both runs. What
/// the runs share then cancels, and correlation in time is preserved (Künsch 1989). The spread of
/// the resampled statistics is the standard error, with Student's t for the number of blocks.
///
///     let pairs = PairedBootstrap(before: ttftA, after: ttftB)
///     let change = pairs.change(of: .percentile(99))
///     change.relative?.interval()          // as logarithms of the ratio
package struct PairedBootstrap: Sendable {
    /// A statistic before and after.
    package struct Change: Sendable, Equatable {
        package var before: Double
        package var after: Double
        /// log(after / before); nil if either is not positive.
        package var relative: Estimate?
        /// after − before.
        package var absolute: Estimate
    }

    private let before: [Double]
    private let after: [Double]
    private let draws: Int
    private let seed: UInt64

    /// Paired values in order of arrival, of equal length, not empty. `draws`: number of resamples;
    /// 400 give a standard error to 3.5 %.
    package init(before: [Double], after: [Double], draws: Int = 400, seed: UInt64 = 1) {
        precondition(before.count == after.count && !before.isEmpty, "values come in pairs")
        self.before = before
        self.after = after
        self.draws = draws
        self.seed = seed
    }

    /// The change of one statistic. O(draws × blocks) for the mean, O(draws × requests) for
    /// percentiles.
    package func change(of statistic: Statistic) -> Change {
        let old = Self.value(statistic, before)
        let new = Self.value(statistic, after)
        let plan = BlockPlan(influences: influences(statistic, old, new))
        var change = Change(
            before: old, after: new, relative: nil,
            absolute: Estimate(value: new - old, error: 0, freedom: 1))
        let samples = redrawn(statistic, plan)
        let freedom = Double(max(1, plan.count - 1))
        // The mean of the blocks takes one degree of freedom out of the spread.
        let widening = (Double(plan.count) / freedom).squareRoot()
        func error(_ values: [Double]) -> Double {
            Moments(values).variance.squareRoot() * widening
        }
        change.absolute.error = error(samples.map { $0.after - $0.before })
        change.absolute.freedom = freedom
        if old > 0, new > 0, samples.allSatisfy({ $0.before > 0 && $0.after > 0 }) {
            let ratios = samples.map { PortableMath.log($0.after / $0.before) }
            change.relative = Estimate(
                value: PortableMath.log(new / old), error: error(ratios), freedom: freedom)
        }
        return change
    }

    /// The statistic of values, which must not be empty. O(n log n) for percentiles.
    package static func value(_ statistic: Statistic, _ values: [Double]) -> Double {
        switch statistic {
        case .mean: return values.reduce(0, +) / Double(values.count)
        case .percentile(let percent):
            let rank = max(1, Int((percent / 100 * Double(values.count)).rounded(.up)))
            return values.sorted()[min(rank, values.count) - 1]
        }
    }

    /// Contribution of each pair to the change: the mean's influence function and, for a
    /// percentile, also its own, up to a factor. A percentile's coarse steps alone could hide
    /// memory.
    private func influences(
        _ statistic: Statistic, _ old: Double, _ new: Double
    ) -> [[Double]] {
        let scale = old > 0 && new > 0 ? new / old : 1
        let mean = zip(before, after).map { $1 - scale * $0 }
        if statistic == .mean { return [mean] }
        return [mean, zip(before, after).map { ($1 > new ? 1.0 : 0.0) - ($0 > old ? 1.0 : 0.0) }]
    }

    private func redrawn(
        _ statistic: Statistic, _ plan: BlockPlan
    ) -> [(before: Double, after: Double)] {
        var random = SeededRandom(seed: seed, stream: 0xb007)
        let old = RedrawnStatistic(before, plan, statistic)
        let new = RedrawnStatistic(after, plan, statistic)
        var times = [Int](repeating: 0, count: plan.count)
        return (0..<draws).map { _ in
            for block in times.indices { times[block] = 0 }
            for _ in times { times[random.below(times.count)] += 1 }
            return (old.value(times), new.value(times))
        }
    }
}

/// Values prepared for fast statistics of any mixture of blocks.
private struct RedrawnStatistic {
    private let statistic: Statistic
    /// Sums and counts of values, by block.
    private let sums: [Double]
    private let counts: [Int]
    /// Values in ascending order, and the block of each.
    private let sorted: [Double]
    private let owners: [Int32]

    init(_ values: [Double], _ plan: BlockPlan, _ statistic: Statistic) {
        self.statistic = statistic
        var start = 0
        var sums: [Double] = []
        var counts: [Int] = []
        var blocks: [(value: Double, block: Int32)] = []
        for (block, end) in plan.ends.enumerated() {
            sums.append(values[start..<end].reduce(0, +))
            counts.append(end - start)
            if statistic != .mean {
                for value in values[start..<end] { blocks.append((value, Int32(block))) }
            }
            start = end
        }
        self.sums = sums
        self.counts = counts
        blocks.sort { $0.value < $1.value }
        sorted = blocks.map(\.value)
        owners = blocks.map(\.block)
    }

    /// The statistic if block i is taken `times[i]` times.
    func value(_ times: [Int]) -> Double {
        var total = 0
        for block in times.indices { total += times[block] * counts[block] }
        guard case .percentile(let percent) = statistic else {
            var sum = 0.0
            for block in times.indices { sum += Double(times[block]) * sums[block] }
            return sum / Double(max(1, total))
        }
        let rank = max(1, Int((percent / 100 * Double(total)).rounded(.up)))
        var seen = 0
        for place in 0..<owners.count {
            seen += times[Int(owners[place])]
            if seen >= rank { return sorted[place] }
        }
        return sorted.last ?? 0
    }
}
