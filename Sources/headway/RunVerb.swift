import Basics
import Experiments
import Foundation
import Reports
import Results
import Scenario
import Simulator
import Traces

extension Verb {
    /// `headway run`: the main job.
    static let run = Verb(
        "run",
        summary: "Simulate a trace: latency, throughput, SLO.",
        operands: "[CONFIG.json5]", operandCount: 0...1,
        details: """
            With no CONFIG it replays the built-in chat trace: 20,000 requests, 8 replicas of
            Llama-3.1-8B, one per H100. `headway config` lists every key of a configuration.
            Sources/Reports/Reports.docc/RunPage.md explains each figure. Exit status: 0 done,
            1 the SLO is missed (--require-slo), 2 bad input.
            """,
        flags: [
            Flag(
                "--trace", "FILE",
                "Replay this trace (trace.file)."),
            Flag(
                "--bench", "LINE",
                "Take trace and load from a line of vLLM's benchmark: \"vllm bench serve\n"
                    + "--request-rate 10 --random-input-len 512 ...\", or a file with it. Notes\n"
                    + "name what has no meaning here; --set wins over it."),
            .serve,
            Flag(
                "--model", "M",
                "This model: a name, a config.json or its folder (model.name)."),
            .set,
            .slo,
            Flag("--require-slo", "End with exit status 1 where the run misses its SLO, for CI."),
            Flag(
                "--out", "DIR",
                "Write summary.json, requests.csv, report.json and config.resolved.json into\n"
                    + "this folder, and steps.jsonl with --set output.decisions=true, plans.jsonl\n"
                    + "with output.plans, latency.csv with output.latency_breakdown, series.csv\n"
                    + "with output.series, token_times.csv with output.token_times and\n"
                    + "timeline.json with output.timeline. report.json is what a report draws."),
            Flag(
                "--limit", "N",
                "Stop after this many requests (trace.limit)."),
            Flag("--seed", "N", "Seed of everything random (seed)."),
            Flag(
                "--compare-gpus", "A,B,...",
                "Run it on each of these GPUs (hardware.gpu) and show one table; nothing is\n"
                    + "written."),
            Flag("--quiet", "Show no progress line."),
            .json,
        ]
    ) { arguments in
        if let names = arguments.value("--compare-gpus") {
            guard !arguments.has("--require-slo") else {
                throw InputError(
                    "--require-slo", "judges one run, and --compare-gpus makes several",
                    expected: "one of them")
            }
            let report = GPUReport(try ReplayRun.comparison(arguments, of: names))
            try arguments.has("--json") ? Console.writeJSON(report) : Console.writePage(report.text)
            return 0
        }
        var run = try ReplayRun(arguments)
        let outcome = try run.perform()
        if arguments.has("--json") {
            try Console.writeJSON(outcome.summary)
        } else {
            try Console.writePage(outcome.page)
        }
        guard arguments.has("--require-slo"), outcome.verdict?.isMet == false else { return 0 }
        let worst = outcome.verdict?.worst.map {
            ": \($0.requirement.name) is \($0.valueText), \($0.limitText)"
        }
        Console.complain("the run misses its SLO" + (worst ?? ""))
        return 1
    }
}

/// One invocation of `headway run`.
private struct ReplayRun {
    /// What is printed once everything is written.
    struct Outcome {
        var summary: RunSummary
        /// Nil if nothing is limited.
        var verdict: ServiceVerdict?
        var page: String
    }

    private let resolved: ResolvedConfiguration
    private let folder: OutputFolder?
    /// Parts of a server's or benchmark's command line that mean nothing here.
    private let notes: [String]
    /// The command that explains a missed SLO; nil if no flag of it says the same.
    private let why: String?

    /// The run that the arguments describe.
    private struct Asked {
        var configuration: Configuration
        var notes: [String]
        var serve: ServerLine?
        var changes: [String]

        /// Resolves everything. If a flag of the server's line is not possible, the error names it.
        func resolved() throws -> ResolvedConfiguration {
            try configuration.resolved(serve: serve, changes: changes)
        }
    }

    private static func configuration(_ arguments: Arguments) throws -> Asked {
        let serve = try arguments.value(Flag.serve.name).map(ServerLine.init)
        let bench = try arguments.value("--bench").map(BenchmarkLine.init)
        var changes = arguments.values("--set")
        if let limit = try arguments.integer("--limit", atLeast: 1) {
            changes.append("trace.limit=\(limit)")
        }
        if let seed = try arguments.integer("--seed") { changes.append("seed=\(seed)") }
        if let model = arguments.value("--model") { changes.append("model.name=\(model)") }
        var configuration = try Configuration.read(
            file: arguments.operands.first, serve: serve, bench: bench, changes: changes)
        if let trace = arguments.value("--trace") {
            guard bench == nil else {
                throw InputError(
                    "--trace", "gives a trace, and --bench makes one", expected: "one of them")
            }
            guard !trace.isEmpty else {
                throw InputError("--trace", "is empty", expected: "a trace's path")
            }
            configuration.trace.file = trace
        }
        let kept = try arguments.value(Flag.slo.name).flatMap { try configuration.promise($0) }
        return Asked(
            configuration: configuration,
            notes: (serve?.notes ?? []) + (bench?.notes(beside: serve) ?? [])
                + (kept.map { [$0] } ?? []),
            serve: serve, changes: changes)
    }

    /// The same run on several GPUs.
    static func comparison(_ arguments: Arguments, of names: String) throws -> GPUComparison {
        guard !arguments.has("--out") else {
            throw InputError(
                "--out", "is given with --compare-gpus, which writes nothing",
                expected: "one of them")
        }
        let asked = try configuration(arguments)
        let output = asked.configuration.output
        guard !output.writesFiles else {
            throw InputError(
                "--compare-gpus", "writes none of the files that output.* name",
                expected: "a run of one GPU with --out DIR")
        }
        let gpus = names.split(separator: ",", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        return try GPUComparison(asked.configuration, gpus: gpus, notes: asked.notes)
    }

    init(_ arguments: Arguments) throws {
        let asked = try Self.configuration(arguments)
        notes = asked.notes
        resolved = try asked.resolved()
        // What came through a pipe is gone.
        let isGone = resolved.configuration.trace.file.map(InputFile.isReadOnce) ?? false
        why = isGone ? nil : Self.why(arguments, asked.changes)
        if arguments.has("--require-slo"), resolved.configuration.slo.requirements.isEmpty {
            throw InputError(
                "--require-slo", "requires an SLO, and nothing is limited",
                expected: "--slo ttft_p99_ms=500, or limits in the section slo")
        }
        let out = arguments.value("--out")
        guard out != "" else { throw InputError("--out", "is empty", expected: "a folder") }
        let output = resolved.configuration.output
        for (wanted, key, file) in [
            (output.decisions, "output.decisions", "steps.jsonl"),
            (output.plans, "output.plans", "plans.jsonl"),
            (output.timeline, "output.timeline", "timeline.json"),
            (output.series, "output.series", "series.csv"),
            (output.tokenTimes, "output.token_times", "token_times.csv"),
        ] where wanted && out == nil {
            throw InputError(
                key, "has no folder to write \(file) into",
                expected: "--out DIR, or --set \(key)=false")
        }
        if let start = output.timelineStart, let end = output.timelineEnd, end <= start {
            throw InputError(
                "output.timeline_end_s",
                "is \(end), which is not after output.timeline_start_s (\(start))",
                expected: "a later time, seconds of the trace")
        }
        if output.timelineEnd == 0 {
            throw InputError(
                "output.timeline_end_s", "is 0, before which there is nothing",
                expected: "a later time, seconds of the trace")
        }
        folder = try out.map {
            try OutputFolder($0, writing: Self.files(output), manifest: RunFiles.summary)
        }
    }

    /// `headway why` over the same run.
    private static func why(_ arguments: Arguments, _ changes: [String]) -> String? {
        guard !arguments.has("--serve"), !arguments.has("--bench") else { return nil }
        let changes = changes + (arguments.value("--trace").map { ["trace.file=\($0)"] } ?? [])
        let words =
            arguments.operands.prefix(1).map(ShellWord.path)
            + (changes.isEmpty ? [] : ["--set"]) + changes.map(ShellWord.quoted)
        return (["headway why"] + words).joined(separator: " ")
    }

    /// The files that a run with these outputs writes.
    private static func files(_ output: Configuration.OutputSection) -> [String] {
        [RunFiles.summary, RunFiles.requests, RunFiles.configuration, RunFiles.report]
            + (output.decisions ? [RunFiles.decisions] : [])
            + (output.plans ? [RunFiles.plans] : [])
            + (output.latencyBreakdown ? [RunFiles.latency] : [])
            + (output.by != nil ? [RunFiles.classes] : [])
            + (output.timeline ? [RunFiles.timeline] : [])
            + (output.series ? [RunFiles.series] : [])
            + (output.tokenTimes ? [RunFiles.tokenTimes, RunFiles.tokenSteps] : [])
    }

    mutating func perform() throws -> Outcome {
        let began = ContinuousClock.now
        let trace = try resolved.configuration.openTrace()
        let requests = try folder?.file(RunFiles.requests)
        let rule = resolved.configuration.classRule(trace)
        try requests?.write(
            RequestLine.header(.init(resolved.plan, tellsClass: rule != nil)))
        let output = resolved.configuration.output
        let decisions = output.decisions ? try folder?.file(RunFiles.decisions) : nil
        let plans = output.plans ? try folder?.file(RunFiles.plans) : nil
        var plan = resolved.plan
        plan.keepsRecords = false
        plan.sampling = folder == nil ? nil : sampling(trace.extent)
        let observer = RunObservers(
            RunObservers.Files(
                requests: requests, decisions: decisions, plans: plans, parts: try partsFile(),
                timeline: try timelineFile(), tokenTimes: try tokenTimes()),
            plan: plan, output: output, trace: trace, rule: rule)
        let result = try simulate(plan, source: trace.source, observer: observer)
        try observer.finish()
        var summary = observer.summary.summary(
            of: result, resolved,
            notes: notes + observer.timelineRemarks(result, output) + endOfTrace(result),
            remarks: trace.remarks)
        // The set of classes is known at the end of the trace, before anything is written.
        try resolved.configuration.checkClassNames(summary.wantedClasses)
        if let report = observer.latency?.report {
            summary.parts = report.means
            summary.slowestParts = report.slowestMeans
        }
        try writeClasses(summary)
        try writeSeries(result, summary, observer, plan.sampling)
        try write(summary)
        let verdict = resolved.configuration.slo.verdict(summary)
        let next = verdict?.isMet == false ? why.map { "Next          " + $0 } : nil
        let page = [
            resolved.headline(trace: trace.name),
            RunReport.text(
                summary, result: result, objective: resolved.configuration.slo.description,
                slo: resolved.configuration.slo, timeline: observer.summary.timeline,
                parts: observer.latency?.report.text),
            resolved.trust(result), next, Self.effort(since: began),
        ].compactMap(\.self)
        return Outcome(summary: summary, verdict: verdict, page: page.joined(separator: "\n\n"))
    }

    private func endOfTrace(_ result: RunResult) -> [String] {
        let end = resolved.configuration.endOfTrace(after: result.counters.requests)
        return end.map { [$0] } ?? []
    }

    /// For example "This run took 1.92 s, 1.90 CPU-seconds and 84.2 MB of memory."
    private static func effort(since began: ContinuousClock.Instant) -> String {
        let usage = ProcessUsage.now
        return "This run took "
            + Quantity.duration(seconds: (ContinuousClock.now - began) / .seconds(1))
            + ", \(Quantity.significant(usage.processorSeconds)) CPU-seconds and "
            + "\(Quantity.bytes(Double(usage.peakMemoryBytes))) of memory."
    }

    /// The file of latency parts, if wanted and if files are written.
    private func partsFile() throws -> OutputFile? {
        guard resolved.configuration.output.latencyBreakdown else { return nil }
        let file = try folder?.file(RunFiles.latency)
        try file?.writeLine(BreakdownReport.header)
        return file
    }

    private func timelineFile() throws -> OutputFile? {
        guard resolved.configuration.output.timeline else { return nil }
        let file = try folder?.file(RunFiles.timeline)
        try file?.writeLine(TraceEvents.opening)
        return file
    }

    private func tokenTimes() throws -> TokenTimes? {
        guard resolved.configuration.output.tokenTimes, let folder else { return nil }
        return try TokenTimes(
            folder.file(RunFiles.tokenTimes), steps: folder.file(RunFiles.tokenSteps))
    }

    /// The length of series.csv's windows; report.json joins them.
    private func sampling(_ extent: TraceExtent) -> Sampling {
        let output = resolved.configuration.output
        guard output.series, let seconds = output.seriesInterval else {
            // For a file, only the largest number of requests wanted is known.
            let isFile = resolved.configuration.trace.file != nil
            return .few(
                requests: isFile ? nil : extent.requests, replicas: resolved.plan.replicas)
        }
        return .every(
            Int64((seconds * 1e12).rounded()),
            most: max(2, Sampling.mostRows / (resolved.plan.replicas + 1)))
    }

    /// Writes report.json, and series.csv if wanted.
    private func writeSeries(
        _ result: RunResult, _ summary: RunSummary, _ observer: RunObservers,
        _ sampling: Sampling?
    ) throws {
        guard let folder, let sampling, let requests = observer.series else { return }
        let table = try SeriesTable(result, requests, sampling)
        let report = RunReportFile(result, summary, table, slowest: observer.slowest)
        try folder.file(RunFiles.report).writeLine(report.text())
        guard resolved.configuration.output.series else { return }
        let file = try folder.file(RunFiles.series)
        try file.writeLine(SeriesTable.header)
        try table?.eachRow { try file.writeLine($0) }
    }

    private func writeClasses(_ summary: RunSummary) throws {
        guard resolved.configuration.output.by != nil, let folder else { return }
        let file = try folder.file(RunFiles.classes)
        try file.writeLine(ClassTable.header)
        for table in summary.classes {
            for row in table.rows { try file.writeLine(row) }
        }
    }

    private func write(_ summary: RunSummary) throws {
        guard let folder else { return }
        // Paths in the configuration must not move with the folder.
        try folder.file(RunFiles.configuration)
            .writeLine(jsonText(resolved.configuration.withAbsolutePaths.asValue))
        try folder.commit { try summary.text(digests: $0) }
    }
}
