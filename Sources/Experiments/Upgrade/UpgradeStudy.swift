import Basics
import Scenario
import Simulator

/// What moving from one release of vLLM to another changes for a trace: every figure, the first
/// step at which the schedules differ and the rule behind it, which requests become slower, and
/// which settings restore the old behaviour.
///
/// Finds rules by experiment: runs the newer release with one rule of the older one at a time.
package struct UpgradeStudy: Sendable {
    package let versions: VersionPair
    package let pinsDefaults: Bool
    /// The comparison of both runs, as a ranking of one.
    package let ranking: Ranking
    /// Where the schedules first differ.
    package let difference: ScheduleDifference
    /// Every rule and default that applies to the configuration, with its effect.
    package let findings: [UpgradeFinding]
    /// Causes that only together make the schedules first differ; empty if one alone does.
    package let joint: [UpgradeCause]
    /// Which requests become slower or faster, by group.
    package let costs: [UpgradeCost]
    /// Settings that restore the old behaviour; nil if nothing changed or no option does.
    package let remedy: UpgradeRemedy?
    /// Notes, one line each.
    package let notes: [String]

    /// Both runs side by side.
    package var comparison: Comparison { ranking.entries[0].comparison }

    /// Whether both releases run bit-identically.
    package var isIdentical: Bool { comparison.isIdentical && !difference.isDifferent }

    /// Runs a configuration under both releases, and again for each cause. O(causes × run).
    ///
    /// Throws `InputError` if a release lacks an option of the configuration, and for a metric `by`
    /// that cannot rank runs.
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

    /// Notes on the releases, and the warnings of their configurations.
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
            "Only schedule and memory are each release's. Both run on one clock, the newer "
                + "release's.")
        return notes
    }
}

/// The effect of one cause on a trace.
package struct UpgradeFinding: Sendable, Encodable {
    package var cause: UpgradeCause
    /// Whether undoing only this changes the newer release's run.
    package var hasEffect = false
    /// Whether it causes the first difference: with only this undone, the schedules differ later or
    /// never.
    package var partsFirst = false
    /// With only this undone: the step at which the schedules first differ, and when; nil: they do
    /// not.
    package var partsAtStep: Int?
    package var partsAtS: Double?
    /// With only this undone: requests whose times still differ.
    package var requestsLeft = 0
    /// Why it could not be tested: the engine's error.
    package var failure: String?

    init(_ cause: UpgradeCause) { self.cause = cause }
}

/// Settings that restore the old behaviour, tested together.
package struct UpgradeRemedy: Sendable, Encodable {
    /// The settings, as for `--set`.
    package var settings: [String]
    /// With these: the step at which the schedules still first differ, and when; nil: they do not.
    package var partsAtStep: Int?
    package var partsAtS: Double?
    /// With these: requests whose times still differ.
    package var requestsLeft: Int

    /// Whether the newer release then schedules the trace exactly as the older one.
    package var isComplete: Bool { partsAtStep == nil && requestsLeft == 0 }
}
