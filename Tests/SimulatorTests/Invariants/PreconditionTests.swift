import Testing
import Traces

@testable import Simulator

/// The invariants that are cheap enough to hold always (article "Invariants", 1 to 8) end a process
/// that breaks them, with their number. Each test breaks one in a process of its own.
@Suite("Cheap invariants are held in every run")
struct PreconditionTests {
    /// A replica with two requests running, one millisecond in.
    private static func busy() throws -> Cluster {
        var plan = Scene(usable: 40).plan
        plan.isPlain = true
        var cluster = Cluster(plan, detail: .none)
        for row in Int64(0)..<2 {
            cluster.replicas[0].enqueue(
                ArrivingRequest(
                    id: row, sequence: row, arrival: 0, promptTokens: 9, outputTokens: 50,
                    maxTokens: 50, priority: 0, abort: .max,
                    outputContent: Segment.answer(of: row), isQuotable: false,
                    content: [Segment(content: 7, length: 9)]))
        }
        _ = try cluster.replicas[0].advance(to: 2_500_000_000)
        return cluster
    }

    private static func decide(_ instance: inout Instance) {
        instance.scheduler.schedule(&instance.cache, at: 3_000_000_000)
    }

    private static func giveUp(_ instance: inout Instance, _ slot: Int) {
        instance.scheduler.finish(
            &instance.cache, &instance.counters, slot, .aborted,
            at: 3_000_000_000)
    }

    private func expect(_ number: Int, _ result: ExitTest.Result?) {
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.contains("I\(number): "), "\(text.prefix(300))")
    }

    @Test("I1: the budget of a step")
    func budget() async {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            var cluster = try Self.busy()
            cluster.replicas[0].scheduler.plan.budget = -1
            cluster.replicas[0].scheduler.close()
        }
        expect(1, result)
    }

    @Test("I2: a request is once in a step")
    func once() async {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            var cluster = try Self.busy()
            let slot = Int(cluster.replicas[0].scheduler.running[0])
            cluster.replicas[0].scheduler.requests[slot].isScheduled = true
            Self.decide(&cluster.replicas[0])
        }
        expect(2, result)
    }

    @Test("I3: no more requests run than may")
    func running() async {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            var cluster = try Self.busy()
            cluster.replicas[0].scheduler.running.append(0, times: 8)
            cluster.replicas[0].scheduler.close()
        }
        expect(3, result)
    }

    @Test("I4: the depth of the pipeline")
    func pipeline() async {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            var pipeline = Pipeline(depth: 1)
            var entries = HotArray<Entry>()
            _ = pipeline.append(BatchHeader(), &entries)
            _ = pipeline.append(BatchHeader(), &entries)
        }
        expect(4, result)
    }

    @Test("I5: the clock never goes back")
    func clock() async {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            var ledger = Ledger()
            ledger.account(until: 2, present: 1)
            ledger.account(until: 1, present: 1)
        }
        expect(5, result)
    }

    @Test("I6: a request ends once")
    func outcome() async {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            var cluster = try Self.busy()
            for _ in 0..<2 { Self.giveUp(&cluster.replicas[0], 0) }
        }
        expect(6, result)
    }

    @Test("I7: a pool hands out what is free, and takes back what is held")
    func pool() async {
        let extents = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            var pool = ExtentPool(count: 5, blockSize: 4, groups: 1)
            pool.take(5)
        }
        expect(7, extents)
        let numbers = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            var pool = BlockPool(count: 2)
            _ = pool.take()
            _ = pool.take()
        }
        expect(7, numbers)
        let release = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            var pool = BlockPool(count: 2)
            let block = pool.take()
            var cursor: Int32 = 0
            for _ in 0..<2 { pool.release(block, cursor: &cursor) }
        }
        expect(7, release)
    }

    @Test("I8: a hit is as old as the latest lookup")
    func hit() async {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            var cluster = try Self.busy()
            let hit = cluster.replicas[0].cache.lookUp(1, known: 9)
            _ = cluster.replicas[0].cache.lookUp(0, known: 9)
            let demand = BlockDemand(
                cluster.replicas[0].scheduler.requests[1], slot: 1, tokens: 1)
            _ = cluster.replicas[0].cache.canAllocate(demand, hit)
        }
        expect(8, result)
    }
}
