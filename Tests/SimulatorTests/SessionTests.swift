import Basics
import StepTime
import Testing
import Traces

@testable import Simulator

@Suite("Sessions and closed loops")
struct SessionTests {
    private func plan() -> RunPlan {
        var plan = RunPlan(
            stepTime: StepTime(
                LinearStepTime(
                    fixedMicroseconds: 5000, perTokenMicroseconds: 20, perRequestMicroseconds: 2)))
        plan.engine.numGPUBlocks = 1000
        plan.engine.maxModelLen = 4096
        return plan
    }

    private func workload(_ rows: Int) -> Workload {
        var workload = Workload()
        for row in 0..<rows {
            workload.ids.append(Int64(row))
            workload.arrivals.append(0)
            workload.promptTokens.append(100)
            workload.outputTokens.append(Int32(3 + row))
        }
        return workload
    }

    @Test("a turn arrives its think time after the turn it follows, past the last row too")
    func followers() throws {
        var workload = workload(4)
        workload.predecessors = [-1, 0, 1, 2]
        workload.thinkTimes = [0, 1_000_000_000, 0, 7_000]
        let result = try simulate(plan(), source: InMemorySource(workload))
        #expect(result.counters.finished == 4)
        for row in 1..<4 {
            let wait = result.records[row].arrival - result.records[row - 1].finish
            #expect(wait == workload.thinkTimes[row] * 1000)
        }
    }

    @Test("a turn that follows nobody in the trace is refused")
    func unknownPredecessor() {
        var workload = workload(2)
        workload.predecessors = [-1, 17]
        workload.thinkTimes = [0, 0]
        #expect(throws: InputError.self) {
            try simulate(plan(), source: InMemorySource(workload))
        }
    }

    @Test("turns that wait for one another in a circle are refused, not dropped")
    func circle() throws {
        var workload = workload(4)
        workload.predecessors = [-1, 3, 1, 2]
        workload.thinkTimes = [0, 0, 0, 0]
        let error = try #require(throws: InputError.self) {
            try simulate(plan(), source: InMemorySource(workload))
        }
        #expect(
            "\(error)".hasPrefix("request 1: waits for requests that wait for it, in a circle"),
            "\(error)")
    }

    @Test("a closed loop keeps its number of requests in the cluster")
    func closedLoop() throws {
        var plan = plan()
        plan.arrivals = .closedLoop(concurrency: 3)
        let result = try simulate(plan, source: InMemorySource(workload(12)))
        #expect(result.counters.finished == 12)
        #expect(mostTogether(result) == 3)
    }

    @Test("a session keeps its place in a closed loop, and so do those that follow together")
    func sessionsInAClosedLoop() throws {
        var plan = plan()
        plan.arrivals = .closedLoop(concurrency: 2)
        var workload = workload(12)
        // Three sessions of three turns, and two requests that both follow the tenth.
        workload.predecessors = [-1, 0, 1, -1, 3, 4, -1, 6, 7, -1, 9, 9]
        workload.thinkTimes = Array(repeating: 0, count: 12)
        let result = try simulate(plan, source: InMemorySource(workload))
        #expect(result.counters.finished == 12)
        // Two at a time, and a third while two follow one.
        #expect(mostTogether(result) <= 3)
        let turns = result.records.filter { $0.id < 9 }
        #expect(mostTogether(turns) == 2)
    }

    /// The most requests that were in the cluster when another arrived, that one included.
    private func mostTogether(_ result: RunResult) -> Int { mostTogether(result.records) }

    private func mostTogether(_ records: [RequestRecord]) -> Int {
        records.map { record in
            records.count { $0.arrival <= record.arrival && record.arrival < $0.finish }
        }.max() ?? 0
    }
}
