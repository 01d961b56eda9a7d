import Basics
import Results
import Scenario

/// The columns of a sweep's table. They depend only on the space, so that all shards have the same
/// ones. A figure that a run lacks is an empty cell.
struct SweepColumns: Sendable {
    /// The space, its number of runs, the run, the point.
    static let first = ["space", "runs", "run", "point"]
    /// Digests of the requests and the run, the error of a failed run, and the row's seal: the
    /// digest (`ContentDigest`) of all bytes before it.
    static let last = ["workload", "digest", "problem", "row_xxh64"]

    /// The keys that vary.
    let keys: [String]
    /// Whether the space names its traces.
    let namesTraces: Bool
    /// The promises of the runs.
    let requirements: [String]

    init(_ space: ConfigurationSpace) {
        keys = space.keys
        namesTraces = space.traces.contains { $0.file != nil }
        requirements = space.base.slo.requirements.map(\.name)
    }

    /// The names in order.
    var names: [String] {
        Self.first + keys + (namesTraces ? ["trace"] : []) + ["seed", "objective", "gpus"]
            + Self.figures + ["warnings", "steady", "slo_met"] + requirements.map { "slo_" + $0 }
            + Self.last
    }

    /// The header with its line end.
    var header: String { Self.line(names) + "\n" }

    /// Cells as a CSV record, without its line end.
    static func line(_ cells: [String]) -> String {
        cells.map(CSVRecords.quoted).joined(separator: ",")
    }

    /// Completes a row with its seal and line end. The seal reveals edits.
    static func sealed(_ row: String) -> String {
        let row = row + ","
        return row + Array(row.utf8).withUnsafeBytes(ContentDigest.hexadecimal) + "\n"
    }

    /// Whether a row is unchanged.
    static func isSealed(_ record: [UInt8]) -> Bool {
        guard record.count > 17 else { return false }
        let seal = Array(record.suffix(17).dropLast())
        return record.dropLast(17).withUnsafeBytes {
            Array(ContentDigest.hexadecimal(of: $0).utf8) == seal
        }
    }

    /// Figures and verdict of a run, from `gpus` on.
    func cells(_ trial: Trial) -> [String] {
        let figures = Self.figures.map { trial.figures[$0].map(Self.text) ?? "" }
        let warnings = trial.summary.warnings.joined(separator: " | ")
        let steady = trial.isSteady.map { String($0) } ?? ""
        return [String(trial.gpus)] + figures + [Self.harmless(warnings), steady]
            + verdict(trial.verdict) + [trial.workload, trial.summary.digest, ""]
    }

    /// The same cells for a failed run.
    func cells(problem: String) -> [String] {
        let empty = 1 + Self.figures.count + 3 + requirements.count + 2
        return Array(repeating: "", count: empty) + [Self.harmless(problem)]
    }

    private func verdict(_ verdict: ServiceVerdict?) -> [String] {
        guard let verdict else { return [""] + requirements.map { _ in "" } }
        return [String(verdict.isMet)]
            + verdict.lines.map { $0.value.map(Self.text) ?? "" }
    }

    private static func text(_ figure: Trial.Figure) -> String {
        switch figure {
        case .number(let number): text(number)
        case .truth(let truth): String(truth)
        case .text(let text): harmless(text)
        }
    }

    private static func text(_ number: Double) -> String {
        Int(exactly: number).map(String.init) ?? String(number)
    }

    /// A key's value as a cell.
    static func text(_ value: ConfigurationValue) -> String {
        switch value {
        case .null: "null"
        case .boolean(let truth): String(truth)
        case .integer(let number): String(number)
        case .number(let number): text(number)
        case .text(let text): harmless(text)
        case .list, .object: value.source
        }
    }

    /// Text that no spreadsheet treats as a formula.
    static func harmless(_ text: String) -> String { CSVRecords.harmless(PathText.shown(text)) }
}

/// The figures of `summary.json` that an unobserved run may have. A test checks the list against
/// runs.
extension SweepColumns {
    static let figures: [String] =
        rates + requests + latencies.flatMap(columns) + steps + load + sharing + clients + nested
        + ["percentiles", "engine_version", "engine_pool_line", "clock"]

    private static let rates = [
        "duration", "request_throughput", "request_goodput", "input_throughput",
        "output_throughput", "total_token_throughput", "prefix_hit_rate", "mean_kv_use",
        "peak_kv_use", "mean_batch_size", "mean_tokens_per_step", "gpu_busy_share",
        "gpu_host_wait_share", "token_budget_utilization", "max_num_seqs_utilization",
        "flops_utilization", "memory_bandwidth_utilization", "token_budget_limited_share",
        "max_num_seqs_limited_share", "kv_blocks_limited_share", "otherwise_limited_share",
        "host_paced_steps_share", "host_time_share", "front_end_ms", "delivery_ms",
        "mean_server_ttft_ms", "median_server_ttft_ms", "p90_server_ttft_ms",
        "p95_server_ttft_ms", "p99_server_ttft_ms",
    ]

    private static let requests = [
        "num_prompts", "completed", "failed", "rejected", "aborted", "unfinished",
        "good_requests", "total_input_tokens", "total_output_tokens", "prompt_tokens",
        "delivered_tokens", "cut_answers", "cut_tokens", "max_output_tokens_per_s",
        "max_concurrent_requests",
    ]

    private static let latencies = [
        "ttft", "tpot", "itl", "e2el", "queue", "client_wait", "ttft_from_due", "e2el_from_due",
    ]

    private static func columns(_ latency: String) -> [String] {
        ["\(latency)_count"]
            + ["mean", "std", "median", "p90", "p95", "p99", "max"].map { "\($0)_\(latency)_ms" }
            + ["\(latency)_percentiles"]
    }

    private static let steps = [
        "steps", "empty_steps", "scheduled_tokens", "preemptions", "preempted_requests",
        "max_preemptions", "recomputed_tokens", "evictions", "hit_tokens", "wasted_entries",
        "peak_tokens_per_step", "peak_requests_per_step", "peak_decodes_per_step", "peak_context",
        "replicas", "num_gpu_blocks",
    ]

    private static let load = [
        "overloaded", "overload_arrival_rate", "overload_admission_rate",
        "overload_queue_at_first", "overload_queue_peak", "overload_queue_at_last",
        "max_concurrency", "think_time_s", "think_time_law",
    ]

    private static let sharing =
        ["trace_holds_content", "trace_content_assumed", "shared_tokens"]
        + ["block_size", "other_replica", "evicted", "not_computed", "window", "last_token"]
        .map { "shared_tokens_lost_" + $0 }

    private static let clients = [
        "client_held_requests", "client_requests", "client_attempts", "client_retried",
        "client_gave_up", "client_wasted_output_tokens", "client_wasted_input_tokens",
    ]

    private static let nested =
        [
            "verdict", "mean_in_cluster", "change_in_cluster", "change_in_cluster_low",
            "change_in_cluster_high", "from_s", "duration",
        ].map { "steady_state." + $0 }
        + ["mean_ttft_ms", "mean_tpot_ms", "mean_e2el_ms", "request_throughput"].flatMap { key in
            ["mean", "low", "high", "batches"].map { "batch_means.\(key).\($0)" }
        }
        + [
            "left_out_warmup", "left_out_cooldown", "num_prompts", "completed", "failed",
            "total_input_tokens", "total_output_tokens", "steady_stretch_found",
            "margins_given_up", "start_s", "duration",
        ].map { "measured_stretch." + $0 }
}
