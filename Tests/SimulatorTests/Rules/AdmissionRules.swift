import Simulator
import Testing

@Suite("Rules S4.2 to S4.5: admission, order of output, prefill cadence")
struct AdmissionRules {
    @Test("S4.2a: nobody is admitted in a step that preempted [who fits is]")
    func s42aNoAdmissionAfterPreemption() throws {
        var scene = Scene(usable: 3) {
            $0.engine.policy = .priority
            $0.engine.enablePrefixCaching = false
        }
        scene.add(1, prompt: 7, output: 3, priority: 5)
        scene.add(2, at: 1, prompt: 4, output: 2)
        scene.add(3, at: 2, prompt: 4)
        let sight = try scene.run()
        // Request 2 took one of the two blocks that request 1 left; request 3 needs one.
        #expect(sight.lines[2] == "2: run 2 x1, preempt 1")
        #expect(sight.free[2] == 1)
        #expect(sight.lines[4] == "3: admit 3 x4")
    }

    @Test("S4.2b: the list of running requests has a limit, and perhaps a tighter one")
    func s42bRunningLimit() throws {
        for (limit, active) in [(4, 2), (2, nil)] as [(Int, Int?)] {
            var scene = Scene(usable: 20) {
                $0.engine.maxNumSeqs = limit
                $0.engine.maxNumActiveSeqs = active
            }
            for id in Int64(1)...3 { scene.add(id, prompt: 4, output: 2) }
            try scene.expect([
                "0: admit 1 x4, admit 2 x4", "1: run 1 x1, run 2 x1", "1 ends 1 2",
                "2: admit 3 x4", "3: run 3 x1", "3 ends 3",
            ])
        }
    }

    @Test("S4.2c: who comes back looks up its prefix, outputs included, and computes the rest")
    func s42cResumedLookUp() throws {
        var scene = Scene(usable: 5)
        scene.add(1, prompt: 8, output: 4)
        scene.add(2, prompt: 8, output: 4)
        try scene.expect([
            "0: admit 1 x8, admit 2 x8", "1: run 1 x1, preempt 2", "2: run 1 x1", "3: run 1 x1",
            "3 ends 1", "4: resume 2 x1 hit 8", "5: run 2 x1", "6: run 2 x1", "6 ends 2",
        ])
    }

    @Test("S4.2d: without chunked prefill a prompt past the budget stops admission [is skipped]")
    func s42dNoChunking() throws {
        var scene = Scene(usable: 20) {
            $0.engine.maxNumBatchedTokens = 8
            $0.engine.maxModelLen = 8
            $0.engine.enableChunkedPrefill = false
        }
        scene.add(1, prompt: 6)
        scene.add(2, prompt: 4)
        scene.add(3, prompt: 1)
        try scene.expect([
            "0: admit 1 x6", "0 ends 1", "1: admit 2 x4, admit 3 x1", "1 ends 2 3",
        ])
    }

    @Test("S4.2e: the watermark holds next to running requests only [always; never]")
    func s42eWatermark() throws {
        // Three blocks are to stay free. The first request takes seven of nine all the same; the
        // second, which needs one, waits although the first has been admitted in this very step.
        var scene = Scene(usable: 9) { $0.engine.watermark = 0.3 }
        scene.add(1, prompt: 28)
        scene.add(2, prompt: 4)
        try scene.expect(["0: admit 1 x28", "0 ends 1", "1: admit 2 x4", "1 ends 2"])
    }

    @Test("S4.2f: who is admitted has room for all it knows, unless told otherwise [for a chunk]")
    func s42fFullSequenceGate() throws {
        for reserves in [true, false] {
            var scene = Scene(usable: 4) {
                $0.engine.maxNumBatchedTokens = 12
                $0.engine.enablePrefixCaching = false
                $0.engine.schedulerReserveFullISL = reserves
            }
            scene.add(1, prompt: 8, output: 4)
            scene.add(2, prompt: 12)
            let gated = [
                "0: admit 1 x8", "1: run 1 x1", "2: run 1 x1", "3: run 1 x1", "3 ends 1",
                "4: admit 2 x12", "4 ends 2",
            ]
            let free = [
                "0: admit 1 x8, admit 2 x4", "1: run 1 x1, preempt 2", "2: run 1 x1",
                "3: run 1 x1", "3 ends 1", "4: resume 2 x12", "4 ends 2",
            ]
            try scene.expect(reserves ? gated : free)
        }
    }

    @Test("S4.2g: nobody overtakes the head, and nobody is preempted for it [who fits goes]")
    func s42gNobodyOvertakes() throws {
        var scene = Scene(usable: 4) { $0.engine.enablePrefixCaching = false }
        scene.add(1, prompt: 8, output: 3)
        scene.add(2, at: 1, prompt: 12)
        scene.add(3, at: 1, prompt: 4)
        let sight = try scene.expect([
            "0: admit 1 x8", "1: run 1 x1", "2: run 1 x1", "2 ends 1", "3: admit 2 x12, admit 3 x4",
            "3 ends 2 3",
        ])
        #expect(sight.free[1] == 1)
    }

    @Test("S4.4: a step lists running requests in list order, then admissions; so do ends")
    func s44OutputOrder() throws {
        var scene = Scene(usable: 20)
        scene.add(9, prompt: 4, output: 2)
        scene.add(5, prompt: 4, output: 2)
        scene.add(1, at: 1, prompt: 4)
        try scene.expect([
            "0: admit 9 x4, admit 5 x4", "1: run 9 x1, run 5 x1, admit 1 x4", "1 ends 9 5 1",
        ])
    }

    private func cadence(every interval: Int, _ change: (inout RunPlan) -> Void = { _ in }) -> Scene
    {
        Scene(usable: 20) {
            $0.engine.prefillScheduleInterval = interval
            change(&$0)
        }
    }

    @Test("S4.5a: prefill goes into every third step while somebody decodes [into each]")
    func s45aInterval() throws {
        var scene = cadence(every: 3) { $0.engine.maxNumBatchedTokens = 4 }
        scene.add(1, prompt: 4, output: 8)
        scene.add(2, at: 1, prompt: 6)
        // The second half of a prompt waits like the first.
        try scene.expect([
            "0: admit 1 x4", "1: run 1 x1", "2: run 1 x1", "3: run 1 x1, admit 2 x3", "4: run 1 x1",
            "5: run 1 x1", "6: run 1 x1, run 2 x3", "6 ends 2", "7: run 1 x1", "7 ends 1",
        ])
    }

    @Test("S4.5b: a prompt that is cached but for its last token enters in between")
    func s45bFullHitEnters() throws {
        var scene = cadence(every: 3)
        scene.add(1, content: [(7, 4)], output: 5)
        scene.add(2, at: 1, content: [(7, 4), (9, 1)])
        scene.add(3, at: 1, content: [(7, 4), (9, 2)])
        try scene.expect([
            "0: admit 1 x4", "1: run 1 x1, admit 2 x1 hit 4", "1 ends 2", "2: run 1 x1",
            "3: run 1 x1, admit 3 x2 hit 4", "3 ends 3", "4: run 1 x1", "4 ends 1",
        ])
    }

    @Test("S4.5c: nothing is held back while requests wait for room")
    func s45cCapacityBound() throws {
        var scene = cadence(every: 3) { $0.engine.maxNumSeqs = 2 }
        scene.add(1, prompt: 4, output: 4)
        scene.add(2, prompt: 4, output: 2)
        scene.add(3, prompt: 4)
        try scene.expect([
            "0: admit 1 x4, admit 2 x4", "1: run 1 x1, run 2 x1", "1 ends 2",
            "2: run 1 x1, admit 3 x4", "2 ends 3", "3: run 1 x1", "3 ends 1",
        ])
    }
}
