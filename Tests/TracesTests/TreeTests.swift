import Basics
import Testing
import Traces

@Suite("AIPerf's trees of conversations")
struct TreeTests {
    private func read(_ text: String) throws -> (workload: Workload, notes: TraceNotes) {
        try withFile(text) { try readAll($0) }
    }

    /// By the estimate: an answer ends 0.5 s and 30 ms a token after its request.
    private func end(_ trace: Workload, _ row: Int) -> Int64 {
        trace.arrivals[row] + 500_000_000 + 30_000_000 * Int64(trace.outputTokens[row])
    }

    @Test("forks go on from the answer, spawns begin with nothing, joins wait for both")
    func tree() throws {
        let (trace, notes) = try read(AgentSamples.tree)
        #expect(notes.format == .aiperfDAG && notes.quirks.isEmpty)
        func row(_ outputs: Int32, _ which: Int = 0) -> Int {
            (0..<trace.count).filter { trace.outputTokens[$0] == outputs }[which]
        }
        func before(_ row: Int) -> Set<Int64> {
            Set(
                [trace.predecessors[row]].filter { $0 >= 0 }
                    + trace.waits(of: row).filter { $0.event == .end }.map(\.request))
        }
        #expect(trace.priorities[row(4)] == 2 && trace.priorities[row(5)] == 0)
        let (root, a, a2, b, b2, b3) = (row(12), row(9), row(7), row(5), row(4), row(3))
        #expect(trace.arrivals[root] == 0 && before(root).isEmpty)
        #expect(before(a) == [trace.ids[root]] && before(b) == [trace.ids[root]])
        #expect(before(a2) == [trace.ids[a]] && trace.thinkTimes[a2] == 1_500_000_000)
        // What was said before, the answers between, and what is new.
        #expect(trace.promptTokens[root] == 5)
        #expect(trace.promptTokens[a] == 5 + 12 + 1 && trace.promptTokens[a2] == 18 + 9 + 1)
        #expect(
            trace.segments(of: a).prefix(3).map(\.content)
                == trace.segments(of: b).prefix(3).map(\.content))
        #expect(
            trace.segments(of: a)[trace.segments(of: a).startIndex + 2].content
                == trace.outputContents[root])
        // The first spawn joins the next turn, the others the one after.
        let children = [10, 10, 20].enumerated().map { row(Int32($1), $0 == 1 ? 1 : 0) }
        #expect(children.allSatisfy { before($0) == [trace.ids[b]] })
        #expect(before(b2) == [trace.ids[b], trace.ids[children[0]]])
        let last = (0..<trace.count).first {
            trace.outputTokens[$0] == 2 && before($0) == [trace.ids[children[2]]]
        }!
        #expect(before(b3) == [trace.ids[b2], trace.ids[children[1]], trace.ids[last]])
        #expect(
            trace.arrivals[b3] == [b2, children[1], last].map { end(trace, $0) }.max()! + 10_000_000
        )
        // A turn that sends its own messages alone.
        #expect(trace.promptTokens[last] == 4 && trace.segments(of: last).count == 1)
    }

    @Test("a coordinator's rounds begin when all of the round before have ended")
    func rounds() throws {
        let text = AgentSamples.tree.split(separator: "\n").suffix(3).joined(separator: "\n")
        let (trace, _) = try read(text + "\n")
        #expect(trace.count == 6)
        let roots = (0..<6).filter { !trace.follows($0) }
        #expect(roots.count == 2 && roots.allSatisfy { trace.arrivals[$0] == 100_000_000 })
        let second = (0..<6).filter { trace.waits(of: $0).count == 1 }
        #expect(second.count == 2)
        for row in second {
            #expect(trace.thinkTimes[row] == 100_000_000)
            #expect(trace.waits(of: row).first?.delay == 100_000_000)
        }
    }

    @Test(
        "what is no tree is refused",
        arguments: [
            ("\"session_id\":\"a\"", "\"session_id\":\"b\"", "occurs twice"),
            ("\"forks\":[\"a\"", "\"forks\":[\"x\"", "not in the file"),
            ("\"forks\":[\"a\"", "\"forks\":[7", "is not a text"),
            ("\"join_at\":2", "\"join_at\":0", "not behind the turn"),
            ("\"max_tokens\":9", "\"max\":9", "how long its answer is"),
            ("\"delay\":1500", "\"delay\":-1", "negative"),
            ("\"delay\":1500", "\"delay\":1e17", "delay"),
            (
                "\"messages\":[{\"role\":\"user\",\"content\":\"more", "\"m\":[{\"a\":\"",
                "no messages"
            ),
            ("message_array_with_responses", "other", "context_mode"),
            ("\"rounds\":2", "\"rounds\":0", "0 rounds"),
            ("\"orchestrator\":true", "\"orchestrator\":1", "not a flag"),
            ("\"think_time_ms\":100", "\"think_time_sigma\":0.5", "think_time_sigma"),
            (
                "sub c\"}],\"max_tokens\":10", "x\"}],\"max_tokens\":1,\"spawns\":[\"c\"]",
                "in a circle"
            ),
        ])
    func refused(from: String, to: String, said: String) throws {
        let text = AgentSamples.tree.replacing(from, with: to)
        #expect(text != AgentSamples.tree)
        let message = try failure(text)
        #expect(message.contains(said), "\(message)")
    }
}
