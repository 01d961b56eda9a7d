import Basics
import StepTime
import Testing
import Traces

@testable import Simulator

@Suite("A closed loop of users who think")
struct ThinkTimeTests {
    private func plan(_ users: Int, _ think: ThinkTime, replicas: Int = 1) -> RunPlan {
        var plan = RunPlan(
            stepTime: StepTime(
                LinearStepTime(
                    fixedMicroseconds: 5000, perTokenMicroseconds: 20, perRequestMicroseconds: 2)))
        plan.engine.numGPUBlocks = 400
        plan.engine.maxModelLen = 4096
        plan.engine.maxNumSeqs = 6
        plan.replicas = replicas
        plan.arrivals = .closedLoop(concurrency: users)
        plan.thinkTime = think
        return plan
    }

    private func workload(_ random: inout SeededRandom, _ requests: Int) -> Workload {
        var workload = Workload()
        for row in 0..<requests {
            workload.ids.append(Int64(row))
            workload.arrivals.append(0)
            workload.promptTokens.append(Int32(1 + random.below(200)))
            workload.outputTokens.append(Int32(1 + random.below(20)))
        }
        return workload
    }

    private func pause(_ law: ThinkTime.Law, mean: Int64) -> ThinkTime {
        var think = ThinkTime()
        (think.law, think.mean) = (law, mean)
        return think
    }

    /// The first of the users at once, each later request at the earliest pause that is over.
    @Test(
        "each sends the next when its pause is over, to the picosecond",
        arguments: ThinkTime.Law.allCases)
    func naive(law: ThinkTime.Law) throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(seed: seed)
        for round in 0..<12 {
            let users = 1 + random.below(9)
            let think = pause(law, mean: Int64(random.below(200_000)) * 1_000_000)
            var plan = plan(users, think, replicas: 1 + random.below(3))
            plan.seed = random.next()
            plan.engine.advance = round % 2 == 0 ? .step : .fastForward
            let requests = workload(&random, 40 + random.below(60))
            let result = try simulate(plan, source: InMemorySource(requests))
            #expect(result.records.count == requests.count)
            var ready = Array(repeating: Int64(0), count: users)
            ready += result.records.map {
                $0.finish + think.pause(after: $0.id, seed: plan.seed)
            }
            ready.sort()
            let arrivals = result.records.map(\.arrival)
            #expect(
                arrivals == Array(ready.prefix(arrivals.count)), "seed \(seed), round \(round)")
            let most = result.records.map { record in
                result.records.count {
                    $0.arrival <= record.arrival && record.arrival < $0.finish
                }
            }.max()!
            #expect(most <= users, "seed \(seed), round \(round)")
        }
    }

    @Test("drawn pauses have the law's mean, median and ninetieth percentile")
    func law() {
        let seed = UInt64.random(in: 0 ... .max)
        let think = pause(.exponential, mean: 2_000_000_000_000)
        let pauses = (0..<100_000).map { think.pause(after: Int64($0), seed: seed) }.sorted()
        let mean = pauses.reduce(0.0) { $0 + Double($1) } / 1e5
        // Five standard errors: mean / sqrt(n), and sqrt(p (1 - p) / n) / density for quantiles.
        #expect(abs(mean / 2e12 - 1) < 5 * 0.003_17, "seed \(seed)")
        for (share, error) in [(0.5, 0.003_17), (0.9, 0.009_49)] {
            let value = Double(pauses[Int(share * 1e5)]) / 2e12
            #expect(abs(value + PortableMath.log(1 - share)) < 5 * error, "seed \(seed)")
        }
    }

    @Test("no pause is the closed loop as it was; a pause lowers what is in flight")
    func none() throws {
        var random = SeededRandom(seed: 4)
        let requests = workload(&random, 60)
        let loop = try simulate(plan(4, ThinkTime()), source: InMemorySource(requests))
        let fixed = pause(.fixed, mean: 1_000_000_000_000)
        let users = try simulate(plan(4, fixed), source: InMemorySource(requests))
        #expect(loop.thinkTime.mean == 0 && users.thinkTime == fixed)
        #expect(users.duration > loop.duration + 10)
        #expect(throws: InputError.self) {
            try simulate(plan(4, pause(.fixed, mean: -1)), source: InMemorySource(requests))
        }
    }
}
