import Basics
import Results
import Scenario

extension RunReport {
    /// The verdict, before any figure: whether the promises hold, how near their limits are, and
    /// what holds steps back. Nil if nothing is limited or nothing ran.
    static func verdict(
        _ summary: RunSummary, _ slo: Configuration.ObjectiveSection?
    ) -> String? {
        guard let slo, let verdict = slo.verdict(summary), summary.counters.requests > 0 else {
            return nil
        }
        var lines: [(String, String)] = []
        let word = verdict.isMet ? "SLO MET" : "SLO MISSED"
        if verdict.assumesGoodput, verdict.lines.count == 1 {
            lines.append((word, good(summary) + " of requests: " + slo.description))
            lines.append(("", "(met from 99 % of requests on; slo.goodput sets another share)"))
        } else {
            let missed = verdict.lines.filter { !$0.isMet }
            let first =
                missed.isEmpty
                ? "every promise is held"
                : "\(missed.count) of \(Quantity.counted(verdict.lines.count, "promise")) "
                    + "\(missed.count == 1 ? "is" : "are") missed"
            lines.append((word, first))
            lines += verdict.lines.map { ("", $0.text) }
        }
        if let worst = worst(summary, slo) { lines.append(("Worst", worst)) }
        if let growth = growth(summary) { lines.append(("GROWING", growth)) }
        lines.append(("Bound by", bound(summary)))
        return lines.map { padded($0.0, to: 14, .left) + $0.1 }.joined(separator: "\n")
    }

    static func good(_ summary: RunSummary) -> String {
        Quantity.share(
            ratio(Double(summary.goodRequests), Double(max(1, summary.measuredRequests))))
    }

    /// Requests with the same limits: their maxima of TTFT, TPOT and E2E.
    private struct Group {
        var limits: ObjectiveLimits
        var latencies: [LatencySummary]
        /// The class that has limits of its own; nil: any.
        var name: String?
    }

    /// The requests by their limits.
    private static func groups(
        _ summary: RunSummary, _ slo: Configuration.ObjectiveSection
    ) -> [Group] {
        let classes = summary.classes.filter(\.isWanted).flatMap(\.classes)
        guard !slo.classes.isEmpty, !classes.isEmpty else {
            return [
                Group(
                    limits: slo.limits,
                    latencies: [
                        summary.timeToFirstToken, summary.timePerOutputToken, summary.endToEnd,
                    ])
            ]
        }
        return classes.map { members in
            let own = slo.classes[members.name]
            return Group(
                limits: own?.inheriting(slo.limits) ?? slo.limits,
                latencies: [
                    members.timeToFirstToken, members.timePerOutputToken, members.endToEnd,
                ], name: own == nil ? nil : members.name.echoed())
        }
    }

    /// "TTFT 418 ms (92.8 %), TPOT ..., of its limit", for limits on each request: of each latency
    /// the one that uses most of the limit of its request.
    private static func worst(
        _ summary: RunSummary, _ slo: Configuration.ObjectiveSection
    ) -> String? {
        let groups = groups(summary, slo)
        let limits = [
            \ObjectiveLimits.timeToFirstToken, \ObjectiveLimits.timePerOutputToken,
            \ObjectiveLimits.endToEnd,
        ]
        let words = ["TTFT", "TPOT", "E2E"].enumerated().compactMap { place, name -> String? in
            let used = groups.compactMap { group -> (times: Double, most: Double, name: String?)? in
                let latency = group.latencies[place]
                guard let limit = group.limits[keyPath: limits[place]].each, limit > 0,
                    latency.count > 0
                else { return nil }
                return (latency.maximum / limit, latency.maximum, group.name)
            }
            guard let worst = used.max(by: { $0.times < $1.times }) else { return nil }
            let share =
                worst.times < 2
                ? Quantity.percent(worst.times) : "\(Quantity.significant(worst.times)) times"
            return "\(name) \(Quantity.duration(seconds: worst.most * 1e-3)) (\(share)"
                + (worst.name.map { ", \($0))" } ?? ")")
        }
        return words.isEmpty ? nil : words.joined(separator: ", ") + ", of its limit"
    }

    /// How the load grows where the queue does not tell it; nil where it does not grow.
    private static func growth(_ summary: RunSummary) -> String? {
        guard let steadiness = summary.steadiness, steadiness.verdict == .growing,
            summary.overload == nil
        else { return nil }
        return growth(
            change: steadiness.change, seconds: steadiness.seconds,
            isCapped: summary.client?.cap != nil)
    }

    /// The same in words, for `change` more requests in the cluster over `seconds`, or at clients
    /// with a cap.
    static func growth(change: Double, seconds: Double, isCapped: Bool) -> String {
        let more = Quantity.count(Int(min(max(change, 0), 1e15)))
        return "requests stay behind\(isCapped ? " at the client" : ""), \(more) more over "
            + "\(Quantity.duration(seconds: seconds)): "
            + (isCapped ? "times from due" : "latencies") + " describe the trace's length"
    }

    /// The client's cap on requests in flight, as the limit that it is; nil if it holds back fewer
    /// than a twentieth of the requests.
    static func cap(_ cap: Int, held: Double, of requests: Double, meanWaitMs: Double) -> String? {
        guard held > 0, held >= 0.05 * requests else { return nil }
        return "trace.max_concurrency (\(Quantity.count(cap))): "
            + "\(Quantity.percent(ratio(held, requests))) of requests waited at the client, "
            + "\(Quantity.duration(seconds: meanWaitMs * 1e-3)) on average over all"
    }

    /// What kept steps from holding more, or that nothing did.
    private static func bound(_ summary: RunSummary) -> String {
        let limits = summary.limits
        let holding = summary.client.flatMap { client in
            client.cap.flatMap {
                cap(
                    $0, held: Double(client.held), of: Double(summary.counters.requests),
                    meanWaitMs: client.wait.mean)
            }
        }
        return bound(
            tokenBudget: limits.tokenBudget, runningRequests: limits.runningRequests,
            blocks: limits.blocks, busy: summary.busyShare, isGrowing: growth(summary) != nil,
            cap: holding)
    }

    /// The same from shares of the replicas' time, each from 0 to 1, and the words on a cap of the
    /// client that holds requests back.
    static func bound(
        tokenBudget: Double, runningRequests: Double, blocks: Double, busy: Double,
        isGrowing: Bool, cap: String?
    ) -> String {
        let limits = [
            ("the token budget (engine.max_num_batched_tokens)", tokenBudget),
            ("max_num_seqs", runningRequests),
            ("KV blocks (engine.num_gpu_blocks, memory)", blocks),
        ]
        let most = limits.max { $0.1 < $1.1 }!
        let gpus = "GPUs busy \(Quantity.percent(busy))"
        // Below a twentieth of the time in which steps run, a limit affects no figure of the page.
        guard most.1 >= 0.05 * busy, most.1 > 0 else {
            let none =
                "no limit of the engine "
                + "(\(Quantity.percent(limits.reduce(0) { $0 + $1.1 })) of the time)"
            if let cap { return "\(cap); \(none); \(gpus)" }
            return (isGrowing ? "the time that steps take: " : "") + "\(none); \(gpus)"
        }
        return (cap.map { $0 + "; " } ?? "")
            + "\(most.0): held steps back \(Quantity.percent(most.1)) of the time; \(gpus)"
    }
}
