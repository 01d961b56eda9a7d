import Basics

/// AIPerf's records (`profile_export.jsonl`), an object for each request with `metadata`, `metrics`
/// and `error`.
///
/// `metadata.request_start_ns` is a request's time. `metrics` has `input_sequence_length`,
/// `output_sequence_length`, `time_to_first_token` and `request_latency`. The turns of a session
/// have one `x_correlation_id`, or else one `session_num`. Dropped are requests of the warm-up
/// (`benchmark_phase`), those that the client cancelled (`was_cancelled`), whose whole answer is
/// not known, and those with an error.
extension RecordedRuns {
    /// Reads a record.
    mutating func readRecord(_ fields: inout JSONFields) throws {
        guard var metadata = try fields.object("metadata"),
            let start = try metadata.time("request_start_ns", scale: 0)
        else {
            throw ScanFailure(
                "a record does not say when its request was sent",
                expected: "metadata.request_start_ns")
        }
        guard var metrics = try fields.object("metrics") else {
            throw ScanFailure("a record has no metrics", expected: "the key metrics")
        }
        let isFailed = fields.has("error")
        let labels = metadata.labels(self.labels)
        let isCancelled = metadata.isTrue("was_cancelled")
        let isWarmUp = try metadata.isWarmUp()
        var session = try metadata.identity("x_correlation_id")
        if session == nil { session = try metadata.identity("session_num") }
        try metadata.countOthers(&counters, unless: Self.otherMetadata)
        try fields.countOthers(&counters, unless: ["error", "trace_data"])
        if isWarmUp || isCancelled {
            counters.rows += 1
            return try counters.note(isWarmUp ? .warmUp : .cancelled)
        }
        let prompt = try metrics.value(of: "input_sequence_length", scale: 0)
        let output = try metrics.value(of: "output_sequence_length", scale: 0)
        guard isFailed || (prompt != nil && output != nil) else {
            throw ScanFailure(
                "a metric is missing",
                expected: "input_sequence_length and output_sequence_length")
        }
        requests.append(
            Request(
                // A failed request is dropped for want of an answer, whatever its prompt.
                time: start, prompt: prompt ?? 1, output: isFailed ? 0 : output ?? 0,
                first: try metrics.value(of: "time_to_first_token", scale: 6),
                end: try metrics.value(of: "request_latency", scale: 6), labels: labels,
                session: session, loss: isFailed ? .failed : nil))
    }

    /// Metadata that changes nothing in a replay. Turns are put in order by their times.
    private static let otherMetadata: [StaticString] = [
        "request_num", "x_request_id", "session_num", "conversation_id", "turn_index",
        "credit_issued_ns", "credit_received_ns", "request_ack_ns", "request_end_ns",
        "clock_offset_ns", "worker_id", "record_processor_id", "cancellation_time_ns",
    ]
}

extension JSONFields {
    /// Whether a record is of the benchmark's warm-up. Older versions record no phase.
    fileprivate mutating func isWarmUp() throws -> Bool {
        guard has("benchmark_phase") else { return false }
        switch text("benchmark_phase") {
        case "profiling": return false
        case "warmup": return true
        case let phase:
            throw ScanFailure(
                "the benchmark_phase \(phase ?? "is no text")", expected: "profiling or warmup")
        }
    }

    /// A metric of AIPerf's: a number, or an object with `value` and `unit`. The scale is 6 for
    /// milliseconds and 0 for counts.
    fileprivate mutating func value(of name: StaticString, scale: Int) throws -> Int64? {
        guard first(of: name) == 0x7b else { return try time(name, scale: scale) }
        guard var metric = try object(name) else { return nil }
        let unit = metric.text("unit") ?? ""
        let digits = ["s": 9, "sec": 9, "ms": 6, "us": 3, "ns": 0][unit]
        return try metric.time("value", scale: scale == 0 ? 0 : digits ?? scale)
    }
}
