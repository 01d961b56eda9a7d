import Basics
import StepTime
import Traces

/// An engine's metrics on the requests between two scrapes. The configuration's trace is the load.
struct ScrapeEvidence: CalibrationEvidence {
    let name: String
    let content: String
    private(set) var figures: [CalibrationFigure] = []
    private(set) var notes: [String] = []
    private let requests: Int
    /// The trace's first requests, as many as were served.
    private var workload = Workload()

    /// Evidence from two scrapes.
    ///
    /// - Throws: `InputError` for counters that decrease, no request in between, or lengths that
    ///   differ from the trace's.
    init(_ before: MetricsScrape, _ after: MetricsScrape, _ server: CalibrationServer) throws {
        try after.checkBuckets(since: before)
        for model in after.models.sorted() { try server.check(model: model, after.path) }
        name = after.path.split(separator: "/").last.map(String.init) ?? after.path
        let ended = try after.mean(since: before, "e2e_request_latency_seconds")
        guard let first = try after.mean(since: before, "time_to_first_token_seconds"),
            let ended, ended.count >= 1
        else {
            throw InputError(
                after.path, "no request ended between \(before.path) and it",
                expected: "a scrape before a load and one after it")
        }
        requests = Int(min(ended.count, 1e6))
        content = "/metrics, \(Quantity.count(requests)) requests"
        notes = [
            "times of /metrics begin in the API server: the way to it is not in them",
            "the load is the configuration's trace, of which the first "
                + "\(Quantity.count(requests)) requests are taken",
        ]
        func add(_ kind: CalibrationFigure.Kind, _ value: Double, _ share: Double) {
            figures.append(
                CalibrationFigure(
                    kind: kind, measured: value, error: share * value, isAssumed: true))
        }
        add(.ttft, first.mean, 0.03)
        // Only the first is a mean per request; the others, the last under an older name, count
        // every gap.
        let gap =
            try after.mean(since: before, "request_time_per_output_token_seconds")
            ?? after.mean(since: before, "inter_token_latency_seconds")
            ?? after.mean(since: before, "time_per_output_token_seconds")
        if let gap { add(.tpot, gap.mean, 0.015) }
        add(.e2e, ended.mean, 0.02)
        if let steps = try after.since(before, "iteration_tokens_total_count"), steps > 0 {
            add(.steps, steps, 0.03)
        }
        for figure in figures where figure.kind != .steps {
            guard (20e-6...1e5).contains(figure.measured) else {
                throw InputError(
                    after.path, "the mean \(figure.kind.rawValue) is \(figure.measured) s",
                    expected: "seconds of requests")
            }
        }
        try checkLengths(before, after, server)
    }

    /// Checks that the trace's mean lengths are those that were served.
    private mutating func checkLengths(
        _ before: MetricsScrape, _ after: MetricsScrape, _ server: CalibrationServer
    ) throws {
        var configuration = server.resolved.configuration
        configuration.trace.limit = min(requests, configuration.trace.limit ?? requests)
        var source = try configuration.openTrace().source
        while workload.count < requests, let batch = try source.next() {
            workload.append(contentsOf: batch)
        }
        guard workload.count >= requests else {
            throw InputError(
                after.path, "\(requests) requests were served, the trace has \(workload.count)",
                expected: "trace.* of the load that was sent")
        }
        let prompts = workload.promptTokens.reduce(0) { $0 + Double($1) }
        let outputs = workload.outputTokens.reduce(0) { $0 + Double($1) }
        for (what, key, sum) in [
            ("prompt", "request_prompt_tokens", prompts),
            ("output", "request_generation_tokens", outputs),
        ] {
            guard let served = try after.mean(since: before, key) else { continue }
            let mine = sum / Double(requests)
            guard (0.8...1.25).contains(mine / served.mean) else {
                throw InputError(
                    after.path,
                    "the mean \(what) is \(Quantity.significant(served.mean)) tokens, that of the "
                        + "trace \(Quantity.significant(mine))",
                    expected: "trace.* of the load that was sent")
            }
        }
    }

    func predict(
        _ values: CalibrationValues, _ stepTime: StepTime, _ server: CalibrationServer,
        replay: Int
    ) throws -> [Double] {
        try server.means(of: figures, values, stepTime, arrivals: nil, workload, name)
    }
}
