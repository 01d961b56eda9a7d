import Basics
import Experiments
import Results
import Scenario

/// What ran, and what to run next.
enum RanSection {
    static func of(_ run: ReportedRun) -> ReportPage.Section {
        ReportPage.Section(
            id: "run", title: "What ran", body: "<dl>\(facts(run))</dl>")
    }

    private static func facts(_ run: ReportedRun) -> [HTML] {
        let configuration = run.configuration
        let engine = configuration.engine
        let seed = configuration.seed.map { ", seed \($0)" } ?? ""
        let trace =
            (configuration.trace.file.map { $0.echoed() } ?? run.traceName) + seed
            + "; \(run.count("prompt_tokens")) prompt and \(run.count("delivered_tokens")) "
            + "delivered tokens"
        let limits = [
            ("max_num_batched_tokens", engine.maxNumBatchedTokens.map(Quantity.count)),
            ("max_num_seqs", engine.maxNumSeqs.map(Quantity.count)),
            ("block_size", Quantity.count(engine.blockSize)),
        ].compactMap { name, value -> HTML? in
            value.map { "<code>\(name)</code> \($0)" }
        }
        let list = limits.enumerated().map { $0.offset > 0 ? ", \($0.element)" : $0.element }
        let switches = [
            (engine.enablePrefixCaching, "prefix caching"),
            (engine.enableChunkedPrefill, "chunked prefill"),
            (engine.asyncScheduling, "asynchronous scheduling"),
        ].map { "\($0.1) \($0.0 ? "on" : "off")" }.joined(separator: ", ")
        let version = run.engineVersion.map { "vLLM \($0)" } ?? "the engine"
        let scheduler =
            engine.scheduler == "engine" ? "" : ", scheduler \(engine.scheduler.echoed())"
        var facts: [(String, HTML)] = [
            ("Trace", HTML.text(trace)),
            ("Engine", "\(version)\(scheduler): \(list); \(switches)"),
            (
                "KV cache",
                "\(run.count("num_gpu_blocks")) blocks of \(engine.blockSize) tokens per replica"
            ),
            (
                "Steps",
                "\(run.count("steps")), \(text(run, "mean_batch_size")) requests and "
                    + "\(text(run, "mean_tokens_per_step")) tokens each"
            ),
            ("SLO", HTML.text(run.limits.isEmpty ? "none" : run.limits)),
            ("Folder", "<code>\(run.folder.echoed())</code>"),
        ]
        if let line = pool(run) { facts.insert(("Server log", line), at: 3) }
        return facts.map { "<dt>\($0.0)</dt><dd>\($0.1)</dd>" }
    }

    private static func pool(_ run: ReportedRun) -> HTML? {
        run.poolLine.map { "<code>\($0.echoed(atMost: 400))</code>" }
    }

    private static func text(_ run: ReportedRun, _ key: String) -> HTML {
        HTML.text(run.figure(key).map(Quantity.significant) ?? "–")
    }
}

/// Commands for what to do next.
enum NextSection {
    static func of(_ run: ReportedRun) -> ReportPage.Section {
        ReportPage.Section(
            id: "next", title: "What to run next", body: Commands(lines: commands(run)).html)
    }

    static func commands(_ run: ReportedRun) -> [(purpose: String, command: String)] {
        let file = run.path(RunFiles.configuration)
        let base = "headway run \(file)"
        var lines = [("the same run again, to the last bit", base)]
        let verdict = run.isMet ?? run.goodShare.map { $0 >= ServiceVerdict.assumedGoodput }
        if run.finished == 0 {
            lines.append(
                ("why requests fail", "headway config \(file)"))
        } else if run.isOverloaded || run.isGrowing || verdict == false {
            lines += relief(run, base)
        } else {
            lines.append(("how much more load it carries", base + load(run, times: 2)))
        }
        if run.data.parts == nil, run.finished > 0 {
            lines.append(
                (
                    "where the time of each request goes",
                    "\(base) --set output.latency_breakdown=true --out DIR"
                ))
        }
        if run.finished > 0, let tokens = smallerSteps(run.configuration.engine) {
            let folder = ShellWord.path(run.folder)
            lines.append(
                (
                    "smaller prefill chunks: smoother tokens, later first tokens",
                    "\(base) --set engine.max_num_batched_tokens=\(tokens) --out smaller && "
                        + "headway report \(folder) smaller -o compare.html"
                ))
        }
        guard run.configuration.output.writesFiles else { return lines }
        // A command that writes files needs a folder for them.
        return lines.map { purpose, command in
            let isRun = command.hasPrefix(base) && !command.contains(" --out ")
            return (purpose, isRun ? command + " --out again" : command)
        }
    }

    /// A quarter of a step's token budget, or what max_num_seqs needs; nil if that is not less.
    private static func smallerSteps(_ engine: Configuration.EngineSection) -> Int? {
        guard engine.enableChunkedPrefill, let budget = engine.maxNumBatchedTokens,
            engine.maxNumScheduledTokens == nil
        else { return nil }
        let tokens = max(budget / 4, engine.maxNumSeqs ?? budget)
        return tokens < budget ? tokens : nil
    }

    /// The change that multiplies a run's load, by the key that sets the load.
    private static func load(_ run: ReportedRun, times factor: Double) -> String {
        let trace = run.configuration.trace
        if let users = trace.concurrency {
            return " --set trace.concurrency=\(max(1, Int(Double(min(users, 1 << 30)) * factor)))"
        }
        func text(_ value: Double) -> String {
            Int(exactly: value).map { String($0) } ?? String(value)
        }
        if let rate = trace.requestRate, rate.isFinite {
            return " --set trace.request_rate=\(text(rate * factor))"
        }
        return " --set trace.rate_scale=\(text(trace.rateScale * factor))"
    }

    /// What relieves a run that is overloaded or misses its SLO, by what held it back.
    private static func relief(
        _ run: ReportedRun, _ base: String
    ) -> [(String, String)] {
        var lines = [("half the load", base + load(run, times: 0.5))]
        let blocks = run.figure("num_gpu_blocks") ?? 0
        let isCacheFull =
            (run.figure("preemptions") ?? 0) > 0 || (run.figure("peak_kv_use") ?? 0) > 0.99
        if isCacheFull, run.configuration.engine.numGPUBlocks != nil, blocks < 1e9 {
            lines.append(
                (
                    "twice the KV cache",
                    "\(base) --set engine.num_gpu_blocks=\(Int(blocks) * 2)"
                ))
        }
        let nodes = run.configuration.hardware.nodes
        lines.append(
            (
                "twice the replicas",
                "\(base) --set cluster.replicas=\(run.replicas * 2) "
                    + "hardware.nodes=\(max(nodes, nodes * 2))"
            ))
        return lines
    }
}
