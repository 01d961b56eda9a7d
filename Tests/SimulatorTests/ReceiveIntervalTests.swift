import Basics
import Simulator
import StepTime
import Testing
import Traces

/// SGLang's `--scheduler-recv-interval`: requests that come wait for the engine's next look.
@Suite("An engine that looks for new requests in some steps only")
struct ReceiveIntervalTests {
    private static let millisecond: Int64 = 1_000_000_000

    /// Steps of 10 ms.
    private func plan(
        _ interval: Int, asynchronous: Bool, _ advance: EngineConfiguration.Advance
    ) -> RunPlan {
        var plan = RunPlan(
            stepTime: StepTime(
                LinearStepTime(
                    fixedMicroseconds: 10_000, perTokenMicroseconds: 0, perRequestMicroseconds: 0)))
        plan.engine.receiveInterval = interval
        plan.engine.asyncScheduling = asynchronous
        plan.engine.advance = advance
        plan.engine.numGPUBlocks = 4000
        plan.engine.maxModelLen = 400
        plan.engine.maxNumSeqs = 16
        plan.keepsRecords = true
        return plan
    }

    /// A request of 300 tokens, and others 3 ms after some steps' begin.
    private func records(_ plan: RunPlan, after steps: [Int64]) throws -> [RequestRecord] {
        var workload = Workload()
        for (row, step) in ([0] + steps).enumerated() {
            workload.ids.append(Int64(row))
            workload.arrivals.append(row == 0 ? 0 : step * 10_000_000 + 3_000_000)
            workload.promptTokens.append(20)
            workload.outputTokens.append(row == 0 ? 300 : 8)
        }
        return try simulate(plan, source: InMemorySource(workload)).records
            .sorted { $0.id < $1.id }
    }

    /// With 4 the engine looks at 10 ms, after the first prefill, and at 50; after the prefill
    /// there at 60, 100, and so on to 260; and after the prefill there at 270.
    @Test("a request waits for four decode steps to pass, or one with a prefill")
    func waits() throws {
        for (interval, admitted) in [(1, [40, 230, 240, 270]), (4, [50, 260, 260, 270])] {
            let records = try records(
                plan(interval, asynchronous: false, .step), after: [3, 22, 23, 26])
            #expect(
                records.dropFirst().map(\.admitted)
                    == admitted.map { Int64($0) * Self.millisecond })
        }
    }

    @Test(
        "fast-forwarding counts as steps do", arguments: [1, 2, 3, 7, 30], [true, false])
    func advances(interval: Int, asynchronous: Bool) throws {
        var random = SeededRandom(seed: UInt64(interval))
        let steps = (0..<40).map { _ in Int64(random.below(280)) }.sorted()
        let stepped = try records(
            plan(interval, asynchronous: asynchronous, .step), after: steps)
        let forwarded = try records(
            plan(interval, asynchronous: asynchronous, .fastForward), after: steps)
        #expect(stepped == forwarded)
    }
}
