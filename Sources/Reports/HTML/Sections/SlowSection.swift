import Basics
import Experiments
import Simulator

/// The slowest requests of a run, with where their time went.
struct SlowSection: Sendable {
    private typealias Request = RunReportData.Request

    /// How many are shown for each measure.
    static let shown = 8

    static func of(_ run: ReportedRun, why: [Int64: RunPage.Culprits] = [:]) -> ReportPage.Section?
    {
        guard !run.data.slowest.ttft.isEmpty || !run.data.slowest.e2el.isEmpty else { return nil }
        return ReportPage.Section(
            id: "slow", title: "Slowest requests", body: body(run, why: why))
    }

    /// Both lists: by time to first token, and by the time to the last.
    static func body(_ run: ReportedRun, why: [Int64: RunPage.Culprits]) -> HTML {
        let first = table(run.data.slowest.ttft, isFirst: true, why)
        let whole = table(run.data.slowest.e2el, isFirst: false, why)
        let command = Commands(lines: [
            (
                "every request, and where its time went",
                "headway run \(run.path("config.resolved.json")) "
                    + "--set output.latency_breakdown=true --out DIR"
            )
        ])
        return """
            <h3>By time to first token</h3>\(first)
            <details class="data"><summary>By end-to-end latency</summary>\(whole)</details>
            \(run.data.parts == nil ? command.html : .none)
            """
    }

    private static func table(
        _ requests: [Request], isFirst: Bool, _ why: [Int64: RunPage.Culprits]
    ) -> HTML {
        let most = requests.map { latency($0, isFirst) }.max() ?? 1
        let rows = requests.prefix(shown).map { row($0, isFirst, most, why) }
        let names = ["request", "arrived", "prompt", "cached", "output", "replica"]
        let head = (names + [isFirst ? "TTFT" : "E2E"]).map {
            "<th scope=\"col\">\($0)</th>" as HTML
        }
        return """
            <div class="scroll"><table class="slow"><thead><tr>\(head)<th scope="col" class="w">\
            where it went</th></tr></thead><tbody>
            \(rows)</tbody></table></div>

            """
    }

    private static func latency(_ request: Request, _ isFirst: Bool) -> Double {
        isFirst ? request.ttftMs ?? 0 : request.e2elMs
    }

    private static func row(
        _ request: Request, _ isFirst: Bool, _ most: Double, _ why: [Int64: RunPage.Culprits]
    ) -> HTML {
        let cells = [
            ("arrived", Drawn.clock(request.arrivalS, step: 1)),
            ("prompt", Quantity.count(request.promptTokens)),
            ("cached", Quantity.count(request.hitTokens)),
            ("output", Quantity.count(request.outputTokens)),
            ("replica", String(request.replica)),
            (isFirst ? "TTFT" : "E2E", Drawn.milliseconds(latency(request, isFirst))),
        ].map { "<td data-l=\"\($0.0)\">\($0.1)</td>" as HTML }
        let parts = parts(request, isFirst)
        let bar = StackedBar(
            parts: parts.map { part, value in
                .init(
                    name: part.name, value: value, text: Drawn.milliseconds(value),
                    style: PartsSection.style(part))
            }, full: most)
        let culprits = isFirst ? why[request.id]?.toFirstToken : why[request.id]?.whole
        let words = culprits ?? words(request, parts, isFirst)
        return """
            <tr><th scope="row" data-l="request">\(String(request.id))</th>\(cells)\
            <td class="w">\(parts.isEmpty ? .none : bar.thin)<span>\(words)</span></td></tr>

            """
    }

    /// The time a request spent in each part, in the order of its life. Without a breakdown only
    /// the queue is known.
    private static func parts(
        _ request: Request, _ isFirst: Bool
    ) -> [(LatencyParts.Part, Double)] {
        let first = request.ttftParts ?? [:]
        let later = isFirst ? [:] : request.laterParts ?? [:]
        return LatencyParts.Part.allCases.compactMap { part in
            let value = (first[part.column] ?? 0) + (later[part.column] ?? 0)
            return value > 0 ? (part, value) : nil
        }
    }

    /// The part that cost it most, and what that means.
    private static func words(
        _ request: Request, _ parts: [(LatencyParts.Part, Double)], _ isFirst: Bool
    ) -> String {
        guard let worst = parts.max(by: { $0.1 < $1.1 }) else {
            return request.queueMs.map { "waited \(Drawn.milliseconds($0)) for admission" } ?? ""
        }
        let own = request.promptTokens - request.hitTokens
        let reason =
            switch worst.0 {
            case .prefill: "computes \(Quantity.count(own)) tokens of its prompt"
            case .decode: "computes \(Quantity.count(request.outputTokens)) tokens of output"
            case .queue: "waits for admission"
            case .othersSteps: "waits for steps of others"
            case .host: "waits for the host"
            case .interference: "shares steps with others’ prompts"
            case .recompute: "computes again what \(request.preemptions) preemptions lost"
            case .preempted: "waits after \(request.preemptions) preemptions"
            }
        return "\(reason): \(Drawn.milliseconds(worst.1)), "
            + Drawn.share(worst.1 / max(1e-12, parts.reduce(0) { $0 + $1.1 }))
    }
}
