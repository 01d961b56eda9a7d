import Basics
import Scenario
import Simulator
import StepTime
import Testing

@Suite("Releases of the engine")
struct VersionTests {
    private func resolve(_ changes: String...) throws -> ResolvedConfiguration {
        try Configuration.read(file: nil, changes: changes).resolved()
    }

    private func complaint(_ changes: String...) throws -> String {
        let error = #expect(throws: InputError.self) {
            try Configuration.read(file: nil, changes: changes).resolved()
        }
        return try #require(error).description
    }

    @Test("each release from 0.11.2 to 0.33.0 has an entry, in order")
    func table() {
        let versions = EngineRelease.all.map(\.version.description)
        #expect(versions == ["0.11.2"] + (12...33).map { "0.\($0).0" })
        #expect(EngineRelease.newest == EngineRelease.all.last)
        let captured = EngineRelease.all.filter { $0.evidence == .captures }
        #expect(captured.map(\.version.minor) == [11, 14, 19, 20, 23, 24, 26, 27, 28, 32, 33])
    }

    @Test("each rule is 0.33's since the release that the captures say")
    func since() {
        let minors = [33, 33, 31, 29, 28, 28, 26, 24, 24, 23, 21, 28, 12, 14, 13]
        #expect(EngineRule.allCases.map(\.since.minor) == minors)
        #expect(EngineRule.allCases.map(\.number) == (1...15).map { "S\($0)" })
        let last = EngineRule.differing(EngineVersion("0.32.0")!.release, .newest)
        #expect(last == [.selfPreemption, .prefillPacing])
        for rule in EngineRule.allCases {
            #expect(!rule.words.isEmpty && !rule.behaviour(in: .newest).isEmpty)
        }
    }

    @Test("a version is read where it is in the window, and nowhere else")
    func reading() {
        for (text, version) in [
            ("0.33.0", "0.33.0"), ("0.33", "0.33.0"), ("0.11.2", "0.11.2"), ("0.27.1", "0.27.1"),
            ("0.33.4", "0.33.4"), ("0.12.0", "0.12.0"),
        ] {
            #expect(EngineVersion(text)?.description == version)
        }
        for text in [
            "", "0", "0.11", "0.11.1", "0.10.0", "0.34.0", "1.0.0", "0.33.0.1", "0.+33.0", "0.-1",
            "v0.33.0", "0.33.0rc1", " 0.33.0", "0..0", "0.33.", "0.99999999999999999999.0",
            "00.33.0", "0.033.0", "0.33.00",
        ] {
            #expect(EngineVersion(text) == nil, "\(text)")
        }
        #expect(EngineVersion("0.27.1")?.release.version.description == "0.27.0")
        #expect(EngineVersion("0.11.9")?.release.version == .oldest)
    }

    @Test("refuses a version that is none in one line")
    func badVersions() throws {
        for text in ["0.34.0", "0.11.0", "0.9", "latest", "33"] {
            #expect(
                try complaint("engine.version=\(text)")
                    == "--set engine.version: is \"\(text)\"; expected a release of vLLM, "
                    + "0.11.2 to 0.33.0")
        }
    }

    @Test("refuses an option that the release does not have, with the one that brought it")
    func missingOptions() throws {
        let options = [
            ("watermark=0.1", 24), ("prefill_schedule_interval=2", 24),
            ("max_num_scheduled_tokens=500", 17), ("scheduler_reserve_full_isl=true", 19),
            ("prefix_cache_retention_interval=0", 29), ("max_num_active_seqs=5", 31),
            ("long_prefill_token_threshold_adaptive=true", 31),
        ]
        for (change, minor) in options {
            let key = change.split(separator: "=")[0]
            for order in [0, 1] {
                let before = ["engine.version=0.\(minor - 1).0", "engine.\(change)"]
                let changes = order == 0 ? before : before.reversed()
                #expect(
                    try complaint(changes[0], changes[1])
                        == "engine.\(key): vLLM 0.\(minor - 1).0 has no such option; expected "
                        + "version 0.\(minor).0 or later")
            }
            _ = try resolve("engine.version=0.\(minor).0", "engine.\(change)")
        }
    }

    @Test("takes a release's defaults where the configuration is silent, in any order")
    func defaults() throws {
        let old = try resolve("engine.version=0.13.0").configuration.engine
        #expect(old.gpuMemoryUtilization == 0.9 && !old.asyncScheduling)
        #expect(!old.schedulerReserveFullISL && old.prefixCacheRetentionInterval == nil)
        // A value that is today's default, given all the same.
        for changes in [
            ["engine.version=0.19.0", "engine.gpu_memory_utilization=0.92"],
            ["engine.gpu_memory_utilization=0.92", "engine.version=0.19.0"],
        ] {
            let engine = try resolve(changes[0], changes[1]).configuration.engine
            #expect(engine.gpuMemoryUtilization == 0.92 && engine.schedulerReserveFullISL)
        }
        #expect(try resolve().configuration == resolve("engine.version=0.33.0").configuration)
        let back = try resolve("engine.version=0.13.0", "engine.version=0.33.0").configuration
        #expect(back == (try resolve().configuration))
        var configuration = Configuration()
        configuration.select(EngineVersion("0.28.0")!)
        #expect(configuration.engine.prefixCacheRetentionInterval == nil)
    }

    @Test("a resolved configuration of an early release can be read again")
    func resolvedAgain() throws {
        for version in ["0.11.2", "0.18.0", "0.28.0"] {
            let resolved = try resolve("engine.version=\(version)").configuration
            var again = Configuration()
            try again.apply(resolved.asValue, place: "config.resolved.json")
            #expect(again == resolved)
            #expect(try again.resolved().configuration == resolved)
        }
    }

    @Test("gives the largest GPUs a larger budget since 0.28")
    func largestGPUs() throws {
        for (version, tokens) in [("0.27.0", 8192), ("0.28.0", 16_384)] {
            let engine = try resolve(
                "hardware.gpu=b200", "step_time.kind=linear", "engine.num_gpu_blocks=1000",
                "engine.max_model_len=8192", "engine.version=\(version)"
            ).plan.engine
            #expect(engine.maxNumBatchedTokens == tokens && engine.maxNumSeqs == 1024)
        }
    }

    @Test("says what a patch level is taken for, and what has no effect")
    func notes() throws {
        let patch = try resolve("engine.version=0.27.1").warnings
        #expect(patch.contains { $0.hasPrefix("vLLM 0.27.1 has no rules of its own") })
        let paced = try resolve(
            "engine.version=0.28.0", "engine.prefill_schedule_interval=2"
        ).warnings
        #expect(
            paced.contains {
                $0.hasPrefix("engine.prefill_schedule_interval=2 has no effect: vLLM 0.28.0")
            })
        #expect(try resolve("engine.version=0.28.0").warnings == resolve().warnings)
    }

    @Test("taking every rule of another release makes it that release")
    func takingRules() {
        for old in EngineRelease.all {
            var engine = EngineConfiguration(release: .newest)
            let other = EngineConfiguration(release: old)
            for rule in EngineRule.allCases { engine.take(rule, from: other) }
            #expect(engine.release.rules == old.rules && engine.release.options == old.options)
            engine.release = old
            #expect(engine == other)
        }
    }

    @Test("says which setting gets the old behaviour back")
    func settings() {
        func settings(_ old: String, _ new: String) -> [String] {
            let (old, new) = (EngineVersion(old)!.release, EngineVersion(new)!.release)
            return EngineRule.allCases.compactMap { $0.setting(like: old, in: new) }
        }
        #expect(settings("0.28.0", "0.29.0") == ["engine.prefix_cache_retention_interval=null"])
        #expect(
            settings("0.13.0", "0.19.0")
                == ["engine.scheduler_reserve_full_isl=false", "engine.async_scheduling=false"])
        #expect(settings("0.32.0", "0.33.0").isEmpty)
        let changes = Configuration.defaultChanges(
            from: EngineVersion("0.19.0")!.release, to: EngineVersion("0.20.0")!.release)
        #expect(changes.map(\.key) == ["engine.gpu_memory_utilization"])
        #expect(changes.map(\.before) == ["0.9"] && changes.map(\.after) == ["0.92"])
    }

    @Test("the page names the release, and claims no more than its evidence")
    func page() throws {
        func schedule(_ changes: String...) throws -> String {
            let all = ["trace.limit=20"] + changes
            let resolved = try Configuration.read(file: nil, changes: all).resolved()
            let source = try resolved.configuration.openTrace().source
            return resolved.trust(try simulate(resolved.plan, source: source))
        }
        let newest = try schedule()
        #expect(newest.hasPrefix("The schedule is vLLM 0.33.0's, step for step.\n"))
        #expect(!newest.contains("nearest release"))
        let old = try schedule("engine.version=0.19.0")
        #expect(old.hasPrefix("The schedule is vLLM 0.19.0's, step for step.\n"))
        #expect(old.contains("Kernels and host are those of the nearest release that was fitted."))
        #expect(
            try schedule("engine.version=0.25.0")
                .hasPrefix("The schedule follows vLLM 0.25.0's rules, from reading its code"))
        #expect(
            try schedule("engine.version=0.27.1")
                .hasPrefix("The schedule follows vLLM 0.27.0's rules, the nearest before 0.27.1"))
    }
}
