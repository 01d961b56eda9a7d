import Basics
import StepTime
import Testing
import Traces

@testable import Simulator

@Suite("Requests that wait for several others")
struct GraphStartTests {
    private func plan(_ replicas: Int, _ advance: EngineConfiguration.Advance) -> RunPlan {
        var plan = RunPlan(
            stepTime: StepTime(
                LinearStepTime(
                    fixedMicroseconds: 5000, perTokenMicroseconds: 20, perRequestMicroseconds: 2)))
        plan.engine.numGPUBlocks = 400
        plan.engine.maxModelLen = 4096
        plan.engine.maxNumSeqs = 4
        plan.engine.advance = advance
        plan.replicas = replicas
        return plan
    }

    /// A random graph: each request waits for up to four earlier ones, their ends or arrivals, some
    /// for a moment of the clock, too.
    private func graph(_ random: inout SeededRandom, requests: Int) -> Workload {
        var workload = Workload()
        var time: Int64 = 0
        for row in 0..<requests {
            time += Int64(random.below(40_000_000))
            workload.ids.append(Int64(row))
            workload.arrivals.append(time)
            workload.promptTokens.append(Int32(1 + random.below(200)))
            workload.outputTokens.append(Int32(1 + random.below(20)))
            let count = row == 0 ? 0 : random.below(5)
            var predecessor: Int64 = -1
            for wait in 0..<count {
                let other = Int64(max(0, row - 1 - random.below(12)))
                if wait == 0, random.below(4) > 0 {
                    predecessor = other
                    continue
                }
                workload.waits.append(
                    Wait(
                        request: other, event: random.below(3) == 0 ? .arrival : .end,
                        delay: Int64(random.below(30_000)) * 1_000))
            }
            if count > 0, random.below(4) == 0 {
                workload.waits.append(
                    Wait(request: -1, event: .origin, delay: time + Int64(random.below(90_000_000)))
                )
            }
            workload.predecessors.append(predecessor)
            workload.thinkTimes.append(Int64(random.below(30_000)) * 1_000)
            workload.waitEnds.append(workload.waits.count)
        }
        return workload
    }

    /// When a request may arrive by the rule, from when the others arrived and ended, picoseconds.
    private func due(_ workload: Workload, _ row: Int, _ records: [Int64: RequestRecord]) -> Int64 {
        guard workload.follows(row) else { return workload.arrivals[row] * 1_000 }
        var time: Int64 = 0
        if workload.predecessors[row] >= 0 {
            time = records[workload.predecessors[row]]!.finish + workload.thinkTimes[row] * 1_000
        }
        for wait in workload.waits(of: row) {
            let moment =
                switch wait.event {
                case .end: records[wait.request]!.finish
                case .arrival: records[wait.request]!.arrival
                case .origin: Int64(0)
                }
            time = max(time, moment + wait.delay * 1_000)
        }
        return time
    }

    @Test("arrive when the last of what they wait for is over, to the picosecond")
    func starts() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(seed: seed)
        for round in 0..<24 {
            let workload = graph(&random, requests: 20 + random.below(60))
            let plan = plan(1 + random.below(3), round % 2 == 0 ? .step : .fastForward)
            let result = try simulate(plan, source: InMemorySource(workload))
            #expect(result.counters.finished == workload.count, "seed \(seed), round \(round)")
            let records = Dictionary(uniqueKeysWithValues: result.records.map { ($0.id, $0) })
            for row in 0..<workload.count {
                let id = workload.ids[row]
                #expect(
                    records[id]!.arrival == due(workload, row, records),
                    "seed \(seed), round \(round), request \(id)")
            }
        }
    }

    @Test("join after the last branch, whichever that is")
    func joins() throws {
        var workload = Workload()
        workload.ids = [0, 1, 2, 3]
        workload.arrivals = [0, 0, 0, 0]
        workload.promptTokens = [100, 100, 100, 100]
        for outputs in [[3, 30, 4, 2], [3, 4, 30, 2]] as [[Int32]] {
            workload.outputTokens = outputs
            workload.predecessors = [-1, 0, 0, 1]
            workload.thinkTimes = [0, 7_000, 9_000, 250_000]
            workload.waits = [Wait(request: 2, delay: 250_000)]
            workload.waitEnds = [0, 0, 0, 1]
            let result = try simulate(
                plan(1, .step), source: InMemorySource(workload))
            let ends = result.records.filter { [1, 2].contains($0.id) }.map(\.finish)
            let last = result.records.first { $0.id == 3 }!
            #expect(last.arrival == ends.max()! + 250_000_000)
        }
    }

    @Test("a wait for a request that is not in the trace, or for itself, is refused")
    func unknown() {
        for other in [7, 1] as [Int64] {
            var workload = Workload()
            workload.ids = [0, 1]
            workload.arrivals = [0, 0]
            workload.promptTokens = [10, 10]
            workload.outputTokens = [2, 2]
            workload.waits = [Wait(request: other, delay: 0)]
            workload.waitEnds = [0, 1]
            #expect(throws: InputError.self) {
                try simulate(plan(1, .step), source: InMemorySource(workload))
            }
        }
    }

    @Test("a closed loop takes in others while a join waits, and never stands still")
    func closedLoop() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(seed: seed)
        for round in 0..<12 {
            let workload = graph(&random, requests: 60)
            var plan = plan(1, .step)
            plan.arrivals = .closedLoop(concurrency: 1 + random.below(4))
            let result = try simulate(plan, source: InMemorySource(workload))
            #expect(result.counters.finished == 60, "seed \(seed), round \(round)")
        }
    }
}
