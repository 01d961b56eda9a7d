import Basics
import Models
import Scenario
import Simulator
import TestSupport
import Testing
import Traces

@Suite("Rules that releases changed, S9 to S15")
struct LaterReleaseRules {
    private func scene(
        _ version: String, usable: Int, async: Bool = false,
        _ change: (inout RunPlan) -> Void = { _ in }
    ) -> Scene {
        Scene(usable: usable, async: async) {
            $0.take(version)
            change(&$0)
        }
    }

    @Test("S9: until 0.23 there is no watermark, and none may be asked for")
    func s9Watermark() throws {
        for (version, hasOne) in [("0.24.0", true), ("0.23.0", false)] {
            var scene = scene(version, usable: 9) { $0.engine.watermark = 0.3 }
            scene.add(1, prompt: 28)
            scene.add(2, prompt: 4)
            if hasOne {
                try scene.expect(["0: admit 1 x28", "0 ends 1", "1: admit 2 x4", "1 ends 2"])
            } else {
                let error = #expect(throws: InputError.self) { try scene.run() }
                #expect(
                    error?.description
                        == "engine.watermark: vLLM 0.23.0 has no such option; expected version "
                        + "0.24.0 or later")
                scene.plan.engine.dropMissingOptions()
                try scene.expect(["0: admit 1 x28, admit 2 x4", "0 ends 1 2"])
            }
        }
    }

    @Test("S10: until 0.22 the loop does not sleep where all requests have ended")
    func s10EmptyStep() throws {
        for (version, times) in [
            ("0.23.0", [0, 0, 1000, 2000, 4000, 4000]), ("0.22.0", [0, 0, 1000, 2000, 3200, 3200]),
            ("0.13.0", [0, 0, 1000, 2000, 3200, 3200]),
        ] as [(String, [Int64])] {
            var scene = scene(version, usable: 20, async: true) {
                $0.engine.emptyYieldMicroseconds = 1000
            }
            scene.add(1, prompt: 4, output: 3)
            scene.add(2, at: 3.2, prompt: 4)
            #expect(try scene.run().times == times, "\(version)")
        }
    }

    @Test("S11: until 0.18 an admission needs no room for the whole prompt")
    func s11NoReserve() throws {
        for (version, reserves) in [("0.19.0", true), ("0.18.0", false)] {
            var scene = scene(version, usable: 4) {
                $0.engine.maxNumBatchedTokens = 12
                $0.engine.enablePrefixCaching = false
            }
            scene.add(1, prompt: 8, output: 4)
            scene.add(2, prompt: 12)
            let first = try scene.run().lines[0]
            #expect(first == "0: admit 1 x8" + (reserves ? "" : ", admit 2 x4"), "\(version)")
        }
    }

    @Test("S11: in 0.19 the reserve counts sliding windows whole, since 0.20 at what they hold")
    func s11WindowCap() throws {
        // A prompt of 10 blocks, of which a window and a step hold 5; 9 are free.
        for (version, waits) in [
            ("0.21.0", false), ("0.20.0", false), ("0.19.0", true), ("0.18.0", false),
        ] {
            var scene = scene(version, usable: 11) {
                $0.engine.groups = [.sliding(window: 8)]
                $0.engine.maxNumBatchedTokens = 8
                $0.engine.enablePrefixCaching = false
            }
            scene.add(1, prompt: 5, output: 3)
            scene.add(2, prompt: 40)
            let first = try scene.run().lines[0]
            #expect(first == "0: admit 1 x5" + (waits ? "" : ", admit 2 x3"), "\(version)")
        }
    }

    @Test("S11: 0.20 ends with ValueError where a window needs a block of a full pool")
    func s11Crash() throws {
        for version in ["0.19.0", "0.20.0", "0.21.0"] {
            var scene = scene(version, usable: 5) {
                $0.engine.groups = [.sliding(window: 8)]
                $0.engine.maxNumBatchedTokens = 8
                $0.engine.enablePrefixCaching = false
            }
            // Request 1 holds two blocks or three, the others take what is left.
            scene.add(1, prompt: 4, output: 60)
            for id in Int64(2)...4 { scene.add(id, at: 21.5, prompt: 2, output: 8) }
            guard version == "0.20.0" else {
                // Request 4 is preempted, and comes back.
                #expect(try scene.run().result.counters.preemptions > 0, "\(version)")
                continue
            }
            for advance in EngineConfiguration.Advance.allCases {
                for numbered in [false, true] {
                    var plan = scene.plan
                    plan.engine.advance = advance
                    plan.numbersBlocks = numbered
                    let error = #expect(throws: InputError.self) {
                        try simulate(plan, source: InMemorySource(scene.requests))
                    }
                    let words = try #require(error).description
                    #expect(words.contains("ValueError: Cannot get 1 free blocks"), "\(words)")
                    #expect(words.contains("expected engine.version of 0.21.0 or later"))
                }
            }
        }
    }

    @Test("S12: until 0.27 max_num_scheduled_tokens counts alone")
    func s12TokenBudget() throws {
        for (version, lines) in [
            ("0.28.0", ["0: admit 1 x8", "0 ends 1", "1: admit 2 x8", "1 ends 2"]),
            ("0.27.0", ["0: admit 1 x8, admit 2 x8", "0 ends 1 2"]),
        ] {
            var scene = scene(version, usable: 20) {
                $0.engine.maxNumBatchedTokens = 8
                $0.engine.maxNumScheduledTokens = 30
            }
            scene.add(1, prompt: 8)
            scene.add(2, prompt: 8)
            try scene.expect(lines)
        }
    }

    @Test("S13: in 0.11 a whole prompt over the budget is set aside for those behind it")
    func s13WholePrompts() throws {
        for (version, lines) in [
            (
                "0.12.0",
                [
                    "0: admit 1 x5", "0 ends 1", "1: admit 2 x8", "1 ends 2",
                    "2: admit 3 x9, admit 4 x3", "2 ends 3 4",
                ]
            ),
            (
                "0.11.2",
                [
                    "0: admit 1 x5, admit 4 x3", "0 ends 1 4", "1: admit 3 x9", "1 ends 3",
                    "2: admit 2 x8", "2 ends 2",
                ]
            ),
        ] {
            var scene = scene(version, usable: 20) {
                $0.engine.enableChunkedPrefill = false
                $0.engine.maxModelLen = 12
                $0.engine.maxNumBatchedTokens = 12
            }
            for (id, prompt) in [(1, 5), (2, 8), (3, 9), (4, 3)] as [(Int64, Int32)] {
                scene.add(id, prompt: prompt)
            }
            try scene.expect(lines)
        }
    }

    @Test("S14: until 0.13 asynchronous scheduling is off unless asked for")
    func s14AsyncDefault() throws {
        for (version, isAsync) in [("0.14.0", true), ("0.13.0", false)] {
            let changes = ["engine.version=\(version)"]
            let plan = try Configuration.read(file: nil, changes: changes).resolved().plan
            #expect(plan.engine.asyncScheduling == isAsync)
            let asked = changes + ["engine.async_scheduling=\(!isAsync)"]
            let other = try Configuration.read(file: nil, changes: asked).resolved().plan
            #expect(other.engine.asyncScheduling == !isAsync)
        }
    }

    @Test("S15: until 0.12 the token of the step that ran goes to who has given up meanwhile")
    func s15AbortTime() throws {
        for (version, tokens) in [("0.13.0", 1), ("0.12.0", 2)] as [(String, Int32)] {
            var scene = scene(version, usable: 20, async: true)
            scene.add(1, prompt: 4, output: 5, abort: 2)
            let sight = try scene.run()
            let record = try #require(sight.record(1))
            #expect(record.outputTokens == tokens, "\(version)")
            #expect(record.outcome == .aborted && record.finish == 2_000_000_000)
            #expect(sight.result.counters.wastedEntries == Int(3 - tokens))
        }
    }
}
