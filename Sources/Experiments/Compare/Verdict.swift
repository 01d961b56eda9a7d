import Basics
import Reports

/// What a comparison comes to, in a word and in a sentence.
public struct Verdict: Sendable, Encodable, Equatable {
    /// The word.
    public enum Outcome: String, Sendable, Encodable {
        /// Same rows and same digest: nothing changed at all.
        case identical
        case better
        case worse
        /// Some figures improved and others got worse.
        case tradeOff = "trade_off"
        /// Nothing that chance does not explain.
        case undecided
    }

    public var outcome: Outcome
    public var sentence: String

    /// The verdict of a comparison.
    public init(_ comparison: Comparison) {
        let name = comparison.after.name
        if comparison.isIdentical {
            self.init(.identical, "\(name) is identical: every request has the same times.")
            return
        }
        let better = comparison.rows.filter { $0.isBetter == true }
        let worse = comparison.rows.filter { $0.isBetter == false }
        switch (Self.leading(better), Self.leading(worse)) {
        case (let gain?, nil):
            self.init(
                .better, "\(name) is better: \(Self.phrase(gain)); no latency got worse.")
        case (nil, let loss?):
            self.init(.worse, "\(name) is worse: \(Self.phrase(loss)); no latency got better.")
        case (let gain?, let loss?):
            self.init(
                .tradeOff,
                "\(name) is a trade: \(Self.phrase(gain)), but \(Self.phrase(loss)).")
        case (nil, nil):
            let mean = comparison.row("mean_e2el_ms").map(Self.phrase) ?? "nothing finished"
            self.init(
                .undecided, "\(name) shows nothing that chance does not explain: \(mean).")
        }
    }

    private init(_ outcome: Outcome, _ sentence: String) {
        self.outcome = outcome
        self.sentence = sentence
    }

    /// The row to name: a mean before percentiles, then the largest change.
    private static func leading(_ rows: [Comparison.Row]) -> Comparison.Row? {
        rows.max {
            func rank(_ row: Comparison.Row) -> (Int, Double) {
                (row.metric.hasPrefix("mean") ? 1 : 0, abs(row.change?.relative?.value ?? 0))
            }
            return rank($0) < rank($1)
        }
    }

    private static func phrase(_ row: Comparison.Row) -> String {
        var text = "\(Comparison.words(row.metric)) "
        guard let relative = row.relative, let interval = row.interval else {
            return text + "changes from \(Quantity.significant(row.before)) to "
                + "\(Quantity.significant(row.after)) ms"
        }
        text += "\(Comparison.percent(relative)) (95 % interval "
        return text + "\(Comparison.percent(interval.lowerBound)) to "
            + "\(Comparison.percent(interval.upperBound)))"
    }
}

extension Comparison {
    /// A metric's key as people say it: "mean TTFT".
    static func words(_ metric: String) -> String {
        let names = [
            "ttft": "TTFT", "tpot": "TPOT", "itl": "ITL", "e2el": "E2E latency",
            "queue": "queue time", "kv": "KV", "gpu": "GPU",
        ]
        var parts = metric.split(separator: "_").map(String.init)
        if parts.last == "ms" { parts.removeLast() }
        return parts.map { names[$0] ?? $0 }.joined(separator: " ")
    }

    /// A relative change with its sign: "-12.3 %".
    static func percent(_ share: Double) -> String {
        let size = abs(share) * 100
        let text = Quantity.decimal(size, size < 0.095 ? 2 : size < 99.95 ? 1 : 0)
        let isZero = text.allSatisfy { "0.".contains($0) }
        return (isZero ? "" : share < 0 ? "-" : "+") + text + " %"
    }
}
