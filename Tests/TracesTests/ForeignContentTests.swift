import Basics
import Foundation
import Testing
import Traces

/// What is no trace that is read is refused by its name, with the way out.
@Suite struct ForeignContent {
    private func message(_ data: Data, _ format: TraceFormat? = nil) throws -> String {
        var options = TraceOptions()
        options.format = format
        return try withFile(data) { path in
            do {
                _ = try readAll(path, options)
                return "no error"
            } catch let error as InputError {
                return "\(error)".replacing(path, with: "FILE")
            }
        }
    }

    @Test(arguments: [
        ([0x28, 0xb5, 0x2f, 0xfd, 4, 0] as [UInt8], "zstd -d"),
        ([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0], "xz -d"), (Array("BZh91AY".utf8), "bzip2 -d"),
        ([0x04, 0x22, 0x4d, 0x18, 0x64], "lz4 -d"), ([0x50, 0x4b, 3, 4, 0, 0], "zip archive"),
        ([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], "7z archive"), (Array("PAR1..".utf8), "Parquet"),
        (Array("ARROW1..".utf8), "Arrow"), (Array("SQLite format 3\0".utf8), "SQLite"),
        ([0xff, 0xfe, 0x61, 0], "UTF-16"), ([0xfe, 0xff, 0, 0x61], "UTF-16"),
        ([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0], "UTF-32"),
        (Array("{\0\"\0a\0\"\0:\01\0}\0".utf8), "UTF-16"),
        (Array("version https://git-lfs.github.com/spec/v1\n".utf8), "git lfs pull"),
        (Array("<!DOCTYPE html><html></html>".utf8), "HTML"),
        (Array((String(repeating: "a", count: 257) + "ustar\0").utf8), "tar"),
        (Array("a,b\rTIMESTAMP\r1,2\r".utf8), "carriage return"),
    ])
    func otherContentIsNamed(_ bytes: [UInt8], _ word: String) throws {
        for format in [nil, TraceFormat.azure, .mooncake] {
            let text = try message(Data(bytes), format)
            #expect(text.contains(word), "\(text)")
            let packed = Data(try GzipWriter(for: "test").compress(bytes, isLast: true))
            #expect(try message(packed, format).contains(word))
        }
    }

    @Test func gzipInGzipIsNamed() throws {
        let once = try GzipWriter(for: "test").compress(Array("a".utf8), isLast: true)
        let twice = Data(try GzipWriter(for: "test").compress(once, isLast: true))
        #expect(try message(twice).contains("gzip twice"))
    }

    @Test(arguments: [
        ("{\"session_id\":1,\"date\":\"d\",\"turns\":[{\"llm_calls\":[]}]}", "Copilot"),
        ("{\"session_id\":1,\"turns\":[{\"text\":\"a\"}]}", "a list of turns"),
        ("{\"round_index\":0,\"input_tokens_total\":9,\"timing_events\":[]}", "TraceLab"),
        ("{\"event\":{\"schema\":\"dynamo.request.trace.v1\"},\"timestamp\":1}", "Dynamo"),
        ("{\"schema\":\"dynamo.agent.trace.v1\",\"event_type\":\"request_end\"}", "Dynamo"),
        ("{\"timestamp\":1,\"delta_input_length\":5,\"output_length\":5}", "whole prompts"),
        ("{\"created_at\":\"a\",\"finished_at\":\"b\"}", "SwissAI"),
        ("{\"timestamp_start_unix_ms\":1,\"prompt\":\"a\"}", "Baseten"),
        ("{\"0\":{\"input_tokens\":\"{1: 1.0}\"}}", "ServeGen"),
        ("0,1.33,8.59,Weibull,0.37,0.39", "ServeGen"),
        ("{\"text_input\":\"a\",\"timestamp\":0}", "text_input"),
        ("{\"traceEvents\":[]}", "timeline"),
        ("{\"name\":\"x\",\"requests\":5,\"arrivals\":{\"rate\":1},\"classes\":[]}", "recipe"),
        ("{name: 'x', requests: 5, arrivals: {rate: 1}, classes: []}", "recipe"),
        ("[{\"timestamp\":0,\"input_length\":9,\"output_length\":5}]", "in an array"),
    ])
    func dialectsThatAreKnownAreNamed(_ text: String, _ word: String) throws {
        let message = try failure(text + "\n")
        #expect(message.contains(word), "\(message)")
        #expect(message.contains("expected"))
    }
}
