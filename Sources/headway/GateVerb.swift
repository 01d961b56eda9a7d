import Basics
import Experiments
import Foundation
import Reports

extension Verb {
    /// `headway gate SUITE.json5`
    static let gate = Verb(
        "gate",
        summary: "Test a change against a baseline: is it a regression?",
        operands: "SUITE.json5", operandCount: 1...1,
        details: """
            A suite names cases (configurations with their traces), seeds, and metrics with margins.
            --bless writes the baseline. A later call runs the same cases with the same seeds and
            compares. Exit status: 0 pass, 1 regression, 3 inconclusive, 2 bad input.

            A metric passes when the 95 % interval of its worsening ends below the margin. It is a
            regression when the interval starts above the margin, corrected for the number of
            metrics. Otherwise the report says how many more seeds would settle it. Seeds that the
            baseline lacks are left out and named.

            For each failed case the report shows which prompt lengths got slower and which part of
            the latency grew. A suite with the key versions compares two releases of vLLM and needs
            no baseline.
            """,
        flags: [
            Flag("--bless", "Write the baseline instead of comparing with it."),
            Flag("--exact", "Compare digests only: every run must stay identical."),
            Flag("--seeds", "N", "Number of seeds, instead of the suite's."),
            Flag("--first-seed", "N", "First seed, instead of the suite's."),
            Flag("--junit", "FILE", "Write the findings as JUnit XML."),
            Flag("--github", "Print the findings as GitHub annotations too."),
            Flag(
                "--self-check",
                "Measure the rate of false alarms (other seeds) and of caught slowdowns."),
            Flag("--trials", "N", "With --self-check: number of trials (default 200)."),
            Flag("--slowdown", "SHARE", "With --self-check: the planted slowdown (default 0.03)."),
            .set,
            Flag("--quiet", "Show no progress line."),
            .json,
        ]
    ) { arguments in
        let path = arguments.operands[0]
        try checkModes(arguments)
        var suite = try GateSuite.read(path, changes: arguments.values("--set"))
        let count = try arguments.integer("--seeds", atLeast: 1) ?? suite.seeds.count
        let first = try arguments.integer("--first-seed") ?? suite.seeds[0]
        guard count <= 10_000, first <= 1_000_000_000 else {
            throw InputError("--seeds", "are too many", expected: "at most 10000, below 10⁹")
        }
        suite.seeds = Array(first..<(first + count))
        try checkVersions(suite, arguments)
        // Before minutes of work, refuse an output that would overwrite an input.
        let outputs = [arguments.has("--bless") ? suite.baseline : nil, arguments.value("--junit")]
        for output in outputs.compactMap(\.self) { try FileLedger.process.replaces(output) }
        if arguments.has("--self-check") { return try selfCheck(suite, arguments) }
        if arguments.has("--bless") { return try bless(suite, arguments) }
        let result = try judge(suite, exactly: arguments.has("--exact"))
        if let file = arguments.value("--junit") { try write(result.junit, to: file) }
        if arguments.has("--json") {
            try Console.writeJSON(result)
        } else {
            try Console.writePage(result.text)
        }
        if arguments.has("--github") { try Console.write(result.githubAnnotations) }
        return result.exitStatus
    }

    /// Compares the suite with its baseline, or its newer release with the older one.
    private static func judge(_ suite: GateSuite, exactly: Bool) throws -> GateResult {
        if let versions = suite.versions {
            return try suite.judgeUpgrade(versions, exactly: exactly)
        }
        let judgement = try GateJudgement(suite, .read(suite.baseline, suite: suite.path))
        return try judgement.explained(judgement.judge(suite.measure(), exactly: exactly))
    }

    /// Refuses flags that a suite with versions cannot use.
    private static func checkVersions(_ suite: GateSuite, _ arguments: Arguments) throws {
        guard suite.versions != nil else { return }
        for flag in ["--bless", "--self-check"] where arguments.has(flag) {
            throw InputError(
                flag, "is given, and \(suite.path) compares two versions",
                expected: "no such flag: the older release is the baseline")
        }
    }

    /// Refuses flags that have no effect together.
    private static func checkModes(_ arguments: Arguments) throws {
        let clashes = [
            ("--github", ["--json", "--bless", "--self-check"]),
            ("--junit", ["--bless", "--self-check"]), ("--exact", ["--bless", "--self-check"]),
            ("--bless", ["--self-check"]),
        ]
        for (flag, others) in clashes where arguments.has(flag) {
            if let other = others.first(where: arguments.has) {
                throw InputError(flag, "and \(other) are given", expected: "one of them")
            }
        }
        for flag in ["--trials", "--slowdown"]
        where arguments.has(flag) && !arguments.has("--self-check") {
            throw InputError(flag, "is for --self-check only", expected: "--self-check with it")
        }
    }

    private struct Blessing: Encodable {
        let suite, baseline: String
        let cases: [String]
        let seeds: [Int]
    }

    /// Writes the baseline, after checking that the gate accepts it against itself.
    private static func bless(_ suite: GateSuite, _ arguments: Arguments) throws -> Int32 {
        let measured = try suite.measure()
        var baseline = GateBaseline(suite: suite.name, cases: measured)
        _ = try GateJudgement(suite, baseline).judge(measured)
        baseline.costs = try suite.costs()
        try baseline.write(to: suite.baseline)
        if arguments.has("--json") {
            try Console.writeJSON(
                Blessing(
                    suite: suite.name, baseline: suite.baseline, cases: suite.cases.map(\.name),
                    seeds: suite.seeds))
        } else {
            let cases = Quantity.counted(suite.cases.count, "case")
            try Console.writePage("Blessed \(cases): \(suite.baseline)")
        }
        return 0
    }

    private static func selfCheck(_ suite: GateSuite, _ arguments: Arguments) throws -> Int32 {
        let slowdown = try arguments.number("--slowdown") ?? 0.03
        guard slowdown <= 10 else {
            throw InputError("--slowdown", "is \(slowdown)", expected: "a share, 0 to 10")
        }
        let trials = try arguments.integer("--trials", atLeast: 1) ?? 200
        let check = try GateSelfCheck(suite, trials: trials, slowdown: slowdown) { done in
            Progress.report(done, of: trials, "trials")
        }
        if arguments.has("--json") {
            try Console.writeJSON(check)
        } else {
            try Console.writePage(check.text)
        }
        return 0
    }

    private static func write(_ text: String, to path: String) throws {
        let file = try WholeFile(path)
        try file.write(Array(text.utf8))
        try file.commit()
    }
}
