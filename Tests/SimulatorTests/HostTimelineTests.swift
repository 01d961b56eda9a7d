import Basics
import Simulator
import StepTime
import Testing
import Traces

/// The host moves times and decides nothing: every moment of a run follows from the decisions by a
/// few lines of arithmetic, which stand here once more.
@Suite("The host's timeline")
struct HostTimelineTests {
    /// The decisions of a run and its records.
    private struct Watcher: RunObserver {
        var decisionDetail: DecisionDetail { .decisions }
        var decisions: [Decision] = []
        var records: [RequestRecord] = []

        mutating func decided(_ decision: Decision) { decisions.append(decision) }
        mutating func record(_ record: RequestRecord) { records.append(record) }
    }

    private static let millisecond: Int64 = 1_000_000_000

    private static func plan(
        asynchronous: Bool, _ change: (inout HostTimes) -> Void
    ) -> RunPlan {
        var plan = RunPlan(
            stepTime: StepTime(
                LinearStepTime(
                    fixedMicroseconds: 2000, perTokenMicroseconds: 10, perRequestMicroseconds: 5)))
        plan.engine.asyncScheduling = asynchronous
        plan.engine.numGPUBlocks = 4000
        plan.engine.maxNumBatchedTokens = 64
        plan.engine.maxModelLen = 400
        plan.engine.maxNumSeqs = 16
        change(&plan.engine.host)
        return plan
    }

    private func run(_ plan: RunPlan, _ workload: Workload) throws -> Watcher {
        var observer: any RunObserver = Watcher()
        _ = try simulate(plan, source: InMemorySource(workload), watching: &observer)
        return try #require(observer as? Watcher)
    }

    private func workload(_ requests: [(arrival: Int64, prompt: Int32, output: Int32)]) -> Workload
    {
        var workload = Workload()
        for (row, request) in requests.enumerated() {
            workload.ids.append(Int64(row))
            workload.arrivals.append(request.arrival)
            workload.promptTokens.append(request.prompt)
            workload.outputTokens.append(request.output)
        }
        return workload
    }

    @Test("one request passes every part of the host", arguments: [true, false])
    func oneRequest(asynchronous: Bool) throws {
        let ms = Self.millisecond
        let plan = Self.plan(asynchronous: asynchronous) {
            $0.frontEnd = 7 * ms
            $0.delivery = ms / 2
            $0.idleStart = 3 * ms
            $0.schedule = ms / 5
            $0.launchGraph = ms
            $0.launchPiecewise = 4 * ms
            $0.mostGraphTokens = 512
            $0.update = ms / 10
            $0.updatePerToken = ms / 100
        }
        // Workloads count nanoseconds.
        let watcher = try run(plan, workload([(1_000_000, 30, 2)]))
        let record = try #require(watcher.records.first)
        #expect(record.arrival == ms)
        // 1 + 7 + 3 ms idle; 30 tokens of one request take 2.305 ms, launching them 4 ms.
        #expect(record.admitted == 11 * ms)
        #expect(record.queueTime == 3 * ms)
        let launched = 11 * ms + ms / 5 + 4 * ms
        // A pipeline processes the first step when the second has been launched.
        let second = asynchronous ? launched + ms / 5 + ms : launched
        #expect(record.firstToken == second + ms / 10 + ms / 100 + ms / 2)
        #expect(record.timeToFirstToken == record.firstToken - ms)
    }

    @Test(
        "every step of a burst starts, ends and is processed when arithmetic says",
        arguments: 0..<24)
    func everyStep(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        func pick(_ values: [Int64]) -> Int64 { values[random.below(values.count)] }
        let asynchronous = random.below(2) == 0
        let plan = Self.plan(asynchronous: asynchronous) {
            $0.schedule = pick([0, 200_000_000])
            $0.schedulePerRequest = pick([0, 4_000_000])
            $0.launchGraph = pick([0, 1_000_000_000, 5_000_000_000])
            $0.launchPiecewise = pick([0, 4_000_000_000])
            $0.launchEager = pick([0, 11_500_000_000])
            $0.mostGraphTokens = Int(pick([0, 4, 8, 32]))
            $0.update = pick([0, 100_000_000])
            $0.updatePerToken = pick([0, 15_000_000])
        }
        var requests: [(arrival: Int64, prompt: Int32, output: Int32)] = []
        for _ in 0...random.below(20) {
            requests.append((0, Int32(1 + random.below(90)), Int32(1 + random.below(40))))
        }
        let watcher = try run(plan, workload(requests))
        expectTimes(plan, watcher.decisions, "seed \(seed)")
    }

    /// Computes the times of all steps again from what they hold.
    private func expectTimes(_ plan: RunPlan, _ decisions: [Decision], _ note: Comment) {
        let host = plan.engine.host
        let depth = plan.engine.asyncScheduling ? 2 : 1
        var (clock, lastEnd) = (Int64(0), Int64(0))
        var flight: [(end: Int64, sampled: Int)] = []
        for decision in decisions {
            switch decision {
            case .updated(let update):
                guard !flight.isEmpty else { continue }
                let (end, sampled) = flight.removeFirst()
                clock = max(clock, end) + host.update + host.updatePerToken * Int64(sampled)
                // Telling the workers that the last request ended is no decision, but host time.
                if !update.idle { #expect(update.time == clock, note) }
            case .scheduled(let step):
                #expect(step.time == clock, note)
                var load = StepLoad()
                for entry in step.entries {
                    load.add(
                        entry.tokens, past: entry.computedBefore, samples: entry.samples, window: 0)
                }
                let seconds = plan.stepTime.picoseconds(load)
                let before = host.schedule + host.schedulePerRequest * Int64(load.requests)
                var (start, launched) = (clock + before, clock + before)
                if load.requests > 0 {
                    if load.tokens > host.mostGraphTokens {
                        launched += host.launchEager
                    } else if load.chunks > 0 {
                        launched += host.launchPiecewise
                    } else {
                        launched += host.launchGraph
                        start = launched
                    }
                }
                start = max(start, lastEnd)
                let span = load.requests == 0 && depth > 1 ? 0 : seconds
                // Kernels that run while others are launched end no earlier than the last launch.
                lastEnd = max(start + span, load.requests > 0 ? launched : start)
                clock = launched
                #expect(step.executionStart == start, note)
                #expect(step.executionEnd == lastEnd, note)
                flight.append((lastEnd, load.sampled))
            }
        }
    }

    @Test("the order of decisions does not depend on the host where nobody arrives late")
    func orderStays() throws {
        var requests: [(arrival: Int64, prompt: Int32, output: Int32)] = []
        for row in Int32(0)..<12 { requests.append((0, 5 + row, 3 * row + 1)) }
        func steps(_ change: (inout HostTimes) -> Void) throws -> [[ScheduledEntry]] {
            try run(Self.plan(asynchronous: true, change), workload(requests)).decisions.compactMap
            {
                if case .scheduled(let step) = $0 { step.entries } else { nil }
            }
        }
        let plain = try steps { _ in }
        let slow = try steps {
            $0.launchEager = 20 * Self.millisecond
            $0.update = Self.millisecond
            $0.frontEnd = Self.millisecond
        }
        #expect(plain == slow)
        #expect(plain.count > 30)
    }

    @Test("times of requests differ from the engine's by the way in and out alone")
    func outside() throws {
        var requests: [(arrival: Int64, prompt: Int32, output: Int32)] = []
        for row in Int64(0)..<9 { requests.append((row * 3_000_000, 20, 6)) }
        let near = try run(Self.plan(asynchronous: true) { _ in }, workload(requests)).records
        let far = try run(
            Self.plan(asynchronous: true) {
                $0.frontEnd = 5 * Self.millisecond
                $0.delivery = 2 * Self.millisecond
            }, workload(requests)
        ).records
        #expect(near.count == 9 && far.count == 9)
        for (a, b) in zip(near, far) {
            #expect(b.firstToken - a.firstToken == 7 * Self.millisecond)
            #expect(b.finish - a.finish == 7 * Self.millisecond)
            #expect(a.queueTime == b.queueTime && a.arrival == b.arrival)
        }
    }
}
