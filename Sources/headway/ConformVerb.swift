import Basics
import Experiments
import Simulator

extension Verb {
    /// `headway conform DIR...`
    static let conform = Verb(
        "conform",
        summary: "Compare the schedule with captures of vLLM, step by step.",
        operands: "DIR...", operandCount: 0...1000,
        details: """
            Runs every case under the given folders. A case holds config.json, trace.jsonl and
            steps.jsonl (synchronous) or events.jsonl (asynchronous), or the checkpoints of a whole
            trace. It compares each logged step: clock, scheduled entries in order, preempted,
            finished and aborted requests, queue lengths, free blocks, hits, evictions, distinct
            keys. At a difference it shows the first differing step, expected and actual, and exits
            with status 1. It reports a case that it cannot read, runs the others, and exits with
            status 2.
            """,
        flags: [
            Flag(
                "--advance", "WAY", "step or fast_forward (default both)."),
            Flag(
                "--random", "SEEDS",
                "Also compare fast-forward with stepping on this many random workloads."
            ),
            .json,
        ]
    ) { arguments in
        let seeds = try arguments.integer("--random", atLeast: 1)
        let advance = try arguments.choice("--advance", as: EngineConfiguration.Advance.self)
        if arguments.operands.isEmpty {
            guard seeds != nil else {
                throw InputError(
                    "conform", "no folder is given", expected: "DIR... or --random SEEDS")
            }
            if advance != nil {
                throw InputError("--advance", "is for folders", expected: "DIR... with it")
            }
        }
        let folders =
            arguments.operands.isEmpty ? [] : try Conformance.cases(under: arguments.operands)
        var page = ConformPage(isPrinted: !arguments.has("--json"))
        if let seeds { page.random = try compareGaits(seeds, page) }
        if !folders.isEmpty, page.random?.differing.isEmpty ?? true {
            let ways = advance.map { [$0] } ?? EngineConfiguration.Advance.allCases
            try page.run(folders, ways)
        }
        if !page.isPrinted { try page.writeJSON() }
        return try page.status()
    }

    /// Compares seeds 1 to `seeds`, a batch at a time, so that no list holds all of them.
    private static func compareGaits(
        _ seeds: Int, _ page: ConformPage
    ) throws -> ConformPage.Random {
        var random = ConformPage.Random(seeds: seeds)
        var first = 1
        while first <= seeds {
            let last = first + min(batch - 1, seeds - first)
            Progress.report(first - 1, of: seeds, "workloads")
            let found = try mapOnAllCores(Array(first...last)) { seed in
                try AdvanceComparison.difference(seed: UInt64(seed)).map {
                    ConformPage.RandomDifference(seed: seed, difference: $0)
                }
            } each: {
                guard let found = $0, page.isPrinted else { return }
                try Console.writePage(
                    "random workload, seed \(found.seed): the ways differ in \(found.difference)"
                )
            }
            random.differing += found.compactMap(\.self)
            if last == seeds { break }
            first = last + 1
        }
        if page.isPrinted {
            try Console.writePage(
                "\(seeds) random workloads in both ways, \(random.differing.count) differing"
            )
        }
        return random
    }

    private static let batch = 1000
}

/// The results of `conform`.
private struct ConformPage {
    struct RandomDifference: Encodable, Sendable {
        var seed: Int
        var difference: String
    }

    struct Random: Encodable {
        var seeds: Int
        var differing: [RandomDifference] = []
    }

    /// The output of `--json` if random workloads were compared.
    private struct Both: Encodable {
        var random: Random
        var cases: [ConformanceResult]
    }

    /// Whether to print line by line; otherwise as JSON at the end.
    let isPrinted: Bool
    var random: Random?
    var results: [ConformanceResult] = []

    init(isPrinted: Bool) { self.isPrinted = isPrinted }

    private var unreadable: [ConformanceResult] { results.filter { $0.unreadable != nil } }
    private var differing: Int { results.count { $0.difference != nil } }

    mutating func run(_ folders: [String], _ ways: [EngineConfiguration.Advance]) throws {
        let runs = folders.flatMap { folder in ways.map { (folder: folder, advance: $0) } }
        let isPrinted = isPrinted
        results = try mapOnAllCores(runs) {
            Conformance.attempt($0.folder, advance: $0.advance)
        } each: {
            if isPrinted { try Console.writePage(Self.line($0).withoutWorkflowCommands) }
        }
        guard isPrinted else { return }
        let steps = results.reduce(0) { $0 + $1.steps }
        let rest = unreadable.isEmpty ? "" : ", \(unreadable.count) not readable"
        try Console.writePage(
            Quantity.counted(results.count, "case") + ", "
                + Quantity.counted(steps, "step") + ", \(differing) differing" + rest)
    }

    func writeJSON() throws {
        if let random {
            try Console.writeJSON(Both(random: random, cases: results))
        } else {
            try Console.writeJSON(results)
        }
    }

    /// 0, or 1 if anything differs. Throws `InputError` if a case could not be read.
    func status() throws -> Int32 {
        if let first = unreadable.first {
            throw InputError(
                "conform",
                "\(unreadable.count) of \(results.count) cases cannot be read, the first: "
                    + (first.unreadable ?? ""),
                expected: "complete cases, or folders without that one")
        }
        return differing == 0 && random?.differing.isEmpty ?? true ? 0 : 1
    }

    private static func line(_ result: ConformanceResult) -> String {
        let head = "\(result.name.echoed()) (\(result.advance))"
        if let reason = result.unreadable { return "\(head): cannot be read: \(reason)" }
        guard let difference = result.difference else {
            let steps = Quantity.counted(result.steps, "step")
            return "\(head): \(steps) \(result.steps == 1 ? "matches" : "match")"
                + (result.note.map { " (\($0))" } ?? "")
        }
        return """
            \(head): differs after \(result.steps) steps, at \(difference.place.echoed())
              before   \(difference.before)
              expected \(difference.expected)
              actual   \(difference.actual)
            """
    }
}
