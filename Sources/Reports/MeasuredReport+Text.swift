import Basics
import Results
import Traces

extension MeasuredReport {
    /// A table for a page.
    package var text: String {
        let isCompared = latencies.contains { $0.simulated != nil }
        var table = TextTable(
            ["", "mean", "p50", "p90", "p99"] + (isCompared ? ["each request"] : []))
        for latency in latencies {
            let name = Self.names[latency.name] ?? latency.name
            let cells = latency.measured.values.map { Quantity.duration(seconds: $0 * 1e-3) }
            guard let simulated = latency.simulated else {
                table.add([name] + cells + (isCompared ? [""] : []))
                continue
            }
            table.add(["\(name) measured"] + cells + [""])
            table.add(
                ["\(name) simulated"]
                    + simulated.values.map { Quantity.duration(seconds: $0 * 1e-3) } + [""])
            let errors = zip(simulated.values, latency.measured.values).map { pair in
                pair.1 > 0 ? Self.signed(100 * (pair.0 / pair.1 - 1)) : "-"
            }
            let each = latency.medianErrorPercent.map {
                "±" + Quantity.percent($0 / 100) + " at the median"
            }
            table.add(["  error"] + errors + [each ?? "-"])
        }
        var lines = [
            isCompared ? "Measured and simulated, the same requests" : "Measured latencies",
            table.text, "Measured by \(origin).",
        ]
        if let missing, missing > 0 {
            lines.append(
                "\(Quantity.counted(missing, "measured request")) did not finish in the run.")
        }
        if let leftOut {
            lines.append(
                "Left out: \(Quantity.counted(leftOut, "request")) of the run's warm-up and "
                    + "cool-down (output.warmup, output.cooldown).")
        }
        return lines.joined(separator: "\n")
    }

    private static let names = ["ttft": "TTFT", "tpot": "TPOT", "e2el": "E2E"]

    private static func signed(_ percent: Double) -> String {
        (percent >= 0 ? "+" : "") + Quantity.percent(percent / 100)
    }
}
