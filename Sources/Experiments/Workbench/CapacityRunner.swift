import Basics
import Scenario
import Simulator
import Synchronization

/// Runs what a study needs, each run once, on all cores.
struct CapacityRunner {
    private let axis: CapacityAxis
    private let progress: @Sendable (Int) -> Void
    private var ended: [(level: Double, run: CapacityRun)] = []

    init(_ axis: CapacityAxis, _ progress: @escaping @Sendable (Int) -> Void) {
        (self.axis, self.progress) = (axis, progress)
    }

    /// Number of runs. One repeated for its figures counts once.
    var count: Int { ended.count }

    /// Number of runs that were stopped early.
    var cutRuns: Int { ended.count { $0.run.isCut } }

    private func place(_ level: Double, _ replication: CapacityReplication) -> Int? {
        ended.firstIndex { $0.level == level && $0.run.replication == replication }
    }

    /// The run of a replication at a level; nil if it was not made.
    func run(at level: Double, _ replication: CapacityReplication) -> CapacityRun? {
        place(level, replication).map { ended[$0].run }
    }

    /// The runs made at a level for these replications.
    func runs(at level: Double, of replications: [CapacityReplication]) -> [CapacityRun] {
        replications.compactMap { run(at: level, $0) }
    }

    /// A run's answer. A stretch too short to tell whether the queue grows counts as holding,
    /// unless the whole trace fails in that way.
    func answer(at level: Double, _ replication: CapacityReplication) -> CapacityAnswer {
        let run = run(at: level, replication)!
        var holds = run.standing == .holds
        if run.standing == .unclear, case .stretch = replication {
            holds = !ended.contains { other in
                other.run.replication == .whole && !axis.levels.isHarder(other.level, than: level)
                    && [.growing, .unclear].contains(other.run.standing)
            }
        }
        return CapacityAnswer(holds: holds, isHopeless: run.isHopeless)
    }

    /// Makes the runs that are still missing. `endsEarly`: stops them once a promise is lost;
    /// otherwise runs stopped earlier are repeated for their figures.
    mutating func run(
        _ asked: [(level: Double, replication: CapacityReplication)], endsEarly: Bool
    ) throws {
        let new = asked.filter { level, replication in
            run(at: level, replication).map { $0.isCut && !endsEarly } ?? true
        }
        let (axis, progress) = (axis, progress)
        let count = Mutex(ended.count)
        let runs = try mapOnAllCores(new) { level, replication in
            let run = try Self.run(axis, level, replication, endsEarly: endsEarly)
            progress(
                count.withLock {
                    $0 += 1
                    return $0
                })
            return run
        }
        for (ask, run) in zip(new, runs) {
            if let place = place(ask.level, ask.replication) {
                ended[place].run = run
            } else {
                ended.append((ask.level, run))
            }
        }
    }

    private static func run(
        _ axis: CapacityAxis, _ level: Double, _ replication: CapacityReplication, endsEarly: Bool
    ) throws -> CapacityRun {
        var configuration = try axis.configuration(at: level)
        var rows: Range<Int>?
        switch replication {
        case .seed(let seed): configuration.seed = seed
        case .whole: break
        case .stretch(let range, let warmup):
            rows = range
            configuration.output.warmup = warmup > 0 ? .requests(warmup) : nil
            configuration.output.cooldown = nil
        }
        let isCount = axis.levels.isCount
        // Its own store: another load has other times, and no run waits for another's lock.
        let traces = TraceStore()
        guard endsEarly else {
            let trial = try Trial(configuration, traces: traces, rows: rows)
            return CapacityRun(trial, replication, isCount: isCount)
        }
        let requirements = configuration.slo.requirements
        do {
            let trial = try Trial(configuration, traces: traces, rows: rows) {
                plan, limits, requests in
                var watch = TuneWatch(
                    requirements, plan: plan, limits: limits, requests: requests)
                var concurrency = ConcurrencyPeak()
                var isLost = false
                return { record in
                    concurrency.add(record)
                    if !isLost {
                        do { try watch.add(record) } catch { isLost = true }
                    }
                    // It must also be known whether an easier load can help.
                    let isHopeless = CapacityRun.isHopeless(
                        concurrency: concurrency.requests, replicas: plan.replicas, isCount)
                    if isLost, !isHopeless { throw Lost() }
                }
            }
            return CapacityRun(trial, replication, isCount: isCount)
        } catch is Lost {
            return CapacityRun(cut: replication)
        }
    }

    /// Thrown to stop a run that has lost a promise.
    private struct Lost: Error {}
}
