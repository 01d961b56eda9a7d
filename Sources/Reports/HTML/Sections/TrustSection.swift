import Basics
import Experiments
import Scenario
import StepTime

/// How far to trust a run: the schedule, the clock, the host, and what to keep in mind.
enum TrustSection {
    static func of(_ run: ReportedRun) -> ReportPage.Section {
        ReportPage.Section(
            id: "trust", title: "How far to trust it", link: "Trust",
            body: "<div class=\"trust\">\(cards(run))</div>\(remarks(run.warnings))")
    }

    private static func cards(_ run: ReportedRun) -> [HTML] {
        // The run page's statements. If a model or table has moved away, the clock's line remains.
        let trust = (try? run.configuration.resolved())?
            .trust(aborted: Int(exactly: run.figure("aborted") ?? 0) ?? 0)
        let sentences = trust?.split(separator: "\n").map(String.init) ?? []
        let version = run.engineVersion.map { "vLLM \($0)" } ?? "not said"
        let schedule = sentences.first ?? "The schedule follows the rules of \(version)."
        let clock = sentences.dropFirst().first ?? ""
        let host = sentences.dropFirst(2).first
        var cards: [HTML] = [
            card("Schedule", version, "ex", HTML.text(schedule)),
            card(
                "Clock", mark(of: run), "me",
                "\(clock) <span class=\"fine\">\(run.clock.echoed(atMost: 1_000))</span>"),
        ]
        cards.append(
            host.map {
                card("Host", run.configuration.engine.host.profile ?? "given", "no", HTML.text($0))
            }
                ?? card("Host", "none", "no", "The host’s work takes no time in this run."))
        return cards
    }

    /// "measured", unless the GPU's kernels are scaled from a related GPU by datasheet values.
    private static func mark(of run: ReportedRun) -> String {
        let kind = run.configuration.stepTime.kind
        let gpu = GPU.all.first { $0.name == run.configuration.hardware.gpu }
        return kind == .measured && gpu?.notMeasuredNote != nil ? "not measured" : kind.rawValue
    }

    private static func card(
        _ title: String, _ mark: String, _ style: String, _ text: HTML
    ) -> HTML {
        """
        <div class="\(style)"><h3>\(title) <span>\(mark.echoed(atMost: 40))</span></h3>\
        <p>\(text)</p></div>

        """
    }

    /// The warnings of a run or a trace.
    static func remarks(_ warnings: [String]) -> HTML {
        guard !warnings.isEmpty else { return .none }
        let items = warnings.map { "<li>\($0.echoed(atMost: 1_000))</li>" as HTML }
        return "<h3>Keep in mind</h3><ul class=\"notes\">\(items)</ul>"
    }
}
