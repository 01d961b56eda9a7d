import Simulator

/// The keys that were given. Ignored when configurations are compared.
struct GivenKeys: Sendable, Equatable {
    private var paths: Set<String> = []
    /// The old spellings among them, in the order of their table.
    private(set) var former: [FormerSpelling] = []

    /// "key=value" of what a file gives a server beside `--serve`, in order.
    var besideServer: [String] = []

    mutating func insert(_ path: String) { paths.insert(path) }
    mutating func insert(former spelling: FormerSpelling) {
        if !former.contains(where: { $0.path == spelling.path }) { former.append(spelling) }
    }
    func contains(_ path: String) -> Bool { paths.contains(path) }

    static func == (a: GivenKeys, b: GivenKeys) -> Bool { true }
}

extension Configuration {
    /// Whether a file or a change gave a key such as "trace.stop", so that it is not a default.
    package func gives(_ path: String) -> Bool { given.contains(path) }

    /// Selects a release of vLLM: its rules, and its defaults for keys that were not given and
    /// still have the previous release's default.
    package mutating func select(_ version: EngineVersion) {
        let before = engine.version.release.defaults
        engine.version = version
        followDefaults(from: before)
    }

    /// A default of an engine argument that differs between two releases.
    package struct VersionDefault: Sendable, Equatable {
        /// The key, "engine.async_scheduling".
        package var key: String
        /// The values in the two releases, as `--set` takes them.
        package var before: String
        package var after: String
    }

    /// The defaults that differ between two releases. Those of max_num_batched_tokens and
    /// max_num_seqs depend on the GPU: see `EngineRelease.batchDefaults`.
    package static func defaultChanges(
        from old: EngineRelease, to new: EngineRelease
    ) -> [VersionDefault] {
        var (before, after) = (Configuration(), Configuration())
        before.select(old.version)
        after.select(new.version)
        return ConfigurationKey.all.compactMap { key in
            let (old, new) = (key.value(before), key.value(after))
            guard old != new, key.path != "engine.version" else { return nil }
            return VersionDefault(key: key.path, before: old.source, after: new.source)
        }
    }

    /// Replaces the release-dependent defaults of another release with this one's.
    mutating func followDefaults(from old: EngineDefaults) {
        let new = engine.version.release.defaults
        guard new != old else { return }
        func follow<Value: Equatable>(
            _ name: String, _ value: inout Value, _ default: KeyPath<EngineDefaults, Value>
        ) {
            guard value == old[keyPath: `default`], !given.contains("engine." + name) else {
                return
            }
            value = new[keyPath: `default`]
        }
        var section = engine
        follow(
            "gpu_memory_utilization", &section.gpuMemoryUtilization, \.gpuMemoryUtilization)
        follow("async_scheduling", &section.asyncScheduling, \.asyncScheduling)
        follow(
            "scheduler_reserve_full_isl", &section.schedulerReserveFullISL, \.reservesFullPrompt)
        follow(
            "prefix_cache_retention_interval", &section.prefixCacheRetentionInterval,
            \.retentionInterval)
        engine = section
    }
}
