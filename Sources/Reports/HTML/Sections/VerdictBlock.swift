import Basics
import Experiments
import Results

/// Whether the run kept its promises, shown before anything else.
struct VerdictBlock: Sendable {
    /// How it looks; colour never carries the meaning alone.
    enum Tone: String { case good, bad, plain }

    let tone: Tone
    let headline: HTML
    let details: [HTML]

    var html: HTML {
        let mark = [Tone.good: "✓", .bad: "✗", .plain: "●"][tone] ?? ""
        let rest = details.map { "<p>\($0)</p>" as HTML }
        return """
            <div class="say \(tone.rawValue)"><p><b>\(mark) \(headline)</b></p>\(rest)\
            </div>

            """
    }

    /// A run's verdict, and whether it was overloaded or its load grew.
    static func of(_ run: ReportedRun) -> HTML {
        let verdict = VerdictBlock(run)
        let load = run.isOverloaded ? overload(run) : run.isGrowing ? growth(run) : nil
        return (load?.html ?? .none) + verdict.html
    }

    init(tone: Tone, headline: HTML, details: [HTML]) {
        self.tone = tone
        self.headline = headline
        self.details = details
    }

    init(_ run: ReportedRun) {
        guard run.requests > 0 else {
            self.init(
                tone: .plain, headline: "No request arrived.",
                details: ["The trace, or the part of it that was chosen, is empty."])
            return
        }
        guard run.finished > 0 else {
            self.init(
                tone: .bad, headline: "No request finished.", details: [Self.failed(run)])
            return
        }
        if let isMet = run.isMet {
            self.init(
                tone: isMet ? .good : .bad,
                headline: isMet ? "The SLO holds." : "The SLO is missed.",
                details: [Self.promises(run)] + Self.details(run))
            return
        }
        guard !run.limits.isEmpty, let share = run.goodShare else {
            self.init(
                tone: .plain, headline: "No SLO is set.",
                details: ["Set one with <code>--slo ttft_p99_ms=500,tpot_p95_ms=40</code>."]
                    + Self.details(run))
            return
        }
        let isGood = share >= ServiceVerdict.assumedGoodput
        let covered = run.figure("measured_stretch.num_prompts") != nil
        let counted = run.count(covered ? "measured_stretch.num_prompts" : "num_prompts")
        let all =
            run.requests == 1
            ? "The request has"
            : "All \(counted) requests\(covered ? " that figures are of" : "") have"
        let which = share == 1 ? all : Drawn.share(share) + " of the requests have"
        self.init(
            tone: isGood ? .good : .bad, headline: isGood ? "The SLO holds." : "The SLO is missed.",
            details: [
                """
                \(which) \(run.limits).\(Self.assumed)
                """
            ] + Self.details(run))
    }

    private static let assumed: String =
        " No share is promised (slo.goodput), so MLPerf’s 99 % is taken."

    /// How many of the requests did not finish, and why.
    private static func failed(_ run: ReportedRun) -> HTML {
        let parts = ["rejected", "aborted", "unfinished"].compactMap { key in
            (run.figure(key) ?? 0) > 0 ? "\(run.count(key)) \(key)" : nil
        }
        return "Of \(run.requestWords) \(parts.joined(separator: ", "))."
    }

    /// Each promise with its result.
    private static func promises(_ run: ReportedRun) -> HTML {
        let rows = run.promises.map { promise -> HTML in
            let isShare = promise.name.hasSuffix("goodput")
            func text(_ value: Double) -> String {
                isShare ? Drawn.share(value) : Drawn.milliseconds(value)
            }
            let limit =
                isShare ? text(promise.limit) : Drawn.round(milliseconds: promise.limit)
            let source = run.isGoodputAssumed && isShare ? ", MLPerf’s" : ""
            let value =
                promise.value.map(text)
                ?? (promise.isNeverServed ? "endless: some were never served" : "of no request")
            return """
                <li class="\(promise.isMet ? "met" : "missed")">\(promise.isMet ? "✓" : "✗") \
                <b>\(words(promise.name))</b> \(value), <span>\(isShare ? "at least" : "at most") \
                \(limit)\(source)</span>\
                </li>
                """
        }
        return "<ul class=\"promises\">\(rows)</ul>"
    }

    /// "ttft_p99_ms" as "p99 TTFT", "gold.ttft_p99_ms" as "p99 TTFT of gold".
    static func words(_ name: String) -> String {
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        let own = (parts.last ?? name).split(separator: "_").map(String.init)
        let suffix = parts.count > 1 ? " of " + parts[0] : ""
        guard own.count >= 2, own.last == "ms" else { return (own.first ?? name) + suffix }
        return own[1..<(own.count - 1)].joined(separator: "_") + " " + own[0].uppercased() + suffix
    }

    /// How near the limits are, and the state of the pool and the queue.
    private static func details(_ run: ReportedRun) -> [HTML] {
        var sentences: [String] = []
        for (key, name, latency) in [
            ("max_ttft_ms", "The worst TTFT", "ttft"), ("max_tpot_ms", "the worst TPOT", "tpot"),
            ("max_e2el_ms", "the worst E2E", "e2e"),
        ] {
            guard let value = run.figure(key), latency != "e2e" || run.eachLimit(latency) != nil
            else { continue }
            var note = ""
            if let limit = run.eachLimit(latency), limit > 0, !run.hasOwnLimits(latency) {
                note = " (\(use(value / limit)))"
            }
            sentences.append("\(name) is \(Drawn.milliseconds(value))\(note)")
        }
        var text = sentences.joined(separator: ", ")
        if !text.isEmpty { text += ". " }
        text += cache(run) + " " + bound(run)
        return (run.finished < run.requests ? [failed(run)] : []) + [HTML.text(text)]
    }

    /// For example "86 % of its limit" or "90 times its limit".
    static func use(_ share: Double) -> String {
        share >= 2
            ? Quantity.significant(share) + " times its limit"
            : Quantity.decimal(share * 100, 0) + " % of its limit"
    }

    private static func cache(_ run: ReportedRun) -> String {
        let peak = Quantity.percent(run.figure("peak_kv_use") ?? 0)
        let preemptions = run.figure("preemptions") ?? 0
        return preemptions > 0
            ? "The KV cache peaks at \(peak): \(run.count("preemptions")) preemptions."
            : "The KV cache peaks at \(peak), and nothing is preempted."
    }

    /// What kept steps from holding more, in the run page's words.
    private static func bound(_ run: ReportedRun) -> String {
        "Bound by "
            + RunReport.bound(
                tokenBudget: run.figure("token_budget_limited_share") ?? 0,
                runningRequests: run.figure("max_num_seqs_limited_share") ?? 0,
                blocks: run.figure("kv_blocks_limited_share") ?? 0,
                busy: run.figure("gpu_busy_share") ?? 0, isGrowing: run.isGrowing,
                cap: run.configuration.trace.maxConcurrency.flatMap {
                    RunReport.cap(
                        $0, held: run.figure("client_held_requests") ?? 0,
                        of: Double(run.requests),
                        meanWaitMs: run.figure("mean_client_wait_ms") ?? 0)
                }) + "."
    }

    private static func growth(_ run: ReportedRun) -> VerdictBlock {
        let words = RunReport.growth(
            change: run.figure("steady_state.change_in_cluster") ?? 0,
            seconds: run.figure("steady_state.duration") ?? 0,
            isCapped: run.configuration.trace.maxConcurrency != nil)
        let sentence = words.prefix(1).uppercased() + words.dropFirst() + "."
        return VerdictBlock(tone: .bad, headline: "Growing.", details: [HTML.text(sentence)])
    }

    private static func overload(_ run: ReportedRun) -> VerdictBlock {
        func rate(_ key: String) -> String { Quantity.significant(run.figure(key) ?? 0) }
        return VerdictBlock(
            tone: .bad, headline: "Overloaded.",
            details: [
                """
                \(rate("overload_arrival_rate")) requests/s arrive and \
                \(rate("overload_admission_rate")) are admitted: the queue grows from \
                \(run.count("overload_queue_at_first")) to \(run.count("overload_queue_peak")) \
                requests. Latencies measure the length of the trace, not the server.
                """
            ])
    }
}
