import Basics

/// The conclusion of a comparison, in a word and a sentence.
package struct Verdict: Sendable, Encodable, Equatable {
    /// The conclusion in a word.
    package enum Outcome: String, Sendable, Encodable {
        /// Same rows and same digest: nothing changed.
        case identical
        case better
        case worse
        /// Gains and losses of similar size.
        case tradeOff = "trade_off"
        /// No change beyond chance.
        case undecided
    }

    package var outcome: Outcome
    package var sentence: String

    /// The verdict of a comparison, by weighing its changes (article "Regressions").
    package init(_ comparison: Comparison) {
        let name = comparison.after.name.echoed()
        if comparison.isIdentical {
            self.init(.identical, "\(name) is identical: every request has the same times.")
            return
        }
        let weighing = Weighing(comparison)
        let gain = Self.leading(weighing.gains).map(Self.phrase)
        let loss = Self.leading(weighing.losses).map(Self.phrase)
        switch (weighing.outcome, gain, loss) {
        case (.tradeOff?, let gain?, let loss?):
            self.init(.tradeOff, "\(name) is a trade: \(gain), but \(loss).")
        case (.better?, let gain?, _):
            let rest = Self.rest(comparison, isBetter: false, "worse")
            self.init(.better, "\(name) is better: \(gain); \(rest).")
        case (.worse?, _, let loss?):
            let rest = Self.rest(comparison, isBetter: true, "better")
            self.init(.worse, "\(name) is worse: \(loss); \(rest).")
        default:
            let mean = comparison.row("mean_e2el_ms").map(Self.phrase) ?? "nothing finished"
            let isTiny = comparison.rows.contains(where: \.isSignificant)
            let reason =
                comparison.isOfTwoDraws
                ? "cannot be judged: the seeds differ, and with them the router's draws; several"
                    + " seeds tell (headway gate)"
                : isTiny
                    ? "changes nothing by 0.01 % or more"
                    : "shows nothing that chance does not explain"
            self.init(.undecided, "\(name) \(reason): \(mean).")
        }
    }

    private init(_ outcome: Outcome, _ sentence: String) {
        self.outcome = outcome
        self.sentence = sentence
    }

    /// The row to quote: a mean before percentiles, then the largest change.
    private static func leading(_ rows: [Comparison.Row]) -> Comparison.Row? {
        rows.max {
            func rank(_ row: Comparison.Row) -> (Int, Double) {
                (row.metric.hasPrefix("mean") ? 1 : 0, abs(row.change?.relative?.value ?? 0))
            }
            return rank($0) < rank($1)
        }
    }

    /// Changes against the verdict that are too small to turn it.
    private static func rest(
        _ comparison: Comparison, isBetter: Bool, _ word: String
    ) -> String {
        let rows = comparison.rows.filter { $0.isBetter == isBetter }
        guard let row = leading(rows) else { return "no latency got \(word)" }
        let change = row.relative.map { " (\(Comparison.percent($0)))" } ?? ""
        let name = Comparison.words(row.metric) + change
        return rows.count == 1
            ? "only \(name) got \(word), too little for a trade"
            : "\(rows.count) rows got \(word), most of all \(name), too little for a trade"
    }

    private static func phrase(_ row: Comparison.Row) -> String {
        var text = "\(Comparison.words(row.metric)) "
        if row.metric == "completed" {
            return "\(Quantity.decimal(row.before, 0)) → \(Quantity.decimal(row.after, 0)) "
                + "requests finish"
        }
        guard let relative = row.relative, let interval = row.interval else {
            return text + "changes from \(Figures.text(row.before, row.metric)) to "
                + Figures.text(row.after, row.metric)
        }
        text += "\(Comparison.percent(relative)) (95 % interval "
        return text + "\(Comparison.percent(interval.lowerBound)) to "
            + "\(Comparison.percent(interval.upperBound)))"
    }
}

extension Comparison {
    private static let perGPUWords = [
        "gpus": "GPUs", "output_throughput_per_gpu": "output per GPU",
        "gpu_seconds_per_output_token": "GPU time per token",
    ]

    /// A metric's key in words: "mean TTFT".
    package static func words(_ metric: String) -> String {
        if let words = perGPUWords[metric] { return words }
        let names = [
            "ttft": "TTFT", "tpot": "TPOT", "itl": "ITL", "e2el": "E2E latency",
            "queue": "queue time", "kv": "KV", "gpu": "GPU",
        ]
        var parts = metric.split(separator: "_").map(String.init)
        if parts.last == "ms" { parts.removeLast() }
        return parts.map { names[$0] ?? $0 }.joined(separator: " ")
    }

    /// A relative change with its sign: "-12.3 %".
    package static func percent(_ share: Double) -> String {
        let size = abs(share) * 100
        let text = Quantity.decimal(size, size < 0.095 ? 2 : size < 99.95 ? 1 : 0)
        let isZero = text.allSatisfy { "0.".contains($0) }
        return (isZero ? "" : share < 0 ? "-" : "+") + text + " %"
    }
}
