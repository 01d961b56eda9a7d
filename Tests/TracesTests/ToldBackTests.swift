import Testing
import Traces

/// What is written is read as what it was, or the writer says with which flags it is.
@Suite struct ToldBack {
    private func losses(
        _ format: TraceFormat, seconds: [Int], prompt: Int
    ) throws -> [String] {
        let lines = seconds.map {
            "{\"arrival_us\":\($0 * 1_000_000),\"prompt_tokens\":\(prompt),\"output_tokens\":5}\n"
        }
        let workload = try withFile(lines.joined()) { try readAll($0).workload }
        var writer = try TraceWriter(format)
        let text = String(decoding: try writer.write(workload), as: UTF8.self)
        let back = try withFile(text) { try readAll($0).workload }
        let isRight = back.arrivals == workload.arrivals
        let said = writer.losses.filter { $0.hasPrefix("units, which the first rows do not tell") }
        #expect(isRight == said.isEmpty)
        return said
    }

    @Test func unitsThatAreNotTold() throws {
        let steady = [0, 1, 2, 3, 4]
        let slow = [0, 200, 400, 600]
        let late = [1_600_000, 1_600_001]
        let short = try losses(.timedTrace, seconds: steady, prompt: 10)
        #expect(short.first?.hasSuffix("(read it with --block-size 16)") == true)
        #expect(try losses(.timedTrace, seconds: steady, prompt: 50).isEmpty)
        for format in [TraceFormat.timedTrace, .bailian] {
            let said = try losses(format, seconds: slow, prompt: 50)
            #expect(said.first?.hasSuffix("(read it with --time-unit s)") == true)
        }
        #expect(try losses(.bailian, seconds: steady, prompt: 10).isEmpty)
        let mooncake = try losses(.mooncake, seconds: late, prompt: 50)
        #expect(mooncake.first?.hasSuffix("(read it with --time-unit ms)") == true)
        #expect(try losses(.mooncake, seconds: steady, prompt: 10).isEmpty)
    }
}
