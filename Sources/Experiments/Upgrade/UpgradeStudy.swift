import Basics
import Scenario
import Simulator

/// What moving from one release of vLLM to another changes for a trace: every figure, the first
/// step at which the schedules part and by which rule, which requests it slows, and what to set
/// to get the old behaviour back.
///
/// Rules are found by experiment: the newer release runs with one rule of the older one at a time.
package struct UpgradeStudy: Sendable {
    package let versions: VersionPair
    package let pinsDefaults: Bool
    /// The comparison of both runs, as a ranking of one.
    package let ranking: Ranking
    /// Where the schedules part.
    package let difference: ScheduleDifference
    /// Every rule and default that the configuration leaves open, with what it does here.
    package let findings: [UpgradeFinding]
    /// Causes that part the schedules first only together; empty where one alone does.
    package let joint: [UpgradeCause]
    package let costs: [UpgradeCost]
    /// What gets the old behaviour back; nil where nothing changed or no option does.
    package let remedy: UpgradeRemedy?
    /// What to keep in mind, a line each.
    package let notes: [String]

    /// Both runs side by side.
    package var comparison: Comparison { ranking.entries[0].comparison }

    /// Whether both releases run alike to the last bit.
    package var isIdentical: Bool { comparison.isIdentical && !difference.isDifferent }

    /// Runs a configuration under both releases, and once more for each cause.
    ///
    /// Throws `InputError` where a release lacks an option of the configuration, and for a metric
    /// `by` that does not rank runs. O(causes × run).
    package init(
        _ base: Configuration, _ versions: VersionPair, pinsDefaults: Bool = false,
        by metric: String? = nil
    ) throws {
        self.versions = versions
        self.pinsDefaults = pinsDefaults
        let (before, after) = try versions.configurations(of: base, pinsDefaults: pinsDefaults)
        let sides = [(before, "vLLM \(versions.before)"), (after, "vLLM \(versions.after)")]
        let resolved = (try before.resolved(), try after.resolved())
        let runs = try mapOnAllCores(sides) { try ComparedRun.run($0.0, name: $0.1) }
        ranking = try Ranking(runs[0], [runs[1]], by: metric)
        difference = try ScheduleDifference(
            sides.map { LoggedRun($0.0, name: $0.1) }, keeping: 0)
        let causes = UpgradeCause.all(from: resolved.0, to: resolved.1)
        costs = UpgradeCost.all(ranking.entries[0].comparison)
        notes = Self.notes(resolved.0, resolved.1)
        guard runs[0].digest != runs[1].digest || difference.isDifferent else {
            findings = causes.map { UpgradeFinding($0) }
            joint = []
            remedy = nil
            return
        }
        let trials = try UpgradeTrials(
            before: before, after: after, old: resolved.0.plan.engine, sides.map(\.1))
        findings = try trials.findings(causes)
        let single = findings.contains(where: \.partsFirst)
        joint = single || trials.first == nil ? [] : try trials.joint(causes)
        remedy = try trials.remedy(findings)
    }

    /// What is known of the releases, and what their configurations warn of.
    private static func notes(
        _ before: ResolvedConfiguration, _ after: ResolvedConfiguration
    ) -> [String] {
        var notes: [String] = []
        for side in [before, after] {
            let release = side.plan.engine.release
            if release.evidence == .reading {
                notes.append(
                    "The rules of vLLM \(release.version) are from reading its code: there is no "
                        + "capture of it.")
            }
        }
        for warning in before.warnings + after.warnings where !notes.contains(warning) {
            notes.append(warning)
        }
        notes.append(
            "Only the schedule is each release's. Both run on the same clock, that of "
                + "step_time.profile.")
        return notes
    }
}

/// What one cause does to a trace.
package struct UpgradeFinding: Sendable, Encodable {
    package var cause: UpgradeCause
    /// Whether the newer release runs otherwise when this alone is undone.
    package var hasEffect = false
    /// Whether it parts the schedules first: undone alone, they part later or never.
    package var partsFirst = false
    /// Undone alone: the step at which the schedules part, and when; nil: they do not.
    package var partsAtStep: Int?
    package var partsAtS: Double?
    /// Undone alone: requests whose times still differ.
    package var requestsLeft = 0
    /// Why it could not be tried: what the engine died of.
    package var failure: String?

    init(_ cause: UpgradeCause) { self.cause = cause }
}

/// Settings that get the old behaviour back, tried together.
package struct UpgradeRemedy: Sendable, Encodable {
    /// As for `--set`.
    package var settings: [String]
    /// With them: the step at which the schedules still part, and when; nil: they do not.
    package var partsAtStep: Int?
    package var partsAtS: Double?
    /// With them: requests whose times still differ.
    package var requestsLeft: Int

    /// Whether the newer release then schedules the trace as the older one does, step for step.
    package var isComplete: Bool { partsAtStep == nil && requestsLeft == 0 }
}
