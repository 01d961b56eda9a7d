/// The rules of vLLM's scheduler that changed between the simulated versions, numbered S1 to S15.
package enum EngineRule: Int, Sendable, CaseIterable {
    case selfPreemption = 1
    case prefillPacing
    case longPrefillCap
    case windowRetention
    case victimPlace
    case uncachedBlocks
    case windowRelease
    case keylessBlocks
    case watermark
    case emptyStep
    case fullPromptReserve
    case tokenBudget
    case wholePrompts
    case asyncDefault
    case abortTime

    /// Its number, such as "S1".
    package var number: String { "S\(rawValue)" }

    /// What the rule is about, without a verdict, such as "the watermark".
    package var words: String {
        switch self {
        case .selfPreemption: "a request that preempts itself under the priority policy"
        case .prefillPacing: "what prefill_schedule_interval does"
        case .longPrefillCap: "when long_prefill_token_threshold clips a prompt"
        case .windowRetention: "which blocks a sliding window leaves in the prefix cache"
        case .victimPlace: "who comes next after a victim with its last token in flight"
        case .uncachedBlocks: "the order of freed blocks without prefix caching"
        case .windowRelease: "when blocks leave an attention window under async scheduling"
        case .keylessBlocks: "the order of freed blocks that carry no key"
        case .watermark: "the watermark"
        case .emptyStep: "what the async loop does after an empty step"
        case .fullPromptReserve: "the reserve for the full prompt at admission"
        case .tokenBudget: "the budget of a step with max_num_scheduled_tokens"
        case .wholePrompts: "a prompt over the budget without chunked prefill"
        case .asyncDefault: "asynchronous scheduling by default"
        case .abortTime: "when the async loop ends requests of clients who gave up"
        }
    }

    /// Whether captures would show a change of the rule. The others are known from reading the
    /// code.
    package var isCaptured: Bool {
        ![.watermark, .emptyStep, .tokenBudget, .asyncDefault].contains(self)
    }

    /// What a release does, as the end of a sentence: "to the front of the free queue".
    package func behaviour(in release: EngineRelease) -> String {
        let (rules, options, defaults) = (release.rules, release.options, release.defaults)
        switch self {
        case .selfPreemption:
            return rules.selfPreemption == .nextRunning
                ? "the next running request has its turn"
                : "no running request after it is scheduled in that step"
        case .prefillPacing:
            guard options.contains(.prefillScheduleInterval) else { return "no such option" }
            return rules.prefillPacing == .local
                ? "the instance keeps the cadence"
                : "no effect without a data-parallel coordinator"
        case .longPrefillCap:
            return rules.longPrefillCap == .amongOthers
                ? "it clips while more than one request runs or waits"
                : "it clips always, a lone request too"
        case .windowRetention:
            let tails = "by default the blocks before the prompt's end and where prompts part"
            return defaults.retentionInterval == 0 ? tails : "every full block"
        case .victimPlace:
            return rules.victimPlace == .corrected
                ? "the request after the current one" : "one request is passed over"
        case .uncachedBlocks:
            let split = "where blocks without a key go (S8)"
            return rules.uncachedBlocks == .back ? "all to the back of the free queue" : split
        case .windowRelease:
            return rules.windowRelease == .settled
                ? "when no step in flight needs them" : "as if steps in flight had ended"
        case .keylessBlocks:
            switch rules.keylessBlocks {
            case .back: return "to the back of the free queue with the others"
            case .slidingToFront: return "of sliding windows to the front, others to the back"
            case .front: return "to the front of the free queue"
            }
        case .watermark: return options.contains(.watermark) ? "an option, off" : "none"
        case .emptyStep:
            switch rules.emptyStep {
            case .waits: return "it waits for it and never sleeps"
            case .waitsAndSleeps: return "it waits for it and sleeps while requests are unfinished"
            case .goesOn: return "it goes on while work is left, and sleeps"
            }
        case .fullPromptReserve: return Self.reserve(release)
        case .tokenBudget:
            guard options.contains(.maxNumScheduledTokens) else { return "no such option" }
            return rules.tokenBudget == .both
                ? "the smaller of both budgets" : "max_num_scheduled_tokens alone"
        case .wholePrompts:
            return rules.wholePrompt == .stops
                ? "no further request is admitted in that step"
                : "it is set aside, and the next ones are tried"
        case .asyncDefault: return defaults.asyncScheduling ? "on" : "off unless set"
        case .abortTime:
            return rules.abortTime == .beforeUpdate
                ? "before the update of the step that ran" : "after that update"
        }
    }

    private static func reserve(_ release: EngineRelease) -> String {
        guard release.options.contains(.reserveFullISL) else { return "none" }
        switch release.rules.windowCap {
        case .nowhere: return "on by default, sliding windows counted whole"
        case .everywhere:
            return "on by default; the cap of sliding windows also clips what running requests "
                + "get, and a full pool ends the engine with ValueError"
        case .reserve: return "on by default, sliding windows capped at what they can hold"
        }
    }

    /// The first release that behaves like the newest one.
    package var since: EngineVersion {
        let now = behaviour(in: .newest)
        let last = EngineRelease.all.lastIndex { behaviour(in: $0) != now }
        return EngineRelease.all[last.map { $0 + 1 } ?? 0].version
    }

    /// The rules by which two releases may schedule the same configuration differently.
    package static func differing(_ a: EngineRelease, _ b: EngineRelease) -> [EngineRule] {
        allCases.filter { $0.behaviour(in: a) != $0.behaviour(in: b) }
    }

    /// The configuration change, in the form of `--set`, that restores an older release's behaviour
    /// in a newer one; nil if no option does.
    package func setting(like older: EngineRelease, in newer: EngineRelease) -> String? {
        guard behaviour(in: older) != behaviour(in: newer) else { return nil }
        switch self {
        case .windowRetention where newer.options.contains(.retentionInterval):
            let interval = older.defaults.retentionInterval.map(String.init) ?? "null"
            return "engine.prefix_cache_retention_interval=\(interval)"
        case .fullPromptReserve
        where newer.options.contains(.reserveFullISL) && !older.defaults.reservesFullPrompt:
            return "engine.scheduler_reserve_full_isl=false"
        case .asyncDefault: return "engine.async_scheduling=\(older.defaults.asyncScheduling)"
        default: return nil
        }
    }
}

extension EngineConfiguration {
    /// Takes one rule, and the options that belong to it, from another configuration, to find out
    /// by which rule two releases part.
    package mutating func take(_ rule: EngineRule, from other: EngineConfiguration) {
        let rules = other.release.rules
        switch rule {
        case .selfPreemption: release.rules.selfPreemption = rules.selfPreemption
        case .prefillPacing:
            release.rules.prefillPacing = rules.prefillPacing
            prefillScheduleInterval = other.prefillScheduleInterval
            take(.prefillScheduleInterval, of: other)
        case .longPrefillCap:
            release.rules.longPrefillCap = rules.longPrefillCap
            longPrefillTokenThreshold = other.longPrefillTokenThreshold
            longPrefillTokenThresholdAdaptive = other.longPrefillTokenThresholdAdaptive
            maxNumActiveSeqs = other.maxNumActiveSeqs
            take([.adaptiveThreshold, .maxNumActiveSeqs], of: other)
        case .windowRetention:
            prefixCacheRetentionInterval = other.prefixCacheRetentionInterval
            take(.retentionInterval, of: other)
        case .victimPlace: release.rules.victimPlace = rules.victimPlace
        case .uncachedBlocks: release.rules.uncachedBlocks = rules.uncachedBlocks
        case .windowRelease: release.rules.windowRelease = rules.windowRelease
        case .keylessBlocks: release.rules.keylessBlocks = rules.keylessBlocks
        case .watermark:
            watermark = other.watermark
            take(.watermark, of: other)
        case .emptyStep: release.rules.emptyStep = rules.emptyStep
        case .fullPromptReserve:
            release.rules.windowCap = rules.windowCap
            schedulerReserveFullISL = other.schedulerReserveFullISL
            take(.reserveFullISL, of: other)
        case .tokenBudget:
            release.rules.tokenBudget = rules.tokenBudget
            maxNumScheduledTokens = other.maxNumScheduledTokens
            take(.maxNumScheduledTokens, of: other)
        case .wholePrompts: release.rules.wholePrompt = rules.wholePrompt
        case .asyncDefault: asyncScheduling = other.asyncScheduling
        case .abortTime: release.rules.abortTime = rules.abortTime
        }
    }

    private mutating func take(_ option: EngineOptions, of other: EngineConfiguration) {
        release.options.subtract(option)
        release.options.formUnion(other.release.options.intersection(option))
    }
}
