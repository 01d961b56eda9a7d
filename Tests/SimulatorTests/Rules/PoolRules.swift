import Simulator
import Testing

@Suite("Rules S6 and S7: the pool and its prefix cache")
struct PoolRules {
    @Test("S6.1: block 0 is nobody's; the others are handed out from 1 [all are usable]")
    func s61NullBlock() throws {
        var scene = Scene(usable: 4)
        scene.add(1, prompt: 12, output: 4)
        scene.add(2, prompt: 13, output: 4)
        let sight = try scene.expect([
            "0: admit 1 x12", "1: run 1 x1", "2: run 1 x1", "3: run 1 x1", "3 ends 1",
        ])
        #expect(sight.calls[0].tablesDigest == tables([(1, [1, 2, 3])]))
        #expect(sight.calls[0].queueDigest == queue([4]))
        #expect(sight.free == [1, 0, 0, 0])
        #expect(sight.record(2)?.rejection == .needsMoreBlocksThanThePool)
    }

    @Test("S6.2a: freed blocks without a key go to the front, those with one to the back")
    func s62aKeyedToTheBack() throws {
        var scene = Scene(usable: 6)
        scene.add(1, prompt: 10)
        scene.add(2, at: 1, prompt: 4)
        let calls = try scene.run().calls
        // Freed from the last to the first: 3, which is not full, then 2 and 1.
        #expect(calls[1].tablesDigest == tables([(2, [3])]))
        #expect(calls[1].queueDigest == queue([4, 5, 6, 2, 1]))
    }

    @Test("S6.2b: without caching freed blocks are a stack, the last of a request on top")
    func s62bStackWithoutCaching() throws {
        var scene = Scene(usable: 6) { $0.engine.enablePrefixCaching = false }
        scene.add(1, prompt: 10)
        scene.add(2, at: 1, prompt: 4)
        let calls = try scene.run().calls
        #expect(calls[1].tablesDigest == tables([(2, [3])]))
        #expect(calls[1].queueDigest == queue([2, 1, 4, 5, 6]))
        #expect(calls[1].keys == nil)
    }

    @Test("S6.3a: requests that finish together free their blocks in the step's order")
    func s63aOrderOfFinishes() throws {
        for (caches, block, free) in [
            (true, 5, [6, 2, 1, 4, 3]), (false, 4, [3, 2, 1, 5, 6]),
        ] {
            var scene = Scene(usable: 6) { $0.engine.enablePrefixCaching = caches }
            scene.add(1, prompt: 8)
            scene.add(2, prompt: 8)
            scene.add(3, at: 1, prompt: 4)
            let calls = try scene.run().calls
            #expect(calls[1].tablesDigest == tables([(3, [block])]))
            #expect(calls[1].queueDigest == queue(free))
        }
    }

    @Test("S6.3b: a request frees the blocks of its first group first")
    func s63bOrderOfGroups() throws {
        var scene = Scene(usable: 6) {
            $0.engine.groups = [.full, .sliding(window: 8)]
            $0.engine.enablePrefixCaching = false
        }
        scene.add(1, prompt: 4)
        scene.add(2, at: 1, prompt: 4)
        let calls = try scene.run().calls
        #expect(calls[0].tablesDigest == tables([(1, [1, 2])]))
        #expect(calls[1].tablesDigest == tables([(2, [2, 1])]))
    }

    @Test("S6.4: of blocks with one key the oldest is hit, and evicting one leaves the others")
    func s64Duplicates() throws {
        var scene = Scene(usable: 6)
        scene.add(1, content: [(7, 8)])
        scene.add(2, at: 1, content: [(7, 8)])
        scene.add(3, at: 2, content: [(7, 8), (8, 1)])
        scene.add(4, at: 3, content: [(11, 16)])
        scene.add(5, at: 4, content: [(7, 8), (8, 1)])
        let sight = try scene.run()
        let calls = sight.calls
        // Request 2 computes its second block anew (S7.2): block 3, beside block 2.
        #expect(calls[1].tablesDigest == tables([(2, [1, 3])]))
        #expect(calls[2].tablesDigest == tables([(3, [1, 2, 4])]))
        #expect(calls[2].queueDigest == queue([5, 6, 3]))
        // Request 4 evicts the younger of the two.
        #expect(calls[3].tablesDigest == tables([(4, [4, 5, 6, 3])]))
        #expect(sight.evictions == [0, 0, 0, 1, 1])
        #expect(sight.keys == [2, 2, 2, 6, 5])
        #expect(sight.lines.contains("4: admit 5 x1 hit 8"))
    }

    @Test("S6.5: free is what nobody holds, cached or not; a hit is held again, not copied")
    func s65FreeBlocks() throws {
        var scene = Scene(usable: 6)
        scene.add(1, content: [(7, 8)])
        scene.add(2, at: 1, content: [(7, 9)], output: 2)
        scene.add(3, at: 2, content: [(7, 8), (9, 1)])
        let sight = try scene.run()
        #expect(sight.free == [4, 3, 2])
        #expect(sight.freeAfterUpdates == [6, 3, 6])
        #expect(sight.calls[2].tablesDigest == tables([(2, [1, 2, 3]), (3, [1, 2, 4])]))
    }

    @Test("S7.1a: a key stands for all tokens up to its block's end [for the block's own]")
    func s71aChainedKeys() throws {
        var scene = Scene(usable: 20)
        scene.add(1, content: [(7, 4), (8, 4)])
        scene.add(2, at: 1, content: [(9, 4), (8, 4), (5, 1)])
        scene.add(3, at: 2, content: [(7, 4), (8, 4), (6, 1)])
        try scene.expect([
            "0: admit 1 x8", "0 ends 1", "1: admit 2 x9", "1 ends 2", "2: admit 3 x1 hit 8",
            "2 ends 3",
        ])
    }

    @Test("S7.1b: only full blocks have keys")
    func s71bFullBlocksOnly() throws {
        var scene = Scene(usable: 20)
        scene.add(1, content: [(7, 6)])
        scene.add(2, at: 1, content: [(7, 6), (9, 3)])
        try scene.expect(["0: admit 1 x6", "0 ends 1", "1: admit 2 x5 hit 4", "1 ends 2"])
    }

    @Test("S7.2: one token is left to compute: k full blocks hit k - 1, a token more hits k [k, k]")
    func s72OneTokenIsLeft() throws {
        var scene = Scene(usable: 20)
        scene.add(1, content: [(7, 8)])
        scene.add(2, at: 1, content: [(7, 8)])
        scene.add(3, at: 2, content: [(7, 8), (9, 1)])
        try scene.expect([
            "0: admit 1 x8", "0 ends 1", "1: admit 2 x4 hit 4", "1 ends 2", "2: admit 3 x1 hit 8",
            "2 ends 3",
        ])
    }

    @Test("S7.3a: who runs does not look up again, though another has computed what comes next")
    func s73aNoSecondLookUp() throws {
        var scene = Scene(usable: 20) { $0.engine.longPrefillTokenThreshold = 4 }
        scene.add(1, content: [(7, 16)])
        scene.add(2, content: [(7, 16)])
        try scene.expect([
            "0: admit 1 x4, admit 2 x4 hit 4", "1: run 1 x4, run 2 x4", "2: run 1 x4, run 2 x4",
            "2 ends 2", "3: run 1 x4", "3 ends 1",
        ])
    }

    @Test("S7.3b: without caching there are no hits and no keys")
    func s73bCachingOff() throws {
        var scene = Scene(usable: 20) { $0.engine.enablePrefixCaching = false }
        scene.add(1, content: [(7, 9)])
        scene.add(2, at: 1, content: [(7, 9)])
        let sight = try scene.expect([
            "0: admit 1 x9", "0 ends 1", "1: admit 2 x9", "1 ends 2",
        ])
        #expect(sight.keys == [nil, nil])
        #expect(sight.evictions == [0, 0])
    }
}
