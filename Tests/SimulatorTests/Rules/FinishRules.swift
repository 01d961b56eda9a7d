import Basics
import Simulator
import Testing
import Traces

@Suite("Rules S9 and S10: ends, and what is not let in")
struct FinishRules {
    @Test(
        "S9.1: a request takes the step that completes its prompt, and one for each further token")
    func s91StepsOfARequest() throws {
        var scene = Scene(usable: 20)
        scene.add(1, prompt: 4, output: 5)
        let sight = try scene.run()
        #expect(sight.calls.count == 5)
        #expect(sight.updates.map(\.delivered) == [1, 1, 1, 1, 1])
        #expect(sight.result.counters.steps == 5)
        #expect(sight.record(1)?.finish == 5_000_000_000)
    }

    @Test("S9.2: the model's length ends a request before its outputs do")
    func s92ModelLength() throws {
        var scene = Scene(usable: 20) { $0.engine.maxModelLen = 10 }
        scene.add(1, prompt: 6, output: 50)
        let sight = try scene.expect([
            "0: admit 1 x6", "1: run 1 x1", "2: run 1 x1", "3: run 1 x1", "3 ends 1",
        ])
        #expect(sight.record(1)?.outcome == .finished)
        #expect(sight.record(1)?.outputTokens == 4)
    }

    @Test("S9.3: a finished request's blocks are there for the next step, and order stays")
    func s93BlocksAreFreeAtOnce() throws {
        var scene = Scene(usable: 4)
        scene.add(1, prompt: 3, output: 3)
        scene.add(2, prompt: 3)
        scene.add(3, prompt: 3, output: 3)
        scene.add(4, prompt: 8)
        let sight = try scene.expect([
            "0: admit 1 x3, admit 2 x3, admit 3 x3", "0 ends 2",
            "1: run 1 x1, run 3 x1, admit 4 x8", "1 ends 4", "2: run 1 x1, run 3 x1", "2 ends 1 3",
        ])
        #expect(sight.free == [1, 0, 0])
        #expect(sight.freeAfterUpdates == [2, 2, 4])
    }

    @Test("S10.1: a prompt as long as the model's length is rejected, a token less is not")
    func s101PromptLength() throws {
        var scene = Scene(usable: 20) { $0.engine.maxModelLen = 10 }
        scene.add(1, prompt: 10)
        scene.add(2, prompt: 9, output: 3)
        let sight = try scene.expect(["0: admit 2 x9", "0 ends 2"])
        #expect(sight.record(1)?.outcome == .rejected)
        #expect(sight.record(1)?.rejection == .promptNotShorterThanModelLength)
        #expect(sight.result.counters.rejected == 1)
    }

    @Test("S10.2: a prompt or an answer of no tokens is refused with the whole trace")
    func s102NoTokens() {
        for (prompt, output) in [(0, 1), (1, 0)] as [(Int32, Int32)] {
            var scene = Scene(usable: 20)
            scene.add(1, prompt: prompt, output: output)
            #expect(throws: InputError.self) { try scene.run() }
        }
    }

    // The engine would refuse to start or turn in circles (rule 10); a simulator says so up front.
    @Test("S10.3: what the pool could not hold even alone is rejected, not tried for ever")
    func s103LargerThanThePool() throws {
        var scene = Scene(usable: 4)
        scene.add(1, prompt: 10, output: 7)
        scene.add(2, prompt: 10, output: 6)
        let sight = try scene.run()
        #expect(sight.record(1)?.rejection == .needsMoreBlocksThanThePool)
        #expect(sight.record(2)?.outcome == .finished)
        #expect(sight.free.last == 0)
    }

    @Test("S10.4: without chunked prefill a prompt longer than a step is rejected")
    func s104LongerThanAStep() throws {
        var scene = Scene(usable: 20) {
            $0.engine.maxNumBatchedTokens = 8
            $0.engine.enableChunkedPrefill = false
        }
        scene.add(1, prompt: 9)
        scene.add(2, prompt: 8)
        let sight = try scene.expect(["0: admit 2 x8", "0 ends 2"])
        #expect(sight.record(1)?.rejection == .promptExceedsStepBudget)
    }
}
