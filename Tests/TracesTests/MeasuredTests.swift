import Basics
import Testing
import Traces

private let millisecond: Int64 = 1_000_000

/// Formats that carry measured latencies beside their requests.
@Suite struct MeasuredRequests {
    private func read(_ text: String) throws -> (workload: Workload, notes: TraceNotes) {
        try withFile(text) { try readAll($0) }
    }

    private func latencies(_ text: String) throws -> [[Int64?]] {
        let (workload, notes) = try read(text)
        let measured = try #require(notes.measured)
        return workload.ids.map { [measured[$0]?.timeToFirstToken, measured[$0]?.endToEnd] }
    }

    @Test func blisHasChunksDeadlinesAndGroups() throws {
        let (workload, notes) = try read(AgentSamples.blis)
        #expect(notes.format == .blis)
        #expect(workload.promptTokens == [150, 250, 140])
        #expect(workload.arrivals == [0, 500 * millisecond, 600 * millisecond])
        #expect(workload.predecessors == [-1, workload.ids[0], -1])
        #expect(workload.thinkTimes[1] == 250 * millisecond)
        #expect(workload.priorities == [0, 4, 4])
        // 400 ms of patience from the arrival.
        #expect(workload.aborts == [-1, 900 * millisecond, -1])
        #expect(workload.segments(of: 0).first == workload.segments(of: 1).first)
        #expect(
            try latencies(AgentSamples.blis) == [
                [50 * millisecond, 250 * millisecond], [50 * millisecond, 250 * millisecond],
                [nil, nil],
            ])
        #expect(notes.remarks.contains { $0.contains("image, audio and video tokens") })
        #expect(
            try failure(AgentSamples.blis.replacing("g,100,150", with: "g,90,150"))
                .contains("FILE:3: prefix_length is 90"))
    }

    @Test func llmServingSimsClocksAreSetByTheSoonestQueued() throws {
        #expect(
            try latencies(AgentSamples.llmServingSim)
                == [[170, 650], [170, 650], [170, 650]].map {
                    $0.map { $0 * millisecond }
                })
        let notes = try read(AgentSamples.llmServingSim).notes
        #expect(notes.format == .llmServingSim)
        #expect(notes.assumptions.contains { $0.contains("queued soonest") })
        // Where all times are of one clock, the first token counts from the arrival.
        let one =
            "{\"input_toks\":9,\"output_toks\":5,\"arrival_time\":10.5,"
            + "\"first_token_ts\":10.75,\"last_token_ts\":11}\n"
        #expect(try latencies(one) == [[250 * millisecond, 500 * millisecond]])
    }

    @Test func vllmsBenchmarkHasAPlaceForEachRequest() throws {
        let (workload, notes) = try read(AgentSamples.vllmBench)
        #expect(notes.format == .vllmBench)
        #expect(workload.promptTokens == [100, 200] && workload.outputTokens == [3, 2])
        #expect(workload.arrivals == [0, 500 * millisecond])
        #expect(notes.quirks.map(\.quirk) == [.failed])
        #expect(
            try latencies(AgentSamples.vllmBench) == [
                [50 * millisecond, 80 * millisecond], [60 * millisecond, 90 * millisecond],
            ])
        #expect(notes.measured?[0]?.timePerOutputToken == 15e6)
        #expect(notes.remarks.contains { $0.contains("trace.concurrency=2") })
        for key in ["ttfts", "input_lens"] {
            let message = try failure(AgentSamples.vllmBench.replacing(key, with: "x"))
            #expect(message.contains("--save-detailed"), "\(key)")
        }
        #expect(
            try failure(AgentSamples.vllmBench.replacing("start_times", with: "x"))
                .contains("does not say when requests were sent"))
        #expect(
            try failure(AgentSamples.vllmBench.replacing("[3,2,0]", with: "[3,2]"))
                .contains("lists of 3, 2, 3, 3, 3 values for 3 requests"))
    }

    @Test func aiperfsMetricsHaveUnits() throws {
        let (workload, notes) = try read(AgentSamples.aiperf)
        #expect(notes.format == .aiperf)
        #expect(workload.promptTokens == [512, 512] && workload.outputTokens == [16, 16])
        #expect(
            try latencies(AgentSamples.aiperf)
                == .init(repeating: [18_250_000, 487 * millisecond], count: 2))
        let failed = AgentSamples.aiperf.replacing("\"error\":null", with: "\"error\":{\"code\":5}")
        #expect(try failure(failed).contains("none of its 2 rows can be replayed: 2 times "))
    }

    /// A record of AIPerf with more metadata.
    private func record(_ metadata: String, at start: Int64, latency: Int = 400) -> String {
        """
        {"metadata":{"request_start_ns":\(1_700_000_000_000_000_000 + start * millisecond),\
        "worker_id":"w",\(metadata)},"metrics":{"input_sequence_length":{"value":100},\
        "output_sequence_length":{"value":20},"time_to_first_token":{"value":30,"unit":"ms"},\
        "request_latency":{"value":\(latency),"unit":"ms"}},"error":null}

        """
    }

    @Test func aiperfsWarmUpAndCancelledRequestsAreNoLoad() throws {
        let text =
            record("\"session_num\":0,\"benchmark_phase\":\"warmup\"", at: 0)
            + record("\"session_num\":1,\"benchmark_phase\":\"profiling\"", at: 5_000)
            + record("\"session_num\":2,\"was_cancelled\":true", at: 6_000)
            + record("\"session_num\":3,\"was_cancelled\":false,\"colour\":1", at: 7_000)
            + record("\"session_num\":4", at: 8_000)
            .replacing("\"error\":null", with: "\"error\":{\"code\":500}")
        let (workload, notes) = try read(text)
        #expect(workload.arrivals == [0, 2_000 * millisecond])
        #expect(workload.predecessors.isEmpty)
        #expect(notes.rows == 5 && notes.measured?.count == 2)
        let quirks = notes.quirks.map { "\($0.count) \($0.quirk.rawValue)" }
        #expect(quirks == ["1 warm_up", "1 failed", "1 cancelled"])
        #expect(notes.remarks.contains { $0.contains("colour (1)") })
        #expect(
            try failure(record("\"benchmark_phase\":\"cooldown\"", at: 0))
                .contains("the benchmark_phase cooldown; expected profiling or warmup"))
        #expect(
            try failure(record("\"benchmark_phase\":\"warmup\"", at: 0))
                .contains("none of its 1 row can be replayed: 1 times "))
    }

    @Test func aiperfsTurnsFollowOneAnother() throws {
        // The dataset's conversation c was sent in two sessions; a third has a turn before.
        let text =
            record("\"x_correlation_id\":\"a\",\"turn_index\":0", at: 0)
            + record("\"x_correlation_id\":\"b\",\"turn_index\":0", at: 100)
            + record("\"x_correlation_id\":\"a\",\"turn_index\":1", at: 900)
            + record("\"session_num\":7,\"turn_index\":0", at: 1_000)
            + record("\"session_num\":7,\"turn_index\":1", at: 1_500)
        let conversation = text.replacing(
            "turn_index", with: "conversation_id\":\"c\",\"turn_index")
        let (workload, notes) = try read(conversation)
        #expect(workload.predecessors == [-1, -1, 0, -1, 3])
        #expect(workload.thinkTimes.map { $0 / millisecond } == [0, 0, 500, 0, 100])
        #expect(notes.measured?.count == 5 && notes.remarks.isEmpty)
        #expect(notes.assumptions.contains { $0.contains("turns share nothing") })
    }

    @Test func guidellmsRequestsAreThoseThatSucceeded() throws {
        let (workload, notes) = try read(AgentSamples.guideLLM)
        #expect(notes.format == .guidellm)
        #expect(workload.promptTokens == [500, 7, 8] && workload.outputTokens == [40, 1, 4])
        #expect(workload.arrivals == [0, 500 * millisecond, 2_500 * millisecond])
        // One was incomplete, one errored.
        #expect(notes.quirks.map(\.quirk) == [.failed, .cancelled])
        #expect(
            try latencies(AgentSamples.guideLLM) == [
                [100_500_000, 1_250 * millisecond], [20 * millisecond, 20 * millisecond],
                [30 * millisecond, nil],
            ])
        #expect(notes.remarks.contains { $0.contains("2 benchmarks") })
        // The last one ends before its first token.
        #expect(notes.remarks.contains { $0.contains("end before they begin: 1") })
        #expect(
            try failure(AgentSamples.guideLLM.replacing("prompt_tokens", with: "x"))
                .contains("does not say how long it was"))
        #expect(
            try failure(AgentSamples.guideLLM.replacing("\"requests\"", with: "\"x\""))
                .contains("has no requests"))
    }

    @Test func tellsWhichFilesHoldMeasuredLatencies() throws {
        for (format, text) in AgentSamples.all {
            let told = try withFile(text) { TraceFormat.measuring($0) }
            #expect(told == (TraceFormat.measuring.contains(format) ? format : nil))
        }
        #expect(TraceFormat.measuring("/nowhere") == nil)
    }
}

/// What all formats that are read whole promise.
@Suite struct WholeFormats {
    @Test func areToldByTheirContent() throws {
        for (format, text) in AgentSamples.all where format != .mooncakeDelta {
            #expect(try withFile(text) { try readAll($0).notes.format } == format)
        }
    }

    @Test func surviveWritingAsNativeLines() throws {
        for (format, text) in AgentSamples.all {
            var options = TraceOptions()
            options.format = format
            let read = try withFile(text) { try readAll($0, options).workload }
            var writer = try TraceWriter(.native)
            let bytes = try writer.write(read)
            let again = try withFile(String(decoding: bytes, as: UTF8.self)) {
                try readAll($0).workload
            }
            #expect(again == read, "\(format)")
        }
    }

    /// Reads a damaged text; what is read keeps every promise, what is refused is refused in one
    /// line.
    private func checkDamaged(_ text: String, _ format: TraceFormat, _ seed: String) throws {
        var options = TraceOptions()
        options.format = format
        try withFile(text) { path in
            do {
                let workload = try readAll(path, options).workload
                try workload.checkColumns()
                var seen: Set<Int64> = []
                for row in 0..<workload.count {
                    let waits = workload.waits(of: row)
                    #expect(waits.allSatisfy { $0.delay >= 0 }, "\(seed)")
                    #expect(
                        waits.allSatisfy { $0.event == .origin || seen.contains($0.request) },
                        "\(seed)")
                    seen.insert(workload.ids[row])
                }
                #expect(workload.arrivals == workload.arrivals.sorted(), "\(seed)")
            } catch let error as InputError {
                #expect(!error.description.contains("\n"), "\(seed)")
            }
        }
    }

    @Test func keepTheirWaitsInBatchesAndMerged() throws {
        let whole = try withFile(AgentSamples.agentic) { try readAll($0).workload }
        var options = TraceOptions()
        options.batchSize = 2
        let parts = try withFile(AgentSamples.agentic) { try readAll($0, options).workload }
        #expect(parts == whole)
        var merged = try MergedSource(
            [InMemorySource(whole), InMemorySource(whole)], offsets: [0, 1_000])
        let both = try #require(try merged.next())
        #expect(both.count == 2 * whole.count && both.waits.count == 2 * whole.waits.count)
        for row in 0..<both.count {
            for wait in both.waits(of: row) {
                let other = try #require(both.ids.firstIndex(of: wait.request))
                // It is the same request of the same trace: 2,048 tokens wait for 1,536.
                #expect(both.promptTokens[row] == 2_048 && both.promptTokens[other] == 1_536)
                #expect(both.arrivals[row] % 1_000_000 == both.arrivals[other] % 1_000_000)
            }
        }
    }

    private static let pieces = [
        "-1", "0", "9223372036854775807", "18446744073709551615", "1e99", "-9e18", "null", "\"\"",
        "[]", "{}", "[[", "}", ",", ":", "\"", "1.5", "true", "\\", "99999999999",
    ].map { Array($0.utf8) }

    /// One change at a random place: bytes lost or doubled, a number replaced, another byte.
    private func damage(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        guard !bytes.isEmpty else { return }
        let at = random.below(bytes.count)
        let end = min(bytes.count, at + random.below(24))
        switch random.below(4) {
        case 0: bytes.removeSubrange(at..<end)
        case 1: bytes.insert(contentsOf: bytes[at..<end], at: at)
        case 2:
            var stop = at
            while stop < bytes.count, bytes[stop] &- 48 < 10 { stop += 1 }
            bytes.replaceSubrange(
                at..<stop, with: Self.pieces[random.below(Self.pieces.count)])
        default: bytes[at] = UInt8(random.below(128))
        }
    }

    @Test func damagedFilesAreReadOrRefused() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(seed: seed)
        for (format, text) in AgentSamples.all {
            for round in 0..<100 {
                var damaged = Array(text.utf8)
                for _ in 0...random.below(3) { damage(&damaged, &random) }
                try checkDamaged(
                    String(decoding: damaged, as: UTF8.self), format, "seed \(seed), \(round)")
            }
        }
    }
}
