import Basics
import Results
import Scenario
import Simulator

/// The result of `headway tune`: the best point of a space under the promises, how certain that is,
/// and what to run.
///
/// The best point holds every promise over every trace and has the fewest GPUs, then the lowest
/// latency; or the best value of the given goal. Among points within 1 % of it, the one that
/// changes the fewest keys of the base is recommended.
package struct Tuning: Sendable {
    /// How a search ended.
    package enum Outcome: Sendable, Equatable {
        case found
        /// Nothing in the space holds the promises.
        case nothing
        /// Undecided with these seeds: they disagree.
        case undecided
    }

    package let space: ConfigurationSpace
    /// The file that defines the space.
    package let file: String
    package let goal: ConfigurationSpace.Goal
    package let requirements: [ServiceRequirement]
    /// Whether a share of good requests was assumed as a promise, because only per-request limits
    /// are given.
    package let assumesGoodput: Bool
    package let outcome: Outcome
    /// Nil: nothing holds the promises.
    package let best: TunedPoint?
    /// The best, and those within 1 % of it with as many GPUs, if these count; the best first.
    package let near: [TunedPoint]
    /// The one of `near` that changes the fewest keys of the base.
    package let recommended: TunedPoint?
    /// Points about which the seeds disagree.
    package let unsure: [TunedPoint]
    /// The point with the fewest GPUs that certainly holds the promises, if the best does not.
    package let sureFrom: TunedPoint?
    /// If nothing holds them: the point nearest to doing so.
    package let nearest: TunedPoint?
    /// Number of points, run whole, among which it is the nearest.
    package let nearestAmong: Int
    /// Points that cannot run, with their reasons.
    package let failed: [TunePoint]
    /// How certain the best point is; nil without one.
    package let confidence: TuneConfidence?
    /// Number of points run over whole traces, or until they lost a promise.
    package let evaluated: Int
    package let work: TuneWork
    /// Requests of all traces with one seed.
    package let requests: Int
    /// Most GPUs of a point that was run, and of any that can be.
    package let gpusTried: Int
    package let mostGPUs: Int
    /// Whether points were left out because of their results on the beginnings of the traces.
    package let isHalved: Bool

    /// Most requests of a set of points to be run whole: some minutes' work on two cores.
    package static let affordable = 10_000_000
    /// Most points for which memory and GPUs are computed.
    static let mostPoints = 100_000
    /// Relative difference within which points are equally good.
    static let tolerance = 0.01

    /// Searches a space. `most`: requests that a set of points may cost to be run whole.
    ///
    /// - Throws: `InputError` for a space without promises, traces that cannot be read, and if no
    ///   point can run.
    package init(
        _ space: ConfigurationSpace, file: String, goal: ConfigurationSpace.Goal? = nil,
        most: Int = affordable, progress: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        if let key = space.keys.first(where: { $0.hasPrefix("trace.") }) {
            throw InputError(
                "\(file): \(key)", "changes the load, and tune ranks configurations over one load",
                expected: "it in base, or headway sweep or capacity over it")
        }
        let goal = goal ?? space.goal
        requirements = try Self.requirements(space, file: file)
        let points = try Self.points(space, file: file, progress: progress)
        let traces = TraceStore()
        let running = points.filter { $0.problem == nil }
        let loads = try TuneLoads(space, running[0], traces)
        var search = TuneSearch(
            space: space, traces: traces, goal: goal, requirements: requirements,
            requests: loads.requests,
            most: loads.isDependent ? .max : most, progress: progress)
        let tried = Self.walk(running, &search, goal: goal, loads: loads)
        let choice = Choice(search.decided, goal: goal)
        let failures = points.filter { $0.problem != nil } + search.failed
        guard let first = search.failed.first, search.decided.isEmpty else {
            (best, near, outcome) = (choice.best, choice.near, choice.outcome)
            recommended = choice.recommended
            (unsure, sureFrom) = (choice.unsure, choice.sureFrom)
            (nearest, nearestAmong) = choice.best == nil ? Self.nearest(&search) : (nil, 0)
            failed = failures.sorted { $0.number < $1.number }
            confidence = try choice.best.map {
                try TuneConfidence($0, choice, goal: goal, space: space, traces: traces)
            }
            (self.space, self.file, self.goal) = (space, file, goal)
            assumesGoodput = space.base.slo.assumesGoodput
            (evaluated, isHalved) = (search.decided.count, search.isHalved)
            var work = search.work
            // The best was run again for its requests' latencies, and for what chance moves.
            let again = confidence?.runsOfBest ?? 0
            work.runs += again * space.runsOfPoint
            work.requests += again * loads.requests
            self.work = work
            requests = loads.requests / space.seeds.count
            (gpusTried, mostGPUs) = (tried, running.map(\.gpus).max() ?? 0)
            return
        }
        throw Self.noneRuns(file, first, of: points.count)
    }

    private static func requirements(
        _ space: ConfigurationSpace, file: String
    ) throws -> [ServiceRequirement] {
        let all = space.base.slo.requirements
        guard !all.isEmpty else {
            throw InputError(
                "\(file): slo", "promises nothing, so that the smallest point would always do",
                expected: "--slo ttft_p95_ms=2000,tpot_p95_ms=30, or such limits in slo")
        }
        let isIdle = all.allSatisfy { $0.figure == .goodput && $0.limit <= 0 }
        guard !isIdle else {
            throw InputError(
                "\(file): slo.goodput", "is 0, which every run holds",
                expected: "a share of good requests such as 0.99, or limits of latencies")
        }
        return all
    }

    /// Every point with its GPUs, or with the reason why it cannot run.
    private static func points(
        _ space: ConfigurationSpace, file: String, progress: @Sendable (String) -> Void
    ) throws -> [TunePoint] {
        guard space.points <= mostPoints else {
            throw InputError(
                file, "has \(Quantity.count(space.points)) points",
                expected: "at most \(Quantity.count(mostPoints)): shorter lists, or linked sets")
        }
        progress("working out \(Quantity.count(space.points)) points")
        let base = TuneBase(space.base)
        let points = try mapOnAllCores(Array(0..<space.points)) {
            TunePoint(space, $0, base: base)
        }
        guard points.contains(where: { $0.problem == nil }) else {
            throw noneRuns(file, points[0], of: points.count)
        }
        return points
    }

    private static func noneRuns(_ file: String, _ point: TunePoint, of count: Int) -> InputError {
        InputError(
            file,
            count == 1
                ? "its point cannot be run: \(point.problem ?? "")"
                : "none of its \(Quantity.count(count)) points can be run. The first: "
                    + (point.problem ?? ""))
    }

    /// Decides as many points as the answer needs. Returns the most GPUs tried.
    ///
    /// For the fewest GPUs, their number rises until something certainly holds the promises; every
    /// smaller number was refuted by whole runs. For the lowest cost, it rises until no larger
    /// cluster can be as cheap: a run takes at least as long as its trace and delivers at most the
    /// trace's tokens.
    private static func walk(
        _ points: [TunePoint], _ search: inout TuneSearch, goal: ConfigurationSpace.Goal,
        loads: TuneLoads
    ) -> Int {
        let bySize = Dictionary(grouping: points, by: \.gpus)
        let sizes = bySize.keys.sorted()
        guard goal == .gpus || goal == .cost && loads.leastSecondsPerToken != nil else {
            search.decide(points)
            return sizes.last ?? 0
        }
        for size in sizes {
            search.decide(bySize[size]!)
            let held = search.decided.filter(\.isMet)
            if goal == .gpus {
                if held.contains(where: \.isSure) { return size }
                continue
            }
            guard let best = held.filter(\.isSure).map(\.cost).min(),
                let next = sizes.first(where: { $0 > size }),
                let least = loads.leastSecondsPerToken
            else { continue }
            if Double(next) * least > best * (1 + tolerance) { return size }
        }
        return sizes.last ?? 0
    }

    /// The point that misses by least: of all, if running all whole is affordable; else of those
    /// that lasted longest and those with the most GPUs.
    private static func nearest(_ search: inout TuneSearch) -> (TunedPoint?, among: Int) {
        var decided = search.decided
        let room = max(2 * TuneSearch.mostRivals, affordable / 10 / max(1, search.requests))
        if decided.count > room {
            decided.sort {
                ($1.survived, $0.point.number) < ($0.survived, $1.point.number)
            }
            let largest = decided[(room / 2)...].sorted {
                ($1.point.gpus, $0.point.number) < ($0.point.gpus, $1.point.number)
            }
            decided = Array(decided.prefix(room / 2) + largest.prefix(room - room / 2))
        }
        let whole = search.whole(decided.map(\.point))
        let nearest = whole.min { a, b in
            let (first, second) = (excess(a), excess(b))
            return first != second ? first < second : a.point.number < b.point.number
        }
        return (nearest, whole.count)
    }

    private static func excess(_ point: TunedPoint) -> Double {
        point.worst?.line.excess ?? .infinity
    }
}

/// The traces of a space: the cost of a point, and a bound that no point can beat.
struct TuneLoads {
    /// Requests of all traces with all seeds.
    var requests = 0
    /// Seconds between first and last arrival per requested output token, by the mean of the runs'
    /// rates. Nil if the trace's times do not bound a run's length.
    var leastSecondsPerToken: Double?
    /// Whether requests wait for others to end. The beginning of such a trace has mostly first
    /// turns with short prompts, and does not represent the rest.
    private(set) var isDependent = false

    /// Reads every trace with every seed, as a point that can run sees it.
    ///
    /// - Throws: `InputError` for a trace that cannot be read, or has no requests.
    init(_ space: ConfigurationSpace, _ point: TunePoint, _ traces: TraceStore) throws {
        var rates: [Double] = []
        var isOpen = !space.keys.contains { $0.hasPrefix("trace.") || $0.hasPrefix("output.") }
        for trace in space.traces.indices {
            for seed in space.seeds.indices {
                let configuration = try space.configuration(
                    point: point.number, trace: trace, seed: seed)
                let resolved = try configuration.resolved()
                let loaded = try traces.trace(of: resolved.configuration)
                guard loaded.requests > 0 else {
                    throw InputError(
                        space.traces[trace].file ?? "trace", "has no requests",
                        expected: "one or more")
                }
                requests += loaded.requests
                if case .openLoop = resolved.plan.arrivals {} else { isOpen = false }
                if !resolved.plan.margins.isNone { isOpen = false }
                let arrivals = loaded.batches.flatMap { [$0.arrivals.min(), $0.arrivals.max()] }
                    .compactMap(\.self)
                for batch in loaded.batches
                where !batch.predecessors.isEmpty || !batch.waitEnds.isEmpty {
                    isDependent = true
                }
                let tokens = loaded.batches.reduce(0.0) { sum, batch in
                    sum + batch.outputTokens.reduce(0) { $0 + Double($1) }
                }
                let seconds = Double((arrivals.max() ?? 0) - (arrivals.min() ?? 0)) * 1e-9
                rates.append(seconds > 0 ? tokens / seconds : .infinity)
            }
        }
        let rate = rates.reduce(0, +) / Double(max(1, rates.count))
        if isOpen, !isDependent, rate > 0, rate.isFinite { leastSecondsPerToken = 1 / rate }
    }
}

extension Tuning {
    /// The outcome of the runs: the best point, and those beside it.
    struct Choice {
        var best: TunedPoint?
        var near: [TunedPoint] = []
        var recommended: TunedPoint?
        var unsure: [TunedPoint]
        var sureFrom: TunedPoint?
        var outcome: Outcome
        /// Points that the best is compared with, excluding itself.
        var rivals: [TunedPoint] = []

        /// Points that certainly hold the promises come before those that hold them in the mean;
        /// with equal numbers of GPUs if these count.
        init(_ points: [TunedPoint], goal: ConfigurationSpace.Goal) {
            unsure = points.filter { !$0.isSure }.sorted { $0.point.number < $1.point.number }
            let held = points.filter(\.isMet).sorted(by: goal.precedes)
            guard let first = held.first else {
                outcome = unsure.isEmpty ? .nothing : .undecided
                return
            }
            let alike = held.filter { goal != .gpus || $0.point.gpus == first.point.gpus }
            let sure = alike.filter(\.isSure)
            let compared = sure.isEmpty ? alike : sure
            outcome = sure.isEmpty ? .undecided : .found
            if sure.isEmpty { sureFrom = held.first(where: \.isSure) }
            let best = compared[0]
            let figure = goal.figure(best)
            near = compared.filter { goal.figure($0) <= figure + abs(figure) * tolerance }
            recommended = near.min(by: ConfigurationSpace.Goal.isSimpler)
            rivals = Array(compared.dropFirst())
            self.best = best
        }
    }
}
