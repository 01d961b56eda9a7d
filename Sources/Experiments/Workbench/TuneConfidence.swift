import Basics
import Results
import Scenario
import Simulator

/// How certain it is that the best point is the best, and that it holds its promises.
///
/// Points see the same requests, so the traffic's effect on both cancels. Blocks of the trace are
/// resampled, the same ones for the best and its rival (`PairedBootstrap`), with seeds in sequence.
/// A difference must exceed what chance alone moves, too: how far nearby runs of the best spread.
package struct TuneConfidence: Sendable {
    /// A point that may be as good as the best.
    package struct Rival: Sendable {
        package var point: TunedPoint
        /// How much worse its figure is, as a fraction; negative: better.
        package var worse: Double
        /// The 95 % interval of `worse`; nil if unknown, as with one run.
        package var interval: ClosedRange<Double>?
        /// Upper bound on the probability of such a difference if it is no worse; 1 if the runs are
        /// equal.
        package var chance: Double?
        /// Whether it did exactly the same, request by request.
        package var isSame: Bool
    }

    /// How close the best is to the limit of a promise.
    package struct Edge: Sendable {
        package var requirement: ServiceRequirement
        package var value: Double
        /// 95 % interval of the figure for such traffic, over blocks of the trace and seeds.
        package var interval: ClosedRange<Double>

        /// Whether other traffic of this kind may miss the promise.
        package var isInDoubt: Bool {
            requirement.figure == .goodput
                ? interval.lowerBound < requirement.limit
                : interval.upperBound > requirement.limit
        }

        /// How far the interval reaches towards the limit; above 1: beyond it.
        var reach: Double {
            let (limit, isShare) = (requirement.limit, requirement.figure == .goodput)
            let (reached, allowed) =
                isShare ? (1 - interval.lowerBound, 1 - limit) : (interval.upperBound, limit)
            return allowed > 0 ? reached / allowed : reached > 0 ? .infinity : 0
        }
    }

    /// Lower bound on the probability that no rival is better: 1 minus the sum of their `chance`.
    /// Identical rivals do not count. Nil if unknown, as with one run.
    package let probability: Double?
    package let rivals: [Rival]
    /// The promise nearest to its limit, of those that blocks can estimate; nil if none.
    package let edge: Edge?
    /// How often the best was run again for this.
    let runsOfBest: Int

    /// Compares the best with its rivals. Runs the best once more for its requests.
    ///
    /// - Throws: `InputError` for a configuration that cannot run.
    init(
        _ best: TunedPoint, _ choice: Tuning.Choice, goal: ConfigurationSpace.Goal,
        space: ConfigurationSpace, traces: TraceStore
    ) throws {
        let compared = choice.rivals.prefix(TuneSearch.mostRivals)
        let isPaired = goal == .gpus || goal == .latency
        let differs = compared.contains { $0.digests == nil || $0.digests != best.digests }
        let chance = isPaired && differs ? try Self.chance(best, space, traces) : nil
        runsOfBest = 1 + (chance == nil ? 0 : ComparedRun.nearbyRuns)
        rivals = compared.map { Self.rival($0, to: best, goal: goal, chance: chance) }
        let others = rivals.filter { !$0.isSame }
        let chances = others.compactMap(\.chance)
        probability =
            chances.count == others.count ? max(0, 1 - chances.reduce(0, +)) : nil
        edge = try Self.edge(best, space, traces)
    }

    private static func rival(
        _ point: TunedPoint, to best: TunedPoint, goal: ConfigurationSpace.Goal, chance: Estimate?
    ) -> Rival {
        let (was, now) = (goal.figure(best), goal.figure(point))
        let worse = was == 0 || now == was ? 0 : (now - was) / abs(was)
        if best.digests != nil, best.digests == point.digests {
            return Rival(point: point, worse: worse, interval: 0...0, chance: 1, isSame: true)
        }
        var relative =
            goal == .gpus || goal == .latency
            ? latencies(best, point) : rates(best, point, goal: goal)
        if let chance { relative?.widen(to: chance) }
        guard let relative else {
            return Rival(point: point, worse: worse, interval: nil, chance: nil, isSame: false)
        }
        let interval = relative.interval()
        let bounds = [interval.lowerBound, interval.upperBound].map { PortableMath.exp($0) - 1 }
        return Rival(
            point: point, worse: worse, interval: bounds[0]...max(bounds[0], bounds[1]),
            chance: relative.pValue(atMost: 0), isSame: false)
    }

    /// The error, by chance alone, of how much longer requests take at a rival point than at the
    /// best, as a logarithm: the spread of nearby runs of the best. Nil for very many requests.
    private static func chance(
        _ best: TunedPoint, _ space: ConfigurationSpace, _ traces: TraceStore
    ) throws -> Estimate? {
        let own = best.samples.flatMap { $0.latencies.map(\.1) }
        guard !own.isEmpty, own.count <= ComparedRun.mostNearbyRequests else { return nil }
        let others = try mapOnAllCores(Array(1...ComparedRun.nearbyRuns)) { number -> [Double] in
            try space.traces.indices.flatMap { trace in
                try space.seeds.indices.flatMap { seed in
                    let configuration = try space.configuration(
                        point: best.point.number, trace: trace, seed: seed)
                    let trial = try Trial(
                        configuration, traces: traces, keepsRecords: true, nearby: number)
                    return trial.records.compactMap { $0.milliseconds("e2e").map { $0 / 1000 } }
                }
            }
        }
        let means = ([own] + others).filter { !$0.isEmpty }.map {
            PortableMath.log(PairedBootstrap.value(.mean, $0))
        }
        return Estimate(spreadOf: means, and: [])
    }

    /// How much longer requests that both finished took, as a logarithm.
    private static func latencies(_ best: TunedPoint, _ rival: TunedPoint) -> Estimate? {
        guard !best.samples.isEmpty, best.samples.count == rival.samples.count else { return nil }
        var (before, after): ([Double], [Double]) = ([], [])
        for (a, b) in zip(best.samples, rival.samples) {
            var known: [Int64: Double] = [:]
            for (id, seconds) in b.latencies { known[id] = seconds }
            for (id, seconds) in a.latencies {
                guard let other = known[id] else { continue }
                before.append(seconds)
                after.append(other)
            }
        }
        guard !before.isEmpty else { return nil }
        return PairedBootstrap(before: before, after: after).change(of: .mean).relative
    }

    /// The same for rates of whole runs, over traces and seeds.
    private static func rates(
        _ best: TunedPoint, _ rival: TunedPoint, goal: ConfigurationSpace.Goal
    ) -> Estimate? {
        guard best.samples.count == rival.samples.count else { return nil }
        let changes = zip(best.samples, rival.samples).map { a, b -> Double in
            let rates = [a, b].map { Double($0.tokens) / max(1e-12, $0.duration) }
            guard rates[0] > 0, rates[1] > 0 else { return 0 }
            let sizes = Double(rival.point.gpus) / Double(best.point.gpus)
            let ratio = rates[0] / rates[1]
            return PortableMath.log(goal == .cost ? ratio * sizes : ratio)
        }
        return Estimate(paired: changes)
    }

    /// The promise over all requests whose interval comes nearest to its limit.
    private static func edge(
        _ best: TunedPoint, _ space: ConfigurationSpace, _ traces: TraceStore
    ) throws -> Edge? {
        var edges: [Edge] = []
        for trace in space.traces.indices {
            var values: [String: [Double]] = [:]
            for seed in space.seeds.indices {
                let configuration = try space.configuration(
                    point: best.point.number, trace: trace, seed: seed)
                let trial = try Trial(configuration, traces: traces, keepsRecords: true)
                for name in ["ttft", "tpot", "e2e"] {
                    values[name, default: []] += trial.records.compactMap { $0.milliseconds(name) }
                }
                var limits = trial.limits
                values["good", default: []] += trial.records.compactMap {
                    $0.outcome == .aborted ? nil : limits.objective(of: $0).isMet(by: $0) ? 1 : 0
                }
            }
            for promise in best.promises where promise.trace == trace {
                if let edge = edge(promise, values) { edges.append(edge) }
            }
        }
        return edges.max { $0.reach < $1.reach }
    }

    private static func edge(
        _ promise: TunedPoint.Promise, _ values: [String: [Double]]
    ) -> Edge? {
        let requirement = promise.line.requirement
        guard requirement.className == nil, let value = promise.line.value, value.isFinite,
            let (name, sampled) = sampled(requirement.figure),
            let own = values[name], !own.isEmpty
        else { return nil }
        let limits = [Double](repeating: requirement.limit, count: own.count)
        let change = PairedBootstrap(before: limits, after: own).change(of: sampled).absolute
        let around = Estimate(value: value, error: change.error, freedom: change.freedom)
        let interval = around.interval()
        let most = requirement.figure == .goodput ? 1 : Double.greatestFiniteMagnitude
        return Edge(
            requirement: requirement, value: value, interval: interval.clamped(to: 0...most))
    }

    /// The series and statistic of a figure; nil if blocks cannot estimate it.
    private static func sampled(
        _ figure: ServiceRequirement.Figure
    ) -> (name: String, statistic: Statistic)? {
        switch figure {
        case .goodput: ("good", .mean)
        case .latency("itl", _): nil
        case .latency(let name, .mean): (name, .mean)
        case .latency(let name, .percentile(let percent)): (name, .percentile(percent))
        // Resampled blocks never exceed the observed maximum.
        case .latency(_, .maximum): nil
        }
    }
}
