import Simulator
import Testing
import Traces

@testable import Experiments

/// The work of a run in counts that are the same on every machine: the gate on its cost.
@Suite("Work per request")
struct CountTests {
    private func counts(
        _ name: String, requests: Int
    ) throws -> (work: StepCounters, counters: Counters) {
        let benchmark = try #require(Benchmark.all.first { $0.name == name })
        let (plan, source) = try benchmark.prepare()
        let few = FirstRequests(source: source, left: requests)
        let result = try simulate(plan, source: few)
        #expect(result.counters.requests == requests)
        return (result.steps, result.counters)
    }

    /// Counts what whoever watches plans is handed.
    private final class PlanCounter: RunObserver {
        private(set) var plans = 0
        private(set) var steps = 0
        private(set) var listed = 0
        var decisionDetail: DecisionDetail { .plans }

        func decided(_ decided: DecidedPlans) {
            plans += decided.plans.count
            steps += decided.plans.reduce(0) { $0 + $1.times }
            listed += decided.entries.count + decided.changes.count
        }
    }

    @Test("watching leaves the work as it is, and what it is handed does not grow with the batch")
    func watched() throws {
        let (work, counters) = try counts("chat-80", requests: 1_000)
        let benchmark = try #require(Benchmark.all.first { $0.name == "chat-80" })
        let (plan, source) = try benchmark.prepare()
        let counter = PlanCounter()
        let few = FirstRequests(source: source, left: 1_000)
        let result = try simulate(plan, source: few, observer: counter)
        #expect(result.counters == counters)
        #expect(result.steps.executed == work.executed)
        #expect(result.steps.forwarded == work.forwarded)
        #expect(result.steps.events == work.events)
        #expect(result.steps.queueOperations == work.queueOperations)
        #expect(counter.steps >= counters.steps)
        #expect(counter.plans <= 2 * work.executed)
        // An admission, joining the cohort and leaving it, and some prompts in two pieces.
        #expect(counter.listed <= 5 * 1_000)
        #expect(counter.listed < counters.scheduledEntries / 20)
    }

    /// The first requests of a source.
    private struct FirstRequests: RequestSource {
        var source: any RequestSource
        var left: Int

        mutating func next() throws -> Workload? {
            guard left > 0, let batch = try source.next() else { return nil }
            let count = min(left, batch.count)
            var rows = Workload()
            rows.ids = Array(batch.ids.prefix(count))
            rows.arrivals = Array(batch.arrivals.prefix(count))
            rows.promptTokens = Array(batch.promptTokens.prefix(count))
            rows.outputTokens = Array(batch.outputTokens.prefix(count))
            rows.segmentEnds = Array(batch.segmentEnds.prefix(count))
            rows.segments = Array(batch.segments.prefix(rows.segmentEnds.last ?? 0))
            left -= count
            return rows
        }
    }

    @Test("a chat request costs an arrival, an admission, an end, and few executed steps")
    func chat() throws {
        let (work, counters) = try counts("chat-20", requests: 1_000)
        #expect(work.executed + work.forwarded == counters.steps)
        #expect(work.executed <= 4 * 1_000)
        #expect(work.forwarded >= 20 * 1_000)
        #expect(work.events == 3 * 1_000)
        // Into the wheel of ends and out of it.
        #expect(work.queueOperations <= 2 * 1_000 + 100)
        // Nobody names what nobody else can.
        #expect(work.hashProbes == 0)
        // Storage grows with the requests alive at once, and then no more.
        #expect(work.allocations > 0)
        #expect(work.allocations <= 100)
    }

    @Test("a policy executes the steps that the engine's own rules do, and no more")
    func policy() throws {
        let (own, counters) = try counts("chat-80", requests: 2_000)
        let (work, same) = try counts("chat-80-policy", requests: 2_000)
        #expect(counters == same)
        #expect(work.executed == own.executed)
        #expect(work.forwarded == own.forwarded)
        #expect(work.events == own.events)
        #expect(work.queueOperations == own.queueOperations)
        #expect(work.allocations <= own.allocations + 20)
    }

    @Test("a model with windows fast-forwards, and its private blocks are not looked for")
    func windows() throws {
        let (work, counters) = try counts("chat-windows", requests: 600)
        #expect(work.executed + work.forwarded == counters.steps)
        // Some of 600 requests that come faster than they are served.
        #expect(work.executed <= 4 * 600)
        #expect(work.forwarded >= 600)
        #expect(work.hashProbes == 0)
        #expect(work.allocations <= 300)
    }

    @Test("a shared document is looked up by segments, not by blocks")
    func documents() throws {
        let (small, _) = try counts("long-16", requests: 400)
        let (large, _) = try counts("long-512", requests: 400)
        #expect(small.hashProbes > 0)
        #expect(small.hashProbes <= 40 * 400)
        #expect(small.hashProbes <= 2 * large.hashProbes)
        #expect(small.executed <= 2 * large.executed)
    }

    @Test("with windows too, blocks are kept as stretches, not one by one")
    func windowedDocuments() throws {
        let (small, counters) = try counts("long-windows-16", requests: 400)
        let (large, _) = try counts("long-windows-512", requests: 400)
        #expect(small.hashProbes <= 60 * 400)
        // A stretch for what a request holds of each group, and one for each block of the window
        // at the prompt's end, which a request that decodes leaves one at a time.
        #expect(large.blockStretches <= 3 * 400)
        #expect(small.blockStretches <= 11 * 400)
        // About 750 blocks of 16 tokens a prompt, in two groups.
        #expect(counters.promptTokens / 16 >= 500 * 400)
    }

    @Test("a replica that walks sleeps while it only decodes")
    func walk() throws {
        let (work, counters) = try counts("step-32", requests: 400)
        #expect(work.executed == counters.steps)
        #expect(work.forwarded == 0)
        // Without sleep, two for each of the six steps a request.
        #expect(work.queueOperations <= 9 * 400)
    }

    @Test("a replica of a thousand sleeps until somebody could end")
    func fleet() throws {
        let (work, _) = try counts("fleet-least", requests: 2_000)
        #expect(work.executed <= 8 * 2_000)
        #expect(work.queueOperations <= 16 * 2_000)
        #expect(work.allocations <= 40 * 1_000)
    }
}
