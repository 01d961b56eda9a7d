import Basics
import Results
import Scenario
import Simulator
import StepTime

/// A point of a space before any run.
package struct TunePoint: Sendable, Equatable {
    /// Its number in the space, from 0.
    package var number: Int
    /// The values of the space's keys.
    package var values: [ConfigurationValue]
    /// Keys whose values differ from those that the base resolves to.
    package var changed: [String]
    /// GPUs of all replicas; 0 if it cannot run.
    package var gpus = 0
    /// Why it cannot run; nil if it can.
    package var problem: String?

    /// A resolved point, or the reason why it cannot be resolved.
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

/// The base that a point's keys are compared with.
struct TuneBase: Sendable {
    private let given: Configuration
    /// Nil if the base alone does not run.
    private let derived: Configuration?

    init(_ base: Configuration) {
        given = base
        derived = try? base.resolved().configuration
    }

    /// The keys that a point changes. Giving a value that would be derived anyway, from the base or
    /// from the point's other keys, is no change. O(keys) resolutions.
    func keys(_ keys: [String], of point: Configuration, _ resolved: Configuration) -> [String] {
        keys.filter { path in
            guard let key = ConfigurationKey.all.first(where: { $0.path == path }) else {
                return true
            }
            if key.value(given) == key.value(point) { return false }
            guard let derived else { return true }
            return key.value(derived) != key.value(resolved)
                && !isDerived(key, of: point, resolved)
        }
    }

    /// Whether a key that the base leaves to be derived has the value that the point's other keys
    /// give it.
    private func isDerived(
        _ key: ConfigurationKey, of point: Configuration, _ resolved: Configuration
    ) -> Bool {
        guard key.value(given) == .null else { return false }
        var without = point
        guard (try? without.apply(nested(key.path, .null), place: key.path)) != nil,
            let result = try? without.resolved()
        else { return false }
        return key.value(result.configuration) == key.value(resolved)
    }
}

/// The result of one run of a point: a trace with a seed.
package struct TuneRun: Sendable {
    /// The figure of each promise; empty if the run was stopped early.
    var values: [Double?] = []
    /// Whether each promise was held; empty if the run was stopped early.
    var held: [Bool] = []
    /// The promise whose loss stopped the run; nil: it ran to its end.
    var refuted: Int?
    /// Number of ended requests, and of requests in its trace.
    var seen: Int
    var requests: Int
    /// Number of finished requests, and the sum of their E2E latencies, seconds.
    var finished = 0
    var latency = 0.0
    /// Output tokens of finished requests, and the run's duration, seconds.
    var tokens = 0
    var duration = 0.0
    /// Whether the queue was stable; nil: the run is too short to tell.
    var isSteady: Bool?
    var digest = ""
    /// The source of its step times and its host.
    var clock = ""
    /// How it left the range of its clock, one line each.
    var rangeWarnings: [String] = []
    /// E2E latency of each finished request, seconds, with its id, in order of arrival.
    var latencies: [(id: Int64, seconds: Double)] = []

    /// Whether every promise was held.
    var isMet: Bool { refuted == nil && held.allSatisfy(\.self) }

    /// Whether a promise was certainly missed.
    func misses(_ requirement: Int) -> Bool {
        refuted.map { $0 == requirement } ?? !held[requirement]
    }

    private init(seen: Int, of requests: Int) {
        self.seen = seen
        self.requests = requests
    }

    /// Runs a point over `share` of a trace. `endsEarly`: stops once a promise is lost.
    ///
    /// - Throws: `InputError` for a configuration that cannot run.
    init(
        _ configuration: Configuration, traces: TraceStore, share: Double, endsEarly: Bool
    ) throws {
        let requirements = configuration.slo.requirements
        var watch = TuneWatch()
        var latencies: [(id: Int64, seconds: Double)] = []
        let trial: Trial
        do {
            trial = try Trial(configuration, traces: traces, share: share) {
                plan, limits, requests in
                watch = TuneWatch(
                    requirements, plan: plan, limits: limits, requests: requests)
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
        clock = summary.clock
        rangeWarnings = summary.rangeWarnings
        self.latencies = latencies
    }
}
