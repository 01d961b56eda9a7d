import Basics
import Experiments
import Results
import Simulator

/// Why a run's requests took as long as they did, as text for a terminal. For JSON see
/// `WhyReport+JSON.swift`.
package struct WhyReport {
    let study: WhyStudy

    /// The report of a study.
    package init(_ study: WhyStudy) { self.study = study }

    /// Most culprits per part that are named.
    private static let named = 3

    /// The page.
    package var text: String {
        var parts = [headline]
        if let table = toFirstToken { parts.append(table) }
        parts.append(costs)
        if let table = reuse { parts.append(table) }
        if let table = otherPools { parts.append(table) }
        parts += study.requests.map { text($0) }
        if study.requests.isEmpty { parts.append("No request is in the cluster then.") }
        parts.append(
            (study.notes + [Self.law]).map { "Note: \($0.echoed(atMost: 1_000))" }
                .joined(separator: "\n"))
        return parts.joined(separator: "\n\n")
    }

    private static let law =
        "a step that others wait for is shared among its requests by their tokens; routing and "
        + "transfer between replicas take no time here"

    private var headline: String {
        let counters = study.result.counters
        return "\(Quantity.counted(counters.requests, "request")), "
            + "\(Quantity.count(counters.finished)) finished, on "
            + Quantity.counted(study.result.replicas, "replica")
            + "; digest \(study.result.digest)"
    }

    private var toFirstToken: String? {
        let sums = study.toFirstToken
        guard sums.count > 0 else { return nil }
        let columns = [sums.means(), sums.means(slowest: 0.01)]
        var table = TextTable(["where TTFT goes", "mean", "", "slowest 1 %", ""])
        for cause in LatencyCause.allCases
        where columns.contains(where: { $0[cause.rawValue] > 0 }) {
            table.add(
                [cause.name]
                    + columns.flatMap { column in
                        Self.cells(column[cause.rawValue], of: column.reduce(0, +))
                    })
        }
        table.add(
            ["sum"] + columns.flatMap { [Quantity.duration(seconds: $0.reduce(0, +)), ""] })
        return table.text
    }

    private static func cells(_ seconds: Double, of whole: Double) -> [String] {
        guard seconds > 0 else { return ["-", ""] }
        return [Quantity.duration(seconds: seconds), Quantity.percent(seconds / whole)]
    }

    private var costs: String {
        guard !study.costliest.isEmpty else { return "No request cost another one time." }
        var table = TextTable(
            ["cost others most", "queueing", "slowed steps", "preempted", "sum", ""])
        func add(_ name: String, _ cost: InflictedCost) {
            let times = [cost.queue, cost.interference, cost.preemption, cost.total]
            table.add(
                [name]
                    + times.map { $0 > 0 ? Quantity.duration(seconds: $0 * 1e-12) : "-" }
                    + [Quantity.percent(cost.total / study.wholeCost.total)])
        }
        for (id, cost) in study.costliest { add("request \(id)", cost) }
        add("all requests", study.wholeCost)
        return table.text
    }

    private var reuse: String? {
        guard study.result.tellsSharing else { return nil }
        let counters = study.result.counters
        let lost = counters.sharedTokensLost
        var table = TextTable(["where reuse went", "tokens", "of what could be hit"])
        for (name, tokens) in [
            ("hit", counters.hitTokens), ("lost to the block size", lost.blockSize),
            ("the last token, always computed", lost.lastToken), ("evicted", lost.evicted),
            ("not computed yet", lost.notComputed), ("on another replica", lost.otherReplica),
            ("window or state not kept", lost.window),
        ] where tokens > 0 || name == "hit" {
            let share = Double(tokens) / Double(max(1, counters.sharedTokens))
            table.add([name, Quantity.count(tokens), Quantity.percent(share)])
        }
        table.add(["an endless cache, blocks of one", Quantity.count(counters.sharedTokens), ""])
        return table.text
    }

    /// What the same lookups would have hit in other pools.
    private var otherPools: String? {
        guard study.result.tellsSharing, let hits = study.clairvoyant else { return nil }
        var table = TextTable(["the same lookups hit", "tokens", "of what could be hit"])
        for (name, tokens) in [
            ("in this pool", hits.hit),
            ("in this pool with the best replacement", hits.bestReplacement),
            ("in a pool that evicts nothing", hits.endlessPool),
        ] {
            let share = Double(tokens) / Double(max(1, study.result.counters.sharedTokens))
            table.add([name, Quantity.count(tokens), Quantity.percent(share)])
        }
        return table.text
    }

    private func text(_ answer: WhyStudy.Answer) -> String {
        let record = answer.record
        var line = "Request \(record.id)"
        if record.attempt > 1 { line += ", attempt \(record.attempt)" }
        line += ": \(record.outcome.name)"
        guard answer.latency > 0 || record.outcome == .finished || record.outcome == .aborted
        else {
            let reason = record.rejection.name.replacing("_", with: " ")
            return line + (reason.isEmpty ? "" : ", \(reason)") + "; it took no time"
        }
        line += " on replica \(record.replica) after "
        line += Quantity.duration(picoseconds: answer.latency)
        if let first = record.timeToFirstToken {
            line += ", TTFT \(Quantity.duration(picoseconds: first))"
        }
        line += "; prompt of \(Quantity.count(Int(record.promptTokens))) tokens, "
        line += "\(Quantity.count(Int(record.hitTokens))) hit, "
        line += "\(Quantity.count(Int(record.outputTokens))) delivered"
        var table = TextTable(
            ["part", "time", "", "whose doing"], alignments: [.left, .right, .right, .left])
        let causes = LatencyCause.allCases.filter { answer.causes[$0] > 0 }
        let columns = causes.map { cause in
            let time = answer.causes[cause]
            return [
                cause.name, Quantity.duration(picoseconds: time),
                Quantity.percent(Double(time) / Double(max(1, answer.latency))),
            ]
        }
        let beside = (0..<3).reduce(0) { sum, column in
            sum + 2 + (columns.map { $0[column].count }.max() ?? 0)
        }
        for (cause, cells) in zip(causes, columns) {
            let names = Self.names(answer.culprits.filter { $0.cause == cause })
            let words = names.enumerated().map { $0 + 1 < names.count ? $1 + "," : $1 }
            let lines = PageWidth.filled(words, PageWidth.prose - beside, start: "")
                .split(separator: "\n").map(String.init)
            table.add(cells + lines.prefix(1))
            for line in lines.dropFirst() { table.add(["", "", "", line]) }
        }
        return line + "\n\n" + table.text
    }

    /// For example "17 (1.2 s)", "12 (340 ms)", "5 others (511 ms)".
    static func names(_ culprits: [Culprit]) -> [String] {
        var words = culprits.prefix(named).map {
            "\($0.id) (\(Quantity.duration(picoseconds: $0.time)))"
        }
        let rest = culprits.dropFirst(named)
        if !rest.isEmpty {
            let time = rest.reduce(0) { $0 + $1.time }
            words.append(
                "\(Quantity.counted(rest.count, "other")) "
                    + "(\(Quantity.duration(picoseconds: time)))")
        }
        return words
    }
}
