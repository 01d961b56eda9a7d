import Basics
import Results
import Scenario
import Simulator
import StepTime

/// A point of a space, before anything is run.
package struct TunePoint: Sendable, Equatable {
    /// Its place in the space, from 0.
    package var number: Int
    /// The values of the space's keys.
    package var values: [ConfigurationValue]
    /// Keys whose values are not those that the base comes to.
    package var changed: [String]
    /// GPUs of all replicas; 0 where it cannot run.
    package var gpus = 0
    /// Why it cannot run; nil where it can.
    package var problem: String?

    /// A point with nothing left open, or with the reason why that cannot be.
    init(_ space: ConfigurationSpace, _ number: Int, base: TuneBase) {
        self.number = number
        values = space.values(at: number)
        changed = space.keys
        do {
            let configuration = try space.configuration(point: number, trace: 0, seed: 0)
            let resolved = try configuration.resolved()
            changed = base.keys(space.keys, of: configuration, resolved.configuration)
            gpus = resolved.plan.replicas * resolved.deployment.gpus
        } catch {
            problem = (error as? InputError)?.description ?? "\(error)"
        }
    }
}

/// What a point's keys are compared with.
struct TuneBase: Sendable {
    private let given: Configuration
    /// Nil where the base alone does not run.
    private let derived: Configuration?

    init(_ base: Configuration) {
        given = base
        derived = try? base.resolved().configuration
    }

    /// The keys that a point changes: to write down a value that would be derived changes nothing.
    func keys(_ keys: [String], of point: Configuration, _ resolved: Configuration) -> [String] {
        keys.filter { path in
            guard let key = ConfigurationKey.all.first(where: { $0.path == path }) else {
                return true
            }
            if key.value(given) == key.value(point) { return false }
            guard let derived else { return true }
            return key.value(derived) != key.value(resolved)
        }
    }
}

/// What one run of a point came to: a trace with a seed.
package struct TuneRun: Sendable {
    /// The figure of each promise; empty where the run was ended early.
    var values: [Double?] = []
    /// Whether each promise was held; empty likewise.
    var held: [Bool] = []
    /// The promise that could no longer be held when the run was ended; nil: it went to its end.
    var refuted: Int?
    /// Requests that ended in it, and those of its trace.
    var seen: Int
    var requests: Int
    /// Finished requests with the sum of their E2E latencies, seconds.
    var finished = 0
    var latency = 0.0
    /// Output tokens of finished requests, and the run's length, seconds.
    var tokens = 0
    var duration = 0.0
    /// Whether the queue came to rest; nil: the run is too short to tell.
    var isSteady: Bool?
    var digest = ""
    /// Where it left the range of its clock, a line each.
    var rangeWarnings: [String] = []
    /// E2E of each finished request, seconds, with its id, in order of arrival.
    var latencies: [(id: Int64, seconds: Double)] = []

    /// Whether every promise was held.
    var isMet: Bool { refuted == nil && held.allSatisfy(\.self) }

    /// Whether a promise was missed for certain.
    func misses(_ requirement: Int) -> Bool {
        refuted.map { $0 == requirement } ?? !held[requirement]
    }

    private init(seen: Int, of requests: Int) {
        self.seen = seen
        self.requests = requests
    }

    /// Runs a point over `share` of a trace; `endsEarly`: no further than a promise can be held.
    ///
    /// - Throws: `InputError` for what cannot be run.
    init(
        _ configuration: Configuration, traces: TraceStore, share: Double, endsEarly: Bool
    ) throws {
        let requirements = configuration.slo.requirements
        var watch = TuneWatch()
        var latencies: [(id: Int64, seconds: Double)] = []
        let trial: Trial
        do {
            trial = try Trial(configuration, traces: traces, share: share) { plan, requests in
                watch = TuneWatch(requirements, plan: plan, requests: requests)
                return { record in
                    if share >= 1, record.outcome == .finished {
                        let seconds = Double(record.finish - record.arrival) * 1e-12
                        latencies.append((record.id, seconds))
                    }
                    do { try watch.add(record) } catch { if endsEarly { throw error } }
                }
            }
        } catch let end as TuneWatch.Refuted {
            self.init(seen: watch.seen, of: watch.requests)
            refuted = end.requirement
            return
        }
        self.init(seen: watch.seen, of: watch.requests)
        let lines = trial.verdict?.lines ?? []
        values = lines.map(\.value)
        held = lines.map(\.isMet)
        let summary = trial.summary
        let counters = summary.stretch?.counters ?? summary.counters
        finished = summary.endToEnd.count
        latency = summary.endToEnd.mean * Double(finished) / 1000
        tokens = counters.finishedOutputTokens
        duration = summary.stretch?.duration ?? summary.duration
        isSteady = trial.isSteady
        digest = summary.digest
        rangeWarnings = summary.rangeWarnings
        self.latencies = latencies
    }
}
