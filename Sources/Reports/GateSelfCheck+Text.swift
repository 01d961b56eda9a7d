import Basics
import Experiments

extension GateSelfCheck {
    /// The counts as a table, and the two shares that matter.
    package var text: String {
        let percent = Comparison.percent(slowdown)
        var table = TextTable(["", "regression", "inconclusive", "pass"])
        for (name, counters) in [
            ("nothing changed, other seeds", unchangedOtherSeeds),
            ("steps \(percent), same seeds", slowedSameSeeds),
            ("steps \(percent), other seeds", slowedOtherSeeds),
        ] {
            table.add([
                name, String(counters.regressions), String(counters.inconclusive),
                String(counters.passed),
            ])
        }
        func share(_ count: Int) -> String {
            Quantity.percent(Double(count) / Double(max(1, trials)))
        }
        return """
            \(trials) trials of \(seeds) seeds

            \(table.text)

            False alarms: \(share(unchangedOtherSeeds.regressions)). Caught: \
            \(share(slowedSameSeeds.regressions)) with the baseline's seeds, \
            \(share(slowedOtherSeeds.regressions)) with others.
            """
    }
}
