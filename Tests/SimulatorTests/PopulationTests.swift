import StepTime
import Testing
import Traces

@testable import Simulator

@Suite("What a run's figures are of")
struct PopulationTests {
    private func run(
        _ workload: Workload, _ changes: String..., change: (inout RunPlan) -> Void = { _ in }
    ) throws -> RunResult {
        var plan = try Configuration.read(
            file: nil, changes: ["cluster.replicas=1"] + changes
        ).resolved().plan
        change(&plan)
        return try simulate(plan, source: InMemorySource(workload))
    }

    /// Requests a millisecond apart.
    private func workload(_ lengths: [(prompt: Int32, output: Int32)]) -> Workload {
        var workload = Workload()
        for (row, length) in lengths.enumerated() {
            workload.ids.append(Int64(row))
            workload.arrivals.append(Int64(row) * 1_000_000)
            workload.promptTokens.append(length.prompt)
            workload.outputTokens.append(length.output)
        }
        return workload
    }

    @Test("a closed loop is the plan's, an open one is none")
    func closedLoop() throws {
        let two = workload([(100, 5), (100, 5)])
        #expect(try run(two, "trace.concurrency=3").concurrency == 3)
        #expect(try run(two).concurrency == nil)
    }
}
