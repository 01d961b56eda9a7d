import Basics

/// guidellm's report (`benchmarks.json`): an object with `benchmarks`, each with `requests` by
/// outcome (`successful`, `incomplete`, `errored`).
///
/// A request's keys are `request_start_time` (s since 1970), `prompt_tokens`, `output_tokens`,
/// `time_to_first_token_ms` and `request_latency` (s); versions before 0.4 call the first
/// `start_time`. The output length of requests that did not succeed is unknown, so they are
/// dropped.
extension RecordedRuns {
    /// Reads a report.
    mutating func readReport(_ fields: inout JSONFields) throws {
        var benchmarks = 0
        let hasBenchmarks = try fields.each("benchmarks") { element in
            benchmarks += 1
            var benchmark = try JSONFields(&element)
            guard benchmark.first(of: "requests") == 0x7b,
                var requests = try benchmark.object("requests")
            else {
                throw ScanFailure(
                    "a benchmark of the report has no requests",
                    expected: "requests with successful, incomplete and errored ones")
            }
            for (name, loss) in [
                ("successful", nil), ("incomplete", .cancelled), ("errored", .failed),
            ] as [(StaticString, TraceQuirk?)] {
                try requests.each(name) { try readRequest(&$0, loss) }
            }
        }
        guard !requests.isEmpty || counters.rows > 0 || benchmarks == 0 else {
            throw ScanFailure(
                "the report's benchmarks hold no requests",
                expected: "a report with all of them (without --sample-requests)")
        }
        guard hasBenchmarks, benchmarks > 0 else {
            throw ScanFailure("a report without benchmarks", expected: "the key benchmarks")
        }
        if benchmarks > 1 {
            remarks.append(
                "the report holds \(benchmarks) benchmarks, whose requests come at their own times")
        }
        // Everything else in a report is derived from these requests, or is a setting of guidellm.
    }

    /// Reads a request; `loss`: why it has no whole answer, nil if it has.
    private mutating func readRequest(_ cursor: inout ByteCursor, _ loss: TraceQuirk?) throws {
        let isWhole = loss == nil
        var fields = try JSONFields(&cursor)
        var start = try fields.time("request_start_time", scale: 9)
        if start == nil { start = try fields.time("start_time", scale: 9) }
        if start == nil, var info = try fields.object("info"),
            var timings = try info.object("timings")
        {
            start = try timings.time("request_start", scale: 9)
        }
        guard let start else {
            if let loss { return try counters.note(loss) }
            throw ScanFailure(
                "a request does not say when it was sent", expected: "request_start_time")
        }
        let prompt = try fields.tokens("prompt_tokens") ?? fields.usage("input_metrics")
        let output = try fields.tokens("output_tokens") ?? fields.usage("output_metrics")
        guard !isWhole || (prompt != nil && output != nil) else {
            throw ScanFailure(
                "a request does not say how long it was", expected: "prompt_tokens, output_tokens")
        }
        requests.append(
            Request(
                time: start, prompt: prompt ?? 0, output: isWhole ? output ?? 0 : 0,
                first: try fields.time("time_to_first_token_ms", scale: 6),
                end: try fields.time("request_latency", scale: 9), labels: fields.labels(labels),
                loss: loss))
    }
}

extension JSONFields {
    /// The tokens of a request's metrics, as reports from guidellm 0.5 have them.
    fileprivate mutating func usage(_ name: StaticString) throws -> Int64? {
        guard var metrics = try object(name) else { return nil }
        return try metrics.tokens("total_tokens") ?? metrics.tokens("text_tokens")
    }
}
