import Basics
import Testing
import Traces

@testable import Simulator

/// Each check that takes a look at every request or block (article "Invariants") must be able to
/// fail: a sound state passes, and the same state with one thing wrong does not.
@Suite("Invariants notice what is broken")
struct InvariantTests {
    /// Ways in which the state is kept.
    private enum Store: CaseIterable {
        case extents
        case numbers
    }

    /// A replica in the middle of its work, four milliseconds in, in slots 0 to 6: an ended request
    /// whose blocks are cached, two members of the cohort with a common prefix, a prompt half
    /// computed, and three that wait, the first of which gives up later.
    private func midway(
        _ store: Store, _ change: (inout RunPlan) -> Void = { _ in }
    ) throws -> Cluster {
        var plan = Scene(usable: 80, async: true).plan
        plan.engine.maxNumSeqs = 3
        plan.engine.maxNumBatchedTokens = 32
        plan.engine.maxModelLen = 200
        plan.numbersBlocks = store == .numbers
        change(&plan)
        var cluster = Cluster(plan, detail: .none)
        let prompts: [(content: Int64, tokens: Int32, output: Int32)] = [
            (1, 9, 1), (2, 9, 60), (2, 13, 60), (0, 150, 9), (3, 9, 9), (4, 9, 9), (5, 9, 9),
        ]
        for (row, prompt) in prompts.enumerated() {
            let segment = Segment(content: prompt.content, length: prompt.tokens)
            cluster.replicas[0].enqueue(
                ArrivingRequest(
                    id: Int64(row), sequence: Int64(row), arrival: 0, promptTokens: prompt.tokens,
                    outputTokens: prompt.output, maxTokens: prompt.output,
                    priority: Int32(row), abort: row == 4 ? 50_000_000_000 : .max,
                    outputContent: Segment.answer(of: Int64(row)), isQuotable: false,
                    content: prompt.content == 0 ? [] : [segment]))
        }
        _ = try cluster.replicas[0].advance(to: 4_000_000_000)
        #expect(cluster.replicas[0].brokenInvariant() == nil)
        return cluster
    }

    /// Expects an invariant to hold, and to be broken by a change.
    private func expect(
        _ number: Int, _ store: Store = .extents, plan: (inout RunPlan) -> Void = { _ in },
        at place: SourceLocation = #_sourceLocation, brokenBy change: (inout Instance) -> Void
    ) throws {
        let invariant = try #require(Invariant.all.first { $0.number == number })
        var cluster = try midway(store, plan)
        change(&cluster.replicas[0])
        let found = invariant.violation(&cluster.replicas[0])
        #expect(found != nil, "I\(number), \(store)", sourceLocation: place)
        let broken = cluster.replicas[0].brokenInvariant()
        #expect(broken?.hasPrefix("I") == true, "I\(number), \(store)", sourceLocation: place)
    }

    @Test("the state that is broken here has everything that can break")
    func midway() throws {
        for store in Store.allCases {
            let cluster = try midway(store)
            #expect(cluster.replicas[0].scheduler.cohort.count == 2)
            #expect(cluster.replicas[0].scheduler.cohort.individuals.elements == [3])
            #expect(cluster.replicas[0].scheduler.waiting.count == 3)
            #expect(cluster.replicas[0].scheduler.flight.count == 1)
            #expect(cluster.replicas[0].cache.distinctKeys > 4)
            #expect(cluster.replicas[0].cache.sumsBlocks == (store == .extents))
        }
        #expect(Invariant.all.map(\.number) == Invariant.all.map(\.number).sorted())
    }

    @Test("I4: batches that do not follow one another")
    func batches() throws {
        try expect(4) { $0.lastEnd += 1 }
        try expect(4) { $0.scheduler.flight[0].header.end = 0 }
    }

    @Test("I9: a request in two places, in none, or in one that its state does not say")
    func places() throws {
        try expect(9) { $0.scheduler.freeSlots.append(1) }
        try expect(9) { $0.scheduler.waiting.remove(5) }
        try expect(9) { $0.scheduler.requests[5].state = .running }
        try expect(9) { $0.scheduler.waiting.append(1, rank: $0.scheduler.requests[1].rank) }
        try expect(9) { _ = $0.scheduler.running.popLast() }
    }

    @Test("I10: a running list out of order")
    func running() throws {
        try expect(10) { instance in
            instance.scheduler.orderRunning()
            instance.scheduler.requests[1].admission += 2
        }
        try expect(10) { $0.scheduler.requests[2].place += 1 }
        try expect(10) { $0.scheduler.cohort.individuals.removeAll() }
        try expect(10) { $0.scheduler.cohort.individuals.append(1) }
    }

    @Test("I11: a queue out of order, first come first served and by priority")
    func waiting() throws {
        try expect(11) { $0.scheduler.requests[5].sequence = 100 }
        try expect(11) { $0.scheduler.requests[6].state = .preempted }
        try expect(
            11, plan: { $0.engine.policy = .priority },
            brokenBy: { $0.scheduler.requests[6].priority = -1 })
    }

    @Test("I12: sums of the cohort that are not those of its members")
    func cohort() throws {
        for store in Store.allCases {
            try expect(12, store) { $0.scheduler.cohort.count += 1 }
            try expect(12, store) { $0.scheduler.cohort.context -= 1 }
            try expect(12, store) { $0.scheduler.cohort.windowed += 1 }
            try expect(12, store) { $0.scheduler.cohort.growing += 1 }
            try expect(12, store) { $0.scheduler.requests[1].memberBase += 1 }
            try expect(12, store) { $0.scheduler.cohort.leaving.append(1) }
        }
    }

    @Test("I13: a member that is not due when it should be")
    func calendar() throws {
        for store in Store.allCases {
            try expect(13, store) {
                $0.scheduler.cohort.exits.remove(1, at: $0.scheduler.exitTick(1))
            }
            try expect(13, store) { $0.scheduler.requests[2].memberUntil += 1 }
        }
        try expect(13) { $0.scheduler.cohort.countPhase(2, 1) }
        try expect(13, .numbers) { $0.scheduler.cohort.needs.remove(1) }
    }

    @Test("I14: tokens in flight that no batch holds")
    func tokensInFlight() throws {
        try expect(14) { $0.scheduler.requests[3].inFlight += 1 }
        try expect(14) { $0.scheduler.requests[3].outputsInFlight += 1 }
        try expect(14) { $0.scheduler.requests[3].stale = -1 }
        try expect(14) { $0.scheduler.flight[0].header.members += 1 }
    }

    @Test("I15: counts of a request that cannot be")
    func counts() throws {
        try expect(15) { $0.scheduler.requests[3].computed = 151 }
        try expect(15) { $0.scheduler.requests[5].computed = 1 }
        try expect(15) { $0.scheduler.requests[3].known = 200 }
        try expect(15) { $0.scheduler.requests[5].outputTokens = 0 }
        try expect(15) { $0.scheduler.requests[5].maxTokens = 1 }
    }

    @Test("I16: a block that is neither free nor held, or held by more than hold it")
    func blocks() throws {
        try expect(16) { $0.cache.extents.giveBack(1) }
        try expect(16) { $0.cache.take(1) }
        try expect(16) { $0.cache.slots[3].table.count += 1 }
        try expect(16) {
            let hold = $0.cache.holds[$0.cache.groupTables[1].holds, 0]
            let span = $0.cache.extents.extents[hold.extent].spans.first
            $0.cache.extents.spans[span].holders += 1
        }
        try expect(16, .numbers) { _ = $0.cache.pool.take() }
        try expect(16, .numbers) {
            $0.cache.numbers[$0.cache.tables[1], 0] = 0
        }
    }

    @Test("I17: a free queue that has lost its order or a block")
    func freeQueue() throws {
        try expect(17) { $0.cache.extents.queuedFree += 1 }
        try expect(17) { $0.cache.extents.free.last = -1 }
        try expect(17) { $0.cache.extents.spans[$0.cache.extents.free.first].holders = 1 }
        try expect(17, .numbers) {
            $0.cache.pool.blocks[Int($0.cache.pool.free.first)].references = 1
        }
        try expect(17, .numbers) {
            $0.cache.pool.free.first = $0.cache.pool.queue.next($0.cache.pool.free.first)
        }
        try expect(17, .numbers) {
            $0.cache.pool.blocks[Int($0.cache.pool.free.first)].key = 99
        }
    }

    @Test("I18: a request without the blocks of its tokens, or with blocks while it waits")
    func tables() throws {
        for store in Store.allCases {
            try expect(18, store) { $0.scheduler.requests[3].computed += 4 }
            try expect(18, store) { $0.scheduler.requests[3].state = .waiting }
        }
        try expect(18, .numbers) { $0.scheduler.requests[1].memberBase += 4 }
    }

    @Test("I19: a key that is counted and that no block carries")
    func keys() throws {
        try expect(19) { $0.cache.extents.distinctKeys += 1 }
        try expect(19, .numbers) { $0.cache.pool.byKey[99] = .init(first: 1, last: 1) }
        try expect(19, .numbers) { instance in
            let block = Int(instance.cache.pool.byKey.values.map(\.first).min() ?? 1)
            instance.cache.pool.blocks[block].key = 99
        }
        try expect(
            19, plan: { $0.engine.enablePrefixCaching = false },
            brokenBy: { $0.cache.extents.distinctKeys = 1 })
    }

    @Test("I20: a client whose giving up the loop would miss")
    func aborts() throws {
        try expect(20) { _ = $0.aborts.pop() }
    }

    @Test("a run that looks at them says which is broken, and where")
    func watched() throws {
        var cluster = try midway(.extents) { $0.checksInvariants = true }
        cluster.replicas[0].scheduler.cohort.context += 1
        let failure = #expect(throws: InvariantFailure.self) {
            try cluster.replicas[0].advance(to: 5_000_000_000)
        }
        #expect(
            failure?.description.hasPrefix("replica 0, call 5: I12: the members' context") == true,
            "\(failure?.description ?? "")")
    }
}
