import Basics
import Results
import Scenario
import Simulator

/// The cost of a search, in counts that are the same on every machine.
package struct TuneWork: Sendable, Equatable {
    /// Runs over whole traces, including those stopped early.
    package var runs = 0
    /// Those stopped because a promise was lost.
    package var endedEarly = 0
    /// Runs over the beginnings of traces.
    package var shortRuns = 0
    /// Requests that ended, over all runs.
    package var requests = 0

    mutating func add(_ run: TuneRun, isShort: Bool) {
        requests += run.seen
        guard !isShort else {
            shortRuns += 1
            return
        }
        runs += 1
        if run.refuted != nil { endedEarly += 1 }
    }
}

/// Runs points of a space until the best is known.
///
/// Where possible the search is exact: a point is left out only if a whole run refuted it, or no
/// point like it can be the best. If there are too many points for that, only those that do well on
/// the beginnings of the traces run over whole traces (`isHalved`).
struct TuneSearch {
    let space: ConfigurationSpace
    let traces: TraceStore
    let goal: ConfigurationSpace.Goal
    let requirements: [ServiceRequirement]
    /// Requests of all traces with all seeds: the cost of a point.
    let requests: Int
    /// Most requests that a set of points may cost to be run whole.
    let most: Int
    /// Reports what is being done.
    let progress: @Sendable (String) -> Void

    /// Points run whole, or until they lost a promise.
    private(set) var decided: [TunedPoint] = []
    /// Points that failed in the run.
    private(set) var failed: [TunePoint] = []
    private(set) var work = TuneWork()
    /// Whether points were left out because of their results on a trace's beginning.
    private(set) var isHalved = false

    /// Number of points whose samples are kept for the comparison with the best.
    static let mostRivals = 8
    /// Points run together before the worst ones' samples are dropped, and the most requests whose
    /// latencies may then be kept: 16 bytes each.
    private static let together = 64
    private static let mostSamples = 20_000_000
    /// Shares of the traces in the rounds before the last, and the fraction of points that
    /// continues.
    private static let shares = [1.0 / 16, 1.0 / 4]
    private static let kept = 4
    /// Fewest points left by a round, and fewest requests of a trace that it replays.
    private static let fewest = 16
    private static let fewestRequests = 40

    /// Decides a set of points of which only the best matters.
    mutating func decide(_ points: [TunePoint]) {
        guard points.count > Self.fewest, points.count > most / max(1, requests) else {
            return runWhole(points)
        }
        var left = points
        var order: [TunePoint] = []
        for share in Self.shares where Double(requests) * share >= Double(Self.fewestRequests) {
            let ranked = rank(left, share)
            let keep = max(Self.fewest, (left.count + Self.kept - 1) / Self.kept)
            order = Array(ranked.dropFirst(keep)) + order
            left = Array(ranked.prefix(keep))
        }
        order = left + order
        // The last round; continues by rank while no point in it holds the promises.
        var next = 0
        while next < order.count {
            let batch = order[next..<min(order.count, max(next + Self.fewest, left.count))]
            next = batch.endIndex
            let before = decided.count
            runWhole(Array(batch))
            if decided[before...].contains(where: { $0.isMet && $0.isSure }) { break }
        }
        isHalved = isHalved || next < order.count
    }

    /// Points ranked by their results on the beginnings of the traces, the best first.
    private mutating func rank(_ points: [TunePoint], _ share: Double) -> [TunePoint] {
        let percent = Quantity.percent(share)
        progress("\(Quantity.count(points.count)) points over \(percent) of the traces")
        let results = run(points, share: share)
        return results.sorted { a, b in
            if a.isMet != b.isMet { return a.isMet }
            if a.isMet { return goal.precedes(a, b) }
            if a.survived != b.survived { return a.survived > b.survived }
            let (first, second) = (
                a.worst?.line.excess ?? .infinity, b.worst?.line.excess ?? .infinity
            )
            if first != second { return first < second }
            return a.point.number < b.point.number
        }.map(\.point)
    }

    /// Runs points over whole traces.
    private mutating func runWhole(_ points: [TunePoint]) {
        var next = 0
        let together = max(1, min(Self.together, Self.mostSamples / max(1, requests)))
        while next < points.count {
            let batch = Array(points[next..<min(points.count, next + together)])
            next += batch.count
            let gpus = Set(batch.map(\.gpus)).sorted()
            let size = gpus.count == 1 ? ", \(gpus[0]) GPUs each" : ""
            progress("\(Quantity.count(batch.count)) points\(size)")
            decided += run(batch, share: 1)
            forget()
        }
    }

    /// Keeps only samples that may be compared with the best.
    private mutating func forget() {
        let rivals = decided.indices.filter { decided[$0].isMet && !decided[$0].samples.isEmpty }
            .sorted { a, b in
                if decided[a].isSure != decided[b].isSure { return decided[a].isSure }
                return goal.precedes(decided[a], decided[b])
            }
        let kept = Set(rivals.prefix(Self.mostRivals + 1))
        for place in decided.indices where !kept.contains(place) { decided[place].samples = [] }
    }

    /// A run of a point.
    private struct Task: Sendable {
        var point: Int
        var trace: Int
        var seed: Int
    }

    /// Runs points with every trace and seed. Failing points are recorded and left out.
    private mutating func run(_ points: [TunePoint], share: Double) -> [TunedPoint] {
        let seeds = space.seeds.count
        let tasks = points.indices.flatMap { point in
            space.traces.indices.flatMap { trace in
                space.seeds.indices.map { Task(point: point, trace: trace, seed: $0) }
            }
        }
        var runs = perform(tasks, points, share: share, endsEarly: true)
        // A promise lost with one seed may still hold in the mean. Then their full figures are
        // needed.
        let each = space.runsOfPoint
        var again: [Int] = []
        for point in points.indices {
            let range = (point * each)..<((point + 1) * each)
            guard let own = Self.whole(runs[range]),
                !TunedPoint.isRefuted(own, promises: requirements.count, seeds: seeds)
            else { continue }
            again += range.filter { (try? runs[$0].get())?.refuted != nil }
        }
        let more = perform(again.map { tasks[$0] }, points, share: share, endsEarly: false)
        for (place, run) in zip(again, more) { runs[place] = run }
        return points.indices.compactMap { place in
            var point = points[place]
            let own = runs[(place * each)..<((place + 1) * each)]
            for case .failure(let failure) in own {
                point.problem = failure.description
                if !failed.contains(where: { $0.number == point.number }) { failed.append(point) }
                return nil
            }
            return TunedPoint(point, own.compactMap { try? $0.get() }, requirements, seeds: seeds)
        }
    }

    private static func whole(
        _ runs: ArraySlice<Result<TuneRun, InputError>>
    ) -> [TuneRun]? {
        let done = runs.compactMap { try? $0.get() }
        return done.count == runs.count ? done : nil
    }

    private mutating func perform(
        _ tasks: [Task], _ points: [TunePoint], share: Double, endsEarly: Bool
    ) -> [Result<TuneRun, InputError>] {
        let (space, traces) = (space, traces)
        let runs = try? mapOnAllCores(tasks) { task in
            Result {
                try TuneRun(
                    space.configuration(
                        point: points[task.point].number, trace: task.trace, seed: task.seed),
                    traces: traces, share: share, endsEarly: endsEarly)
            }.mapError { $0 as? InputError ?? InputError("run", "\($0)") }
        }
        let results = runs ?? []
        for case .success(let run) in results { work.add(run, isShort: share < 1) }
        return results
    }

    /// Points with the figures of whole runs, even if they miss promises.
    mutating func whole(_ points: [TunePoint]) -> [TunedPoint] {
        let each = space.runsOfPoint
        let tasks = points.indices.flatMap { point in
            (0..<each).map {
                Task(
                    point: point, trace: $0 / space.seeds.count, seed: $0 % space.seeds.count)
            }
        }
        let runs = perform(tasks, points, share: 1, endsEarly: false)
        return points.indices.compactMap { place in
            Self.whole(runs[(place * each)..<((place + 1) * each)]).map {
                TunedPoint(points[place], $0, requirements, seeds: space.seeds.count)
            }
        }
    }
}
