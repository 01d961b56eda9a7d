import Basics
import Experiments
import Results
import Scenario

/// What pages say about a run.
extension ReportedRun {
    /// A figure of summary.json; nil if the run does not have it.
    func figure(_ key: String) -> Double? { figures[key] }

    /// A count as text.
    func count(_ key: String) -> String {
        Quantity.count(Int(exactly: (figures[key] ?? 0).rounded()) ?? 0)
    }

    /// A latency of summary.json with its unit; a dash if no request has one.
    func latency(_ key: String) -> String { figures[key].map(Drawn.milliseconds) ?? "–" }

    /// "20,000 requests", "1 request", "1,500 requests in 1,977 attempts".
    var requestWords: String {
        guard let sent = figures["client_requests"], let all = figures["client_attempts"],
            all > sent
        else { return Quantity.counted(requests, "request") }
        return "\(count("client_requests")) requests in \(count("client_attempts")) attempts"
    }

    /// Whether requests stay behind where the queue does not tell it, as on the run page.
    var isGrowing: Bool { steadiness == "growing" && !isOverloaded }

    var requests: Int { Int(exactly: figures["num_prompts"] ?? 0) ?? 0 }
    var finished: Int { Int(exactly: figures["completed"] ?? 0) ?? 0 }
    var replicas: Int { max(1, Int(exactly: figures["replicas"] ?? 1) ?? 1) }
    var duration: Double { figures["duration"] ?? 0 }

    /// GPUs of all replicas.
    var gpus: Int {
        let engine = configuration.engine
        return replicas * max(engine.tensorParallelSize, engine.expertParallelSize)
            * engine.pipelineParallelSize
    }

    /// What was replayed.
    var traceName: String {
        let trace = configuration.trace
        if let file = trace.file { return Self.short(file.lastPathName) }
        return trace.randomInputTokens == nil ? "Built-in chat" : "Random dataset"
    }

    /// The model, without the folders of a path.
    var modelName: String { Self.short(configuration.model.name.lastPathName) }

    /// The share of good requests among those that figures cover; nil without requests.
    var goodShare: Double? {
        let asked = figures["measured_stretch.num_prompts"] ?? figures["num_prompts"] ?? 0
        return asked > 0 ? (figures["good_requests"] ?? 0) / asked : nil
    }

    /// How requests were sent, if not at the trace's times alone, and which ones figures leave out.
    var load: String {
        let trace = configuration.trace
        var sentences: [String] = []
        if let stages = trace.stages?.count {
            sentences.append(
                "The load comes in \(Quantity.counted(stages, "stage")), whose own figures are in "
                    + "summary.json.")
        } else if let places = trace.concurrency {
            sentences.append(
                "A closed loop of \(Quantity.counted(places, "place")) sends the next request when "
                    + "one ends.")
        } else if let most = trace.maxConcurrency {
            sentences.append("Clients keep at most \(Quantity.count(most)) in flight.")
        }
        let first = count("measured_stretch.left_out_warmup")
        let last = count("measured_stretch.left_out_cooldown")
        if figure("measured_stretch.num_prompts") != nil {
            sentences.append(
                "Latencies, goodput and rates are of \(count("measured_stretch.num_prompts")) "
                    + "requests, without the first \(first) and the last \(last).")
        }
        return sentences.joined(separator: " ")
    }

    /// "TTFT at most 450 ms and TPOT at most 40 ms"; empty without limits.
    var limits: String { configuration.slo.description }

    /// "✓ holds", "✗ missed, overloaded", "97.1 % good": the SLO in a cell of a table.
    var objectiveWords: String {
        let met =
            isMet.map { $0 ? "✓ holds" : "✗ missed" }
            ?? (limits.isEmpty ? "none set" : goodShare.map { Drawn.share($0) + " good" } ?? "–")
        return met + (isOverloaded ? ", overloaded" : isGrowing ? ", growing" : "")
    }

    /// The limit for each request, in milliseconds. `latency` is "ttft", "tpot", "e2e" or "itl".
    func eachLimit(_ latency: String) -> Double? { limits(of: latency)?.each }

    /// Why the share of prompt tokens that the prefix cache hits says nothing; nil if it does.
    var hitsUnknown: String? {
        if !configuration.engine.enablePrefixCaching { return "prefix caching is off" }
        guard figure("trace_holds_content") == 0, configuration.trace.sharedPrefix == nil else {
            return nil
        }
        return "not known, the trace holds no content"
    }

    /// Whether a class limits the latency of its requests otherwise than the rest.
    func hasOwnLimits(_ latency: String) -> Bool {
        guard let member = ObjectiveLimits.latencies.first(where: { $0.name == latency })?.member
        else { return false }
        return configuration.slo.classes.values.contains { $0[keyPath: member].each != nil }
    }

    /// All limits of a latency, by name: "TTFT", "p99 TTFT".
    func namedLimits(_ latency: String) -> [(name: String, milliseconds: Double)] {
        guard let limits = limits(of: latency) else { return [] }
        // Each request is judged by its own 99th percentile of gaps.
        let name = latency == "itl" ? "p99 ITL" : latency.uppercased()
        return (limits.each.map { [(name, $0)] } ?? [])
            + limits.bounds.map { ("\($0.statistic.name) \(name)", $0.milliseconds) }
    }

    private func limits(of latency: String) -> LatencyLimits? {
        ObjectiveLimits.latencies.first { $0.name == latency }
            .map { configuration.slo.limits[keyPath: $0.member] }
    }

    /// The path of a file in the folder, quoted for a shell.
    func path(_ file: String) -> String {
        ShellWord.path(folder.appending(pathComponent: file))
    }

    /// A name on one line, short enough for a heading.
    static func short(_ name: String) -> String { name.echoed(atMost: 60) }
}
