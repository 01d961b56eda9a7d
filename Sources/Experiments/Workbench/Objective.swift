import Basics
import Results
import Scenario
import Simulator

extension Configuration.ObjectiveSection {
    /// Whether the objective has promises beyond what makes a request good.
    package var promises: Bool { !explicitRequirements.isEmpty }

    /// Whether single requests have limits, and no share of them is promised.
    package var assumesGoodput: Bool { requirements.contains(where: \.isAssumed) }

    /// Everything that a run must hold. Empty without any limits.
    ///
    /// Limits of single requests of which no share is promised are to hold for
    /// `ServiceVerdict.assumedGoodput` of them, whatever else is promised.
    package var requirements: [ServiceRequirement] {
        let shares = classes.keys.sorted().filter { classes[$0]!.goodput != nil }
        let isLimited =
            limits.limitsRequests
            || classes.contains { $0.value.goodput == nil && $0.value.limitsRequests }
        guard limits.goodput == nil, isLimited else { return explicitRequirements }
        return explicitRequirements + [
            ServiceRequirement(
                .goodput, limit: ServiceVerdict.assumedGoodput, except: shares, isAssumed: true)
        ]
    }

    private var explicitRequirements: [ServiceRequirement] {
        Self.requirements(limits, of: nil)
            + classes.keys.sorted().flatMap { Self.requirements(classes[$0]!, of: $0) }
    }

    private static func requirements(
        _ limits: ObjectiveLimits, of name: String?
    ) -> [ServiceRequirement] {
        let bounds = ObjectiveLimits.latencies.flatMap { latency, member in
            limits[keyPath: member].bounds.map {
                ServiceRequirement(
                    .latency(latency, $0.statistic), limit: $0.milliseconds, to: name)
            }
        }
        return bounds
            + (limits.goodput.map { [ServiceRequirement(.goodput, limit: $0, to: name)] } ?? [])
    }

    /// Whether a run held the promises; nil without limits.
    package func verdict(_ summary: RunSummary) -> ServiceVerdict? {
        let all = requirements
        return all.isEmpty ? nil : ServiceVerdict(summary, all)
    }

    /// Takes another section's per-request limits if this one promises a share of good requests
    /// without saying which are good.
    ///
    /// Returns a note on what was taken; nil if nothing was.
    package mutating func keepRequestLimits(of own: Self) -> String? {
        let needs =
            limits.goodput != nil
            || classes.contains { $0.value.goodput != nil && !$0.value.limitsRequests }
        guard needs, !limits.limitsRequests, own.limits.limitsRequests else { return nil }
        for (_, member) in ObjectiveLimits.latencies {
            limits[keyPath: member].each = own.limits[keyPath: member].each
        }
        return "good requests are those of the configuration, \(limits.description): what is "
            + "promised names no limit of single requests (--slo ttft_ms=450,goodput=0.99)"
    }

    /// The whole section from its short form: "ttft_p99_ms=500,tpot_p95_ms=40,goodput=0.99",
    /// "ttft_ms=450". Anything it does not name has no limit (but see `keepRequestLimits`).
    ///
    /// - Throws: `InputError` at `--slo`.
    package init(short text: String) throws {
        self = .none
        var seen: Set<String> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            guard pair.count == 2 else {
                throw Self.mistake("\"\(String(part).echoed())\" is no limit")
            }
            guard seen.insert(pair[0]).inserted else {
                throw Self.mistake("names \(pair[0].echoed()) twice")
            }
            try take(pair[0], pair[1])
        }
    }

    private mutating func take(_ name: String, _ text: String) throws {
        guard let value = Double(text), value.isFinite, value >= 0 else {
            throw Self.mistake(
                text.isEmpty
                    ? "\(name.echoed()) has no value"
                    : "\(name.echoed()) is \(text.echoed()), not a number of 0 or more")
        }
        if name == "goodput" {
            guard value <= 1 else { throw Self.mistake("goodput is \(text), above 1") }
            limits.goodput = value
            return
        }
        let words = name.split(separator: "_", omittingEmptySubsequences: false).map(String.init)
        let latency = ObjectiveLimits.latencies.first { $0.name == words.first }
        guard let latency, words.last == "ms", (2...3).contains(words.count), value <= 1e9 else {
            guard let meant = Self.named(words) else {
                throw Self.mistake("\(name.echoed()) is no limit")
            }
            throw InputError(
                "--slo", "\(name.echoed()) is no limit", expected: "",
                suggestion: "\(meant)=\(text)")
        }
        guard words.count == 3, words[1] != "each" else {
            limits[keyPath: latency.member].each = value
            return
        }
        guard let statistic = LatencyStatistic(words[1]) else {
            throw Self.mistake("\(name.echoed()) is no figure of a latency")
        }
        limits[keyPath: latency.member].limit(statistic, milliseconds: value)
    }

    /// The limit that a key of summary.json means: ttft_mean_ms for mean_ttft_ms.
    private static func named(_ words: [String]) -> String? {
        guard words.count == 3, words[2] == "ms" else { return nil }
        let known = ["e2el": "e2e", "median": "p50"]
        let all = words.map { known[$0] ?? $0 }
        return [(all[0], all[1]), (all[1], all[0])].first { latency, statistic in
            ObjectiveLimits.latencies.contains { $0.name == latency }
                && LatencyStatistic(statistic) != nil
        }.map { "\($0.0)_\($0.1)_ms" }
    }

    private static func mistake(_ problem: String) -> InputError {
        InputError(
            "--slo", problem,
            expected: "limits such as ttft_p99_ms=500,tpot_p95_ms=40,goodput=0.99")
    }
}

extension Configuration {
    /// Replaces the configuration's section by the short form's.
    ///
    /// Returns a note on limits that are kept; nil if none are.
    ///
    /// - Throws: `InputError` at `--slo`.
    package mutating func promise(_ short: String) throws -> String? {
        try promise(ObjectiveSection(short: short))
    }

    /// Keeps per-request limits of another configuration if this one needs them.
    mutating func keepRequestLimits(of other: Configuration) -> String? {
        slo.keepRequestLimits(of: other.slo)
    }

    /// The same for a section.
    mutating func promise(_ section: ObjectiveSection) -> String? {
        var section = section
        let kept = section.keepRequestLimits(of: slo)
        slo = section
        return kept
    }

    /// Refuses settings that only `headway run` honours. A study would silently ignore them.
    func checkStudied(_ place: String) throws {
        try checkPromises()
        let files = [
            ("decisions", output.decisions), ("plans", output.plans),
            ("latency_breakdown", output.latencyBreakdown), ("timeline", output.timeline),
            ("series", output.series), ("token_times", output.tokenTimes),
        ]
        guard let (name, _) = files.first(where: \.1) else { return }
        throw InputError(
            "\(place): output.\(name)", "writes a file of one run, and a study has many",
            expected: "it false, and `headway run` for the run that is looked into")
    }
}
