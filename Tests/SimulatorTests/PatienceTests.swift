import Basics
import StepTime
import Testing
import Traces

@testable import Simulator

@Suite("Clients that time out")
struct PatienceTests {
    private func plan(_ patience: ClientPatience?) -> RunPlan {
        var plan = RunPlan(
            stepTime: StepTime(
                LinearStepTime(
                    fixedMicroseconds: 5000, perTokenMicroseconds: 20, perRequestMicroseconds: 2)))
        plan.engine.numGPUBlocks = 400
        plan.engine.maxModelLen = 4096
        plan.engine.maxNumSeqs = 4
        plan.patience = patience
        plan.seed = 3
        return plan
    }

    private func workload(_ random: inout SeededRandom, _ requests: Int) -> Workload {
        var workload = Workload()
        var time: Int64 = 0
        for row in 0..<requests {
            time += Int64(random.below(60_000_000))
            workload.ids.append(Int64(row))
            workload.arrivals.append(time)
            let isTooLong = random.below(20) == 0
            workload.promptTokens.append(isTooLong ? 5_000 : Int32(1 + random.below(300)))
            workload.outputTokens.append(Int32(1 + random.below(60)))
            workload.aborts.append(
                random.below(9) == 0 ? time + Int64(random.below(2_000)) * 1_000_000 : -1)
        }
        return workload
    }

    private func patience(_ random: inout SeededRandom) -> ClientPatience {
        var patience = ClientPatience(
            timeout: 100_000_000_000 + Int64(random.below(600)) * 1_000_000_000,
            retries: random.below(4))
        if random.below(2) == 0 {
            patience.firstTokenTimeout = 20_000_000_000 + Int64(random.below(300)) * 1_000_000_000
            if random.below(2) == 0 { patience.timeout = .max }
        }
        patience.backoff = ClientPatience.Backoff.allCases[random.below(3)]
        patience.pause = Int64(random.below(300)) * 1_000_000_000
        patience.longestPause = Int64(random.below(900)) * 1_000_000_000
        return patience
    }

    /// Each request's attempts, in order.
    private func attempts(_ result: RunResult) -> [Int64: [RequestRecord]] {
        Dictionary(grouping: result.records, by: \.id)
    }

    /// When a client gives up, by the rule in words: without a first token by its own limit, or
    /// without the last one by the other.
    private func limit(_ record: RequestRecord, _ patience: ClientPatience) -> Int64 {
        var limits: [Int64] = []
        if patience.timeout < .max { limits.append(record.arrival + patience.timeout) }
        if patience.firstTokenTimeout < .max {
            let first = record.arrival + patience.firstTokenTimeout
            if record.firstToken < 0 || record.firstToken > first { limits.append(first) }
        }
        return limits.min() ?? .max
    }

    /// Most picoseconds from a limit to the end of the step in which the engine hears of it.
    private let latest: Int64 = 50_000_000_000

    private func check(
        _ result: RunResult, _ workload: Workload, _ patience: ClientPatience, _ place: String
    ) {
        var (wasted, prompts, retried, gaveUp) = (0, 0, 0, 0)
        for (id, tries) in attempts(result) {
            let row = Int(id)
            let first = workload.arrivals[row] * 1_000
            let ownAbort = workload.aborts[row] < 0 ? Int64.max : workload.aborts[row] * 1_000
            #expect(tries.map(\.attempt) == Array(1...Int16(tries.count)), "\(place)")
            #expect(tries.count <= patience.retries + 1, "\(place)")
            #expect(tries[0].arrival == first, "\(place)")
            for (index, record) in tries.enumerated() {
                #expect(record.due == first, "\(place), request \(id)")
                #expect(record.isSentAgain == (index < tries.count - 1), "\(place)")
                let limit = limit(record, patience)
                let timedOut = record.outcome == .aborted && ownAbort > limit
                // Whoever lives on was in time for each of its limits.
                if record.outcome == .finished, limit < .max {
                    #expect(record.finish - latest <= limit, "\(place), request \(id)")
                }
                if timedOut {
                    #expect(record.finish >= limit, "\(place)")
                    wasted += Int(record.outputTokens)
                    let isWhole = record.firstToken >= 0
                    prompts += Int(
                        isWhole
                            ? record.promptTokens - record.hitTokens : record.computedTokens)
                    #expect(record.computedTokens >= 0, "\(place)")
                    #expect(record.computedTokens <= record.promptTokens, "\(place)")
                }
                guard record.isSentAgain else {
                    if timedOut { gaveUp += 1 }
                    continue
                }
                #expect(timedOut, "\(place)")
                let pause = patience.pause(after: index + 1, of: id, seed: 3)
                #expect(
                    tries[index + 1].arrival == max(record.finish, limit + pause), "\(place)")
            }
            if tries.count > 1 { retried += 1 }
        }
        let counts = result.client!.attempts!
        #expect(counts.requests == workload.count && counts.attempts == result.records.count)
        #expect(counts.retried == retried && counts.gaveUp == gaveUp, "\(place)")
        #expect(counts.wastedOutputTokens == wasted, "\(place)")
        #expect(counts.wastedPromptTokens == prompts, "\(place)")
        // What was computed for nobody is a part of what steps computed.
        #expect(prompts <= result.counters.scheduledTokens, "\(place)")
    }

    @Test("are sent again after their pause, as often as they try, and counted")
    func attempts() throws {
        var again = 0
        for round in 0..<60 {
            let seed = UInt64.random(in: 0 ... .max)
            var random = SeededRandom(seed: seed)
            let workload = workload(&random, 60)
            let patience = patience(&random)
            let result = try simulate(plan(patience), source: InMemorySource(workload))
            check(result, workload, patience, "round \(round), seed \(seed)")
            again += result.client!.attempts!.retried
            // The user's view: from the first sending to the answer.
            let answered = result.records.filter { $0.outcome == .finished }
            #expect(result.client!.endToEnd.count == answered.count)
            #expect(
                result.client!.endToEnd.maximum == answered.map { $0.finish - $0.due }.max() ?? 0)
        }
        #expect(again > 0)
    }

    @Test("fast-forward and stepping agree, in loops, under caps, in stages and over replicas")
    func ways() throws {
        let loads: [ArrivalMode] = [
            .openLoop, .closedLoop(concurrency: 9), .capped(concurrency: 5),
            .staged(
                LoadStages([.init(.rate(20), .requests(30)), .init(.concurrency(8), .seconds(9))])),
        ]
        for seed in UInt64(0)..<24 {
            var random = SeededRandom(seed: seed)
            let workload = workload(&random, 80)
            var plan = plan(patience(&random))
            plan.arrivals = loads[Int(seed) % 4]
            plan.replicas = 1 + Int(seed) % 3
            let fast = try simulate(plan, source: InMemorySource(workload))
            plan.engine.advance = .step
            let steps = try simulate(plan, source: InMemorySource(workload))
            #expect(fast.digest == steps.digest, "seed \(seed)")
            #expect(fast.client?.attempts == steps.client?.attempts, "seed \(seed)")
            // One place each, however often a request is sent.
            if case .closedLoop(let most) = plan.arrivals {
                let events = fast.records.flatMap {
                    [($0.arrival, 1), (max($0.finish, $0.arrival), -1)]
                }.sorted { $0 < $1 }
                var inFlight = 0
                for (_, change) in events {
                    inFlight += change
                    #expect(inFlight <= most, "seed \(seed)")
                }
            }
        }
    }

    @Test("a second attempt finds its own prompt in the cache")
    func cache() throws {
        var workload = Workload()
        workload.ids = [0]
        workload.arrivals = [0]
        workload.promptTokens = [320]
        workload.outputTokens = [200]
        var patience = ClientPatience(timeout: 300_000_000_000, retries: 1)
        patience.pause = 0
        let result = try simulate(plan(patience), source: InMemorySource(workload))
        #expect(result.records.map(\.outcome) == [.aborted, .aborted])
        #expect(result.records[0].hitTokens == 0 && result.records[1].hitTokens == 304)
        #expect(result.client!.attempts!.gaveUp == 1)
    }

    @Test("pauses grow as their law says")
    func pauses() {
        var patience = ClientPatience(timeout: 1, retries: 9)
        (patience.pause, patience.longestPause) = (500, 8_000)
        func all() -> [Int64] { (1...7).map { patience.pause(after: $0, of: 1, seed: 0) } }
        #expect(all() == [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000])
        patience.backoff = .fixed
        #expect(Set(all()) == [500])
        patience.backoff = .jittered
        for (pause, whole) in zip(all(), [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]) {
            #expect(pause <= whole && pause >= whole * 3 / 4)
        }
        patience.longestPause = 100
        #expect(all().allSatisfy { $0 <= 100 })
    }

    @Test("who waits long enough changes nothing")
    func patient() throws {
        var random = SeededRandom(seed: 1)
        var workload = workload(&random, 60)
        workload.aborts = []
        let free = try simulate(plan(nil), source: InMemorySource(workload))
        let patient = try simulate(
            plan(ClientPatience(timeout: 1_000_000_000_000_000)), source: InMemorySource(workload))
        #expect(free.digest == patient.digest)
        #expect(patient.client?.attempts?.attempts == 60 && free.client == nil)
    }
}
