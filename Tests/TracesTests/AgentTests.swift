import Basics
import Testing
import Traces

private let second: Int64 = 1_000_000_000

private func read(
    _ text: String, _ change: (inout TraceOptions) -> Void = { _ in }
) throws -> (workload: Workload, notes: TraceNotes) {
    var options = TraceOptions()
    change(&options)
    return try withFile(text) { try readAll($0, options) }
}

private func strict(_ text: String) throws -> String {
    var options = TraceOptions()
    options.isStrict = true
    return try failure(text, options)
}

private func lengths(_ workload: Workload, _ row: Int) -> [Int32] {
    workload.segments(of: row).map(\.length)
}

@Suite struct AgenticTraces {
    @Test func branchesAndJoinsWaitForWhatTheyName() throws {
        let (workload, notes) = try read(AgentSamples.agentic)
        #expect(notes.format == .agenticMooncake && notes.quirks.isEmpty)
        // In order of the times at which they would arrive: a, c, e, b, d.
        #expect(workload.promptTokens == [1_024, 1_536, 512, 1_536, 2_048])
        let ids = workload.ids
        #expect(workload.predecessors == [-1, ids[0], -1, ids[0], ids[3]])
        #expect(workload.thinkTimes == [0, second / 2, 0, 2_100_000_000, second / 4])
        #expect(workload.toolTimes == [0, 0, 0, 2 * second, second / 4])
        #expect(Array(workload.waits(of: 4)) == [Wait(request: ids[1], delay: second / 4)])
        #expect(workload.waits.count == 1)
        #expect(workload.priorities == [0, 0, 0, 0, 3])
        #expect(notes.assumptions.contains { $0.hasPrefix("priorities") })
        #expect(notes.blockTokens == 512)
        #expect(try strict(AgentSamples.agentic) == "no error")
    }

    @Test func dependenciesOfVersionTwoHaveTriggersAndDelaysOfTheirOwn() throws {
        let (workload, notes) = try read(AgentSamples.typed)
        #expect(notes.format == .agenticMooncake && notes.blockTokens == 64)
        let ids = workload.ids
        #expect(workload.predecessors == [-1, -1, ids[0]])
        #expect(
            Array(workload.waits(of: 1)) == [
                Wait(request: ids[0], event: .arrival, delay: second / 10),
                Wait(request: -1, event: .origin, delay: 5_000_500_000),
            ])
        #expect(Array(workload.waits(of: 2)) == [Wait(request: ids[1], delay: 7_000_000)])
        // Blocks of another play are others.
        #expect(
            workload.segments(of: 1).map(\.content) != workload.segments(of: 2).map(\.content))
        #expect(
            try failure(AgentSamples.typed.replacing("\"version\":2", with: "\"version\":9"))
                .contains("FILE:1: a header of dynamo.agentic_mooncake version 9"))
    }

    @Test func rowsMayStandBeforeWhatTheyWaitFor() throws {
        let lines = AgentSamples.agentic.split(separator: "\n")
        let turned = lines.reversed().joined(separator: "\n") + "\n"
        let (there, back) = (try read(AgentSamples.agentic), try read(turned))
        #expect(there.workload.arrivals == back.workload.arrivals)
        #expect(there.workload.promptTokens == back.workload.promptTokens)
        #expect(there.workload.waits.count == back.workload.waits.count)
    }

    private static let row = "\"input_length\":9,\"output_length\":5"

    @Test(arguments: [
        (
            "{\"request_id\":\"a\",\(row),\"wait_for\":[\"a\"]}\n",
            "FILE:1: a request waits for itself"
        ),
        (
            "{\"request_id\":\"a\",\(row),\"wait_for\":[\"b\"]}\n"
                + "{\"request_id\":\"b\",\(row),\"wait_for\":[\"a\"]}\n",
            "requests wait for each other"
        ),
        (
            "{\"request_id\":\"a\",\(row),\"timestamp\":0}\n"
                + "{\"request_id\":\"b\",\(row),\"wait_for\":[\"x\"]}\n",
            "FILE:2: waits for a request that is not in the trace"
        ),
        (
            "{\"request_id\":\"a\",\(row),\"timestamp\":0,\"branches\":[\"b\"]}\n"
                + "{\"request_id\":\"b\",\(row),\"timestamp\":9}\n",
            "FILE:1: branches names a request whose wait_for does not name this one"
        ),
        (
            "{\"request_id\":\"a\",\(row),\"timestamp\":0,\"tool_wait_ms\":5}\n",
            "tool_wait_ms without wait_for"
        ),
        (
            "{\"request_id\":\"a\",\(row),\"timestamp\":0,\"branches\":[]}\n"
                + "{\"request_id\":\"a\",\(row),\"timestamp\":9}\n",
            "FILE:2: a request_id occurs twice"
        ),
    ])
    func graphsThatCannotBeAreRefused(_ text: String, _ message: String) throws {
        #expect(try failure(text).contains(message))
    }

    @Test func dropsRequestsButNotWhatFollowsThem() throws {
        // b has no output: c waits for a, and for b's pause and its own.
        let text = """
            {"request_id":"a","timestamp":1000,\(Self.row)}
            {"request_id":"b","wait_for":["a"],"delay":100,"input_length":9,"output_length":0}
            {"request_id":"c","wait_for":["b"],"delay":200,\(Self.row)}

            """
        let (workload, notes) = try read(text)
        #expect(workload.count == 2)
        #expect(notes.quirks.map(\.quirk) == [.zeroOutput])
        #expect(workload.predecessors == [-1, workload.ids[0]])
        // Nobody knows of any time that b took.
        #expect(workload.thinkTimes == [0, 300_000_000])
    }

    @Test func aWindowKeepsWhatItCanAndCountsTheRest() throws {
        // a arrives at 0; b and c wait for it, d for them.
        let (cut, notes) = try read(AgentSamples.agentic) { $0.window = second..<Int64.max }
        #expect(cut.count == 4)
        #expect(notes.quirks.map(\.quirk) == [.assumedTime])
        #expect(notes.quirks.map(\.count) == [2])
        #expect(cut.predecessors.filter { $0 >= 0 }.count == 1 && cut.waits.count == 1)
        let (begun, left) = try read(AgentSamples.agentic) { $0.window = 0..<4 * second }
        #expect(begun.count == 2)
        #expect(left.quirks.map(\.quirk) == [.turnLeftOut])
        #expect(left.quirks.map(\.count) == [2])
        let (open, none) = try read(AgentSamples.agentic) { $0.followsSessions = false }
        #expect(open.predecessors.isEmpty && open.waits.isEmpty && none.quirks.isEmpty)
    }

    @Test func infoShowsDepthFanOutAndToolWaits() throws {
        let shape = try withFile(AgentSamples.agentic) { path in
            let (source, notes) = try openTrace(path)
            return try #require(TraceInfo(source, notes: notes).dependencies)
        }
        #expect(shape.followers == 3 && shape.depth == 3 && shape.fanOut == 2)
        #expect(shape.branches == 1 && shape.joins == 1 && shape.mostWaits == 2)
        #expect(shape.toolWaits == 2)
        for (found, right) in zip(shape.toolSeconds, [1.125, 1.125, 1.825, 1.9825]) {
            #expect(abs(found - right) < 1e-9)
        }
    }

    @Test func infoCountsPrefixesAsARunDoes() throws {
        // The third begins with a block that stood second before: only the first block is a hit.
        let rows = [([20, 21], 1_024), ([20, 23], 1_024), ([21, 23], 1_024)].enumerated().map {
            "{\"request_id\":\"\($0)\",\"timestamp\":\($0),\"input_length\":\($1.1),"
                + "\"output_length\":5,\"hash_ids\":\($1.0),\"branches\":[]}\n"
        }
        let reuse = try withFile(rows.joined()) { path in
            let (source, notes) = try openTrace(path)
            return try #require(TraceInfo(source, notes: notes).reuse)
        }
        #expect(reuse.hitTokens == 512 && reuse.baseTokens == 3_072)
    }
}

@Suite struct TurnsThatAdd {
    @Test func promptsAreTheSessionsLastPromptItsOutputAndTheRow() throws {
        let (workload, notes) = try read(AgentSamples.delta) { $0.format = .mooncakeDelta }
        #expect(workload.promptTokens == [600, 1_122, 600, 1_182])
        #expect(workload.thinkTimes == [0, 50_000_000, 0, 50_000_000])
        // The first turn of the other session has the same blocks.
        #expect(Array(workload.segments(of: 0)) == Array(workload.segments(of: 2)))
        #expect(lengths(workload, 1) == [600, 10, 512])
        #expect(workload.segments(of: 1).dropFirst().first?.content == workload.outputContents[0])
        #expect(lengths(workload, 3) == [600, 10, 512, 20, 40])
        #expect(notes.quirks.isEmpty)
    }

    @Test func rowsReadAsWholePromptsSayHowElseTheyAreRead() throws {
        let (workload, notes) = try read(AgentSamples.delta)
        #expect(workload.promptTokens == [600, 512, 600, 40])
        let quirk = try #require(notes.quirks.first { $0.quirk == .unsharedTurn })
        #expect(quirk.quirk.words.contains("--format mooncake_delta"))
    }

    @Test func namesOfOnesOwnAreReadThere() throws {
        let text = AgentSamples.delta.replacing("input_length", with: "tokens_in")
        let (workload, _) = try read(text) {
            $0.format = .mooncakeDelta
            $0.columns = try? TraceColumns("timestamp,tokens_in,output_length", place: "")
        }
        #expect(workload.promptTokens == [600, 1_122, 600, 1_182])
    }

    @Test func sessionsOfAppliedComputeAddUp() throws {
        let (workload, notes) = try read(AgentSamples.applied)
        #expect(notes.format == .appliedCompute)
        #expect(workload.promptTokens == [6_318, 12_537, 13_644])
        #expect(workload.outputTokens == [101, 1_084, 801])
        #expect(workload.thinkTimes == [0, 431_000_000, 2_339_000_000])
        #expect(workload.toolTimes == workload.thinkTimes)
        let short = AgentSamples.applied.replacing("[6118,23]", with: "[6118]")
        #expect(try failure(short).contains("FILE:1: 2, 1 and 2 values for 2 turns"))
    }

    @Test func keysThatSayDeltaByAnotherNameAreRefused() throws {
        let text = "{\"session_id\":1,\"input_length\":9,\"output_length\":5,\"delta_tokens\":3}\n"
        #expect(try failure(text).contains("--format mooncake_delta"))
    }
}

@Suite struct RecordedSessions {
    @Test func dynamosSessionsSpawnAndJoin() throws {
        let (workload, notes) = try read(AgentSamples.dynamo)
        #expect(notes.format == .dynamo && notes.blockTokens == 64 && notes.quirks.isEmpty)
        #expect(workload.arrivals == [0, 1_500_000_000, 3 * second])
        #expect(workload.promptTokens == [128, 192, 300])
        let ids = workload.ids
        #expect(workload.predecessors == [-1, ids[0], ids[0]])
        // The planner's second call counts its pause from the end of the researcher's.
        #expect(workload.thinkTimes == [0, second / 2, second / 2])
        #expect(Array(workload.waits(of: 2)) == [Wait(request: ids[1], delay: second / 2)])
        #expect(workload.toolTimes == [0, 0, 400_000_000])
        let measured = try #require(notes.measured)
        #expect(measured[ids[0]]?.timeToFirstToken == second / 5)
        #expect(measured[ids[1]]?.timeToFirstToken == nil)
        #expect(measured[ids[1]]?.endToEnd == second)
        #expect(try strict(AgentSamples.dynamo) == "no error")
    }

    @Test func dynamosRequestsWithoutSessionsArriveByThemselves() throws {
        let mixed = AgentSamples.dynamo.replacing(
            "\"agent_context\":{\"session_id\":\"c\",\"parent_session_id\":\"p\"},", with: "")
        let plain = mixed.replacing("\"agent_context\":{\"session_id\":\"p\"},", with: "")
        #expect(try read(plain).workload.predecessors.allSatisfy { $0 < 0 })
        #expect(try failure(mixed).contains("2 requests have an agent_context and 1 have none"))
    }

    @Test func callsThatOverlapBeginAfterWhatHadBegun() throws {
        func event(_ id: Int, from start: Int, for took: Int) -> String {
            "{\"event_type\":\"request_end\",\"event_time_unix_ms\":\(start + took),"
                + "\"agent_context\":{\"session_id\":\"s\"},\"request\":{\"request_id\":\(id),"
                + "\"input_tokens\":9,\"output_tokens\":5,\"request_received_ms\":\(start)}}\n"
        }
        let (workload, _) = try read(
            event(1, from: 1_000, for: 900) + event(2, from: 1_200, for: 900)
                + event(3, from: 2_000, for: 5))
        let ids = workload.ids
        #expect(workload.predecessors == [-1, -1, ids[0]])
        #expect(
            Array(workload.waits(of: 1)) == [
                Wait(request: ids[0], event: .arrival, delay: second / 5)
            ])
        #expect(workload.thinkTimes[2] == second / 10)
    }

    @Test func copilotsCallsShareWhatWasCached() throws {
        let (workload, notes) = try read(AgentSamples.copilot)
        #expect(notes.format == .copilot)
        #expect(workload.promptTokens == [20_000, 21_300] && workload.outputTokens == [210, 100])
        #expect(workload.arrivals == [0, 9 * second])
        #expect(workload.thinkTimes == [0, 5_100_000_000])
        #expect(workload.toolTimes == [0, 4_700_000_000])
        // 20,200 cached: the prompt before and 200 of its output.
        #expect(lengths(workload, 1) == [20_000, 200, 1_100])
        #expect(workload.segments(of: 1).dropFirst().first?.content == workload.outputContents[0])
        #expect(try strict(AgentSamples.copilot) == "no error")
    }

    @Test func traceLabsRoundsBeginWithTheirInput() throws {
        let (workload, notes) = try read(AgentSamples.traceLab)
        #expect(notes.format == .traceLab)
        #expect(workload.promptTokens == [32_000, 38_000])
        #expect(workload.arrivals == [0, 60 * second])
        #expect(workload.thinkTimes == [0, 51_750_000_000])
        #expect(workload.toolTimes == [0, 1_200_000_000])
        #expect(lengths(workload, 1) == [32_000, 900, 5_100])
        let timeless = "{\"session_id\":1,\"input_tokens_total\":9,\"output_tokens\":5}\n"
        #expect(try failure(timeless).contains("FILE:1: TraceLab's rounds: a round has no times"))
    }

    @Test func prioritiesCountInEveryFormat() throws {
        let bailian =
            "{\"chat_id\":0,\"timestamp\":0,\"input_length\":9,\"output_length\":5,"
            + "\"priority\":4}\n"
        let lengths =
            "arrived_at,num_prefill_tokens,num_decode_tokens,priority\n0,9,5,4\n1,9,5,\n"
        let weka =
            "{\"requests\":[{\"t\":0,\"in\":64,\"out\":9,\"hash_ids\":[1],\"priority\":4}]}\n"
        let otel =
            "{\"startTimeUnixNano\":\"5\",\"attributes\":{\"gen_ai.usage.input_tokens\":9,"
            + "\"gen_ai.usage.output_tokens\":5,\"gen_ai.request.priority\":4}}\n"
        let copilot = AgentSamples.copilot.replacing("\"model\"", with: "\"priority\":4,\"model\"")
        let rounds = AgentSamples.traceLab.replacing("\"model\"", with: "\"priority\":4,\"model\"")
        for text in [bailian, lengths, weka, otel, copilot, rounds] {
            #expect(try read(text).workload.priorities.first == 4, "\(text.prefix(40))")
        }
    }
}
