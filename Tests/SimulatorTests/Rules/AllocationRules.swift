import Simulator
import Testing

@Suite("Rules S5: asking for blocks")
struct AllocationRules {
    @Test("S5.1: the watermark is a share of all blocks, the null block too [of usable blocks]")
    func s51WatermarkCountsTheNullBlock() throws {
        // Three of ten blocks; of nine it would be two, and request 2 would fit.
        var scene = Scene(usable: 9) { $0.engine.watermark = 0.3 }
        scene.add(1, prompt: 20)
        scene.add(2, prompt: 8)
        try scene.expect(["0: admit 1 x20", "0 ends 1", "1: admit 2 x8", "1 ends 2"])
    }

    @Test("S5.2a: the reserve counts the outputs of who comes back [the prompt only]")
    func s52aReserveCountsOutputs() throws {
        var scene = Scene(usable: 4) {
            $0.engine.maxNumBatchedTokens = 9
            $0.engine.enablePrefixCaching = false
        }
        scene.add(1, prompt: 4, output: 5)
        scene.add(2, prompt: 8, output: 2)
        // In the fourth step two blocks are free: enough for a chunk of eight and for the prompt,
        // not for the nine tokens that request 2 has by then.
        let sight = try scene.expect([
            "0: admit 1 x4, admit 2 x5", "1: run 1 x1, run 2 x3", "2: run 1 x1, preempt 2",
            "3: run 1 x1", "4: run 1 x1", "4 ends 1", "5: resume 2 x9", "5 ends 2",
        ])
        #expect(sight.free[3] == 2)
    }

    @Test("S5.2b: the reserve counts no outputs to come")
    func s52bReserveCountsNoFuture() throws {
        var scene = Scene(usable: 4)
        scene.add(1, prompt: 8, output: 8)
        scene.add(2, prompt: 8, output: 8)
        #expect(try scene.run().lines.first == "0: admit 1 x8, admit 2 x8")
    }

    @Test("S5.2c: a hit that somebody holds costs the reserve nothing")
    func s52cHeldHitsAreFree() throws {
        var scene = Scene(usable: 4)
        scene.add(1, content: [(7, 8)], output: 2)
        scene.add(2, at: 1, content: [(7, 8), (9, 3)])
        let sight = try scene.expect([
            "0: admit 1 x8", "1: run 1 x1, admit 2 x3 hit 8", "1 ends 1 2",
        ])
        #expect(sight.free == [2, 0])
    }

    @Test("S5.2d: a hit that nobody holds costs the reserve its block [nothing]")
    func s52dFreeHitsCount() throws {
        // Request 3 knows four blocks of tokens, two of them cached. One token of budget is left
        // to it: with the hits that takes three blocks, all that are free, but all of it four.
        var scene = Scene(usable: 5) { $0.engine.maxNumBatchedTokens = 9 }
        scene.add(1, content: [(7, 8)])
        scene.add(2, at: 1, content: [(9, 8)], output: 2)
        scene.add(3, at: 1, content: [(7, 8), (8, 8)])
        let sight = try scene.expect([
            "0: admit 1 x8", "0 ends 1", "1: admit 2 x8", "2: run 2 x1", "2 ends 2",
            "3: admit 3 x8 hit 8", "3 ends 3",
        ])
        #expect(sight.free[1] == 3)
    }

    @Test("S5.3a: what left the window is free for the step that needs a block [for the next]")
    func s53aReleaseBeforeTheTest() throws {
        var scene = Scene(usable: 4) {
            $0.engine.groups = [.sliding(window: 9)]
            $0.engine.enablePrefixCaching = false
        }
        scene.add(1, prompt: 12, output: 2)
        scene.add(2, prompt: 3, output: 2)
        // All blocks are held. Token 13 needs one, and tokens 1 to 4 are out of its sight.
        let sight = try scene.expect([
            "0: admit 1 x12, admit 2 x3", "1: run 1 x1, run 2 x1", "1 ends 1 2",
        ])
        #expect(sight.free == [0, 0])
    }

    @Test("S5.3b: it is free even if the answer is no [once it is yes]")
    func s53bReleaseThoughRefused() throws {
        var scene = Scene(usable: 6) {
            $0.engine.groups = [.sliding(window: 9)]
            $0.engine.enablePrefixCaching = false
            $0.engine.maxNumBatchedTokens = 23
            $0.engine.longPrefillTokenThreshold = 12
        }
        scene.add(1, prompt: 20)
        scene.add(2, prompt: 11, output: 2)
        let sight = try scene.expect([
            "0: admit 1 x12, admit 2 x11", "1: run 1 x8, preempt 2", "1 ends 1", "2: resume 2 x12",
            "2 ends 2",
        ])
        // Block 1 was released, one too few; then those of request 2, which stand before it.
        #expect(sight.calls[1].tablesDigest == tables([(1, [0, 2, 3, 6, 5])]))
        #expect(sight.calls[1].queueDigest == queue([4, 1]))
    }

    @Test("S5.4: hits that nobody holds count like blocks to be had [adopted, then short]")
    func s54FreeHitsAreTaken() throws {
        var scene = Scene(usable: 4) { $0.engine.schedulerReserveFullISL = false }
        scene.add(1, content: [(7, 8)])
        scene.add(2, at: 1, content: [(9, 8)], output: 2)
        scene.add(3, at: 1, content: [(7, 8), (8, 4)])
        // In the second step two blocks are free and both are hits of request 3, which needs one
        // more. The second of them is evicted before its turn comes.
        let sight = try scene.expect([
            "0: admit 1 x8", "0 ends 1", "1: admit 2 x8", "2: run 2 x1", "2 ends 2",
            "3: admit 3 x8 hit 4", "3 ends 3",
        ])
        #expect(sight.free == [2, 2, 1, 1])
    }

    @Test("S5.5a: a block keeps its key until it is handed out [until it is free]")
    func s55aLazyEviction() throws {
        var scene = Scene(usable: 4)
        scene.add(1, content: [(7, 8)])
        scene.add(2, at: 1, content: [(9, 8)])
        scene.add(3, at: 2, content: [(8, 8)])
        scene.add(4, at: 3, content: [(9, 8), (5, 1)])
        let sight = try scene.expect([
            "0: admit 1 x8", "0 ends 1", "1: admit 2 x8", "1 ends 2", "2: admit 3 x8", "2 ends 3",
            "3: admit 4 x1 hit 8", "3 ends 4",
        ])
        // Request 3 takes the two blocks of request 1, request 4 one of request 3.
        #expect(sight.evictions == [0, 0, 2, 1])
        #expect(sight.keys == [2, 4, 4, 3])
    }

    @Test("S5.5b: new blocks come from the front of the free queue, hits leave it where they are")
    func s55bFrontOfTheQueue() throws {
        var scene = Scene(usable: 6)
        scene.add(1, content: [(7, 8)])
        scene.add(2, at: 1, content: [(7, 8), (9, 5)], output: 2)
        let calls = try scene.run().calls
        #expect(calls[0].tablesDigest == tables([(1, [1, 2])]))
        #expect(calls[0].queueDigest == queue([3, 4, 5, 6]))
        // The first request's went to the back, the last one first, and are taken from there.
        #expect(calls[1].tablesDigest == tables([(2, [1, 2, 3, 4])]))
        #expect(calls[1].queueDigest == queue([5, 6]))
    }

    @Test("S5.6a: keys are registered when a step is scheduled: its prompts share [a step later]")
    func s56aSharingInOneStep() throws {
        var scene = Scene(usable: 20)
        scene.add(1, content: [(7, 9)])
        scene.add(2, content: [(7, 9)])
        try scene.expect(["0: admit 1 x9, admit 2 x1 hit 8", "0 ends 1 2"])
    }

    @Test("S5.6b: a prompt in chunks can be hit chunk by chunk [when it is whole]")
    func s56bChunkByChunk() throws {
        var scene = Scene(usable: 20) {
            $0.engine.maxNumBatchedTokens = 10
            $0.engine.longPrefillTokenThreshold = 8
        }
        scene.add(1, content: [(7, 16)])
        scene.add(2, content: [(7, 16)])
        try scene.expect([
            "0: admit 1 x8, admit 2 x2 hit 8", "1: run 1 x8, run 2 x2", "1 ends 1", "2: run 2 x4",
            "2 ends 2",
        ])
    }

    @Test("S5.6c: a block filled by decoding has its key in the step of its last token")
    func s56cDecodedBlocks() throws {
        for (output, keys) in [(6, [0, 1, 1, 1, 1, 2]), (5, [0, 1, 1, 1, 1])] as [(Int32, [Int])] {
            var scene = Scene(usable: 20)
            scene.add(1, prompt: 3, output: output)
            let sight = try scene.run()
            // The last token sampled is never computed: the eighth is that of the shorter answer.
            #expect(sight.keys == keys)
            #expect(sight.updates.last?.keys == keys.last)
        }
    }
}
