import Basics
import Experiments
import Reports
import Results
import Scenario

extension Verb {
    /// `headway compare BASELINE CANDIDATE...` and `headway compare --versions OLD,NEW [CONFIG]`
    static let compare = Verb(
        "compare",
        summary: "Compare runs over one trace: which is better, how surely.",
        operands: "BASELINE CANDIDATE... | --versions OLD,NEW [CONFIG.json5]",
        operandCount: 0...100,
        details: """
            Each operand is a folder that `headway run --out` wrote, or a configuration file, which
            runs now. All runs need the same requests: arrivals, lengths, content.

            Latencies are paired request by request. Intervals come from a block bootstrap over
            time, because neighbours in one queue are no independent evidence. Each run is made
            again three times with step times moved by a millionth: what that moves is chance, and
            no interval is narrower. "Better" and "worse"
            hold at 5 % over all rows together (Holm). The verdict weighs TTFT, TPOT and E2E latency
            by the size of their changes. A trade needs a gain and a loss, the smaller at least a
            tenth of the larger. Figures of a whole run have no interval here; `headway gate`
            repeats them over seeds.

            With --versions, one configuration (default: the built-in one) runs under two releases
            of vLLM. Keys that it does not set take each release's defaults. The page shows where
            the schedules first differ, by which rule, which requests get slower, and the setting
            that restores the old behaviour. Each rule takes one more run.
            """,
        flags: [
            Flag(
                "--versions", "OLD,NEW",
                "Two releases of vLLM, 0.11.2 to 0.33.0, to compare on one configuration."),
            Flag("--pin-defaults", "With --versions: the older release's defaults in both."),
            Flag(
                "--by", "METRIC",
                "Key of summary.json that ranks candidates (default mean_e2el_ms)."),
            Flag("--markdown", "Print Markdown, for a pull request."),
            .set,
            Flag("--quiet", "Show no progress line."),
            .json,
        ]
    ) { arguments in
        if arguments.has("--markdown"), arguments.has("--json") {
            throw InputError("--markdown", "and --json are given", expected: "one of them")
        }
        let changes = arguments.values("--set")
        if let versions = arguments.value("--versions") {
            return try upgrade(versions, arguments, changes)
        }
        if arguments.has("--pin-defaults") {
            throw InputError(
                "--pin-defaults", "is for --versions only", expected: "--versions OLD,NEW with it")
        }
        try arguments.require(2...100, of: "BASELINE CANDIDATE...", for: "compare")
        let runs = try mapOnAllCores(arguments.operands) {
            try ComparedRun.open($0, changes: changes)
        }
        let ranking = try Ranking(
            runs[0], Array(runs.dropFirst()), by: arguments.value("--by"))
        let report = ComparisonReport(ranking)
        if arguments.has("--json") {
            try Console.writeJSON(report)
        } else {
            try arguments.has("--markdown")
                ? Console.write(report.markdown) : Console.writePage(report.text)
        }
        return 0
    }

    /// One configuration under two releases of vLLM.
    private static func upgrade(
        _ versions: String, _ arguments: Arguments, _ changes: [String]
    ) throws -> Int32 {
        let pair = try VersionPair(versions, place: "--versions")
        try arguments.require(
            0...1, of: "--versions OLD,NEW [CONFIG.json5]", for: "compare")
        if let folder = arguments.operands.first, FileSystem.isFolder(folder) {
            throw InputError(
                folder, "is a folder, and --versions makes both runs itself",
                expected: "a configuration file, such as a run's "
                    + folder.appending(pathComponent: RunFiles.configuration)
                    + " without its engine.version")
        }
        let base = try Configuration.read(file: arguments.operands.first, changes: changes)
        let report = UpgradeReport(
            try UpgradeStudy(
                base, pair, pinsDefaults: arguments.has("--pin-defaults"),
                by: arguments.value("--by")))
        if arguments.has("--json") {
            try Console.writeJSON(report)
        } else {
            try arguments.has("--markdown")
                ? Console.write(report.markdown) : Console.writePage(report.text)
        }
        return 0
    }
}
