import Models
import Simulator
import Testing

@Suite("Rules S8: sliding windows")
struct WindowRules {
    /// A window of eight tokens: two blocks make a hit. Everything full is registered.
    private func windowed(_ usable: Int, _ change: (inout RunPlan) -> Void = { _ in }) -> Scene {
        Scene(usable: usable) {
            $0.engine.groups = [.sliding(window: 8)]
            $0.engine.prefixCacheRetentionInterval = nil
            change(&$0)
        }
    }

    @Test("S8.1a: a hit needs the window's blocks only; what is left of them is not adopted")
    func s81aHitOfTheWindow() throws {
        var scene = windowed(10)
        scene.add(1, content: [(7, 16)])
        scene.add(2, at: 1, content: [(7, 16), (9, 1)])
        let sight = try scene.expect([
            "0: admit 1 x16", "0 ends 1", "1: admit 2 x1 hit 16", "1 ends 2",
        ])
        #expect(sight.calls[1].tablesDigest == tables([(2, [0, 0, 3, 4, 5])]))
        #expect(sight.free == [6, 7])
    }

    @Test("S8.1b: the rightmost run of enough blocks is the hit, past a block that is gone")
    func s81bRightmostRun() throws {
        var scene = windowed(5)
        scene.add(1, content: [(7, 16)])
        scene.add(2, at: 1, content: [(9, 8)])
        scene.add(3, at: 2, content: [(7, 16), (9, 1)])
        // Request 2 took block 4, the last of those cached: blocks 2 and 3 are found.
        let sight = try scene.expect([
            "0: admit 1 x16", "0 ends 1", "1: admit 2 x8", "1 ends 2", "2: admit 3 x5 hit 12",
            "2 ends 3",
        ])
        #expect(sight.evictions[1] == 1)
    }

    @Test("S8.1c: a shorter run is a hit where it touches the beginning, and there only")
    func s81cRunAtTheBeginning() throws {
        var scene = windowed(20) { $0.engine.prefixCacheRetentionInterval = 16 }
        scene.add(1, content: [(7, 5)])
        scene.add(2, content: [(8, 17)])
        scene.add(3, at: 1, content: [(7, 5), (9, 4)])
        scene.add(4, at: 1, content: [(8, 12), (9, 5)])
        // Of the 17 tokens only blocks 3 and 4 were registered: block 3 alone is no hit.
        try scene.expect([
            "0: admit 1 x5, admit 2 x17", "0 ends 1 2", "1: admit 3 x5 hit 4, admit 4 x17",
            "1 ends 3 4",
        ])
    }

    @Test("S8.2: blocks that no later token looks at are freed as the window slides")
    func s82Release() throws {
        var scene = windowed(8)
        scene.add(1, prompt: 8, output: 12)
        let sight = try scene.run()
        // With 11 tokens computed the next one sees no further back than token 5, with 15 than 9.
        #expect(sight.free == [6, 5, 5, 5, 6, 5, 5, 5, 6, 5, 5, 5])
        #expect(sight.calls[3].tablesDigest == tables([(1, [1, 2, 3])]))
        #expect(sight.calls[4].tablesDigest == tables([(1, [0, 2, 3])]))
        #expect(sight.calls[8].tablesDigest == tables([(1, [0, 0, 3, 4])]))
    }

    @Test("S8.3: the reserve asks for no more than window and budget fill, and a block [for all]")
    func s83ReserveIsCapped() throws {
        // ⌈(7 + 8) / 4⌉ + 1 = 5 blocks for a prompt of ten. Four are free at first.
        var scene = windowed(6) {
            $0.engine.maxNumBatchedTokens = 8
            $0.engine.enablePrefixCaching = false
        }
        scene.add(1, prompt: 5, output: 3)
        scene.add(2, prompt: 40)
        let sight = try scene.expect([
            "0: admit 1 x5", "1: run 1 x1", "2: run 1 x1", "2 ends 1", "3: admit 2 x8",
            "4: run 2 x8", "5: run 2 x8", "6: run 2 x8", "7: run 2 x8", "7 ends 2",
        ])
        #expect(sight.free == [4, 4, 4, 4, 2, 2, 2, 2])
    }

    @Test("S8.4a: retention registers all, the prompt's last window, or one in every interval")
    func s84aRetention() throws {
        for (retention, keys) in [(nil, 8), (0, 2), (16, 4), (8, 8)] as [(Int?, Int)] {
            var scene = windowed(10) { $0.engine.prefixCacheRetentionInterval = retention }
            scene.add(1, prompt: 33)
            #expect(try scene.run().keys == [keys], "retention \(retention ?? -1)")
        }
    }

    @Test("S8.4b: what is not registered goes to the front of the free queue")
    func s84bUnregisteredToTheFront() throws {
        var scene = windowed(10) { $0.engine.prefixCacheRetentionInterval = 0 }
        scene.add(1, prompt: 33)
        scene.add(2, at: 1, prompt: 4)
        let calls = try scene.run().calls
        // Blocks 7 and 8 hold the window before the last token.
        #expect(calls[1].tablesDigest == tables([(2, [9])]))
        #expect(calls[1].queueDigest == queue([6, 5, 4, 3, 2, 1, 10, 8, 7]))
    }

    @Test("S8.4c: of an answer nothing is registered, unless everything is")
    func s84cAnswers() throws {
        for (retention, keys) in [
            (nil, [2, 2, 2, 2, 3, 3, 3, 3, 4]), (0, Array(repeating: 1, count: 9)),
        ] as [(Int?, [Int])] {
            var scene = windowed(10) { $0.engine.prefixCacheRetentionInterval = retention }
            scene.add(1, prompt: 8, output: 9)
            // The window before the prompt's last token: of its two blocks the first.
            #expect(try scene.run().keys == keys, "retention \(retention ?? -1)")
        }
    }

    private func hybrid(_ usable: Int) -> Scene {
        Scene(usable: usable) { $0.engine.groups = [.full, .sliding(window: 8)] }
    }

    @Test("S8.5a: in a hybrid both groups must hit, and they share the pool")
    func s85aHybrid() throws {
        var scene = hybrid(30)
        scene.add(1, content: [(7, 17)])
        scene.add(2, at: 1, content: [(7, 17)])
        let sight = try scene.expect([
            "0: admit 1 x17", "0 ends 1", "1: admit 2 x1 hit 16", "1 ends 2",
        ])
        // Four full blocks of the first group, two of the second; 5 + 5 blocks, then 5 + 3.
        #expect(sight.keys == [6, 6])
        #expect(sight.free == [20, 22])
        #expect(sight.calls[0].tablesDigest == tables([(1, Array(1...10))]))
        // Blocks 5 and 10 are not full, 6 and 7 not registered. Freed in the order of the groups
        // they make the front of the queue 10, 7, 6, 5.
        #expect(sight.calls[1].tablesDigest == tables([(2, [1, 2, 3, 4, 10, 0, 0, 8, 9, 7])]))
    }

    @Test("S8.5b: where the full group's hit went on, the window is registered too [is not]")
    func s85bJunction() throws {
        var scene = hybrid(40)
        scene.add(1, content: [(7, 17)])
        scene.add(2, at: 1, content: [(7, 12), (9, 5)])
        scene.add(3, at: 2, content: [(7, 12), (8, 5)])
        // The full group of request 2 hits 12 tokens, its sliding group nothing: only blocks 3 and
        // 4 of request 1 are there. It registers blocks 2 and 3, which request 3 hits.
        try scene.expect([
            "0: admit 1 x17", "0 ends 1", "1: admit 2 x17", "1 ends 2", "2: admit 3 x5 hit 12",
            "2 ends 3",
        ])
    }

    @Test("S8.5c: a request needs the blocks of all groups together [of one]")
    func s85cDemandIsSummed() throws {
        var scene = hybrid(7)
        scene.add(1, prompt: 8)
        scene.add(2, prompt: 8)
        let sight = try scene.expect(["0: admit 1 x8", "0 ends 1", "1: admit 2 x8", "1 ends 2"])
        #expect(sight.free == [3, 3])
    }

    @Test("S8.5d: every group has keys of its own, also of prompts that only one request has")
    func s85dKeysOfGroups() throws {
        for content in [Int64(0), 7] {
            var scene = Scene(usable: 20) { $0.engine.groups = [.full, .full] }
            scene.add(1, content: [(content, 9)], output: 2)
            #expect(try scene.run().keys == [4, 4])
        }
    }
}
