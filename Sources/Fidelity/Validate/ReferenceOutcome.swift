import Basics
import Simulator
import StepTime
import Traces

/// Result of simulating a load.
struct ReferenceOutcome: Sendable {
    var result: RunResult?
    var skipped: String?
    /// Errors of single requests, if they were recorded.
    var requests: ReferenceValidation.RequestErrors?

    /// Simulates a load. One that does not fit is skipped, with the arithmetic.
    init(
        _ load: ReferenceLoad, _ recorded: RecordedRequests?, seed: UInt64,
        profile: EngineProfile?, host: HostProfile?, wait: HostCoefficients? = nil
    ) {
        if let reason = load.reasonToSkip {
            skipped = reason
            return
        }
        do {
            var plan = try load.plan(
                profile: load.profile(profile), host: host, wait: wait)
            plan.keepsRecords = false
            plan.seed = seed
            let known = load.open?.recording.flatMap { name in recorded.map { $0[name] } } ?? []
            let source = InMemorySource(load.workload(known, seed: seed))
            if known.isEmpty {
                result = try simulate(plan, source: source)
            } else {
                let watcher = RecordedWatcher(known)
                result = try simulate(plan, source: source, observer: watcher)
                requests = watcher.errors(load)
            }
        } catch {
            skipped = "\(error)"
        }
    }

    /// A metric by its name in the file, in milliseconds, or tokens or requests per second.
    func value(_ metric: String) -> Double? { result.flatMap(ReferenceMetric(metric).value) }
}

/// Compares requests of a run with recorded ones.
private final class RecordedWatcher: RunObserver {
    private let recorded: [RecordedRequests.Request]
    private var firstTokens: [Double] = []
    private var ends: [Double] = []

    init(_ recorded: [RecordedRequests.Request]) { self.recorded = recorded }

    func record(_ record: RequestRecord) {
        let row = Int(record.id)
        guard recorded.indices.contains(row), record.outcome == .finished else { return }
        func error(_ time: Int64, _ measured: Double) -> Double {
            100 * (Double(time - record.arrival) * 1e-9 / measured - 1)
        }
        firstTokens.append(error(record.firstToken, recorded[row].timeToFirstToken))
        ends.append(error(record.finish, recorded[row].endToEnd))
    }

    func errors(_ load: ReferenceLoad) -> ReferenceValidation.RequestErrors? {
        guard let first = ErrorSummary(firstTokens), let end = ErrorSummary(ends) else {
            return nil
        }
        return .init(
            run: load.open?.recording ?? "", recorded: recorded.count, sent: load.requests,
            timeToFirstToken: first, endToEnd: end)
    }
}

extension ReferenceRow {
    /// Engine with version, model, format and kind of load.
    var server: String {
        "\(load.engine), \(load.model), \(load.weights), \(load.kindInWords)"
    }
}

extension ReferenceLoad {
    /// The load in words.
    var description: String {
        "\(engine), \(model), TP\(tensorParallel), \(inputTokens)+\(outputTokens), \(amount)"
    }

    private var amount: String {
        guard let open else { return concurrency == 0 ? "offline" : "concurrency \(concurrency)" }
        let rate = open.rate.map { "\($0) requests/s" } ?? "a trace"
        return open.variant.isEmpty ? rate : "\(rate), \(open.variant)"
    }

    /// The kind of load for grouping. Saturated servers form a group of their own.
    var kindInWords: String {
        open?.isSaturated == true ? "\(kind), saturated" : kind
    }
}
