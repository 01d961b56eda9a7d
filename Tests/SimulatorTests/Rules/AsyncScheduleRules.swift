import Models
import Simulator
import Testing

@Suite("Rules A3 to A7: asynchronous scheduling")
struct AsyncScheduleRules {
    @Test("A4.1, A4.6: whose last token is in flight is skipped, and keeps its place [computes on]")
    func a41LastTokenInFlight() throws {
        var scene = Scene(usable: 8, async: true) { $0.engine.maxNumSeqs = 2 }
        scene.add(1, prompt: 4, output: 2)
        scene.add(2, prompt: 4, output: 4)
        scene.add(3, prompt: 4)
        let sight = try scene.expect([
            "0: admit 1 x4, admit 2 x4", "1: run 1 x1, run 2 x1", "2: run 2 x1", "1 ends 1",
            "3: run 2 x1, admit 3 x4", "4: nothing", "3 ends 2 3",
        ])
        #expect(sight.result.counters.wastedEntries == 0)
        // A4.6: request 1 still counts as running, with its two blocks, so that request 3 waits;
        // and a call may find nobody to schedule.
        #expect(sight.calls[2].running == 2)
        #expect(sight.calls[2].waiting == 1)
        #expect(sight.free[2] == 4)
    }

    @Test("A4.2: the model's length is foreseen as well [a step is wasted]")
    func a42ModelLength() throws {
        var scene = Scene(usable: 20, async: true) { $0.engine.maxModelLen = 8 }
        scene.add(1, prompt: 4, output: 50)
        let sight = try scene.expect([
            "0: admit 1 x4", "1: run 1 x1", "2: run 1 x1", "3: run 1 x1", "4: nothing", "3 ends 1",
        ])
        #expect(sight.record(1)?.outputTokens == 4)
        #expect(sight.result.counters.wastedEntries == 0)
    }

    @Test("A4.3: a request decodes in every step, though the token it follows is still in flight")
    func a43DecodesAhead() throws {
        var scene = Scene(usable: 20, async: true) { $0.engine.maxNumBatchedTokens = 3 }
        scene.add(1, prompt: 4, output: 4)
        let sight = try scene.expect([
            "0: admit 1 x3", "1: run 1 x1", "2: run 1 x1", "3: run 1 x1", "4: run 1 x1",
            "5: nothing", "4 ends 1",
        ])
        // The call at 1 ms schedules the second token, the first coming at 2 ms.
        #expect(sight.times == [0, 0, 1000, 2000, 3000, 4000])
        #expect(sight.updates.map(\.delivered) == [0, 1, 1, 1, 1, 0])
    }

    private func tightPair(output: Int32, second: Int32, limit: Int64? = nil) -> Scene {
        var scene = Scene(usable: 3, async: true) { $0.engine.enablePrefixCaching = false }
        scene.add(1, prompt: 4, output: output)
        scene.add(2, prompt: 4, output: second, limit: limit)
        return scene
    }

    @Test("A4.5: what a preempted request has in flight is delivered, blocks or not [dropped]")
    func a45StaleOutputs() throws {
        let sight = try tightPair(output: 2, second: 2).expect([
            "0: admit 1 x4, admit 2 x4", "1: run 1 x1, preempt 2", "2: nothing", "1 ends 1",
            "3: resume 2 x5", "4: nothing", "3 ends 2",
        ])
        #expect(sight.updates.map(\.delivered) == [2, 1, 0, 1, 0])
        #expect(sight.record(2)?.firstToken == 1_000_000_000)
        #expect(sight.free == [1, 1, 1, 1, 1])
    }

    @Test("A4.4: an admission computes, and is reserved room for, what is known [a token more]")
    func a44KnownTokensOnly() throws {
        // Request 2 waits with five tokens known and none in flight: two blocks, all there are.
        let sight = try tightPair(output: 2, second: 3).expect([
            "0: admit 1 x4, admit 2 x4", "1: run 1 x1, preempt 2", "2: nothing", "1 ends 1",
            "3: resume 2 x5", "4: run 2 x1", "5: nothing", "4 ends 2",
        ])
        #expect(sight.free == [1, 1, 1, 1, 1, 1])
        // A threshold cuts what is known as well.
        var scene = Scene(usable: 3, async: true) {
            $0.engine.enablePrefixCaching = false
            $0.engine.longPrefillTokenThreshold = 4
        }
        scene.add(1, prompt: 4, output: 2)
        scene.add(2, prompt: 4, output: 2)
        scene.add(3, at: 2, prompt: 4)
        let lines = try scene.run().lines
        #expect(lines.contains("3: resume 2 x4, admit 3 x4"), "\(lines)")
    }

    @Test("A4.7: a block is asked for a token earlier than that token's input is known")
    func a47BlocksEarlier() throws {
        for (isAsync, times) in [(true, [0, 0]), (false, [0, 1000])] as [(Bool, [Int64])] {
            var scene = Scene(usable: 8, async: isAsync)
            scene.add(1, prompt: 4, output: 2)
            let sight = try scene.run()
            #expect(Array(sight.times.prefix(2)) == times)
            #expect(Array(sight.free.prefix(2)) == [7, 6])
        }
    }

    @Test("A5.1: a stop token is not foreseen: a step is computed for nobody, its blocks gone")
    func a51StopToken() throws {
        var scene = Scene(usable: 8, async: true) { $0.engine.maxNumSeqs = 1 }
        scene.add(1, prompt: 4, output: 2, limit: 90)
        scene.add(2, prompt: 4)
        let sight = try scene.expect([
            "0: admit 1 x4", "1: run 1 x1", "2: run 1 x1", "1 ends 1", "3: admit 2 x4",
            "2 wastes 1", "4: nothing", "3 ends 2",
        ])
        #expect(sight.record(1)?.finish == 2_000_000_000)
        #expect(sight.record(1)?.outputTokens == 2)
        // Request 2 holds one before that step has ended.
        #expect(sight.freeAfterUpdates == [6, 8, 7, 8, 8])
    }

    @Test("A5.2: what was in flight at a preemption leaves the count of what is in flight now")
    func a52StaleTokens() throws {
        // Request 2 loses a prompt and gets its token; what it computes anew has one of its own.
        let sight = try tightPair(output: 2, second: 3).run()
        #expect(sight.updates.map(\.delivered) == [2, 1, 0, 1, 1, 0])
        #expect(sight.record(2)?.outputTokens == 3)
        #expect(sight.result.counters.wastedEntries == 0)
        #expect(sight.result.counters.scheduledTokens == 4 + 4 + 1 + 5 + 1)
    }

    @Test("A5.3: a token ends a request by its outputs, the model's length or a stop token")
    func a53Stops() throws {
        let ends: [(output: Int32, limit: Int64?, length: Int, tokens: Int32)] = [
            (3, nil, 100, 3), (50, nil, 7, 3), (3, 90, 100, 3),
        ]
        for (output, limit, length, tokens) in ends {
            var scene = Scene(usable: 20, async: true) { $0.engine.maxModelLen = length }
            scene.add(1, prompt: 4, output: output, limit: limit)
            let record = try scene.run().record(1)
            #expect(record?.outputTokens == tokens)
            #expect(record?.finish == 3_000_000_000)
        }
    }

    @Test("A5.4: a last block is registered when its last token is delivered [never]")
    func a54RegistrationAtTheUpdate() throws {
        var scene = Scene(usable: 20, async: true)
        scene.add(1, content: [(7, 3)], output: 6, answer: 50)
        scene.add(2, at: 20, content: [(7, 3), (50, 6)])
        let sight = try scene.run()
        // A6: the first block, full with token 4 of call 1, has its key in call 2.
        #expect(Array(sight.keys.prefix(7)) == [0, 0, 1, 1, 1, 1, 1])
        #expect(Array(sight.updates.map(\.keys).prefix(6)) == [0, 1, 1, 1, 1, 2])
        #expect(sight.lines.contains("7: admit 2 x1 hit 8"))
    }

    @Test("A5.5: a request can finish while it is preempted, and leaves the queue [comes back]")
    func a55FinishWhilePreempted() throws {
        let sight = try tightPair(output: 3, second: 1, limit: 8).expect([
            "0: admit 1 x4, admit 2 x4", "1: run 1 x1, preempt 2", "0 ends 2", "2: run 1 x1",
            "3: nothing", "2 ends 1",
        ])
        #expect(sight.calls.map(\.waiting) == [0, 1, 0, 0])
        #expect(sight.record(2)?.outcome == .finished)
        #expect(sight.record(2)?.finish == 1_000_000_000)
        #expect(sight.record(2)?.preemptions == 1)
    }

    @Test("A6: a block whose token was in flight at a preemption has no key [is hit]")
    func a6PreemptedBeforeRegistration() throws {
        for isAsync in [false, true] {
            var scene = Scene(usable: 3, async: isAsync)
            scene.add(1, prompt: 3, output: 3)
            scene.add(2, prompt: 3, output: 4)
            let start = [
                "0: admit 1 x3, admit 2 x3", "1: run 1 x1, run 2 x1", "2: run 1 x1, preempt 2",
            ]
            let known = ["2 ends 1", "3: resume 2 x1 hit 4", "4: run 2 x1", "4 ends 2"]
            let inFlight = [
                "3: nothing", "2 ends 1", "4: resume 2 x5", "5: run 2 x1", "6: nothing", "5 ends 2",
            ]
            try scene.expect(start + (isAsync ? inFlight : known))
        }
    }

    @Test("A7.1: a window slides over what is delivered, not over what is in flight [a step early]")
    func a71WindowOverSettledTokens() throws {
        var scene = Scene(usable: 8, async: true) { $0.engine.groups = [.sliding(window: 8)] }
        scene.add(1, prompt: 8, output: 12)
        let sight = try scene.run()
        // Synchronously a block is free in the steps that compute tokens 12 and 16 (S8.2); here it
        // goes in the step after, which takes another.
        #expect(sight.free == [6, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5])
        #expect(sight.calls[4].tablesDigest == tables([(1, [1, 2, 3])]))
    }

    @Test("A7.2: the reserve's cap is window and two budgets [one]")
    func a72CapOfTwoBudgets() throws {
        // ⌈(7 + 16) / 4⌉ + 1 = 7 blocks, of which six are free at first.
        func scene(_ usable: Int) -> Scene {
            var scene = Scene(usable: usable, async: true) {
                $0.engine.groups = [.sliding(window: 8)]
                $0.engine.maxNumBatchedTokens = 8
                $0.engine.enablePrefixCaching = false
            }
            scene.add(1, prompt: 5, output: 3)
            scene.add(2, prompt: 40)
            return scene
        }
        try scene(8).expect([
            "0: admit 1 x5", "1: run 1 x1", "2: run 1 x1", "3: nothing", "2 ends 1",
            "4: admit 2 x8", "5: run 2 x8", "6: run 2 x8", "7: run 2 x8", "8: run 2 x8",
            "9: nothing", "8 ends 2",
        ])
        #expect(try scene(6).run().record(2)?.rejection == .needsMoreBlocksThanThePool)
    }
}
