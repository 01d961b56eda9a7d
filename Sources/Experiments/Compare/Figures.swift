import Basics
import Foundation
import Results

/// A summary's numbers by key, and which direction is better for each.
package enum Figures {
    /// Which direction is better.
    package enum Direction: String, Sendable, Encodable {
        case lower
        case higher
        /// Neither: descriptive, such as the number of steps.
        case neither
    }

    /// The figures of a summary.
    package static func of(_ summary: RunSummary) throws -> [String: Double] {
        // Long, and contains no figures.
        var summary = summary
        summary.series = nil
        let data = Data(try jsonText(summary, pretty: false).utf8)
        let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        return (object ?? [:]).compactMapValues { ($0 as? NSNumber)?.doubleValue }
    }

    /// Which direction is better for a key's figure.
    package static func direction(_ key: String) -> Direction {
        if key.hasSuffix("_ms") { return .lower }
        if lowerIsBetter.contains(key) { return .lower }
        return higherIsBetter.contains(key) ? .higher : .neither
    }

    /// A figure with the unit that its key implies.
    package static func text(_ value: Double, _ key: String) -> String {
        if key.hasSuffix("_ms") { return Quantity.duration(seconds: value / 1000) }
        // Two runs over one trace take almost the same time: whole minutes would hide the
        // difference.
        if key == "duration" { return Quantity.significant(value) + " s" }
        if isShare(key) { return Quantity.percent(value) }
        if key == "gpu_seconds_per_output_token" { return Quantity.duration(seconds: value) }
        let number =
            value == value.rounded() ? Quantity.decimal(value, 0) : Quantity.significant(value)
        let isRate =
            key.hasSuffix("_throughput") || key.hasSuffix("_goodput")
            || key == "output_throughput_per_gpu"
        return isRate ? number + "/s" : number
    }

    /// Whether a key's figure is a share of one, shown as a percentage.
    package static func isShare(_ key: String) -> Bool {
        ["_rate", "_share", "_use", "_utilization"].contains { key.hasSuffix($0) }
    }

    /// A difference of two figures with its sign. That of shares is in percentage points (pp),
    /// since "+2 %" would read as relative.
    package static func difference(_ value: Double, _ key: String) -> String {
        let sign = value > 0 ? "+" : ""
        guard isShare(key) else { return sign + text(value, key) }
        let size = abs(value) * 100
        let number = Quantity.decimal(value * 100, size < 0.095 ? 2 : 1)
        return sign + (number.hasSuffix(".0") ? String(number.dropLast(2)) : number) + " pp"
    }

    private static let statistics: Set = ["mean", "median", "p90", "p95", "p99", "max"]
    private static let latencies: Set = ["ttft", "tpot", "itl", "e2el", "queue"]

    /// Whether a key is a latency of requests, which is missing if no request has one.
    static func isLatency(_ key: String) -> Bool {
        let parts = key.split(separator: "_").map(String.init)
        return parts.count == 3 && parts[2] == "ms" && statistics.contains(parts[0])
            && latencies.contains(parts[1])
    }

    private static let lowerIsBetter: Set<String> = [
        "duration", "preemptions", "evictions", "rejected", "aborted", "unfinished",
        "wasted_entries", "gpu_host_wait_share", "empty_steps", "gpu_seconds_per_output_token",
    ]
    private static let higherIsBetter: Set<String> = [
        "completed", "good_requests", "request_throughput", "request_goodput",
        "input_throughput", "output_throughput", "total_token_throughput", "prefix_hit_rate",
        "hit_tokens", "max_output_tokens_per_s", "output_throughput_per_gpu",
    ]

    /// Figures that a comparison adds for runs on different numbers of GPUs, behind the totals.
    package static let perGPU = [
        "gpus", "output_throughput_per_gpu", "gpu_seconds_per_output_token",
    ]

    /// The figures of `perGPU` for a run on `gpus` GPUs; empty without a throughput.
    static func perGPU(_ gpus: Int, _ figures: [String: Double]) -> [String: Double] {
        guard gpus > 0, let rate = figures["output_throughput"], rate > 0 else { return [:] }
        let gpus = Double(gpus)
        return [
            "gpus": gpus, "output_throughput_per_gpu": rate / gpus,
            "gpu_seconds_per_output_token": gpus / rate,
        ]
    }

    /// Figures of a whole run that a comparison shows beside the latencies, in order.
    package static let wholeRun = [
        "completed", "request_throughput", "output_throughput", "request_goodput",
        "prefix_hit_rate", "preemptions", "evictions", "mean_itl_ms", "p99_itl_ms",
        "mean_kv_use", "mean_batch_size", "gpu_busy_share", "steps", "duration",
    ]
}
