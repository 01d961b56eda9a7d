import Basics
import Reports
import Results
import Testing

@testable import Simulator

@Suite("Where time goes")
struct BreakdownReportTests {
    private func parts(_ times: [LatencyParts.Part: Int64]) -> LatencyParts {
        var parts = LatencyParts()
        for (part, time) in times { parts[part] = time }
        return parts
    }

    @Test("a row has the whole first, in seconds that lose nothing")
    func row() {
        var request = RequestBreakdown()
        request.toFirstToken = parts([.queue: 1, .prefill: 2_500_000_000_000])
        request.afterwards = parts([.decode: 40_000_000_000, .prefill: 0])
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: BreakdownReport.longest, alignment: 8)
        defer { memory.deallocate() }
        var text = TextRoom(memory)
        BreakdownReport.put(7, request, into: &text)
        let line = String(decoding: memory[..<text.count], as: UTF8.self)
        #expect(line.hasSuffix("\n"))
        let cells = line.dropLast().split(separator: ",")
        let names = BreakdownReport.header.split(separator: ",")
        #expect(cells.count == names.count && cells.count == 17)
        let row = Dictionary(uniqueKeysWithValues: zip(names, cells))
        #expect(row["id"] == "7")
        #expect(row["queue"] == "0.000000000001")
        #expect(row["prefill"] == "2.500000000000")
        #expect(row["decode"] == "0.040000000000")
        #expect(row["ttft_decode"] == "0.000000000000")
        #expect(row["others_steps"] == "0.000000000000")
    }

    @Test("means, over all and over the slowest")
    func means() {
        var sums = BreakdownSums()
        for _ in 0..<99 { sums.add(parts([.queue: 0, .prefill: 1_000_000_000])) }
        sums.add(parts([.queue: 9_000_000_000, .prefill: 2_000_000_000]))
        let queue = LatencyParts.Part.queue.rawValue
        let prefill = LatencyParts.Part.prefill.rawValue
        #expect(abs(sums.means()[queue] - 0.00009) < 1e-12)
        #expect(abs(sums.means()[prefill] - 0.00101) < 1e-12)
        #expect(sums.means(slowest: 0.01)[queue] == 0.009)
        #expect(sums.means(slowest: 0.01)[prefill] == 0.002)
    }

    @Test("the table leaves out what took no time, and counts finished requests only")
    func table() throws {
        var report = BreakdownReport()
        #expect(report.text == nil)
        var request = RequestBreakdown()
        request.toFirstToken = parts([.prefill: 30_000_000_000])
        request.afterwards = parts([.decode: 15_000_000_000, .interference: 5_000_000_000])
        let finished = RequestRecord(
            id: 1, arrival: 0, admitted: 0, firstToken: 30_000_000_000, finish: 50_000_000_000,
            promptTokens: 5, outputTokens: 3, outcome: .finished)
        var aborted = finished
        aborted.outcome = .aborted
        report.add(request, aborted)
        #expect(report.text == nil)
        report.add(request, finished)
        let text = try #require(report.text)
        #expect(text.contains("own prefill") && text.contains("7.50 ms 75.0 %"))
        #expect(!text.contains("queue") && !text.contains("preempted"))
        let decode = report.means.first { $0.latency == "tpot" && $0.part == .decode }
        #expect(decode?.milliseconds == 7.5)
    }
}
