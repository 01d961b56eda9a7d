import Basics
import Experiments
import Reports
import Scenario

extension Verb {
    /// `headway capacity [CONFIG]`.
    static let capacity = Verb(
        "capacity",
        summary: "Find the highest rate, or the fewest GPUs, that hold an SLO.",
        operands: "[CONFIG.json5]", operandCount: 0...1,
        details: """
            A load counts as carried when the run holds every promise of the slo section (default:
            TTFT at most 450 ms and TPOT at most 40 ms for 99 % of requests) and its queue does not
            grow. The edge is noisy: it is searched for several seeds, or for the trace and
            stretches of it, and given with an interval. The page shows latency against load up to
            beyond the knee, which promise breaks first, and which limit is nearest there.

              headway capacity configs/chat-70b.json5 --slo ttft_p99_ms=500,tpot_p95_ms=40
              headway capacity --trace prod.csv --over replicas --set trace.rate_scale=3

            Exit status: 0 found, 1 no load holds the SLO, 2 bad input, 3 not decided.
            """,
        flags: [
            Flag(
                "--over", "WHAT",
                "rate (default): the highest, requests per second. replicas: the fewest.\n"
                    + "gpus: the fewest, over every tensor-parallel size that runs."),
            .slo,
            Flag(
                "--trace", "FILE",
                "Replay this trace or recipe (trace.file)."),
            Flag(
                "--seeds", "N",
                "So many seeds from the configuration's on (6), or a list: 0,1,5. Not for\n"
                    + "recorded traces, which are cut into stretches instead."),
            .serve, .set,
            Flag("--quiet", "Show no progress line."),
            .json,
        ]
    ) { arguments in
        let over = try arguments.choice("--over", as: CapacityAxis.Over.self) ?? .rate
        let seeds = try arguments.value("--seeds").map(CapacitySeeds.init)
        let serve = try arguments.value(Flag.serve.name).map(ServerLine.init)
        let changes = arguments.values(Flag.set.name)
        var configuration = try Configuration.read(
            file: arguments.operands.first, serve: serve, changes: changes)
        if let trace = arguments.value("--trace") {
            guard !trace.isEmpty else {
                throw InputError("--trace", "is empty", expected: "a trace's path")
            }
            configuration.trace.file = trace
        }
        let kept = try arguments.value(Flag.slo.name).flatMap { try configuration.promise($0) }
        if over == .rate { _ = try configuration.resolved(serve: serve, changes: changes) }
        let notes = (serve?.notes ?? []) + (kept.map { [$0] } ?? [])
        let report: @Sendable (Int) -> Void = { runs in
            // The total number of runs is not known.
            Progress.report(share: .nan, "\(Quantity.count(runs)) runs")
        }
        let study =
            over == .gpus
            ? try CapacityStudy.leastGPUs(
                configuration, seeds: seeds, notes: notes, progress: report)
            : try CapacityStudy(
                configuration, over: over, seeds: seeds, notes: notes, progress: report)
        let page = CapacityReport(study, run: run(arguments))
        try arguments.has("--json") ? Console.writeJSON(page) : Console.writePage(page.text)
        return switch study.ending {
        case .found: 0
        case .nothing: 1
        case .undecided: 3
        }
    }

    /// The shell command for a run of the same configuration.
    private static func run(_ arguments: Arguments) -> String {
        let flags = ["--trace", Flag.serve.name, Flag.slo.name].flatMap { name in
            arguments.value(name).map { [name, $0] } ?? []
        }
        let changes = arguments.values(Flag.set.name)
        let words = arguments.operands + flags + (changes.isEmpty ? [] : ["--set"] + changes)
        return (["headway", "run"] + words.map(ShellWord.quoted)).joined(separator: " ")
    }
}
