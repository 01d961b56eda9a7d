import Basics
import Testing
import Traces

@testable import Simulator

/// What is counted must add up at the end of every run (article "Invariants", 21 to 26), and a run
/// in which it does not must be noticed.
@Suite("Conservation notices what is lost")
struct ConservationTests {
    /// A run that is over, of twelve requests on two replicas, one of which gives up and one of
    /// which is rejected; with too few blocks, so that some are preempted.
    private func finished(_ body: (inout Cluster, borrowing Arrivals) throws -> Void) throws {
        var plan = Scene(usable: 9, async: true).plan
        plan.replicas = 2
        plan.router.policy = .leastOutstanding
        var workload = Workload()
        for row in 0..<12 {
            workload.ids.append(Int64(row))
            workload.arrivals.append(Int64(row) * 300_000)
            workload.promptTokens.append(row == 7 ? 90 : 5 + Int32(row))
            workload.outputTokens.append(8 + Int32(row % 4))
            workload.aborts.append(row == 5 ? 9_000_000 : -1)
        }
        var cluster = Cluster(plan, detail: .none)
        var arrivals = try Arrivals(InMemorySource(workload), plan)
        var observer: any RunObserver = NoObserver()
        try cluster.run(&arrivals, &observer)
        try body(&cluster, arrivals)
    }

    private func expect(
        _ number: Int, at place: SourceLocation = #_sourceLocation,
        brokenBy change: (inout Cluster) -> Void
    ) throws {
        try finished { cluster, arrivals in
            #expect(cluster.unconserved(arrivals) == nil, sourceLocation: place)
            change(&cluster)
            let found = cluster.unconserved(arrivals) ?? "nothing"
            #expect(found.contains("I\(number): "), "\(found)", sourceLocation: place)
        }
    }

    @Test("the run has everything that can be lost")
    func run() throws {
        try finished { cluster, arrivals in
            let counters = cluster.statistics[0].counters
            #expect(counters.aborted == 1 && counters.rejected == 1 && counters.finished == 10)
            #expect(cluster.replicas[0].scheduler.droppedTokens > 0)
            #expect(cluster.replicas[0].counters.ledger.presence > 0)
        }
    }

    @Test("I21: requests")
    func requests() throws {
        try expect(21) { $0.replicas[1].scheduler.running.append(0) }
        try expect(21) { $0.replicas[1].inbox.append(0) }
        try expect(21) { $0.replicas[1].scheduler.cohort.context = 1 }
        try expect(21) { cluster in
            var entries = HotArray<Entry>()
            _ = cluster.replicas[1].scheduler.flight.append(BatchHeader(), &entries)
        }
        try expect(21) { cluster in
            let record = RequestRecord(id: 99, arrival: 0, promptTokens: 1, outputTokens: 1)
            cluster.statistics[0].add(record)
        }
        try expect(21) { cluster in
            let record = RequestRecord(id: 99, arrival: 0, promptTokens: 1, outputTokens: 1)
            var ended = HotArray<EndedRequest>()
            ended.append(EndedRequest(sequence: 14, record: record))
            cluster.window.enter(&ended)
        }
        try expect(21) { cluster in
            // The router waits for ever for the end of what it sent.
            _ = cluster.router.route(
                ArrivingRequest(
                    id: 0, sequence: 0, arrival: 0, promptTokens: 1, outputTokens: 1, maxTokens: 1,
                    priority: 0, abort: .max, outputContent: 0, isQuotable: false, content: []))
        }
    }

    @Test("I22: slots and blocks")
    func slotsAndBlocks() throws {
        try expect(22) { _ = $0.replicas[0].scheduler.freeSlots.popLast() }
        try expect(22) { $0.replicas[1].cache.take(2) }
    }

    @Test("I23: tokens, as the steps count them and as the requests do")
    func tokens() throws {
        try expect(23) { $0.replicas[0].scheduler.droppedTokens += 1 }
        try expect(23) { $0.replicas[0].counters.ledger.computed -= 1 }
        try expect(23) { $0.replicas[1].counters.ledger.wasted += 1 }
        try expect(23) { $0.replicas[1].scheduler.counters.hitTokensWithResumed += 4 }
        try expect(23) { $0.replicas[1].scheduler.counters.hitTokens += 4 }
        try expect(23) { $0.replicas[1].scheduler.counters.preemptions += 1 }
        try expect(23) { $0.replicas[0].counters.totals.outputTokens += 1 }
    }

    @Test("I24: gaps between tokens")
    func gaps() throws {
        try expect(24) { $0.replicas[0].counters.ledger.begun += 1 }
        try expect(24) { $0.replicas[0].counters.ledger.decoding += 1 }
        try expect(24) { $0.replicas[0].counters.interTokenLatency.add(5) }
    }

    @Test("I25: Little's law, a request that is longer in the system than in the queues")
    func little() throws {
        try expect(25) { $0.replicas[0].counters.ledger.residence += 1 }
        try expect(25) { $0.replicas[0].counters.ledger.enter(arrivedAt: 0) }
        try expect(25) { cluster in
            let end = cluster.replicas[0].counters.ledger.until
            cluster.replicas[0].counters.ledger.account(until: end + 1, present: 1)
        }
    }

    @Test("I26: steps, as they are priced and as they are scheduled, and the GPUs' time")
    func steps() throws {
        try expect(26) { $0.replicas[0].counters.work.steps += 1 }
        try expect(26) { $0.replicas[0].counters.totals.scheduledTokens += 1 }
        try expect(26) { $0.replicas[0].counters.totals.scheduledEntries -= 1 }
        try expect(26) { $0.replicas[0].counters.busyTime = $0.replicas[0].counters.lastEnd + 1 }
        try expect(26) { $0.replicas[0].counters.hostWaitTime = -1 }
    }
}
