import Basics
import Traces

/// Benchmark reports without individual requests: `vllm bench serve --save-result`, AIPerf's
/// `profile_export_aiperf.json`, inference-perf's `summary_lifecycle_metrics.json` and
/// `stage_N_lifecycle_metrics.json`.
enum BenchmarkReport {
    private typealias Measured = (kind: CalibrationFigure.Kind, value: Double, deviation: Double?)

    /// The evidence in a report.
    ///
    /// - Throws: `InputError` for JSON of no known kind, and for impossible content.
    static func evidence(
        _ report: ReportFile, name: String, _ server: CalibrationServer
    ) throws -> any CalibrationEvidence {
        let keys = Set(report.keys)
        if keys.contains("total_input_tokens"), keys.contains("completed") {
            return try bench(report, name, server)
        }
        if keys.contains("successes"), keys.contains("load_summary") {
            return try inferencePerf(report, name)
        }
        if keys.contains("time_to_first_token") || keys.contains("request_latency"),
            report.value(["request_latency", "avg"]) != nil
                || report.value(["time_to_first_token", "avg"]) != nil
        {
            return try aiperf(report, name)
        }
        if let requests = report.list(), !requests.isEmpty {
            return try lifecycle(requests, report.place, name, server)
        }
        let found = report.keys.prefix(6).joined(separator: ", ")
        throw InputError(
            report.place,
            found.isEmpty
                ? "is JSON of no benchmark" : "is JSON of no known benchmark (keys \(found))",
            expected: "a result of vllm bench serve, guidellm, AIPerf or inference-perf")
    }

    /// Reads `vllm bench serve --save-result`: sums and means, milliseconds.
    private static func bench(
        _ report: ReportFile, _ name: String, _ server: CalibrationServer
    ) throws -> any CalibrationEvidence {
        if let model = report.text("model_id") { try server.check(model: model, report.place) }
        let completed = try report.required("completed")
        guard completed >= 1 else {
            throw InputError(report.place, "no request completed", expected: "a run that served")
        }
        var load = SummaryEvidence.Load(
            requests: Int(min(completed, 1e9)),
            prompt: try report.required("total_input_tokens") / completed,
            output: try report.required("total_output_tokens") / completed)
        // An unlimited rate is the text "inf".
        if report.text("request_rate") == nil { load.rate = try report.number("request_rate") }
        load.burstiness = try report.number("burstiness") ?? 1
        load.concurrency = try report.number("max_concurrency").map { Int(min($0, 1e9)) }
        var measured: [Measured] = []
        for (kind, key) in [
            (CalibrationFigure.Kind.ttft, "ttft"), (.tpot, "tpot"), (.e2e, "e2el"),
        ] {
            guard let mean = try report.number("mean_\(key)_ms"), mean > 0 else { continue }
            let deviation = try report.number("std_\(key)_ms")
            measured.append((kind, mean * 1e-3, deviation.map { $0 * 1e-3 }))
        }
        if load.rate == nil, let rate = try report.number("request_throughput"), rate > 0 {
            measured.append((.throughput, rate, nil))
        }
        // Releases before "failed" give the requests that were sent alone.
        let sent = try report.number("num_prompts") ?? completed
        let failed = try report.number("failed") ?? max(0, sent - completed)
        return try SummaryEvidence(
            name: name, place: report.place, format: "vllm bench serve", load, measured,
            failed: failed)
    }

    /// Reads inference-perf's summary of a run or a stage: seconds.
    private static func inferencePerf(
        _ report: ReportFile, _ name: String
    ) throws -> any CalibrationEvidence {
        let count = try report.required("successes", "count")
        guard count >= 1 else {
            throw InputError(report.place, "no request succeeded", expected: "a run that served")
        }
        var load = SummaryEvidence.Load(
            requests: Int(min(count, 1e9)),
            prompt: try report.required("successes", "prompt_len", "mean"),
            output: try report.required("successes", "output_len", "mean"))
        load.rate =
            try report.number("load_summary", "requested_rate")
            ?? report.number("load_summary", "achieved_rate")
        guard load.rate != nil else {
            throw InputError(
                report.place, "does not say its rate (load_summary.requested_rate)",
                expected: "the report of a stage, stage_N_lifecycle_metrics.json")
        }
        func mean(_ key: String) throws -> Double? {
            try report.number("successes", "latency", key, "mean")
        }
        var measured: [Measured] = []
        let (first, end) = (try mean("time_to_first_token"), try mean("request_latency"))
        if let first, first > 0 { measured.append((.ttft, first, nil)) }
        if let first, let end, end > first, load.output > 1.5 {
            // Its own time per output token counts chunks, some of which hold two tokens.
            measured.append((.tpot, (end - first) / (load.output - 1), nil))
        } else if let end, end > 0 {
            measured.append((.e2e, end, nil))
        }
        return try SummaryEvidence(
            name: name, place: report.place, format: "inference-perf", load, measured,
            failed: try report.number("failures", "count") ?? 0)
    }

    /// Seconds per unit that AIPerf writes.
    private static let units = ["ms": 1e-3, "s": 1, "sec": 1, "us": 1e-6, "ns": 1e-9]

    /// Reads AIPerf's `profile_export_aiperf.json`: every figure is an object with `unit`, `avg`,
    /// `std`.
    private static func aiperf(
        _ report: ReportFile, _ name: String
    ) throws -> any CalibrationEvidence {
        func seconds(_ key: String) throws -> (value: Double, deviation: Double?)? {
            guard let mean = try report.number(key, "avg"), mean > 0 else { return nil }
            let unit = report.text(key, "unit") ?? "ms"
            guard let scale = units[unit.lowercased()] else {
                throw InputError(
                    "\(report.place): \(key).unit", "is \"\(unit)\"",
                    expected: units.keys.sorted().joined(separator: ", "))
            }
            return (mean * scale, try report.number(key, "std").map { $0 * scale })
        }
        var load = SummaryEvidence.Load(
            requests: Int(min(try report.required("request_count", "avg"), 1e9)),
            prompt: try report.required("input_sequence_length", "avg"),
            output: try report.required("output_sequence_length", "avg"))
        load.rate = try report.number("input_config", "loadgen", "request_rate")
        load.concurrency = try report.number("input_config", "loadgen", "concurrency")
            .map { Int(min($0, 1e9)) }
        guard load.rate != nil || load.concurrency != nil else {
            throw InputError(
                report.place, "does not say its load",
                expected: "input_config.loadgen.request_rate or concurrency")
        }
        var measured: [Measured] = []
        if let first = try seconds("time_to_first_token") {
            measured.append((.ttft, first.value, first.deviation))
        }
        if let gap = try seconds("inter_token_latency") {
            measured.append((.tpot, gap.value, gap.deviation))
        }
        if let end = try seconds("request_latency") {
            measured.append((.e2e, end.value, end.deviation))
        }
        return try SummaryEvidence(
            name: name, place: report.place, format: "AIPerf", load, measured,
            failed: try report.number("error_request_count", "avg") ?? 0)
    }

    /// Reads inference-perf's `per_request_lifecycle_metrics.json`: a list of requests with their
    /// tokens' times, in seconds of one clock.
    private static func lifecycle(
        _ requests: [Any], _ place: String, _ name: String, _ server: CalibrationServer
    ) throws -> any CalibrationEvidence {
        var rows: [(start: Double, request: RequestEvidence.Request, output: Int)] = []
        for (number, item) in requests.enumerated() {
            let row = ReportFile(item, place: "\(place), request \(number + 1)")
            if row.value(["error"]) != nil { continue }
            let start = try row.required("start_time")
            let end = try row.required("end_time")
            let prompt = Int(min(try row.required("info", "input_tokens"), 1e7))
            let output = Int(min(try row.required("info", "output_tokens"), 1e7))
            guard end >= start, prompt >= 1, output >= 1 else {
                throw InputError(
                    row.place, "ends before it starts, or has no tokens",
                    expected: "start_time, end_time and info of a request")
            }
            let times = row.list("info", "output_token_times") ?? []
            let first = (times.first as? Double).map { $0 - start }
            if let first, first < 0 || start + first > end {
                throw InputError(
                    row.place, "its first token comes \(first) s after it was sent",
                    expected: "a time between start_time and end_time")
            }
            var request = RequestEvidence.Request(
                id: Int64(rows.count), time: 0, prompt: prompt, ttft: first, e2e: end - start)
            if let first, output > 1 { request.tpot = (end - start - first) / Double(output - 1) }
            rows.append((start, request, output))
        }
        guard let origin = rows.map(\.start).min() else {
            throw InputError(place, "no request succeeded", expected: "a run that served")
        }
        rows.sort { ($0.start, $0.request.id) < ($1.start, $1.request.id) }
        var workload = Workload()
        for index in rows.indices {
            guard rows[index].start - origin < 1e7 else {
                throw InputError(place, "its requests span months", expected: "times in seconds")
            }
            rows[index].request.id = Int64(index)
            rows[index].request.time = Int64(((rows[index].start - origin) * 1e9).rounded())
            workload.ids.append(Int64(index))
            workload.arrivals.append(rows[index].request.time)
            workload.promptTokens.append(Int32(rows[index].request.prompt))
            workload.outputTokens.append(Int32(rows[index].output))
        }
        var evidence = try RequestEvidence(
            name: name, place: place, format: "inference-perf", workload, rows.map(\.request),
            server)
        let lost = requests.count - rows.count
        evidence.notes += [try LostRequests.note(lost, of: requests.count, place)].compactMap { $0 }
        return evidence
    }
}
