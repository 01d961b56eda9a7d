import Basics
import Scenario
import Simulator

/// Runs of the newer release with some changes undone, each compared with the older release's.
struct UpgradeTrials {
    /// Result of a trial.
    private struct Trial: Sendable {
        /// Where its schedule first differs from the older release's; nil: nowhere.
        var parting: ScheduleTrack.Place?
        /// Requests whose times differ from the older release's.
        var requestsLeft: Int
        var digest: String
    }

    private let after: Configuration
    private let old: EngineConfiguration
    private let name: String
    private let reference: (run: ComparedRun, track: ScheduleTrack)
    private let newest: Trial

    /// Where the two releases first differ; nil: nowhere.
    var first: ScheduleTrack.Place? { newest.parting }

    /// Runs both releases. `old`: the older one's engine arguments.
    init(
        before: Configuration, after: Configuration, old: EngineConfiguration, _ names: [String]
    ) throws {
        self.after = after
        self.old = old
        name = names[1]
        let sides = try mapOnAllCores([(before, names[0]), (after, names[1])]) {
            try ScheduleDifference.track(LoggedRun($0.0, name: $0.1))
        }
        reference = sides[0]
        newest = Self.trial(of: sides[1], against: sides[0])
    }

    private static func trial(
        of side: (run: ComparedRun, track: ScheduleTrack),
        against reference: (run: ComparedRun, track: ScheduleTrack)
    ) -> Trial {
        Trial(
            parting: parting(reference.track, side.track),
            requestsLeft: zip(reference.run.requests, side.run.requests).count { $0 != $1 },
            digest: side.run.digest)
    }

    private static func parting(
        _ a: ScheduleTrack, _ b: ScheduleTrack
    ) -> ScheduleTrack.Place? {
        ScheduleTrack.parting(a, b) { $0.decision != $1.decision }
    }

    /// The effect of each cause, by undoing only that in the newer release.
    func findings(_ causes: [UpgradeCause]) throws -> [UpgradeFinding] {
        // Most causes change nothing on a trace. A run without observer shows that at a thirtieth
        // of the cost. It misses only decisions that change no time and no count: if no other cause
        // makes the schedules differ first, all causes are tried in full.
        let isTold = reference.run.digest != newest.digest
        var findings = try mapOnAllCores(causes) { finding($0, onlyIfTold: isTold) }
        if isTold, first != nil, !findings.contains(where: \.partsFirst) {
            findings = try mapOnAllCores(findings) {
                $0.hasEffect || $0.failure != nil ? $0 : finding($0.cause, onlyIfTold: false)
            }
        }
        return findings
    }

    private func finding(_ cause: UpgradeCause, onlyIfTold: Bool) -> UpgradeFinding {
        var finding = UpgradeFinding(cause)
        do {
            let run = try undoing([cause])
            if onlyIfTold, try run.run().digest == newest.digest {
                finding.partsAtStep = first?.index
                finding.partsAtS = first.map { Double($0.time) / 1e6 }
                finding.requestsLeft = newest.requestsLeft
                return finding
            }
            let trial = try trial(run)
            finding.partsFirst = movesFirst(trial)
            finding.hasEffect = trial.digest != newest.digest || finding.partsFirst
            finding.partsAtStep = trial.parting?.index
            finding.partsAtS = trial.parting.map { Double($0.time) / 1e6 }
            finding.requestsLeft = trial.requestsLeft
        } catch {
            finding.failure = (error as? InputError)?.problem ?? "\(error)"
        }
        return finding
    }

    /// A minimal set of causes whose undoing together moves the first difference, by dropping
    /// causes from all of them; empty if even all of them do not. O(causes) trials.
    func joint(_ causes: [UpgradeCause]) throws -> [UpgradeCause] {
        guard causes.count > 1, movesFirst(try trial(causes)) else { return [] }
        var kept = causes
        for cause in causes where kept.count > 1 {
            let fewer = kept.filter { $0 != cause }
            if movesFirst(try trial(fewer)) { kept = fewer }
        }
        return kept
    }

    /// The effect of the settings of all effective causes together; nil without any.
    func remedy(_ findings: [UpgradeFinding]) throws -> UpgradeRemedy? {
        var settings: [String] = []
        for finding in findings where finding.hasEffect {
            if let setting = finding.cause.setting, !settings.contains(setting) {
                settings.append(setting)
            }
        }
        guard !settings.isEmpty else { return nil }
        var changed = after
        for setting in settings { try changed.apply(change: setting) }
        let trial = try trial(LoggedRun(changed, name: name))
        return UpgradeRemedy(
            settings: settings, partsAtStep: trial.parting?.index,
            partsAtS: trial.parting.map { Double($0.time) / 1e6 },
            requestsLeft: trial.requestsLeft)
    }

    private func movesFirst(_ trial: Trial) -> Bool {
        guard let first else { return false }
        guard let now = trial.parting else { return true }
        return now.time > first.time || now.time == first.time && now != first
    }

    private func trial(_ causes: [UpgradeCause]) throws -> Trial {
        try trial(undoing(causes))
    }

    private func trial(_ run: LoggedRun) throws -> Trial {
        Self.trial(of: try ScheduleDifference.track(run), against: reference)
    }

    /// The newer release with some causes undone.
    private func undoing(_ causes: [UpgradeCause]) throws -> LoggedRun {
        let undone = try UpgradeCause.undoing(causes, in: after, like: old)
        return LoggedRun(undone.configuration, name: name, adjust: undone.adjust)
    }
}
