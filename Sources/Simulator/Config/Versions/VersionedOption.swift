import Basics

/// An engine argument that not every release has, with its configuration key and how to turn it
/// off.
struct VersionedOption: Sendable {
    let option: EngineOptions
    let key: String
    let isOff: @Sendable (EngineConfiguration) -> Bool
    let turnOff: @Sendable (inout EngineConfiguration) -> Void

    private init<Value: Equatable & Sendable>(
        _ option: EngineOptions, _ name: String,
        _ member: WritableKeyPath<EngineConfiguration, Value> & Sendable, off: Value
    ) {
        self.option = option
        key = "engine." + name
        isOff = { $0[keyPath: member] == off }
        turnOff = { $0[keyPath: member] = off }
    }

    static let all: [VersionedOption] = [
        .init(
            .maxNumScheduledTokens, "max_num_scheduled_tokens", \.maxNumScheduledTokens, off: nil),
        .init(
            .reserveFullISL, "scheduler_reserve_full_isl", \.schedulerReserveFullISL, off: false),
        .init(.watermark, "watermark", \.watermark, off: 0),
        .init(
            .prefillScheduleInterval, "prefill_schedule_interval", \.prefillScheduleInterval,
            off: 1),
        .init(
            .retentionInterval, "prefix_cache_retention_interval", \.prefixCacheRetentionInterval,
            off: nil),
        .init(
            .adaptiveThreshold, "long_prefill_token_threshold_adaptive",
            \.longPrefillTokenThresholdAdaptive, off: false),
        .init(.maxNumActiveSeqs, "max_num_active_seqs", \.maxNumActiveSeqs, off: nil),
    ]
}

extension EngineConfiguration {
    /// The defaults of a release.
    package init(release: EngineRelease) {
        self.init()
        self.release = release
        schedulerReserveFullISL = release.defaults.reservesFullPrompt
        prefixCacheRetentionInterval = release.defaults.retentionInterval
        asyncScheduling = release.defaults.asyncScheduling
    }

    /// Throws `InputError` for the first option that is on but missing from the release, naming the
    /// release that introduced it. `version` is the version the user asked for.
    package func checkOptions(as version: EngineVersion? = nil) throws {
        let missing = VersionedOption.all.first {
            !release.options.contains($0.option) && !$0.isOff(self)
        }
        guard let missing else { return }
        throw InputError(
            missing.key, "vLLM \(version ?? release.version) has no such option",
            expected: "version \(EngineRelease.first(with: missing.option)) or later")
    }

    /// The engine arguments that not every release has, by vLLM's names.
    package static var namesOfVersionedOptions: [String] {
        VersionedOption.all.map { String($0.key.dropFirst("engine.".count)) }
    }

    /// Turns off the options that the release does not have.
    package mutating func dropMissingOptions() {
        for option in VersionedOption.all where !release.options.contains(option.option) {
            option.turnOff(&self)
        }
    }
}

extension EngineConfiguration {
    /// Most tokens of a step (S12).
    package var tokenBudget: Int {
        let scheduled = maxNumScheduledTokens ?? maxNumBatchedTokens
        return release.rules.tokenBudget == .both
            ? min(scheduled, maxNumBatchedTokens) : scheduled
    }
}
