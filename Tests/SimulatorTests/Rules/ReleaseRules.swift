import Models
import Simulator
import Testing

extension RunPlan {
    /// An earlier release, with its defaults but for asynchronous scheduling.
    mutating func take(_ version: String) {
        let isAsync = engine.asyncScheduling
        let release = EngineVersion(version)?.release ?? .newest
        engine.release = release
        engine.schedulerReserveFullISL = release.defaults.reservesFullPrompt
        engine.prefixCacheRetentionInterval = release.defaults.retentionInterval
        engine.asyncScheduling = isAsync
    }
}

@Suite("Rules that releases changed, S1 to S8")
struct EarlierReleaseRules {
    private func scene(
        _ version: String, usable: Int, async: Bool = false,
        _ change: (inout RunPlan) -> Void = { _ in }
    ) -> Scene {
        Scene(usable: usable, async: async) {
            $0.take(version)
            change(&$0)
        }
    }

    @Test("S1: until 0.32 a request that preempts itself ends the running loop")
    func s1SelfPreemption() throws {
        for (version, lines) in [
            (
                "0.33.0",
                [
                    "0: admit 1 x7", "1: run 1 x1, admit 2 x4", "2: run 2 x1, preempt 1",
                    "3: run 2 x1", "3 ends 2", "4: resume 1 x9", "5: run 1 x1", "5 ends 1",
                ]
            ),
            (
                "0.32.0",
                [
                    "0: admit 1 x7", "1: run 1 x1, admit 2 x4", "2: nothing, preempt 1",
                    "3: run 2 x1", "4: run 2 x1", "4 ends 2", "5: resume 1 x9", "6: run 1 x1",
                    "6 ends 1",
                ]
            ),
        ] {
            var scene = scene(version, usable: 3) {
                $0.engine.policy = .priority
                $0.engine.enablePrefixCaching = false
            }
            scene.add(1, prompt: 7, output: 4, priority: 5)
            scene.add(2, at: 1, prompt: 4, output: 3, priority: 0)
            try scene.expect(lines)
        }
    }

    @Test("S2: until 0.32 prefill_schedule_interval does nothing to one instance")
    func s2PrefillPacing() throws {
        for (version, place) in [("0.33.0", 3), ("0.32.0", 1), ("0.24.0", 1)] {
            var scene = scene(version, usable: 20) { $0.engine.prefillScheduleInterval = 3 }
            scene.add(1, prompt: 4, output: 8)
            scene.add(2, at: 1, prompt: 6)
            let calls = try scene.run().calls
            #expect(calls.firstIndex { $0.entries.contains { $0.id == 2 } } == place, "\(version)")
        }
    }

    @Test("S3: until 0.30 the long-prefill threshold clips a lone request too")
    func s3LongPrefillCap() throws {
        for (version, lines) in [
            ("0.31.0", ["0: admit 1 x12", "0 ends 1"]),
            ("0.30.0", ["0: admit 1 x4", "1: run 1 x4", "2: run 1 x4", "2 ends 1"]),
        ] {
            var scene = scene(version, usable: 20) { $0.engine.longPrefillTokenThreshold = 4 }
            scene.add(1, prompt: 12)
            try scene.expect(lines)
        }
    }

    @Test("S4: until 0.28 a sliding window leaves every full block in the prefix cache")
    func s4WindowRetention() throws {
        for (version, keys) in [("0.29.0", 2), ("0.28.0", 8), ("0.11.2", 8)] {
            var scene = scene(version, usable: 10) { $0.engine.groups = [.sliding(window: 8)] }
            scene.add(1, prompt: 33)
            #expect(try scene.run().keys == [keys], "\(version)")
        }
    }

    @Test("S5: until 0.27 a victim whose last token is in flight makes one request be passed over")
    func s5VictimPlace() throws {
        for (version, line) in [
            ("0.28.0", "4: run 2 x1, run 3 x1, preempt 1"), ("0.27.0", "4: run 2 x1, preempt 1"),
        ] {
            var scene = scene(version, usable: 6, async: true) {
                $0.engine.policy = .priority
                $0.engine.enablePrefixCaching = false
            }
            // In call 4 request 1 waits for its last token, and request 2 needs a third block.
            scene.add(1, prompt: 4, output: 4, priority: 5)
            scene.add(2, at: 0.5, prompt: 7, output: 6, priority: 0)
            scene.add(3, at: 0.5, prompt: 5, output: 6, priority: 1)
            let lines = try scene.run().lines
            #expect(lines.contains("2: run 1 x1, admit 2 x7, admit 3 x5"), "\(version)")
            #expect(lines.contains(line), "\(version): \(lines)")
        }
    }

    @Test("S6: without caching freed blocks go to the front, in 0.27 to the back")
    func s6UncachedBlocks() throws {
        for (version, block, free) in [
            ("0.28.0", 3, [2, 1, 4, 5, 6]), ("0.27.0", 4, [5, 6, 3, 2, 1]),
            ("0.26.0", 3, [2, 1, 4, 5, 6]), ("0.22.0", 4, [5, 6, 3, 2, 1]),
        ] {
            var scene = scene(version, usable: 6) { $0.engine.enablePrefixCaching = false }
            scene.add(1, prompt: 10)
            scene.add(2, at: 1, prompt: 4)
            let calls = try scene.run().calls
            #expect(calls[1].tablesDigest == tables([(2, [block])]), "\(version)")
            #expect(calls[1].queueDigest == queue(free), "\(version)")
        }
    }

    @Test("S7: until 0.25 blocks leave a window while steps in flight still look at them")
    func s7WindowRelease() throws {
        for (version, free) in [
            ("0.26.0", [6, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5]),
            ("0.25.0", [6, 5, 5, 5, 6, 5, 5, 5, 6, 5, 5, 5]),
        ] {
            var scene = scene(version, usable: 8, async: true) {
                $0.engine.groups = [.sliding(window: 8)]
            }
            scene.add(1, prompt: 8, output: 12)
            let sight = try scene.run()
            #expect(Array(sight.free.prefix(12)) == free, "\(version)")
        }
    }

    @Test("S7: until 0.25 the async reserve counts a window with one step in flight, not two")
    func s7ReserveOfWindows() throws {
        // ⌈(7 + 8) / 4⌉ + 1 = 5 blocks or ⌈(7 + 16) / 4⌉ + 1 = 7, and 6 are free.
        for (version, fits) in [("0.26.0", false), ("0.25.0", true)] {
            var scene = scene(version, usable: 8, async: true) {
                $0.engine.groups = [.sliding(window: 8)]
                $0.engine.maxNumBatchedTokens = 8
                $0.engine.enablePrefixCaching = false
            }
            scene.add(1, prompt: 5, output: 3)
            scene.add(2, prompt: 40)
            let first = try scene.run().calls[0]
            #expect(first.entries.contains { $0.id == 2 } == fits, "\(version)")
        }
    }

    @Test("S8: until 0.23 freed blocks without a key go to the back with the others")
    func s8KeylessBlocks() throws {
        let front = (block: 3, free: [4, 5, 6, 2, 1])
        let back = (block: 4, free: [5, 6, 3, 2, 1])
        for (version, group, expected) in [
            ("0.24.0", CacheGroup.full, front), ("0.23.0", .full, back), ("0.22.0", .full, back),
            ("0.24.0", .sliding(window: 12), front), ("0.23.0", .sliding(window: 12), front),
            ("0.22.0", .sliding(window: 12), back),
        ] {
            var scene = scene(version, usable: 6) { $0.engine.groups = [group] }
            scene.add(1, prompt: 10)
            scene.add(2, at: 1, prompt: 4)
            let calls = try scene.run().calls
            #expect(calls[1].tablesDigest == tables([(2, [expected.block])]), "\(version)")
            #expect(calls[1].queueDigest == queue(expected.free), "\(version)")
        }
    }

    @Test("S8: until 0.22 a cached prefix is evicted before blocks freed after it without a key")
    func s8EvictsBeforeKeyless() throws {
        for (version, evictions) in [("0.24.0", [0, 0, 0]), ("0.22.0", [0, 0, 2])] {
            var scene = scene(version, usable: 8)
            scene.add(1, content: [(7, 8)])
            scene.add(2, at: 1, prompt: 3)
            scene.add(3, at: 1, prompt: 3)
            // Six blocks were never used; 1 and 2 are cached; then two more come back.
            scene.add(4, at: 2, prompt: 21)
            let sight = try scene.run()
            #expect(sight.evictions == evictions, "\(version)")
        }
    }
}
