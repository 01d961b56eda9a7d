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

    @Test("content is held where a prompt has some, also in a session")
    func content() throws {
        var some = workload([(100, 5), (100, 5), (100, 5)])
        #expect(try !run(some).holdsContent)
        some.predecessors = [-1, 0, 1]
        #expect(try !run(some).holdsContent)
        some.segmentEnds = [1, 2, 3]
        some.segments = [7, 8, 9].map { Segment(content: $0, length: 100) }
        #expect(try run(some).holdsContent)
        some.predecessors = []
        #expect(try run(some).holdsContent)
    }
}
