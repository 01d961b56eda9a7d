import Simulator
import Testing
import Traces

@testable import Experiments

/// Cost in counts that do not depend on the machine; times belong to `headway bench`.
@Suite("Cost follows events")
struct CostTests {
    private func chat(rate: Double, gait: EngineConfiguration.Gait) throws -> RunResult {
        let configuration = try Configuration.read(file: nil, changes: ["cluster.replicas=1"])
        var plan = try configuration.resolved().plan
        plan.engine.gait = gait
        let traffic = QuantileSource.Traffic(
            rate: rate, peakOverTrough: 1,
            prompt: LengthTable(median: 1_020, p90: 2_735, in: 2...14_050),
            output: LengthTable(median: 129, p90: 424, in: 1...1_000))
        return try simulate(
            plan, source: QuantileSource([traffic], requests: 300, seed: 5))
    }

    @Test("few steps are executed, however long the answers")
    func executedSteps() throws {
        let result = try chat(rate: 2, gait: .stride)
        #expect(result.counters.finished == 300)
        // An admission, a last token, and what is in flight around an arrival.
        #expect(result.steps.executed <= 8 * 300)
        #expect(result.steps.strode > 4 * result.steps.executed)
    }

    @Test("walking executes every step")
    func walking() throws {
        let result = try chat(rate: 20, gait: .walk)
        #expect(result.steps.strode == 0)
        #expect(result.steps.executed == result.counters.steps)
    }

    @Test("the number of threads changes nothing")
    func threads() throws {
        let configuration = try Configuration.read(
            file: nil, changes: ["cluster.replicas=4", "cluster.router=round_robin"])
        var plan = try configuration.resolved().plan
        let traffic = QuantileSource.Traffic(
            rate: 20, peakOverTrough: 1,
            prompt: LengthTable(median: 300, p90: 900, in: 2...4_000),
            output: LengthTable(median: 40, p90: 90, in: 1...300))
        let source = QuantileSource([traffic], requests: 400, seed: 6)
        plan.threads = 1
        let alone = try simulate(plan, source: source)
        plan.threads = 4
        let together = try simulate(plan, source: source)
        #expect(GaitComparison.difference(alone, together) == nil)
    }
}
