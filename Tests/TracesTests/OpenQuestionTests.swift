import Basics
import Foundation
import Testing
import Traces

/// What a trace leaves open is guessed and said, or given by an option.
@Suite struct OpenQuestions {
    private func rows(_ times: [String], ids: Int, tokens: Int = 1_000) -> String {
        times.enumerated().map { row, time in
            let first = row * ids
            let list = (first..<first + ids).map(String.init).joined(separator: ", ")
            return "{\"timestamp\": \(time), \"input_length\": \(tokens), \"output_length\": 10,"
                + " \"hash_ids\": [\(list)]}\n"
        }.joined()
    }

    private func span(_ text: String, _ options: TraceOptions = TraceOptions()) throws -> Int64 {
        let arrivals = try withFile(text) { try readAll($0, options).workload.arrivals }
        return arrivals.last! - arrivals[0]
    }

    @Test(arguments: [
        (["0", "3000", "6000", "9000"], 2, 9_000, "milliseconds"),
        (["0.5", "1.5", "2.5", "3.5"], 2, 3_000, "seconds"),
        (["1700000000000", "1700000001000", "1700000003000"], 2, 3_000, "milliseconds"),
        (["1700000000", "1700000001", "1700000003"], 2, 3_000, "seconds"),
        (["1700000000000000000", "1700000003000000000"], 2, 3_000, "nanoseconds"),
        (["1700000000000000", "1700000003000000"], 2, 3_000, "microseconds"),
        (["0.0", "0.25", "0.5", "1.25"], 63, 1_250, "seconds"),
        (["0", "250", "500", "1250"], 63, 1_250, "milliseconds"),
    ])
    func theUnitOfTimesIsToldByThemAndSaid(
        _ times: [String], _ ids: Int, _ milliseconds: Int64, _ word: String
    ) throws {
        let text = rows(times, ids: ids)
        #expect(try span(text) == milliseconds * 1_000_000)
        let notes = try withFile(text) { try readAll($0).notes }
        #expect(notes.assumptions.contains { $0.hasPrefix("times are taken as \(word)") })
    }

    @Test func aGivenUnitIsTakenAndNotSaid() throws {
        var options = TraceOptions()
        let digits: [TimeUnit: Int64] = [
            .seconds: 1_000_000_000, .milliseconds: 1_000_000, .microseconds: 1_000,
            .nanoseconds: 1,
        ]
        let bailian = [0, 7].map {
            "{\"chat_id\":\($0),\"timestamp\":\($0),\"input_length\":9,\"output_length\":5}\n"
        }.joined()
        let lengths = "arrived_at,num_prefill_tokens,num_decode_tokens\n0,5,5\n7,5,5\n"
        let burst = "Timestamp,Request tokens,Response tokens\n0,5,5\n7,5,5\n"
        for (unit, nanoseconds) in digits {
            options.timeUnit = unit
            for text in [rows(["0", "7"], ids: 2), bailian, lengths, burst] {
                #expect(try span(text, options) == 7 * nanoseconds)
                let notes = try withFile(text) { try readAll($0, options).notes }
                #expect(!notes.assumptions.contains { $0.contains("times are taken") })
            }
        }
    }

    @Test func aDelayInMillisecondsIsThatWhateverTheUnit() throws {
        let lengths = "\"input_length\":9,\"output_length\":5"
        let text =
            "{\"session_id\":1,\"timestamp\":1,\(lengths)}\n"
            + "{\"session_id\":1,\"delay\":2,\(lengths)}\n"
            + "{\"session_id\":1,\"delay_ms\":2,\(lengths)}\n"
        var options = TraceOptions()
        options.timeUnit = .seconds
        let pauses = try withFile(text) { try readAll($0, options).workload.thinkTimes }
        #expect(pauses == [0, 2_000_000_000, 2_000_000])
    }

    @Test func anOptionThatAFormatHasNoPlaceForIsRefused() throws {
        let azure = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,374,44\n"
        let reordered = "ContextTokens,GeneratedTokens,TIMESTAMP\n374,44,2023-11-16 18:15:46\n"
        let native = "{\"arrival_us\":0,\"prompt_tokens\":1,\"output_tokens\":1}\n"
        let weka = "{\"block_size\":64,\"requests\":[{\"t\":0,\"in\":64,\"out\":9}]}\n"
        var unit = TraceOptions()
        unit.timeUnit = .seconds
        for text in [azure, reordered, native, weka] {
            #expect(try failure(text, unit).contains("--time-unit"))
        }
        var size = TraceOptions()
        size.blockTokens = 32
        for text in [azure, native, weka] {
            #expect(try failure(text, size).contains("--block-size"))
        }
        var names = TraceOptions()
        names.format = .native
        names.columns = try TraceColumns("a,b,c", place: "--columns")
        #expect(try failure(native, names).contains("--columns"))
    }

    @Test func theBlockSizeIsToldByAllFirstRowsAndSaid() throws {
        let short = rows(["0", "1"], ids: 1, tokens: 10)
        let notes = try withFile(short) { try readAll($0).notes }
        #expect(notes.blockTokens == 512)
        #expect(notes.assumptions.contains { $0.contains("blocks of 512 tokens") })
        // The second row alone tells 16 from 512.
        let second =
            "{\"timestamp\": 2, \"input_length\": 40, \"output_length\": 5,"
            + " \"hash_ids\": [7, 8, 9]}\n"
        #expect(try withFile(short + second) { try readAll($0).notes.blockTokens } == 16)
        var options = TraceOptions()
        options.blockTokens = 32
        let given = try withFile(short) { try readAll($0, options).notes }
        #expect(given.blockTokens == 32)
        #expect(!given.assumptions.contains { $0.contains("blocks of") })
        options.blockTokens = 64
        let sized = "{\"timestamp\":0,\"input_length\":9,\"output_length\":5,\"block_size\":32}\n"
        #expect(try failure(sized, options).contains("block_size is 32"))
        #expect(try failure(rows(["0"], ids: 2), options).contains("--block-size"))
    }

    @Test func columnsOfOnesOwnAreRead() throws {
        var options = TraceOptions()
        options.columns = try TraceColumns("when, in,\"out\"", place: "--columns")
        options.timeUnit = .milliseconds
        let csv = "out,when,in\n5,0,100\n7,1000,200\n"
        let json = "{\"in\":100,\"out\":5,\"when\":0}\n{\"in\":200,\"out\":7,\"when\":1000}\n"
        for text in [csv, json] {
            let workload = try withFile(text) { try readAll($0, options).workload }
            #expect(workload.arrivals == [0, 1_000_000_000])
            #expect(workload.promptTokens == [100, 200])
            #expect(workload.outputTokens == [5, 7])
        }
        options.columns = try TraceColumns("when,in,nowhere", place: "--columns")
        #expect(try failure(csv, options).contains("no column \"nowhere\""))
        #expect(try failure(json, options).contains("nowhere"))
        let odd = (0..<40).map { "a\t\($0)" }.joined(separator: ",") + "\n"
        let message = try failure(odd, options)
        #expect(message.utf8.allSatisfy { $0 >= 32 } && message.count < 400)
        options.columns = try TraceColumns("-,in,out", place: "--columns")
        #expect(try span(csv, options) == 0)
        for text in ["when,in", "a,b,c,d", "a,a,b", ",in,out", "a,b,"] {
            #expect(throws: InputError.self) { try TraceColumns(text, place: "--columns") }
        }
    }

    @Test(arguments: [
        ("arrival_ms", Int64(1_000_000)), ("arrival_us", 1_000), ("t (ns)", 1),
        ("sentAtMs", 1_000_000),
        ("time_s", 1_000_000_000), ("when", 1_000_000_000), ("s", 1_000_000_000),
    ])
    func aColumnsNameTellsItsUnit(name: String, unit: Int64) throws {
        var options = TraceOptions()
        options.columns = try TraceColumns("\(name),in,out", place: "--columns")
        let csv = "\(name),in,out\n0,100,5\n12,100,5\n"
        let json =
            "{\"\(name)\":0,\"in\":100,\"out\":5}\n{\"\(name)\":12,\"in\":100,\"out\":5}\n"
        #expect(try withFile(csv) { try readAll($0, options).workload.arrivals } == [0, 12 * unit])
        guard name != "when", name != "s" else { return }
        #expect(
            try withFile(json) { try readAll($0, options).workload.arrivals } == [0, 12 * unit])
        options.timeUnit = .seconds
        let given = try withFile(csv) { try readAll($0, options).workload.arrivals }
        #expect(given == [0, 12_000_000_000])
    }

    @Test func lengthsWithBareTimesAreJudgedByTheirGaps() throws {
        func arrivals(_ name: String) throws -> Int64? {
            let rows = (0..<40).map { "\($0 * 250),100,5\n" }.joined()
            let csv = "\(name),input_tokens,output_tokens\n" + rows
            return try withFile(csv) { try readAll($0).workload.arrivals.last }
        }
        #expect(try arrivals("timestamp") == 39 * 250_000_000)
        #expect(try arrivals("timestamp_s") == 39 * 250_000_000_000)
        #expect(try arrivals("timestamp_us") == 39 * 250_000)
        // Vidur's column is of seconds.
        #expect(try arrivals("arrived_at") == 39 * 250_000_000_000)
    }

    @Test(arguments: [
        (
            "timestamp,contexttokens,generatedtokens\n2023-11-16 18:15:46,374,44\n",
            TraceFormat.azure
        ),
        ("ContextTokens,TIMESTAMP,GeneratedTokens\n374,2023-11-16 18:15:46,44\n", .azure),
        (
            "TIMESTAMP,NumImages,ContextTokens,GeneratedTokens\n2024-10-15 00:00:01,2,374,44\n",
            .azure
        ),
        ("\"arrived_at\", num_prefill_tokens,num_decode_tokens\n5,374,44\n", .lengths),
        ("request_id,timestamp,input_tokens,output_tokens\n0,0.013,374,44\n", .lengths),
        ("time,prompt_tokens,completion_tokens\n2023-11-16T18:15:46Z,374,44\n", .lengths),
    ])
    func headersAreReadByName(_ text: String, _ format: TraceFormat) throws {
        let (workload, notes) = try withFile(text) { try readAll($0) }
        #expect(workload.promptTokens == [374])
        #expect(workload.outputTokens == [44])
        #expect(notes.format == format)
        let saysImages = notes.assumptions.contains { $0.contains("images are not modelled") }
        #expect(saysImages == text.contains("NumImages"))
    }

    @Test(arguments: [
        "a,b,c\n1,2,3\n", "prompt_tokens,output_tokens\n1,2\n", "input_length,seconds\n1,2\n",
        "id,arrival,prompt_tokens,output_tokens\n0,1,2,3\n",
    ])
    func anUnknownHeaderIsToldTheThreeColumns(_ text: String) throws {
        let message = try failure(text)
        #expect(message.contains("arrived_at,num_prefill_tokens,num_decode_tokens"))
        #expect(message.contains("--columns"))
    }

    @Test func unsortedRowsNameTheWayOut() throws {
        let text = "arrived_at,num_prefill_tokens,num_decode_tokens\n5,1,1\n0.5,1,1\n"
        let message = try failure(text)
        #expect(message.contains("time goes back by 4.5 s"))
        #expect(message.contains("headway trace sort"))
        // The longest way back there is, in a unit that fits it.
        let far = "Timestamp,Request tokens,Response tokens\n0,1,1\n2.3e9,1,1\n-2.3e9,1,1\n"
        #expect(try failure(far).contains("time goes back by 4600000000 s"))
    }
}
