import Basics
import Results
import Scenario
import Simulator

/// A point of a space after its runs: its promises and what it is ranked by.
package struct TunedPoint: Sendable {
    /// A promise over one trace. Its figure is the mean over the seeds.
    package struct Promise: Sendable {
        /// Index of the trace in the space.
        package var trace: Int
        /// The promise with its figure and outcome.
        package var line: ServiceVerdict.Line
        /// The figure for each seed, in order; nil if no request has it.
        package var bySeed: [Double?]

        /// Smallest and largest over the seeds; nil with one seed, or if requests were never
        /// served.
        package var spread: ClosedRange<Double>? {
            let values = bySeed.compactMap(\.self)
            guard values.count > 1, values.allSatisfy(\.isFinite) else { return nil }
            return values.min()!...values.max()!
        }

        /// 95 % interval of the mean over other seeds; nil with one seed, or if requests were never
        /// served. Decides where seeds disagree. It is not shown: with few seeds it is much wider
        /// than the estimate from blocks of the trace (`TuneConfidence.Edge`).
        var seedInterval: ClosedRange<Double>? {
            let values = bySeed.compactMap(\.self)
            guard values.allSatisfy(\.isFinite) else { return nil }
            let most = line.requirement.figure == .goodput ? 1 : Double.greatestFiniteMagnitude
            return Estimate(paired: values)?.interval().clamped(to: 0...most)
        }

        /// Whether other seeds would agree: the interval excludes the limit.
        var isSure: Bool {
            guard let interval = seedInterval else { return bySeed.count == 1 }
            let limit = line.requirement.limit
            return line.requirement.figure == .goodput
                ? interval.lowerBound >= limit || interval.upperBound < limit
                : interval.upperBound <= limit || interval.lowerBound > limit
        }
    }

    package var point: TunePoint
    /// Every promise over every trace; empty if a run was stopped early.
    package let promises: [Promise]
    /// Whether every promise is held over every trace, in the mean over the seeds.
    package let isMet: Bool
    /// Whether every seed agrees, or enough of them to make the mean certain.
    package let isSure: Bool
    /// Indices of the seeds for which every promise is held.
    package let seedsMet: [Int]
    /// Mean E2E latency of finished requests, seconds, averaged over the runs as in a sweep's
    /// table; infinite if none finished.
    package let latency: Double
    /// Output tokens per second, averaged over the runs.
    package let throughput: Double
    /// GPU-seconds per output token: the GPUs over that throughput; infinite if it is 0.
    package let cost: Double
    /// Whether the queue was stable in every run; nil: some are too short to tell.
    package let isSteady: Bool?
    /// Smallest share of a trace replayed before a promise was lost; 1: all of it.
    package let survived: Double
    /// The first promise lost early; nil if none was.
    package let lost: ServiceRequirement?
    /// The source of its step times and its host; empty if every run was stopped early.
    package let clock: String
    /// How the first run that did so left the range of its clock, one line each.
    package let rangeWarnings: [String]
    /// Digests of its runs; nil if one was stopped early.
    let digests: [String]?
    /// E2E latencies of its runs, if kept.
    var samples: [TuneRun]

    /// The promise missed by most, or nearest to its limit.
    package var worst: Promise? {
        promises.reduce(nil) { worst, promise in
            guard let worst else { return promise }
            return promise.line.excess > worst.line.excess ? promise : worst
        }
    }

    /// From a point's runs, ordered by trace, then seed.
    init(_ point: TunePoint, _ runs: [TuneRun], _ requirements: [ServiceRequirement], seeds: Int) {
        self.point = point
        let isWhole = runs.allSatisfy { $0.refuted == nil }
        let traces = runs.count / seeds
        promises = isWhole ? Self.promises(runs, requirements, seeds: seeds) : []
        isMet = isWhole && promises.allSatisfy { $0.line.isMet }
        seedsMet = (0..<seeds).filter { seed in
            (0..<traces).allSatisfy { runs[$0 * seeds + seed].isMet }
        }
        let isUnanimous = isMet ? seedsMet.count == seeds : seedsMet.isEmpty
        isSure =
            isUnanimous || !isWhole
            || (isMet
                ? promises.allSatisfy(\.isSure)
                : promises.contains { !$0.line.isMet && $0.isSure })
        let means = runs.filter { $0.finished > 0 }.map { $0.latency / Double($0.finished) }
        latency = means.isEmpty ? .infinity : means.reduce(0, +) / Double(means.count)
        let rates = runs.map { $0.duration > 0 ? Double($0.tokens) / $0.duration : 0 }
        throughput = rates.reduce(0, +) / Double(max(1, rates.count))
        cost = throughput > 0 ? Double(point.gpus) / throughput : .infinity
        isSteady = Trial.areSteady(runs.map(\.isSteady))
        survived = runs.map { Double($0.seen) / Double(max(1, $0.requests)) }.min() ?? 1
        lost = runs.compactMap(\.refuted).first.map { requirements[$0] }
        digests = isWhole ? runs.map(\.digest) : nil
        clock = runs.map(\.clock).first { !$0.isEmpty } ?? ""
        rangeWarnings = runs.map(\.rangeWarnings).first { !$0.isEmpty } ?? []
        samples = runs
    }

    /// Whether a promise is certainly lost, whatever the runs stopped early would have given: one
    /// that every seed of a trace misses is also missed in the mean.
    static func isRefuted(_ runs: [TuneRun], promises: Int, seeds: Int) -> Bool {
        stride(from: 0, to: runs.count, by: seeds).contains { first in
            let ofTrace = runs[first..<(first + seeds)]
            return (0..<promises).contains { promise in
                ofTrace.allSatisfy { $0.misses(promise) }
            }
        }
    }

    private static func promises(
        _ runs: [TuneRun], _ requirements: [ServiceRequirement], seeds: Int
    ) -> [Promise] {
        stride(from: 0, to: runs.count, by: seeds).flatMap { first in
            let ofTrace = runs[first..<(first + seeds)]
            return requirements.indices.map { place in
                let bySeed = ofTrace.map { $0.values[place] }
                let values = bySeed.compactMap(\.self)
                let requirement = requirements[place]
                guard !values.isEmpty else {
                    let isMet = ofTrace.allSatisfy { $0.held[place] }
                    return Promise(
                        trace: first / seeds,
                        line: .init(requirement: requirement, value: nil, isMet: isMet),
                        bySeed: bySeed)
                }
                let mean = values.reduce(0, +) / Double(values.count)
                let isMet =
                    requirement.figure == .goodput
                    ? mean >= requirement.limit : mean <= requirement.limit
                return Promise(
                    trace: first / seeds,
                    line: .init(requirement: requirement, value: mean, isMet: isMet),
                    bySeed: bySeed)
            }
        }
    }
}

extension ConfigurationSpace.Goal {
    /// The figure that ranks points, of equal GPUs if these count; lower is better.
    func figure(_ point: TunedPoint) -> Double {
        switch self {
        case .gpus, .latency: point.latency
        case .throughput: -point.throughput
        case .cost: point.cost
        }
    }

    /// Whether one point is better than another: fewer GPUs if the goal, then its figure, then
    /// fewer changes of the base, fewer GPUs, and a lower number.
    func precedes(_ a: TunedPoint, _ b: TunedPoint) -> Bool {
        if self == .gpus, a.point.gpus != b.point.gpus { return a.point.gpus < b.point.gpus }
        let (first, second) = (figure(a), figure(b))
        if first != second { return first < second }
        return Self.isSimpler(a, b)
    }

    /// Whether one point changes less of the base than another, then has fewer GPUs, then a lower
    /// number.
    static func isSimpler(_ a: TunedPoint, _ b: TunedPoint) -> Bool {
        (a.point.changed.count, a.point.gpus, a.point.number)
            < (b.point.changed.count, b.point.gpus, b.point.number)
    }
}
