import Basics
import Experiments
import Reports

extension Verb {
    /// `headway compare BASELINE CANDIDATE...`
    static let compare = Verb(
        "compare",
        summary: "Compare runs over the same trace: what changed, how surely, and for whom.",
        operands: "BASELINE CANDIDATE...", operandCount: 2...100,
        details: """
            Each operand is a folder that `headway run --out` has written, or a configuration file,
            which is run now. All must be over the same requests: same arrivals, lengths, content.

            Latencies are paired request by request. Intervals come from a block bootstrap over
            time, so that neighbours in one queue do not count as independent evidence; "better"
            and "worse" hold at 5 % over all rows together (Holm). The verdict weighs TTFT, TPOT
            and E2E latency by the size of their changes: a trade needs a gain and a loss of which
            the smaller is at least a tenth of the larger. Figures of a run as a whole have no
            interval: `headway gate` repeats them over seeds.
            """,
        flags: [
            Flag("--by", "METRIC", "Rank candidates by this key of summary.json (mean_e2el_ms)."),
            Flag("--markdown", "Print Markdown, for a pull request."),
            .set, .json,
        ]
    ) { arguments in
        if arguments.has("--markdown"), arguments.has("--json") {
            throw InputError("--markdown", "and --json are given", expected: "one of them")
        }
        let changes = arguments.values("--set")
        let runs = try mapOnAllCores(arguments.operands) {
            try ComparedRun.open($0, changes: changes)
        }
        let ranking = try Ranking(
            runs[0], Array(runs.dropFirst()), by: arguments.value("--by"))
        let report = ComparisonReport(ranking)
        if arguments.has("--json") {
            try Console.writeJSON(report)
        } else {
            try Console.write(arguments.has("--markdown") ? report.markdown : report.text)
        }
        return 0
    }
}
