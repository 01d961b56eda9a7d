import Simulator
import Testing

@Suite("Rules S4.0 and S4.1: budgets, running requests, preemption")
struct RunningRules {
    @Test("S4.0a: the smaller of the two budgets governs", arguments: [5, 30])
    func s40aBudgets(limit: Int) throws {
        var scene = Scene(usable: 20) {
            $0.engine.maxNumBatchedTokens = 8
            $0.engine.maxNumScheduledTokens = limit
        }
        scene.add(1, prompt: 8)
        scene.add(2, prompt: 8)
        let five = [
            "0: admit 1 x5", "1: run 1 x3, admit 2 x2", "1 ends 1", "2: run 2 x5", "3: run 2 x1",
            "3 ends 2",
        ]
        let eight = ["0: admit 1 x8", "0 ends 1", "1: admit 2 x8", "1 ends 2"]
        try scene.expect(limit == 5 ? five : eight)
    }

    @Test("S4.0b: long prompts are cut into pieces, but not that of a request alone [always]")
    func s40bLongPrefill() throws {
        var scene = Scene(usable: 20) { $0.engine.longPrefillTokenThreshold = 4 }
        scene.add(1, prompt: 12)
        scene.add(2, at: 10, prompt: 12)
        scene.add(3, at: 10, prompt: 12)
        try scene.expect([
            "0: admit 1 x12", "0 ends 1", "1: admit 2 x4, admit 3 x4", "2: run 2 x4, run 3 x4",
            "3: run 2 x4, run 3 x4", "3 ends 2 3",
        ])
    }

    @Test("S4.0c: the piece is cut before the budget is asked [the whole prompt is too long]")
    func s40cCutBeforeTheBudget() throws {
        var scene = Scene(usable: 20) {
            $0.engine.maxNumBatchedTokens = 8
            $0.engine.longPrefillTokenThreshold = 4
            $0.engine.enableChunkedPrefill = false
        }
        scene.add(1, prompt: 3)
        scene.add(2, prompt: 8)
        // Five tokens of the budget are left: less than the prompt, more than the piece.
        try scene.expect([
            "0: admit 1 x3, admit 2 x4", "0 ends 1", "1: run 2 x4", "1 ends 2",
        ])
    }

    @Test("S4.0d: adaptively the threshold is a request's part of the budget, if that is larger")
    func s40dAdaptiveThreshold() throws {
        for (threshold, lines) in [
            (2, ["0: admit 1 x8, admit 2 x8", "1: run 1 x4, run 2 x4", "1 ends 1 2"]),
            (10, ["0: admit 1 x10, admit 2 x6", "1: run 1 x2, run 2 x6", "1 ends 1 2"]),
        ] {
            var scene = Scene(usable: 20) {
                $0.engine.maxNumBatchedTokens = 16
                $0.engine.longPrefillTokenThreshold = threshold
                $0.engine.longPrefillTokenThresholdAdaptive = true
            }
            scene.add(1, prompt: 12)
            scene.add(2, prompt: 12)
            try scene.expect(lines)
        }
    }

    @Test("S4.1a: running requests go first, and all of the budget may be theirs")
    func s41aRunningFirst() throws {
        var scene = Scene(usable: 20) { $0.engine.maxNumBatchedTokens = 4 }
        scene.add(1, prompt: 4, output: 3)
        scene.add(2, prompt: 6)
        try scene.expect([
            "0: admit 1 x4", "1: run 1 x1, admit 2 x3", "2: run 1 x1, run 2 x3", "2 ends 1 2",
        ])
    }

    @Test("S4.1b: in list order, decode or prefill: a prompt may leave those behind it nothing")
    func s41bListOrder() throws {
        var scene = Scene(usable: 20) {
            $0.engine.maxNumBatchedTokens = 12
            $0.engine.maxNumScheduledTokens = 4
            $0.engine.longPrefillTokenThreshold = 1
            $0.engine.longPrefillTokenThresholdAdaptive = true
        }
        scene.add(1, prompt: 12)
        scene.add(2, prompt: 1, output: 3)
        scene.add(3, prompt: 1, output: 3)
        for id in Int64(4)...6 { scene.add(id, prompt: 4, abort: 1) }
        // A sixth of twelve tokens at first, a third when half of the requests have gone.
        try scene.expect([
            "0: admit 1 x2, admit 2 x1, admit 3 x1", "1: abort 4 5 6, run 1 x4", "2: run 1 x4",
            "3: run 1 x2, run 2 x1, run 3 x1", "3 ends 1", "4: run 2 x1, run 3 x1", "4 ends 2 3",
        ])
    }

    @Test("S4.1c: a running request gets its blocks past the watermark [it is preempted]")
    func s41cNoWatermarkForRunning() throws {
        var scene = Scene(usable: 5) { $0.engine.watermark = 0.5 }
        scene.add(1, prompt: 12, output: 5)
        let sight = try scene.expect([
            "0: admit 1 x12", "1: run 1 x1", "2: run 1 x1", "3: run 1 x1", "4: run 1 x1",
            "4 ends 1",
        ])
        // Three blocks are to be left free: they are not.
        #expect(sight.free == [2, 1, 1, 1, 1])
    }

    /// Request 1 needs a third block when there is none.
    private func tightPair() -> Scene {
        var scene = Scene(usable: 4) { $0.engine.enablePrefixCaching = false }
        scene.add(1, prompt: 8, output: 4)
        scene.add(2, prompt: 8, output: 4)
        return scene
    }

    @Test("S4.1d: first come first served preempts the last of the running [the first]")
    func s41dVictimIsTheLast() throws {
        try tightPair().expect([
            "0: admit 1 x8, admit 2 x8", "1: run 1 x1, preempt 2", "2: run 1 x1", "3: run 1 x1",
            "3 ends 1", "4: resume 2 x9", "5: run 2 x1", "6: run 2 x1", "6 ends 2",
        ])
    }

    @Test("S4.1e: by priority the victim has the largest priority, wherever it stands [the last]")
    func s41eVictimByPriority() throws {
        var scene = Scene(usable: 6) {
            $0.engine.policy = .priority
            $0.engine.enablePrefixCaching = false
        }
        scene.add(1, prompt: 5, output: 6)
        scene.add(2, at: 1, prompt: 6, output: 6, priority: 5)
        scene.add(3, at: 2, prompt: 7, output: 4, priority: 1)
        // All three need a third block in the fifth step.
        try scene.expect([
            "0: admit 1 x5", "1: run 1 x1, admit 2 x6", "2: run 1 x1, run 2 x1, admit 3 x7",
            "3: run 1 x1, run 2 x1, run 3 x1", "4: run 1 x1, run 3 x1, preempt 2",
            "5: run 1 x1, run 3 x1", "5 ends 1 3", "6: resume 2 x9", "7: run 2 x1", "8: run 2 x1",
            "8 ends 2",
        ])
    }

    @Test("S4.1f: of equal priority the latest, and of those the first in the list [the last]")
    func s41fVictimOfEquals() throws {
        var scene = Scene(usable: 6) {
            $0.engine.policy = .priority
            $0.engine.enablePrefixCaching = false
        }
        scene.add(1, prompt: 5, output: 6, priority: 5)
        scene.add(2, at: 1, prompt: 6, output: 5, priority: 5)
        scene.add(3, at: 1, prompt: 6, output: 5, priority: 5)
        try scene.expect([
            "0: admit 1 x5", "1: run 1 x1, admit 2 x6, admit 3 x6",
            "2: run 1 x1, run 2 x1, run 3 x1", "3: run 1 x1, run 2 x1, run 3 x1",
            "4: run 1 x1, run 3 x1, preempt 2", "5: run 1 x1, run 3 x1", "5 ends 1 3",
            "6: resume 2 x9", "7: run 2 x1", "7 ends 2",
        ])
    }

    @Test("S4.1g: a victim already in the step leaves it and gives its tokens back [keeps them]")
    func s41gRefund() throws {
        var scene = Scene(usable: 7) {
            $0.engine.policy = .priority
            $0.engine.maxNumBatchedTokens = 8
            $0.engine.enablePrefixCaching = false
            $0.engine.schedulerReserveFullISL = false
        }
        scene.add(1, prompt: 9, output: 3, priority: 5)
        scene.add(2, at: 1, prompt: 7, output: 3, priority: 0)
        scene.add(3, at: 2, prompt: 20, priority: 1)
        // In the fourth step request 2 needs a block and takes those of request 1, which was to
        // decode: seven of eight tokens are left to request 3 instead of six.
        try scene.expect([
            "0: admit 1 x8", "1: run 1 x1, admit 2 x7", "2: run 1 x1, run 2 x1, admit 3 x6",
            "3: run 2 x1, run 3 x7, preempt 1", "3 ends 2", "4: run 3 x7, resume 1 x1", "4 ends 3",
            "5: run 1 x8", "6: run 1 x2", "6 ends 1",
        ])
    }

    @Test("S4.1h: what that victim was to fill stays in the prefix cache, never computed [leaves]")
    func s41hVictimStaysRegistered() throws {
        var scene = Scene(usable: 8) {
            $0.engine.policy = .priority
            $0.engine.maxNumBatchedTokens = 12
            $0.engine.longPrefillTokenThreshold = 8
        }
        scene.add(1, prompt: 29, priority: 5)
        scene.add(2, at: 1, prompt: 4, output: 3, priority: 0)
        // In the third step request 1 was to compute tokens 21 to 28, two blocks. Request 2 takes
        // the second of these; the first is a hit when request 1 comes back.
        try scene.expect([
            "0: admit 1 x12", "1: run 1 x8, admit 2 x4", "2: run 2 x1, preempt 1", "3: run 2 x1",
            "3 ends 2", "4: resume 1 x5 hit 24", "4 ends 1",
        ])
    }

    @Test("S4.1i: who preempts itself is out, and first come first served stops there")
    func s41iSelfPreemption() throws {
        var scene = Scene(usable: 3) { $0.engine.enablePrefixCaching = false }
        scene.add(1, prompt: 5, output: 4)
        scene.add(2, prompt: 4, output: 2)
        try scene.expect([
            "0: admit 1 x5, admit 2 x4", "1: run 1 x1, preempt 2", "2: run 1 x1", "3: run 1 x1",
            "3 ends 1", "4: resume 2 x5", "4 ends 2",
        ])
    }

    /// Request 1, the least urgent, preempts itself in the third step.
    private func selfPreemption() -> Scene {
        var scene = Scene(usable: 3) {
            $0.engine.policy = .priority
            $0.engine.enablePrefixCaching = false
        }
        scene.add(1, prompt: 7, output: 4, priority: 5)
        scene.add(2, at: 1, prompt: 4, output: 3, priority: 0)
        return scene
    }

    @Test("S4.1j: by priority the step goes on behind who preempted itself [it stops]")
    func s41jGoesOnBehindItself() throws {
        try selfPreemption().expect([
            "0: admit 1 x7", "1: run 1 x1, admit 2 x4", "2: run 2 x1, preempt 1", "3: run 2 x1",
            "3 ends 2", "4: resume 1 x9", "5: run 1 x1", "5 ends 1",
        ])
    }

    @Test("S4.3a: the preempted go to the front, the last of them first [to the back]")
    func s43aBackToTheFront() throws {
        var scene = Scene(usable: 4) { $0.engine.enablePrefixCaching = false }
        for id in Int64(1)...4 { scene.add(id, prompt: 4, output: 3) }
        scene.add(5, prompt: 4)
        // They come back with their outputs: four tokens and one.
        try scene.expect([
            "0: admit 1 x4, admit 2 x4, admit 3 x4, admit 4 x4",
            "1: run 1 x1, run 2 x1, preempt 4 3", "2: run 1 x1, run 2 x1", "2 ends 1 2",
            "3: resume 3 x5, resume 4 x5", "4: run 3 x1, run 4 x1", "4 ends 3 4", "5: admit 5 x4",
            "5 ends 5",
        ])
    }

    @Test("S4.3b: by priority the preempted go where they belong, not to the front")
    func s43bBackByPriority() throws {
        var scene = selfPreemption()
        scene.add(3, at: 2, prompt: 4, priority: 1)
        // S4.2a too: in the third step a block is free for request 3, but it has to wait.
        try scene.expect([
            "0: admit 1 x7", "1: run 1 x1, admit 2 x4", "2: run 2 x1, preempt 1",
            "3: run 2 x1, admit 3 x4", "3 ends 2 3", "4: resume 1 x9", "5: run 1 x1", "5 ends 1",
        ])
    }
}
