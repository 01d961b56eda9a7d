import Basics
import Foundation
import Testing
import Traces

/// Formats that are read as a whole: every session, and nothing but sessions.
@Suite struct WholeFiles {
    private func session(_ name: String, size: Int? = 64) -> String {
        let block = size.map { "\"block_size\": \($0), " } ?? ""
        return "{\"id\": \"\(name)\", \(block)\"requests\": ["
            + "{\"t\": 0.0, \"in\": 128, \"out\": 10, \"hash_ids\": [1, 2], \"api_time\": 1.0},"
            + " {\"t\": 5.0, \"in\": 192, \"out\": 10, \"hash_ids\": [1, 2, 3]}]}"
    }

    private func count(_ data: Data) throws -> Int {
        try withFile(data) { try readAll($0).workload.count }
    }

    @Test func allSessionsOfAFileAreRead() throws {
        let lines = ["a", "b", "c"].map { session($0) + "\n" }
        let pretty = session("a").replacing(",", with: ",\n   ").replacing("[", with: "[\n")
        for text in [
            lines.joined(), lines.joined(separator: "\n\n"),
            "[" + lines.joined(separator: ",") + "]", pretty + pretty + pretty,
            session("a") + session("b") + session("c"),
        ] {
            let (workload, notes) = try withFile(text) { try readAll($0) }
            #expect(workload.count == 6)
            #expect(workload.predecessors.filter { $0 < 0 }.count == 3)
            // Ids are a session's own, and all but the first start when it is drawn.
            #expect(Set((0..<6).map { workload.segments(of: $0).first!.content }).count == 3)
            #expect(notes.assumptions.contains { $0.hasPrefix("session starts are drawn") })
        }
        let members = try lines.map { line in
            Data(try GzipWriter(for: "test").compress(Array(line.utf8), isLast: true))
        }
        #expect(try count(members[0] + members[1] + members[2]) == 6)
        #expect(try withFile(lines[0]) { try readAll($0).notes.assumptions } == [])
    }

    @Test(arguments: ["garbage", "}", "[]", ",", "{\"id\": 1}", "{\"requests\": 5}"])
    func textBesideSessionsIsRefused(_ rest: String) throws {
        #expect(try failure(session("a") + "\n" + rest + "\n").hasPrefix("FILE:2: "))
        if rest != "," {
            #expect(try failure("[" + session("a") + "]\n" + rest).hasPrefix("FILE:2: "))
        }
    }

    @Test func oneBlockSizeHoldsThroughout() throws {
        let text = session("a") + "\n" + session("b", size: 32) + "\n"
        #expect(try failure(text).contains("block_size is 32, in sessions before it 64"))
        var options = TraceOptions()
        options.blockTokens = 64
        let unsized = session("a", size: nil)
        #expect(try withFile(unsized) { try readAll($0, options).notes.blockTokens } == 64)
    }

    @Test func anIdTooManyIsCountedWhereBlocksAreWhole() throws {
        let text = "{\"requests\": [{\"t\": 0, \"in\": 70, \"out\": 9, \"hash_ids\": [1, 2]}]}\n"
        let (workload, notes) = try withFile(text) { try readAll($0) }
        #expect(notes.quirks.map(\.quirk) == [.ceilBlockCount])
        #expect(workload.segments.map(\.length) == [70])
        let two = text.replacing("[1, 2]", with: "[1, 2, 3]")
        #expect(try failure(two).contains("3 hash ids for a prompt of 70 tokens"))
    }

    @Test(arguments: [
        "{\"id\": 1, \"requests\": []}\n",
        "{\"conversations\": []}\n",
        "[{\"conversations\": [{\"from\": \"human\", \"value\": \"a\"}]}]\n",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}\n",
        "{\"resourceSpans\": []}\n",
        "{\"startTimeUnixNano\": \"1\", \"attributes\": []}\n",
        "{\"startTimeUnixNano\": \"1\", \"attributes\": {\"gen_ai.usage.input_tokens\": 5}}\n",
    ])
    func aFileWithoutRequestsIsRefused(_ text: String) throws {
        let message = try failure(text)
        #expect(message != "no error")
        #expect(!message.contains("no known trace format"), "\(message)")
    }

    @Test func questionsWithoutAnswersAreCounted() throws {
        let asked = "{\"role\": \"user\", \"content\": \"abcd\"}"
        let answered = "{\"messages\": [\(asked), {\"role\": \"assistant\", \"content\": \"x\"}]}\n"
        let open = "{\"messages\": [\(asked)]}\n"
        let (workload, notes) = try withFile(answered + open) { try readAll($0) }
        #expect(workload.count == 1)
        #expect(notes.quirks.map(\.quirk) == [.unanswered])
        #expect(try failure(open + open).contains("2 times a question without an answer"))
        var strict = TraceOptions()
        strict.isStrict = true
        #expect(try failure(answered + open, strict).hasPrefix("FILE:2: a question without"))
        let log = "{\"messages\": [\(asked)], \"timestamp\": 0, \"output_length\": 50}\n"
        #expect(try failure(log).contains("an API's log"))
    }
}

/// Spans inside spans are one call.
@Suite struct Spans {
    /// A span: its name, the one around it, its tokens if it has any.
    private func span(
        _ name: Int, in parent: Int? = nil, at start: Int, _ tokens: Int?, flat: Bool = false
    ) -> String {
        let counts =
            tokens.map {
                flat
                    ? "\"gen_ai.usage.prompt_tokens\": \($0), \"gen_ai.usage.completion_tokens\": 5"
                    : "\"gen_ai.usage.input_tokens\": \($0), \"gen_ai.usage.output_tokens\": 5"
            } ?? ""
        let end = start + 10 - name % 10
        if flat {
            return "{\"context\": {\"trace_id\": \"t\", \"span_id\": \"\(name)\"}, \"parent_id\": "
                + (parent.map { "\"\($0)\"" } ?? "null") + ", \"start_time_unix_nano\": \(start),"
                + " \"end_time_unix_nano\": \(end), \"attributes\": {\(counts)}}"
        }
        return "{\"traceId\": \"t\", \"spanId\": \"\(name)\", \"parentSpanId\": "
            + "\"\(parent.map(String.init) ?? "")\", \"startTimeUnixNano\": \"\(start)\","
            + " \"endTimeUnixNano\": \"\(end)\", \"attributes\": {\(counts)}}"
    }

    @Test(arguments: [false, true], [0, 1, 2])
    func aSpanAroundOthersIsNotCountedAgain(_ flat: Bool, _ layout: Int) throws {
        // A gateway around an SDK without counts around the engine; an agent around two calls.
        let spans = [
            span(1, at: 100, 30, flat: flat), span(2, in: 1, at: 101, nil, flat: flat),
            span(3, in: 2, at: 102, 31, flat: flat), span(4, at: 200, 90, flat: flat),
            span(5, in: 4, at: 201, 40, flat: flat), span(6, in: 4, at: 205, 50, flat: flat),
            span(7, in: 99, at: 300, 60, flat: flat),
        ]
        let text =
            layout == 0
            ? spans.joined(separator: "\n")
            : layout == 1
                ? "[" + spans.reversed().joined(separator: ",\n") + "]"
                : "{\"resourceSpans\": [{\"scopeSpans\": [{\"spans\": [\n"
                    + spans.joined(separator: ",") + "]}]}]}"
        let (workload, notes) = try withFile(text) { try readAll($0) }
        #expect(workload.promptTokens == [31, 40, 50, 60])
        #expect(notes.quirks.map(\.quirk) == [.nestedSpan])
        #expect(notes.quirks.map(\.count) == [2])
        #expect(notes.remarks == ["spans without token counts, which are no requests: 1"])
        var strict = TraceOptions()
        strict.isStrict = true
        #expect(try failure(text, strict).contains("a span around a span with token counts"))
    }

    @Test func aConversationIsInheritedFromTheSpanAround() throws {
        let outer = { (name: Int, start: Int) in
            self.span(name, at: start, 30)
                .replacing("{\"gen_ai", with: "{\"gen_ai.conversation.id\": \"c\", \"gen_ai")
        }
        let text = [
            outer(1, 100), span(2, in: 1, at: 101, 30), outer(3, 200),
            span(4, in: 3, at: 201, 40),
        ].joined(separator: "\n")
        let workload = try withFile(text) { try readAll($0).workload }
        #expect(workload.predecessors == [-1, 0])
    }

    @Test func aSpanThatIsExportedTwiceIsOneRequest() throws {
        let text = span(1, at: 100, 30) + "\n" + span(1, at: 100, 30) + "\n" + span(1, at: 200, 30)
        let (workload, notes) = try withFile(text) { try readAll($0) }
        #expect(workload.count == 2)
        #expect(notes.quirks.map(\.quirk) == [.repeatedSpan])
    }

    @Test func spansThatLieInOneAnotherEndTheSearch() throws {
        let text = span(1, in: 2, at: 100, 30) + "\n" + span(2, in: 1, at: 101, 30)
        #expect(try failure(text).contains("a span around a span"))
        let self1 = span(1, in: 1, at: 100, 30)
        #expect(try withFile(self1) { try readAll($0).workload.count } == 1)
    }
}
