import Basics
import StepTime
import Testing
import Traces

@testable import Simulator

@Suite("Overload")
struct OverloadTests {
    /// One replica that takes 1 ms and 0.1 ms a token for a step of at most 1,000 tokens: about
    /// nine prompts of 1,000 tokens a second.
    private func plan(_ change: (inout RunPlan) -> Void = { _ in }) -> RunPlan {
        var plan = RunPlan(
            stepTime: StepTime(
                LinearStepTime(
                    fixedMicroseconds: 1000, perTokenMicroseconds: 100,
                    perRequestMicroseconds: 0)))
        plan.engine.numGPUBlocks = 10_000
        plan.engine.maxNumBatchedTokens = 1000
        plan.engine.maxNumSeqs = 64
        plan.engine.maxModelLen = 4096
        change(&plan)
        return plan
    }

    /// Requests at given times, seconds.
    private func workload(_ times: [Double]) -> Workload {
        var workload = Workload()
        for (row, time) in times.sorted().enumerated() {
            workload.ids.append(Int64(row))
            workload.arrivals.append(Int64(time * 1e9))
            workload.promptTokens.append(1000)
            workload.outputTokens.append(5)
        }
        return workload
    }

    /// Random arrivals at a rate per second.
    private func arrivals(_ count: Int, rate: Double, seed: UInt64) -> [Double] {
        var random = SeededRandom(seed: seed)
        var time = 0.0
        return (0..<count).map { _ in
            time -= PortableMath.log(1 - Double(random.below(1 << 30)) / Double(1 << 30)) / rate
            return time
        }
    }

    private func overload(_ times: [Double], _ plan: RunPlan? = nil) throws -> Overload? {
        try simulate(plan ?? self.plan(), source: InMemorySource(workload(times))).overload
    }

    @Test("arrivals at 1.5 times what the replica can do are told", arguments: [300, 600, 2000])
    func overloaded(count: Int) throws {
        for seed in UInt64(1)...5 {
            let found = try #require(
                try overload(arrivals(count, rate: 14, seed: seed)), "seed \(seed)")
            #expect(found.arrivalRate > 1.2 * found.admissionRate)
            #expect(found.queueAtFirst < found.queueAtLast)
            #expect(Double(found.queueAtLast) > 0.15 * Double(count))
        }
    }

    @Test("a twentyfold load is told, too, though most of the run comes after the last arrival")
    func twentyfold() throws {
        let found = try #require(try overload(arrivals(600, rate: 180, seed: 1)))
        #expect(found.queueAtLast > 450)
    }

    @Test("so is a load that falls off before the queue has drained, as sessions' does")
    func fallingOff() throws {
        let times = arrivals(400, rate: 40, seed: 3)
        let trickle = (0..<39).map { 10 + Double($0) }
        let found = try #require(try overload(times + trickle))
        #expect(found.queuePeak >= found.queueAtLast && found.queueAtLast > 150)
    }

    @Test("a load of 80 % is none, however long the trace", arguments: [20, 60, 300, 2000])
    func loaded(count: Int) throws {
        for seed in UInt64(1)...20 {
            let found = try overload(arrivals(count, rate: 7.2, seed: seed))
            #expect(found == nil, "seed \(seed)")
        }
    }

    @Test("bursts that drain are none, nor is one at the end")
    func bursts() throws {
        let steady = (0..<400).map { Double($0) / 5 }
        #expect(try overload(steady) == nil)
        for burst in [0.0, 20, 40, 78] {
            let times = steady + (0..<100).map { burst + Double($0) / 100 }
            #expect(try overload(times) == nil, "a burst at \(burst) s")
        }
    }

    @Test("a burst alone, one request and a short trace are none")
    func short() throws {
        #expect(try overload((0..<300).map { _ in 0 }) == nil)
        #expect(try overload([0]) == nil)
        // All of them arrive during the first step.
        #expect(try overload((0..<60).map { Double($0) * 1e-4 }) == nil)
    }

    @Test("a closed loop sends no more than is answered")
    func closed() throws {
        let loop = plan { $0.arrivals = .closedLoop(concurrency: 200) }
        #expect(try overload(arrivals(1000, rate: 100, seed: 1), loop) == nil)
    }
}
