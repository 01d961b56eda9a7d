import Basics
import Results
import Scenario
import Simulator

/// A run's figures as a page of text for a terminal.
package enum RunReport {
    /// Latencies, throughput, what the cluster did, the TTFT distribution, and the run over time.
    /// `objective` describes a good request in words; empty without limits. `slo` is the basis of
    /// the verdict. `parts` is the table of a `BreakdownReport`.
    package static func text(
        _ summary: RunSummary, result: RunResult, objective: String,
        slo: Configuration.ObjectiveSection? = nil, timeline: Timeline? = nil,
        parts table: String? = nil
    ) -> String {
        var parts = summary.overload.map { [overloaded($0)] } ?? []
        if let verdict = verdict(summary, slo) { parts.append(verdict) }
        parts += [latencyTable(summary), facts(summary, objective: objective)]
        if let stages = StageSummary.table(summary.stages) { parts.append(stages) }
        parts += summary.classes.map(\.text)
        if let table { parts.append(table) }
        if let measured = summary.measured { parts.append(measured.text) }
        if let chart = distribution(summary.distribution) {
            parts.append("Time to first token, share of requests\n" + chart)
        }
        if let picture = timeline?.picture { parts.append(picture) }
        parts.append(trust(summary))
        return parts.joined(separator: "\n\n")
    }

    /// Says before anything else that latencies are not the server's.
    private static func overloaded(_ overload: Overload) -> String {
        """
        OVERLOADED: arrivals outran the replicas. \(rate(overload.arrivalRate)) requests/s arrived \
        and \(rate(overload.admissionRate)) were admitted; \
        the queue grew from \(Quantity.count(overload.queueAtFirst)) to \
        \(Quantity.counted(overload.queuePeak, "request")). Latencies describe the length of the \
        trace, not the server. \
        Lower the rate (trace.rate_scale) or add replicas (cluster.replicas, hardware.nodes).
        """
    }

    private static func rate(_ rate: Double) -> String { Quantity.significant(rate) }

    private static func latencyTable(_ summary: RunSummary) -> String {
        var table = TextTable(["", "mean", "p50", "p90", "p95", "p99", "max"])
        var rows = Array(zip(["TTFT", "TPOT", "ITL", "E2E", "queue"], summary.latencies))
        if let client = summary.client {
            rows += zip(["client wait", "TTFT from due", "E2E from due"], client.latencies)
        }
        for (name, latency) in rows {
            let value = latency.value
            let cells = [
                value.mean, value.median, value.p90, value.p95, value.p99, value.maximum,
            ].map { value.count == 0 ? "-" : Quantity.duration(seconds: $0 * 1e-3) }
            table.add([name] + cells)
        }
        guard summary.counters.finished > 0 else { return table.text }
        let notes = [populations(summary), percentiles(summary)].compactMap(\.self)
        return table.text + "\n\n" + notes.joined(separator: "\n")
    }

    /// Which requests the latencies cover, if not all.
    private static func populations(_ summary: RunSummary) -> String? {
        let counters = summary.counters
        let others = [
            (counters.aborted, "aborted"), (counters.unfinished, "unfinished"),
        ].filter { $0.0 > 0 }.map { "\(Quantity.count($0.0)) \($0.1)" }
        let finished = counters.finished
        let base =
            "TTFT, TPOT, ITL, E2E and throughput are those of the "
            + Quantity.counted(finished, "finished request") + "."
        let rejected = counters.rejected > 0 ? " Rejected requests are in none." : ""
        guard !others.isEmpty else { return rejected.isEmpty ? nil : base + rejected }
        return base + "\nThe queue counts the admissions of the "
            + others.joined(separator: " and ") + " ones, too." + rejected
    }

    private static func facts(_ summary: RunSummary, objective: String) -> String {
        let counters = summary.counters
        var lines = [
            ("requests", requestLine(counters)),
            (
                "throughput",
                "\(Quantity.significant(summary.requestThroughput)) requests/s, "
                    + "\(tokens(summary.inputThroughput)) input and "
                    + "\(tokens(summary.outputThroughput)) output tokens/s"
            ),
            (
                "goodput",
                objective.isEmpty
                    ? "no limits set"
                    : "\(Quantity.significant(summary.goodput))/s "
                        + "(\(good(summary))) with "
                        + objective
            ),
            (
                "prefix cache",
                (summary.holdsContent
                    ? "\(Quantity.percent(summary.prefixHitRate)) of prompt tokens hit"
                        + (summary.assumesContent
                            ? " (assumed by trace.shared_prefix), " : ", ")
                    : "hits not known, the trace holds no content; ")
                    + Quantity.counted(counters.evictions, "eviction")
            ),
            (
                "KV blocks",
                "\(Quantity.count(summary.blocksPerReplica)) per replica; mean use "
                    + "\(Quantity.percent(summary.meanKVUse)), peak "
                    + "\(Quantity.percent(summary.peakKVUse)); "
                    + Quantity.counted(counters.preemptions, "preemption")
            ),
            (
                "batch",
                "\(Quantity.significant(summary.meanBatchSize)) requests and "
                    + "\(Quantity.significant(summary.meanTokensPerStep)) tokens a step, "
                    + Quantity.counted(counters.steps, "step")
            ),
            (
                "GPUs",
                "\(Quantity.percent(summary.busyShare)) busy"
                    + (summary.tellsHostTime ? ", " : " (host work in steps included), ")
                    + "\(Quantity.percent(summary.hostWaitShare)) waiting for the host, "
                    + Quantity.count(counters.wastedEntries)
                    + (counters.wastedEntries == 1 ? " wasted decode slot" : " wasted decode slots")
            ),
            ("utilisation", utilization(summary)),
            ("limits", limits(summary)),
            (
                "simulated",
                "\(Quantity.duration(seconds: summary.duration)) on \(replicas(summary.replicas))"
            ),
            ("digest", summary.digest),
        ]
        insertOptional(summary, into: &lines)
        lines.removeAll { $0.1.isEmpty }
        return lines.map { padded($0.0, to: 14, .left) + $0.1 }.joined(separator: "\n")
    }

    /// Inserts the lines that not every run has, each before the line it names.
    private static func insertOptional(
        _ summary: RunSummary, into lines: inout [(String, String)]
    ) {
        for (name, line, next) in [
            ("left out", leftOut(summary), "throughput"),
            ("load", RunLoad.words(summary), "left out"),
            ("shared", lostReuse(summary), "KV blocks"),
            ("server log", summary.poolLine, "batch"),
            ("preemption", preemptions(summary), "batch"),
            ("host", summary.host.words, "utilisation"),
            ("steady", steadiness(summary), "simulated"),
            ("means, 95 %", intervals(summary), "simulated"),
        ] {
            guard let line else { continue }
            let place = lines.firstIndex { $0.0 == next } ?? 1
            lines.insert((name, line), at: place)
        }
    }

    /// What preemptions cost, if there were any.
    private static func preemptions(_ summary: RunSummary) -> String? {
        let counters = summary.counters
        guard counters.preemptions > 0 else { return nil }
        let most = summary.mostPreemptions
        return "\(Quantity.count(counters.preemptedRequests)) of "
            + "\(Quantity.counted(counters.requests, "request")) preempted, one "
            + (most == 1 ? "once" : "\(Quantity.count(most)) times")
            + " at most; \(Quantity.counted(counters.recomputedTokens, "token")) computed again, "
            + "\(Quantity.percent(summary.recomputedShare)) of those scheduled"
    }

    /// What is left out of the figures, if anything.
    private static func leftOut(_ summary: RunSummary) -> String? {
        guard let stretch = summary.stretch else { return nil }
        let indent = "\n" + padded("", to: 14, .left)
        if stretch.isGivenUp {
            return "nothing: output.warmup and output.cooldown by themselves (auto) would leave "
                + "none of" + indent
                + "the \(Quantity.counted(summary.counters.requests, "request"))"
        }
        if stretch.isSteady == false, stretch.leftAtStart + stretch.leftAtEnd == 0 {
            return "nothing: no stretch was found in which the queue is steady (MSER-5)"
        }
        let rule =
            stretch.isSteady == true ? indent + "(where the queue is not steady, MSER-5)" : ""
        return "the first \(Quantity.count(stretch.leftAtStart)) requests to warm up and the last "
            + "\(Quantity.count(stretch.leftAtEnd)) to cool down" + rule + ":" + indent
            + "latencies, goodput and throughput are of the "
            + "\(Quantity.count(stretch.counters.requests)) between, in "
            + Quantity.duration(seconds: stretch.duration)
    }

    /// What prompts share and the caches did not have, if anything.
    private static func lostReuse(_ summary: RunSummary) -> String? {
        guard summary.tellsSharing, summary.counters.sharedTokensLost.total > 0 else { return nil }
        let reasons = [
            "block_size": "cut off by the block size",
            "other_replica": "cached on other replicas", "evicted": "evicted",
            "not_computed": "not computed yet", "window": "in windows or states not kept",
            "last_token": "the last token, always computed",
        ]
        let lost = summary.lostReuse.compactMap { name, tokens in
            tokens > 0 ? share(tokens, summary.counters.queriedTokens) + " " + reasons[name]! : nil
        }
        return Quantity.percent(summary.sharedRate) + " of prompt tokens repeat earlier "
            + "requests; of all, not hit: " + lost.joined(separator: ", ")
    }

    private static func utilization(_ summary: RunSummary) -> String {
        let shares = summary.utilization
        let peaks = [
            ("of the peak FLOP/s", shares.flops),
            ("of the memory bandwidth", shares.memoryBandwidth),
            ("of the token budget", shares.tokenBudget),
            ("of max_num_seqs", shares.runningLimit),
        ]
        return peaks.compactMap { name, share in
            share.map { Quantity.percent($0) + " " + name }
        }.joined(separator: ", ")
    }

    private static func requestLine(_ counters: Counters) -> String {
        var parts = ["\(Quantity.count(counters.finished)) finished"]
        for (count, word) in [
            (counters.rejected, "rejected"), (counters.aborted, "aborted"),
            (counters.unfinished, "unfinished"),
        ] where count > 0 || word == "rejected" {
            parts.append("\(Quantity.count(count)) \(word)")
        }
        return parts.joined(separator: ", ")
    }

    private static func tokens(_ rate: Double) -> String { Quantity.decimal(rate, 0) }

    private static func share(_ part: Int, _ whole: Int) -> String {
        Quantity.percent(ratio(Double(part), Double(whole)))
    }

    private static func replicas(_ count: Int) -> String {
        Quantity.counted(count, "replica")
    }

    /// Bars for the classes of a latency; nil without values.
    static func distribution(_ classes: [LatencyClass]) -> String? {
        guard !classes.isEmpty else { return nil }
        return Chart.bars(
            classes.map { entry in
                let edge = Quantity.duration(seconds: entry.belowMs * 1e-3)
                return ("< " + edge, entry.share, Quantity.percent(entry.share))
            })
    }

    private static func trust(_ summary: RunSummary) -> String {
        let lines =
            ["Clock: " + summary.clock.echoed(atMost: 1_000)]
            + summary.warnings.map { "Note: " + $0.echoed(atMost: 1_000) }
        return lines.joined(separator: "\n")
    }
}
