import Simulator
import Testing

@Suite("Rules A1 and A2: the asynchronous loop")
struct AsyncLoopRules {
    @Test("A1.1: two batches are under way; the next is scheduled when one ends [one batch]")
    func a11TwoBatches() throws {
        var scene = Scene(usable: 20, async: true)
        scene.add(1, prompt: 4, output: 3)
        let sight = try scene.expect([
            "0: admit 1 x4", "1: run 1 x1", "2: run 1 x1", "3: nothing", "2 ends 1",
        ])
        #expect(sight.times == [0, 0, 1000, 2000])
        #expect(sight.starts == [0, 1000, 2000, 3000])
        #expect(sight.record(1)?.firstToken == 1_000_000_000)
        #expect(sight.record(1)?.finish == 3_000_000_000)
    }

    @Test("A1.2: who arrives during a batch goes into the one after the next [into the next]")
    func a12ArrivalDuringABatch() throws {
        for (isAsync, start) in [(true, 3000), (false, 2000)] as [(Bool, Int64)] {
            var scene = Scene(usable: 20, async: isAsync)
            scene.add(1, prompt: 4, output: 6)
            // In the middle of batch 1.
            scene.add(2, at: 1.5, prompt: 4)
            let sight = try scene.run()
            let call = sight.calls.first { $0.entries.contains { $0.id == 2 } }
            #expect(call?.time == 2_000_000_000)
            #expect(call?.executionStart == start * 1_000_000)
            #expect(sight.record(2)?.firstToken == (start + 1000) * 1_000_000)
        }
    }

    @Test("A1.3: calls made only to tell the workers of an end have no number and take no time")
    func a13CleanupCalls() throws {
        var scene = Scene(usable: 20, async: true)
        scene.add(1, prompt: 4)
        scene.add(2, at: 10, prompt: 4)
        let sight = try scene.expect([
            "0: admit 1 x4", "1: nothing", "0 ends 1", "2: admit 2 x4", "3: nothing", "2 ends 2",
        ])
        #expect(sight.times == [0, 0, 10_000, 10_000])
        #expect(sight.result.counters.emptySteps == 2)
        #expect(sight.result.counters.steps == 2)
    }

    @Test("A1.4a: who gives up by a batch's end gets nothing of it [its token]")
    func a14aAbortBeforeTheUpdate() throws {
        var scene = Scene(usable: 20, async: true)
        scene.add(1, prompt: 4, output: 5, abort: 2)
        let sight = try scene.expect([
            "0: admit 1 x4", "1: run 1 x1", "2: run 1 x1", "1 aborts 1, wastes 1", "2 wastes 1",
        ])
        let record = try #require(sight.record(1))
        #expect(record.outcome == .aborted)
        #expect(record.outputTokens == 1)
        #expect(record.finish == 2_000_000_000)
        #expect(sight.result.counters.wastedEntries == 2)
    }

    @Test("A1.4b: who arrives and gives up before a call is aborted there")
    func a14bAbortAtTheCall() throws {
        var scene = Scene(usable: 20, async: true)
        scene.add(1, prompt: 4, output: 4)
        scene.add(2, at: 1.2, prompt: 4, abort: 1.5)
        try scene.expect([
            "0: admit 1 x4", "1: run 1 x1", "2: run 1 x1", "3: abort 2, run 1 x1", "4: nothing",
            "3 ends 1",
        ])
    }

    @Test("A1.5: a batch of nothing takes no time, and the loop sleeps after one if told to")
    func a15EmptyBatchesAndYields() throws {
        for (yield, times) in [
            (0, [0, 0, 1000, 2000, 3200, 3200]), (1000, [0, 0, 1000, 2000, 4000, 4000]),
        ] as [(Int64, [Int64])] {
            var scene = Scene(usable: 20, async: true) {
                $0.engine.emptyYieldMicroseconds = yield
            }
            scene.add(1, prompt: 4, output: 3)
            // Just after the end of request 1 at 3 ms, which left the loop asleep until 4 ms.
            scene.add(2, at: 3.2, prompt: 4)
            let sight = try scene.expect([
                "0: admit 1 x4", "1: run 1 x1", "2: run 1 x1", "3: nothing", "2 ends 1",
                "4: admit 2 x4", "5: nothing", "4 ends 2",
            ])
            #expect(sight.times == times)
            #expect(sight.calls[3].executionStart == sight.calls[3].executionEnd)
        }
    }

    @Test("A2: an update says what it delivered and which blocks are free after it")
    func a2Updates() throws {
        var scene = Scene(usable: 20, async: true)
        scene.add(1, prompt: 4, output: 2)
        scene.add(2, prompt: 4, output: 3)
        let sight = try scene.run()
        #expect(sight.updates.map(\.number) == [0, 1, 2, 3])
        #expect(sight.updates.map(\.delivered) == [2, 2, 1, 0])
        #expect(sight.updates.map(\.finished) == [[], [1], [2], []])
        // Two blocks each from the second step on.
        #expect(sight.freeAfterUpdates == [16, 18, 20, 20])
    }
}
