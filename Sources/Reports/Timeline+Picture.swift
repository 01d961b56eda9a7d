import Basics
import Results

extension Timeline {
    /// The series as a picture: a line of characters for each, with its largest value. Nil for
    /// fewer than four windows.
    package var picture: String? {
        guard let series, series.arrivalsPerS.count >= 4 else { return nil }
        let rate = { Quantity.significant($0) + "/s" }
        let rows: [(name: String, text: (Double) -> String, values: [Double])] = [
            ("arrivals", rate, series.arrivalsPerS),
            ("in the cluster", Quantity.significant, series.inCluster),
            ("output tokens", rate, series.outputTokensPerS),
            (
                "mean TTFT", { Quantity.duration(seconds: $0 / 1e3) },
                series.meanTtftMs.map { $0 ?? 0 }
            ),
        ]
        let window = Quantity.duration(seconds: series.windowS)
        let most = rows.map { " at most " + $0.text($0.values.max() ?? 0) }
        let width = PageWidth.fitting(64, beside: 17 + (most.map(\.count).max() ?? 0))
        let lines = zip(rows, most).map { row, most in
            let line = Chart.sparkline(Chart.squeezed(row.values, to: width))
            return padded(row.name, to: 14, .right) + " │" + padded(line, to: width, .left)
                + "│" + most
        }
        return "Over simulated time, windows of \(window)\n" + lines.joined(separator: "\n")
    }
}
