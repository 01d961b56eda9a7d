import Basics
import Results
import Scenario
import Simulator

/// A point of a space after its runs: what it promises and what it is ranked by.
package struct TunedPoint: Sendable {
    /// A promise over one trace: its figure is the mean over the seeds.
    package struct Promise: Sendable {
        /// Place of the trace in the space.
        package var trace: Int
        package var line: ServiceVerdict.Line
        /// The figure with each seed, in their order; nil where no request has it.
        package var bySeed: [Double?]

        /// The least and the greatest of the seeds; nil: one seed, requests that were never served.
        package var spread: ClosedRange<Double>? {
            let values = bySeed.compactMap(\.self)
            guard values.count > 1, values.allSatisfy(\.isFinite) else { return nil }
            return values.min()!...values.max()!
        }

        /// Where the mean lies with other seeds, 95 %; nil for one seed, and where requests were
        /// never served. It decides where seeds disagree, and is not shown: of few seeds it is much
        /// wider than what blocks of the trace tell (`TuneConfidence.Edge`).
        var seedInterval: ClosedRange<Double>? {
            let values = bySeed.compactMap(\.self)
            guard values.allSatisfy(\.isFinite) else { return nil }
            let most = line.requirement.figure == .goodput ? 1 : Double.greatestFiniteMagnitude
            return Estimate(paired: values)?.interval().clamped(to: 0...most)
        }

        /// Whether other seeds would say the same of it: the interval leaves the limit out.
        var isSure: Bool {
            guard let interval = seedInterval else { return bySeed.count == 1 }
            let limit = line.requirement.limit
            return line.requirement.figure == .goodput
                ? interval.lowerBound >= limit || interval.upperBound < limit
                : interval.upperBound <= limit || interval.lowerBound > limit
        }
    }

    package var point: TunePoint
    /// Every promise over every trace; empty where a run was ended early.
    package let promises: [Promise]
    /// Whether every promise is held over every trace, in the mean over the seeds.
    package let isMet: Bool
    /// Whether every seed says so, or enough of them for the mean to be sure.
    package let isSure: Bool
    /// Places of the seeds with which every promise is held.
    package let seedsMet: [Int]
    /// Mean E2E latency of finished requests, seconds, the mean over the runs, as in a sweep's
    /// table; infinite without any.
    package let latency: Double
    /// Output tokens a second, the mean over the runs likewise.
    package let throughput: Double
    /// GPU-seconds for an output token, the GPUs over that throughput; infinite without any.
    package let cost: Double
    /// Whether the queue came to rest in every run; nil: some are too short to tell.
    package let isSteady: Bool?
    /// The least share of a trace that was replayed before a promise was lost; 1: all of it.
    package let survived: Double
    /// The first promise that was lost early; nil: none was.
    package let lost: ServiceRequirement?
    /// Where its first run that did so left the range of its clock, a line each.
    package let rangeWarnings: [String]
    /// Names what its runs did; nil where one was ended early.
    let digests: [String]?
    /// E2E latencies of its runs, where they are kept.
    var samples: [TuneRun]

    /// The promise that is missed by most, or nearest to its limit.
    package var worst: Promise? {
        promises.reduce(nil) { worst, promise in
            guard let worst else { return promise }
            return promise.line.excess > worst.line.excess ? promise : worst
        }
    }

    /// The runs of a point: by trace, then seed.
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
        rangeWarnings = runs.map(\.rangeWarnings).first { !$0.isEmpty } ?? []
        samples = runs
    }

    /// Whether a promise was lost for certain, whatever runs that were ended early would have come
    /// to: one that every seed of a trace misses is missed in the mean, too.
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
    /// What points of as many GPUs as wanted are ranked by: the less the better.
    func figure(_ point: TunedPoint) -> Double {
        switch self {
        case .gpus, .latency: point.latency
        case .throughput: -point.throughput
        case .cost: point.cost
        }
    }

    /// Whether one point is better than another: fewer GPUs where these are wanted, then its
    /// figure, then fewer changes of the base, fewer GPUs, and its place in the space.
    func precedes(_ a: TunedPoint, _ b: TunedPoint) -> Bool {
        if self == .gpus, a.point.gpus != b.point.gpus { return a.point.gpus < b.point.gpus }
        let (first, second) = (figure(a), figure(b))
        if first != second { return first < second }
        return Self.isSimpler(a, b)
    }

    /// Whether one point changes less of the base than another, has fewer GPUs or stands before it.
    static func isSimpler(_ a: TunedPoint, _ b: TunedPoint) -> Bool {
        (a.point.changed.count, a.point.gpus, a.point.number)
            < (b.point.changed.count, b.point.gpus, b.point.number)
    }
}
