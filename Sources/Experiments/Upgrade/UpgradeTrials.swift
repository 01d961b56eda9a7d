import Basics
import Scenario
import Simulator

/// Runs of the newer release with some of what changed undone, each held to the older one's.
struct UpgradeTrials {
    /// What a trial came to.
    private struct Trial: Sendable {
        /// Where its schedule parts from the older release's; nil: nowhere.
        var parting: ScheduleTrack.Place?
        /// Requests whose times differ from the older release's.
        var requestsLeft: Int
        var digest: String
    }

    private let after: Configuration
    private let old: EngineConfiguration
    private let name: String
    private let reference: (run: ComparedRun, track: ScheduleTrack)
    private let newest: (parting: ScheduleTrack.Place?, digest: String)

    /// Where the two releases part; nil: nowhere.
    var first: ScheduleTrack.Place? { newest.parting }

    /// Runs both releases. `old` are the older one's engine arguments.
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
        newest = (Self.parting(sides[0].track, sides[1].track), sides[1].run.digest)
    }

    private static func parting(
        _ a: ScheduleTrack, _ b: ScheduleTrack
    ) -> ScheduleTrack.Place? {
        ScheduleTrack.parting(a, b) { $0.decision != $1.decision }
    }

    /// What each cause does: the newer release without it alone.
    func findings(_ causes: [UpgradeCause]) throws -> [UpgradeFinding] {
        let trials = try mapOnAllCores(causes) { cause in
            Swift.Result { try trial([cause]) }
        }
        return zip(causes, trials).map { cause, outcome in
            var finding = UpgradeFinding(cause)
            switch outcome {
            case .failure(let error):
                finding.failure = (error as? InputError)?.problem ?? "\(error)"
            case .success(let trial):
                finding.hasEffect = trial.digest != newest.digest || movesFirst(trial)
                finding.partsFirst = movesFirst(trial)
                finding.partsAtStep = trial.parting?.index
                finding.partsAtS = trial.parting.map { Double($0.time) / 1e6 }
                finding.requestsLeft = trial.requestsLeft
            }
            return finding
        }
    }

    /// The fewest causes whose undoing together moves the first difference, dropping one after the
    /// other from all of them; empty where all of them do not. O(causes) trials.
    func joint(_ causes: [UpgradeCause]) throws -> [UpgradeCause] {
        guard causes.count > 1, movesFirst(try trial(causes)) else { return [] }
        var kept = causes
        for cause in causes where kept.count > 1 {
            let fewer = kept.filter { $0 != cause }
            if movesFirst(try trial(fewer)) { kept = fewer }
        }
        return kept
    }

    /// What the settings of all causes that have an effect come to; nil without any.
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
        let undone = try UpgradeCause.undoing(causes, in: after, like: old)
        return try trial(LoggedRun(undone.configuration, name: name, adjust: undone.adjust))
    }

    private func trial(_ run: LoggedRun) throws -> Trial {
        let (run, track) = try ScheduleDifference.track(run)
        let left = zip(reference.run.requests, run.requests).count { $0 != $1 }
        return Trial(
            parting: Self.parting(reference.track, track), requestsLeft: left, digest: run.digest)
    }
}
