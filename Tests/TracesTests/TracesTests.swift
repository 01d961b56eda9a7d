import Basics
import Foundation
import TestSupport
import Testing
import Traces

@Suite struct AzureReading {
    @Test func readsTimestampsExactlyWithCRLFAndWithoutLastNewline() throws {
        let text =
            "TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
            + "2023-11-16 18:15:46.6805901,374,44\r\n2023-11-16 18:15:50.9951690,396,109\r\n"
            + "2023-11-17 00:00:00,879,55"
        let (workload, notes) = try withFile(text) { try readAll($0) }
        #expect(workload.arrivals == [0, 4_314_578_900, 20_653_319_409_900])
        #expect(workload.promptTokens == [374, 396, 879])
        #expect(workload.outputTokens == [44, 109, 55])
        #expect(workload.ids == [0, 1, 2])
        #expect(workload.segmentEnds.isEmpty)
        #expect(notes.format == .azure)
        #expect(notes.rows == 3)
    }

    @Test func readsZonesAndLeapDays() throws {
        let text =
            "TIMESTAMP,ContextTokens,GeneratedTokens\n2024-02-28T23:59:59Z,1,1\n"
            + "2024-02-29 00:00:01.5+00:00,1,1\n2024-03-01 02:00:00+02:00,1,1\n"
        let (workload, _) = try withFile(text) { try readAll($0) }
        #expect(workload.arrivals == [0, 2_500_000_000, 86_401_000_000_000])
    }

    @Test func dropsAndCountsRowsWithoutTokens() throws {
        let text =
            "TIMESTAMP,ContextTokens,GeneratedTokens\n2024-05-10 00:00:00,0,3\n"
            + "2024-05-10 00:00:01,3,0\n2024-05-10 00:00:02,3,4\n"
        let (workload, notes) = try withFile(text) { try readAll($0) }
        #expect(workload.arrivals == [2_000_000_000])
        #expect(workload.ids == [0])
        #expect(notes.quirks.map(\.quirk) == [.zeroPrompt, .zeroOutput])
        var strict = TraceOptions()
        strict.isStrict = true
        #expect(try failure(text, strict).hasPrefix("FILE:2: zero prompt"))
    }

    @Test(.enabled(if: evidence != nil)) func readsTheWholeConversationTrace() throws {
        var options = TraceOptions()
        options.timeScale = try TimeScale(multiplier: 1, divisor: 3)
        let path = shared("traces/azure_llm_2023/AzureLLMInferenceTrace_conv.csv")
        let (workload, notes) = try readAll(path, options)
        #expect(workload.count == 19_366)
        // The captures' config.json names the last arrival.
        #expect(workload.arrivals.last == 1_167_240_645_000)
        #expect(notes.quirks.isEmpty)
    }
}

@Suite struct MooncakeReading {
    @Test func makesOneSegmentOfBlocksThatAppearedTogether() throws {
        let text = """
            {"timestamp": 0, "input_length": 1030, "output_length": 5, "hash_ids": [0, 1, 2]}
            {"timestamp": 27, "input_length": 1536, "output_length": 6, "hash_ids": [0, 3, 4]}

            """
        let (workload, notes) = try withFile(text) { try readAll($0) }
        #expect(workload.arrivals == [0, 27_000_000])
        #expect(Array(workload.segments(of: 0)) == [Segment(content: 0, length: 1030)])
        #expect(
            Array(workload.segments(of: 1)) == [
                Segment(content: 0, length: 512),
                Segment(content: 0, offset: 3 * 512, length: 1024),
            ])
        #expect(notes.blockTokens == 512)
    }

    @Test func readsTheLargestHashId() throws {
        let ids = "[0, \(Int64.max), \(Int64.max), 1]"
        let text =
            "{\"timestamp\":0,\"input_length\":2048,\"output_length\":5,\"hash_ids\":\(ids)}\n"
        let (workload, _) = try withFile(text) { try readAll($0) }
        let segments = Array(workload.segments(of: 0))
        #expect(segments.map(\.length) == [512, 512, 512, 512])
        #expect(segments[1] == segments[2])
        #expect(segments[1].content != segments[0].content)
    }

    @Test func keepsHugeHashIdsApart() throws {
        let id = Int64(1) << 50
        let text =
            "{\"timestamp\":0,\"input_length\":512,\"output_length\":5,\"hash_ids\":[\(id)]}\n"
            + "{\"timestamp\":0,\"input_length\":512,\"output_length\":5,\"hash_ids\":[0]}\n"
        let (workload, _) = try withFile(text) { try readAll($0) }
        #expect(workload.segments[0].content != workload.segments[1].content)
    }

    @Test(.enabled(if: evidence != nil)) func readsTheWholeConversationTrace() throws {
        let path = shared("traces/mooncake_fast25/conversation_trace.jsonl")
        let (workload, _) = try readAll(path)
        #expect(workload.count == 12_031)
        #expect(workload.promptTokens.reduce(0) { $0 + Int($1) } == 144_793_823)
        #expect(workload.arrivals.last == 3_536_999_000_000)
        for row in 0..<workload.count {
            let total = workload.segments(of: row).reduce(0) { $0 + $1.length }
            #expect(total == workload.promptTokens[row])
        }
    }
}

@Suite struct NativeReading {
    @Test func readsEveryKey() throws {
        let text = """
            {"id":7,"arrival_us":5,"priority":2,"segments":[[1,10],[1,10,5],[2,3]],\
            "output_tokens":9,"out_content":77,"abort_us":900,"max_tokens":12,"note":{"a":[1,"}"]}}
            {"id":9,"arrival_us":6,"prompt_tokens":4,"output_tokens":1,"after":7,"think_us":3}

            """
        let (workload, _) = try withFile(text) { try readAll($0) }
        #expect(workload.ids == [7, 9])
        #expect(workload.arrivals == [5_000, 6_000])
        #expect(workload.promptTokens == [18, 4])
        #expect(workload.priorities == [2, 0])
        #expect(workload.aborts == [900_000, -1])
        #expect(workload.maxTokens == [12, 1])
        #expect(workload.outputContents[0] == 77)
        #expect(workload.predecessors == [-1, 7])
        #expect(workload.thinkTimes == [0, 3_000])
        #expect(
            Array(workload.segments(of: 0)) == [
                Segment(content: 1, length: 15), Segment(content: 2, length: 3),
            ])
        #expect(workload.segments(of: 1).map(\.length) == [4])
    }

    @Test(.enabled(if: evidence != nil)) func readsEveryConformanceCase() throws {
        var requests = 0
        for folder in ["cases", "async/cases"] {
            let root = evidence!.appendingPathComponent("oracle/vllm-0.33.0/" + folder)
            for name in try FileManager.default.contentsOfDirectory(atPath: root.path) {
                let path = root.appendingPathComponent(name + "/trace.jsonl").path
                let (workload, notes) = try readAll(path)
                #expect(notes.format == .native)
                #expect(workload.count == notes.rows)
                requests += workload.count
            }
        }
        // As many lines as the captures' traces have.
        #expect(requests == 12_763)
    }
}

@Suite struct Options {
    private let rows = (0..<10).map {
        "{\"arrival_us\":\($0 * 1_000),\"prompt_tokens\":\($0 + 1),\"output_tokens\":1}\n"
    }.joined()

    @Test func windowCountsFromItsStartAndLimitStops() throws {
        var options = TraceOptions()
        options.window = 3_000_000..<8_000_000
        options.limit = 2
        options.timeScale = try TimeScale(multiplier: 1, divisor: 3)
        let (workload, _) = try withFile(rows) { try readAll($0, options) }
        #expect(workload.arrivals == [0, 333_000])
        #expect(workload.promptTokens == [4, 5])
    }

    @Test func anEmptyWindowIsAnError() throws {
        var options = TraceOptions()
        options.window = 1_000_000_000..<2_000_000_000
        #expect(try failure(rows, options).contains("outside the window"))
    }

    @Test func timeScaleNeverOverflows() throws {
        let scale = try TimeScale(multiplier: .max, divisor: .max - 1)
        #expect(scale.apply(5_000_000) == 5_000_000)
        #expect(try TimeScale(multiplier: .max, divisor: 1).apply(.max) == nil)
        #expect(throws: InputError.self) { try TimeScale(multiplier: 0, divisor: 1) }
    }

    @Test func batchesDoNotChangeWhatIsRead() throws {
        var options = TraceOptions()
        options.batchSize = 3
        let parts = try withFile(rows) { try readAll($0, options).workload }
        let whole = try withFile(rows) { try readAll($0).workload }
        #expect(parts == whole)
    }

    @Test func gzipReadsAsThePlainFile() throws {
        let long = String(repeating: rows, count: 1)
        let data = Data(long.utf8)
        let packed = Data(try GzipWriter(for: "test").compress(Array(data), isLast: true))
        let two = packed + packed
        let plain = try withFile(rows) { try readAll($0).workload }
        let unpacked = try withFile(packed) { try readAll($0).workload }
        #expect(unpacked == plain)
        #expect(throws: InputError.self) {
            try withFile(packed.dropLast(9)) { _ = try readAll($0) }
        }
        // A second member continues the first: time goes back there.
        #expect(throws: InputError.self) { try withFile(two) { _ = try readAll($0) } }
    }
}
