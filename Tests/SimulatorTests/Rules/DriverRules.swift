import Basics
import Simulator
import StepTime
import Testing

// Labels name the numbered rules of the reference description of vLLM 0.33.0's scheduler: S for
// the synchronous one, A for what differs in the asynchronous one. In brackets: what a scheduler
// that broke the rule would have done.

@Suite("Rules S1 to S3: the loop around the scheduler, and its queues")
struct DriverRules {
    @Test("S1.1a: who arrives at the very moment of a step is in it [a step later]")
    func s11aArrivalAtTheMomentOfAStep() throws {
        var scene = Scene(usable: 20)
        scene.add(1, prompt: 4, output: 3)
        scene.add(2, at: 1, prompt: 4)
        try scene.expect([
            "0: admit 1 x4", "1: run 1 x1, admit 2 x4", "1 ends 2", "2: run 1 x1", "2 ends 1",
        ])
    }

    @Test("S1.1b: who arrives together keeps the order of the trace [by id]")
    func s11bArrivalsInTraceOrder() throws {
        var scene = Scene(usable: 20)
        scene.add(9, prompt: 4)
        scene.add(3, prompt: 4)
        try scene.expect(["0: admit 9 x4, admit 3 x4", "0 ends 9 3"])
    }

    @Test("S1.1c: aborts come after arrivals, by time and then id, and free blocks at once")
    func s11cAborts() throws {
        // Five tokens each at the second step: two blocks each, all six.
        var scene = Scene(usable: 6)
        scene.add(5, prompt: 4, output: 4, abort: 2)
        scene.add(4, prompt: 4, output: 4, abort: 2)
        scene.add(3, prompt: 4, output: 4, abort: 1.5)
        scene.add(6, at: 2, prompt: 20, output: 2)
        try scene.expect([
            "0: admit 5 x4, admit 4 x4, admit 3 x4", "1: run 5 x1, run 4 x1, run 3 x1",
            "2: abort 3 4 5, admit 6 x20", "3: run 6 x1", "3 ends 6",
        ])
    }

    @Test("S1.1d: who waits is aborted too, even before it was ever seen to wait")
    func s11dAbortsInTheQueue() throws {
        var scene = Scene(usable: 6) { $0.engine.maxNumSeqs = 1 }
        scene.add(1, prompt: 4, output: 4)
        scene.add(2, prompt: 4, abort: 2)
        scene.add(3, at: 1.2, prompt: 4, abort: 1.5)
        let sight = try scene.expect([
            "0: admit 1 x4", "1: run 1 x1", "2: abort 3 2, run 1 x1", "3: run 1 x1", "3 ends 1",
        ])
        #expect(sight.calls.map(\.waiting) == [1, 1, 0, 0])
        #expect(sight.record(2)?.outcome == .aborted)
        #expect(sight.record(3)?.admitted == -1)
    }

    @Test("S1.2: an idle engine jumps to the next arrival")
    func s12IdleJump() throws {
        var scene = Scene(usable: 20)
        scene.add(1, prompt: 4)
        scene.add(2, at: 7.25, prompt: 4)
        let sight = try scene.expect(["0: admit 1 x4", "0 ends 1", "1: admit 2 x4", "1 ends 2"])
        #expect(sight.times == [0, 7250])
    }

    @Test("S1.3: a step takes a fixed time, and more for each token and each request in it")
    func s13Clock() throws {
        var scene = Scene(usable: 20) {
            $0.stepTime = StepTime(
                LinearStepTime(
                    fixedMicroseconds: 5000, perTokenMicroseconds: 20, perRequestMicroseconds: 2))
        }
        scene.add(1, prompt: 10, output: 2)
        scene.add(2, prompt: 20)
        let sight = try scene.expect([
            "0: admit 1 x10, admit 2 x20", "0 ends 2", "1: run 1 x1", "1 ends 1",
        ])
        // 5000 + 20·30 + 2·2, and 5000 + 20·1 + 2·1 more.
        #expect(sight.times == [0, 5604])
        #expect(sight.record(1)?.finish == 10_626_000_000)
    }

    @Test("S1.4: a token is sampled when all known tokens are computed [with every chunk]")
    func s14Sampling() throws {
        var scene = Scene(usable: 20) { $0.engine.maxNumBatchedTokens = 8 }
        scene.add(1, prompt: 20, output: 2)
        let sight = try scene.expect([
            "0: admit 1 x8", "1: run 1 x8", "2: run 1 x4", "3: run 1 x1", "3 ends 1",
        ])
        #expect(sight.updates.map(\.delivered) == [0, 0, 1, 1])
        #expect(sight.record(1)?.firstToken == 3_000_000_000)
    }

    @Test("S1.5: a token is its content and its place in it, answers included")
    func s15TokenIdentity() throws {
        var scene = Scene(usable: 20)
        scene.add(1, content: [(7, 4)], output: 6, answer: 50)
        scene.add(2, at: 10, content: [(7, 4), (50, 6), (8, 2)])
        scene.add(3, at: 20, content: [(7, 4), (51, 6), (8, 2)])
        let sight = try scene.run()
        #expect(
            sight.lines.filter { $0.contains("admit") }.dropFirst() == [
                "6: admit 2 x4 hit 8", "7: admit 3 x8 hit 4",
            ])
    }

    @Test("S2: waiting, running, free blocks, keys and evictions are those after the call")
    func s2Counts() throws {
        var scene = Scene(usable: 10) { $0.engine.maxNumSeqs = 1 }
        scene.add(1, prompt: 8, output: 2)
        scene.add(2, prompt: 4)
        let sight = try scene.expect([
            "0: admit 1 x8", "1: run 1 x1", "1 ends 1", "2: admit 2 x4", "2 ends 2",
        ])
        #expect(sight.calls.map(\.waiting) == [1, 1, 0])
        #expect(sight.calls.map(\.running) == [1, 1, 1])
        #expect(sight.free == [8, 7, 9])
        #expect(sight.freeAfterUpdates == [8, 10, 10])
        #expect(sight.keys == [2, 2, 3])
        #expect(sight.evictions == [0, 0, 0])
    }

    @Test("S3a: first come first served knows no priorities")
    func s3aFirstComeFirstServed() throws {
        var scene = Scene(usable: 20) { $0.engine.maxNumSeqs = 1 }
        scene.add(1, prompt: 4, priority: 9)
        scene.add(2, prompt: 4, priority: 0)
        try scene.expect(["0: admit 1 x4", "0 ends 1", "1: admit 2 x4", "1 ends 2"])
    }

    @Test("S3b: by priority the smallest goes first, then the earliest, then the least id")
    func s3bPriority() throws {
        var scene = Scene(usable: 20) {
            $0.engine.maxNumSeqs = 1
            $0.engine.policy = .priority
        }
        scene.add(10, prompt: 4, output: 3)
        scene.add(2, at: 0.5, prompt: 4, priority: 1)
        scene.add(4, at: 1, prompt: 4, priority: 1)
        scene.add(3, at: 1, prompt: 4, priority: 1)
        scene.add(5, at: 2, prompt: 4, priority: 0)
        let sight = try scene.run()
        #expect(
            sight.lines.filter { $0.contains("ends") } == [
                "2 ends 10", "3 ends 5", "4 ends 2", "5 ends 3", "6 ends 4",
            ])
    }
}
