import Basics
import StepTime
import Testing
import Traces

@testable import Simulator

/// Clocks that are legal, key by key, and whose steps take hours.
@Suite("Steps that take hours")
struct LongStepTests {
    private func plan(_ clock: StepTime) -> RunPlan {
        var plan = RunPlan(stepTime: clock)
        plan.engine.numGPUBlocks = 20_000
        plan.engine.asyncScheduling = true
        return plan
    }

    private func source(_ outputs: Int32...) -> InMemorySource {
        var workload = Workload()
        for (row, output) in outputs.enumerated() {
            workload.ids.append(Int64(row))
            workload.arrivals.append(Int64(row))
            workload.promptTokens.append(100)
            workload.outputTokens.append(output)
        }
        return InMemorySource(workload)
    }

    private func linear(_ seconds: Int) -> StepTime {
        StepTime(
            LinearStepTime(
                fixedMicroseconds: Int64(seconds) * 1_000_000, perTokenMicroseconds: 0,
                perRequestMicroseconds: 0))
    }

    private func table(_ rows: String...) throws -> StepTime {
        let header = "tokens,decodes,context,microseconds"
        return try StepTimeTable(([header] + rows).joined(separator: "\n"), place: "t.csv")
            .stepTime(maxTokens: 8192)
    }

    @Test("a stretch of them past the last moment is an error, whichever way it advances")
    func pastTheLastMoment() {
        for advance in EngineConfiguration.Advance.allCases {
            var plan = plan(linear(900))
            plan.engine.advance = advance
            let error = #expect(throws: InputError.self) {
                try simulate(plan, source: source(100_000))
            }
            #expect(error?.problem == "simulated time passes 92 days")
        }
    }

    @Test("a stretch of them up to the last moment is the same in both ways of advancing")
    func upToTheLastMoment() throws {
        var digests: Set<String> = []
        for advance in EngineConfiguration.Advance.allCases {
            var plan = plan(linear(600).scaled(byMillionths: 1_000_000))
            plan.engine.advance = advance
            digests.insert(try simulate(plan, source: source(12_000, 5, 3000)).digest)
        }
        #expect(digests.count == 1)
    }

    @Test("a clock whose steps could take more than a week is refused")
    func longerThanAWeek() throws {
        func complaint(_ clock: StepTime) -> String? {
            let error = #expect(throws: InputError.self) {
                try simulate(plan(clock), source: source(5))
            }
            return error?.problem
        }
        let hour = try table("1,1,100,3600000000", "100,0,100,3600000000")
        #expect(try simulate(plan(hour), source: source(5)).counters.finished == 1)
        #expect(
            complaint(hour.scaled(byMillionths: 1_000_000_000))
                == "makes steps of up to 3600000 s at max_num_batched_tokens 8192, max_num_seqs "
                + "1024 and max_model_len 131072")
        // Slopes that no conversion to integers could hold.
        let steep = try table("16,16,100,2000000000", "16,16,101,3600000000")
        #expect(complaint(steep)?.hasPrefix("makes steps of up to") == true)
        let rising = try table("1,1,100,1", "2,2,200,3600000000")
        #expect(complaint(rising)?.hasPrefix("makes steps of up to") == true)
        // The same with smaller limits holds.
        var small = plan(rising)
        small.engine.maxNumBatchedTokens = 100
        small.engine.maxNumSeqs = 100
        #expect(try simulate(small, source: source(5)).counters.finished == 1)
    }
}
