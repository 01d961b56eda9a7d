import Scenario
import Simulator

/// A possible reason why two releases schedule the same configuration differently: a rule, or a
/// default of a key that the configuration does not give.
package struct UpgradeCause: Sendable, Encodable, Equatable {
    /// The rule's number, "S4"; nil: only a default.
    package var number: String?
    /// The subject: the rule in words, or the default's key.
    package var words: String
    /// The behaviour of each release.
    package var before: String
    package var after: String
    /// The change, as for `--set`, that restores the earlier behaviour; nil if no option does.
    package var setting: String?

    /// How to test it: take the rule over in the plan, or apply the changes to the configuration.
    private let rule: EngineRule?
    private let changes: [String]

    private enum CodingKeys: String, CodingKey {
        case number, words, before, after, setting
    }

    /// "S4", or the key of a default.
    package var name: String { number ?? words }

    /// The causes that apply between two resolved configurations, rules first, by number.
    ///
    /// Leaves out rules that make no difference to the engine's arguments, i.e. whose option both
    /// configurations set to the same value.
    static func all(
        from before: ResolvedConfiguration, to after: ResolvedConfiguration
    ) -> [UpgradeCause] {
        let (old, new) = (before.plan.engine, after.plan.engine)
        let rules = EngineRule.differing(old.release, new.release).filter { rule in
            var taken = new
            taken.take(rule, from: old)
            taken.release.options = new.release.options
            return taken != new
        }
        let keys = ConfigurationChange.between(before.configuration, after.configuration)
            .filter { defaults.contains($0.key) }
        return rules.map { UpgradeCause($0, old, new) } + keys.map(UpgradeCause.init)
    }

    /// Release-dependent defaults that belong to no rule.
    private static let defaults =
        ["engine.gpu_memory_utilization"] + VersionPair.derivedKeys

    private init(_ rule: EngineRule, _ old: EngineConfiguration, _ new: EngineConfiguration) {
        number = rule.number
        words = rule.words
        before = rule.behaviour(in: old.release)
        after = rule.behaviour(in: new.release)
        setting = Self.setting(rule, old, new)
        // An asynchronous engine has another clock, so its plan is built anew.
        let isClock = rule == .asyncDefault
        self.rule = isClock ? nil : rule
        changes = isClock ? ["engine.async_scheduling=\(old.asyncScheduling)"] : []
    }

    private init(_ change: ConfigurationChange) {
        number = nil
        words = change.key
        before = change.before
        after = change.after
        setting = "\(change.key)=\(change.before)"
        rule = nil
        changes = ["\(change.key)=\(change.before)"]
    }

    private static func setting(
        _ rule: EngineRule, _ old: EngineConfiguration, _ new: EngineConfiguration
    ) -> String? {
        // In releases where the interval has no effect, it acts as 1.
        if rule == .prefillPacing, old.release.rules.prefillPacing == .coordinated {
            return "engine.prefill_schedule_interval=1"
        }
        return rule.setting(like: old.release, in: new.release)
    }

    /// A configuration with some causes undone, and the remaining adjustment of its plan.
    static func undoing(
        _ causes: [UpgradeCause], in configuration: Configuration, like old: EngineConfiguration
    ) throws -> (configuration: Configuration, adjust: @Sendable (inout RunPlan) -> Void) {
        var changed = configuration
        for change in causes.flatMap(\.changes) { try changed.apply(change: change) }
        let rules = causes.compactMap(\.rule)
        return (
            changed,
            { plan in
                for rule in rules { plan.engine.take(rule, from: old) }
                if mixesOrders(plan.engine) { plan.numbersBlocks = true }
            }
        )
    }

    /// Whether blocks without a key go to the back of the free queue while windows leave such
    /// blocks between others (S8 undone, S4 not). No release does both. Extents cannot represent
    /// that order, but numbered blocks can.
    private static func mixesOrders(_ engine: EngineConfiguration) -> Bool {
        let rules = engine.release.rules
        return engine.prefixCacheRetentionInterval != nil
            && engine.groups.contains { $0 != .full }
            && (rules.keylessBlocks != .front || rules.uncachedBlocks == .back)
    }
}
