import Basics
import StepTime
import Testing
import Traces

@testable import Simulator

@Suite("A rate with a cap")
struct CapTests {
    private func plan(_ cap: Int, replicas: Int = 1) -> RunPlan {
        var plan = RunPlan(
            stepTime: StepTime(
                LinearStepTime(
                    fixedMicroseconds: 5000, perTokenMicroseconds: 20, perRequestMicroseconds: 2)))
        plan.engine.numGPUBlocks = 400
        plan.engine.maxModelLen = 4096
        plan.engine.maxNumSeqs = 6
        plan.replicas = replicas
        plan.arrivals = .capped(concurrency: cap)
        return plan
    }

    /// Requests at random times, some too long to be taken in. `share`: one in so many is a turn
    /// that follows an earlier one.
    private func workload(
        _ random: inout SeededRandom, _ requests: Int, follows share: Int = 0
    ) -> Workload {
        var workload = Workload()
        var time: Int64 = 0
        for row in 0..<requests {
            time += Int64(random.below(30_000_000))
            workload.ids.append(Int64(row))
            workload.arrivals.append(time)
            workload.promptTokens.append(Int32(1 + random.below(200)))
            if random.below(15) == 0 { workload.promptTokens[row] = 5_000 }
            workload.outputTokens.append(Int32(1 + random.below(20)))
            guard share > 0 else { continue }
            let isTurn = row > 0 && random.below(share) == 0
            workload.predecessors.append(isTurn ? Int64(max(0, row - 1 - random.below(9))) : -1)
            workload.thinkTimes.append(Int64(random.below(90_000)) * 1_000)
        }
        return workload
    }

    private func end(_ record: RequestRecord) -> Int64 {
        record.outcome == .rejected ? record.arrival : record.finish
    }

    /// First due, first sent, as soon as fewer than the cap are in flight: of the earlier ones all
    /// but one less than the cap must have ended.
    private func check(_ result: RunResult, _ workload: Workload, cap: Int, _ place: String) {
        let ends = Dictionary(uniqueKeysWithValues: result.records.map { ($0.id, end($0)) })
        var latest: Int64 = 0
        var earlier: [Int64] = []
        for record in result.records {
            let row = Int(record.id)
            var due = workload.arrivals[row] * 1_000
            if !workload.predecessors.isEmpty, workload.predecessors[row] >= 0 {
                due = ends[workload.predecessors[row]]! + workload.thinkTimes[row] * 1_000
            }
            #expect(record.due == due, "\(place), request \(row)")
            #expect(due >= latest, "\(place), request \(row) overtakes")
            latest = due
            let sorted = earlier.sorted()
            let free = sorted.count < cap ? 0 : sorted[sorted.count - cap]
            #expect(record.arrival == max(due, free), "\(place), request \(row)")
            earlier.append(end(record))
        }
        let client = result.client!
        let waits = result.records.map(\.clientWait)
        #expect(client.cap == cap && client.held == waits.count { $0 > 0 }, "\(place)")
        #expect(client.wait.count == waits.count && client.wait.maximum == waits.max()!)
        let finished = result.records.filter { $0.outcome == .finished }
        let first = finished.map { Double($0.firstToken - $0.due) }.reduce(0, +)
        #expect(client.timeToFirstToken.count == finished.count)
        let mean = first / Double(finished.count)
        #expect(abs(client.timeToFirstToken.mean - mean) < 1e-6 * mean, "\(place)")
    }

    @Test("sends in order of the times due, at them or when a place is free, to the picosecond")
    func naive() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(seed: seed)
        for round in 0..<24 {
            let cap = 1 + random.below(9)
            let requests = workload(&random, 40 + random.below(80))
            var plan = plan(cap, replicas: 1 + random.below(3))
            plan.engine.advance = round % 2 == 0 ? .step : .fastForward
            let result = try simulate(plan, source: InMemorySource(requests))
            #expect(result.records.count == requests.count)
            check(result, requests, cap: cap, "seed \(seed), round \(round)")
        }
    }

    @Test("a turn of a session is due its think time after the answer, and then waits like others")
    func sessions() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(seed: seed)
        for round in 0..<24 {
            let cap = 1 + random.below(5)
            let requests = workload(&random, 60, follows: 2)
            let plan = plan(cap, replicas: 1 + random.below(2))
            let result = try simulate(plan, source: InMemorySource(requests))
            #expect(result.records.count == requests.count)
            check(result, requests, cap: cap, "seed \(seed), round \(round)")
        }
    }

    @Test("patience begins when a request is sent, and who gives up makes room")
    func aborts() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(seed: seed)
        var requests = workload(&random, 150)
        requests.outputTokens = requests.outputTokens.map { $0 + 30 }
        requests.aborts = requests.arrivals.map { time in
            random.below(3) == 0 ? time + Int64(random.below(200_000_000)) : -1
        }
        let result = try simulate(plan(3), source: InMemorySource(requests))
        #expect(result.counters.aborted > 10, "seed \(seed)")
        for record in result.records {
            let inFlight = result.records.count {
                $0.arrival <= record.arrival && record.arrival < end($0)
            }
            #expect(inFlight <= 3, "seed \(seed), request \(record.id)")
            guard record.outcome == .aborted else { continue }
            let row = Int(record.id)
            let patience = (requests.aborts[row] - requests.arrivals[row]) * 1_000
            #expect(record.finish >= record.arrival + patience, "seed \(seed), request \(row)")
        }
    }

    @Test("a cap that is never reached changes nothing; who finds no request in flight waits not")
    func wide() throws {
        var random = SeededRandom(seed: 5)
        let requests = workload(&random, 100)
        var open = plan(1)
        open.arrivals = .openLoop
        let free = try simulate(open, source: InMemorySource(requests))
        let capped = try simulate(plan(100), source: InMemorySource(requests))
        #expect(free.digest == capped.digest && free.records == capped.records)
        #expect(capped.client?.held == 0 && free.client == nil)
    }

    @Test("rows out of order are refused, as without a cap")
    func disorder() {
        var random = SeededRandom(seed: 6)
        var requests = workload(&random, 10)
        requests.arrivals[7] = 0
        #expect(throws: InputError.self) {
            try simulate(plan(1), source: InMemorySource(requests))
        }
    }
}
