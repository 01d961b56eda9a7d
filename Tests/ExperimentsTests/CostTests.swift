import Basics
import Scenario
import Simulator
import Testing
import Traces

@testable import Experiments
@testable import Fidelity

/// Cost in counts that do not depend on the machine; times belong to `headway bench`.
@Suite("Cost follows events")
struct CostTests {
    private func chat(rate: Double, advance: EngineConfiguration.Advance) throws -> RunResult {
        let configuration = try Configuration.read(file: nil, changes: ["cluster.replicas=1"])
        var plan = try configuration.resolved().plan
        plan.engine.advance = advance
        let traffic = QuantileSource.Traffic(
            rate: rate, peakOverTrough: 1,
            prompt: LengthTable(median: 1_020, p90: 2_735, in: 2...14_050),
            output: LengthTable(median: 129, p90: 424, in: 1...1_000))
        return try simulate(
            plan, source: QuantileSource([traffic], requests: 300, seed: 5))
    }

    @Test("few steps are executed, however long the answers")
    func executedSteps() throws {
        let result = try chat(rate: 2, advance: .fastForward)
        #expect(result.counters.finished == 300)
        // An admission, a last token, and what is in flight around an arrival.
        #expect(result.steps.executed <= 8 * 300)
        #expect(result.steps.forwarded > 4 * result.steps.executed)
    }

    @Test("stepping executes every step")
    func stepping() throws {
        let result = try chat(rate: 20, advance: .step)
        #expect(result.steps.forwarded == 0)
        #expect(result.steps.executed == result.counters.steps)
    }

    @Test("the number of threads changes nothing", arguments: ["round_robin", "random"])
    func threads(router: String) throws {
        let configuration = try Configuration.read(
            file: nil,
            changes: [
                "cluster.replicas=7", "hardware.nodes=1", "cluster.router=\(router)",
            ])
        var plan = try configuration.resolved().plan
        let traffic = QuantileSource.Traffic(
            rate: 20, peakOverTrough: 1,
            prompt: LengthTable(median: 300, p90: 900, in: 2...4_000),
            output: LengthTable(median: 40, p90: 90, in: 1...300))
        // Nine rounds and a rest.
        let source = QuantileSource([traffic], requests: 6_100, seed: 6)
        plan.threads = 1
        let alone = try simulate(plan, source: source)
        for threads in [2, 3, 16] {
            plan.threads = threads
            let together = try simulate(plan, source: source)
            #expect(AdvanceComparison.difference(alone, together) == nil, "\(threads) threads")
        }
    }

    @Test("what goes wrong is the same on any number of threads", arguments: [1, 2, 16])
    func failures(threads: Int) throws {
        let configuration = try Configuration.read(
            file: nil, changes: ["cluster.replicas=7", "cluster.router=random"])
        var plan = try configuration.resolved().plan
        plan.threads = threads
        #expect(throws: InputError.self) {
            try simulate(plan, source: Broken(rows: 1_500))
        }
    }

    /// A source that breaks off.
    private struct Broken: RequestSource {
        var rows: Int
        private var isDone = false

        init(rows: Int) { self.rows = rows }

        mutating func next() throws -> Workload? {
            if isDone { throw InputError("line 7", "is torn", expected: "a whole line") }
            isDone = true
            var workload = Workload()
            workload.ids = (0..<Int64(rows)).map(\.self)
            workload.arrivals = workload.ids.map { $0 * 1_000_000 }
            workload.promptTokens = Array(repeating: 100, count: rows)
            workload.outputTokens = Array(repeating: 10, count: rows)
            return workload
        }
    }
}
