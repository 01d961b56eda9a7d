import Basics
import Experiments
import Reports
import Simulator

extension Verb {
    /// `headway conform DIR...`
    static let conform = Verb(
        "conform",
        summary: "Compare schedules with captures of the real engine, step by step.",
        operands: "DIR...", operandCount: 0...1000,
        details: """
            Runs every case under the given folders: config.json, trace.jsonl and steps.jsonl
            (synchronous) or events.jsonl (asynchronous), or the checkpoints of a whole trace.
            Compares each logged step: clock, scheduled entries in order, preempted, finished and
            aborted requests, queue lengths, free blocks, hits, evictions, distinct keys. Exit
            status 1 at a difference, with the first differing step, expected and actual.
            """,
        flags: [
            Flag("--gait", "GAIT", "Run one gait only, walk or stride; default: both."),
            Flag(
                "--random", "SEEDS",
                "Also hold both gaits against each other on this many random workloads."),
            .json,
        ]
    ) { arguments in
        if let seeds = try arguments.integer("--random", atLeast: 1) {
            let differing = try compareGaits(UInt64(seeds))
            if differing > 0 || arguments.operands.isEmpty { return differing == 0 ? 0 : 1 }
        }
        let gait = try arguments.choice("--gait", as: EngineConfiguration.Gait.self)
        let gaits = gait.map { [$0] } ?? EngineConfiguration.Gait.allCases
        if arguments.operands.isEmpty {
            throw InputError("conform", "no folder is given", expected: "DIR... or --random SEEDS")
        }
        let folders = try Conformance.cases(under: arguments.operands)
        let printsLines = !arguments.has("--json")
        let runs = folders.flatMap { folder in gaits.map { (folder: folder, gait: $0) } }
        let results = try mapOnAllCores(runs) {
            try Conformance.run($0.folder, gait: $0.gait)
        } each: {
            if printsLines { try Console.write(line($0)) }
        }
        let differing = results.filter { $0.difference != nil }.count
        if arguments.has("--json") {
            try Console.writeJSON(results)
        } else {
            let steps = results.reduce(0) { $0 + $1.steps }
            try Console.write("\(results.count) cases, \(steps) steps, \(differing) differing")
        }
        return differing == 0 ? 0 : 1
    }

    private static func compareGaits(_ seeds: UInt64) throws -> Int {
        let differences = try mapOnAllCores(Array(1...seeds)) { seed in
            try GaitComparison.difference(seed: seed).map {
                "random workload, seed \(seed): the gaits differ in \($0)"
            }
        } each: {
            if let difference = $0 { try Console.write(difference) }
        }
        let differing = differences.count { $0 != nil }
        try Console.write("\(seeds) random workloads in both gaits, \(differing) differing")
        return differing
    }

    private static func line(_ result: ConformanceResult) -> String {
        let head = "\(result.name) (\(result.gait))"
        guard let difference = result.difference else {
            return "\(head): \(result.steps) steps match"
        }
        return """
            \(head): differs after \(result.steps) steps, at \(difference.place)
              before   \(difference.before)
              expected \(difference.expected)
              actual   \(difference.actual)
            """
    }
}
