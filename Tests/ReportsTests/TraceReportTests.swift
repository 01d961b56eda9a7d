import Basics
import Foundation
import TestSupport
import Testing
import Traces

@testable import Reports

@Suite("The page of trace info")
struct TraceReportTests {
    private func page(_ name: String, _ text: String) throws -> [Substring] {
        let folder = try ScratchFolder()
        let path = try folder.write(name, Array(text.utf8))
        let (source, notes) = try openTrace(path)
        let info = try TraceInfo(source, notes: notes)
        let page = PageWidth.page(TraceReport.text(info))
        for line in page.split(separator: "\n") where !line.contains(folder.path) {
            #expect(line.count <= 80, "\(line)")
        }
        return page.split(separator: "\n", omittingEmptySubsequences: false)
    }

    private static let azure = "TIMESTAMP,ContextTokens,GeneratedTokens\n"

    @Test("begins with the kind of load")
    func kinds() throws {
        let open = try page(
            "open.csv",
            Self.azure + (10..<40).map { "2023-11-16 18:15:\($0).5000000,90,10\n" }.joined())
        let verdict = "open.csv: 30 requests in 29.0 s, 1.00/s, smoother than Poisson"
        #expect(open[0] == "OPEN LOAD     " + verdict)
        #expect(open[1] == "Mean request  90 prompt, 10 output tokens")
        #expect(open[2].hasPrefix("Prefix cache  unknown"))
        #expect(open[3].hasPrefix("Replay        as it is: 30 rows of"))
        #expect(open.last?.hasPrefix("Next          headway run --trace ") == true)
        #expect(!open.contains { $0.hasPrefix("Turns") })

        let row = "2023-11-16 18:15:10.5000000,90,10\n"
        let single = try page("single.csv", Self.azure + row)
        #expect(single[0] == "SINGLE        single.csv: 1 request")
        let batch = try page("batch.csv", Self.azure + row + row)
        #expect(batch[0].hasPrefix("BATCH         batch.csv: 2 requests at once"))
        #expect(!batch.contains { $0.hasPrefix("Arrivals") })
    }

    /// Requests of 90 tokens at times in seconds.
    private func page(at times: [Double]) throws -> [Substring] {
        let rows = times.map { "\($0),90,10\n" }.joined()
        return try page("t.csv", "arrived_at,num_prefill_tokens,num_decode_tokens\n" + rows)
    }

    @Test("judges arrivals no further than their number allows")
    func regularity() throws {
        // Gaps of a Poisson process; their coefficient of variation is 0.7 by chance.
        let few = try page(at: [0, 0.3, 1.9, 2.4, 3.9, 4.4])
        #expect(few[0].contains(": 6 requests in 4.40 s, 1.14/s, too few to say"))
        #expect(few.contains { $0.hasPrefix("busiest second 1.76 times the mean rate") })
        #expect(!few.contains { $0.contains("minute") })

        let even = try page(at: (0..<9).map { Double($0) * 10 })
        #expect(even[0].hasSuffix(", 0.100/s, smoother than Poisson"))
        #expect(even.contains { $0.hasSuffix(", busiest minute 1.00 times") })
        let burst = try page(at: (0..<20).map { Double($0) * 0.001 } + [9])
        #expect(burst[0].hasSuffix(", very bursty"))

        // Two gaps in 0.9 s, and no second to be the busiest one.
        let short = try page(at: [0, 0.5, 0.9])
        #expect(short[0].contains("3 requests in 900 ms, 2.22/s, too few"))
        #expect(!short.contains { $0.contains("busiest") || $0.contains("dispersion") })
    }

    @Test("the dispersion is of whole seconds, without the one that the trace ends in")
    func wholeBins() throws {
        var arrivals = ArrivalStatistics()
        // Ten a second for three seconds, and one at the beginning of the fourth.
        for step in 0...30 { arrivals.add(Int64(step) * 100_000_000) }
        #expect(arrivals.dispersion.second == 0 && arrivals.dispersion.minute == nil)
        var short = ArrivalStatistics()
        for step in 0..<12 { short.add(Int64(step) * 100_000_000) }
        #expect(short.dispersion.second == nil)
    }

    @Test("calls hardly any Poisson trace smooth or bursty, however short")
    func poisson() throws {
        for count in [3, 4, 6, 10, 30, 100, 400] {
            var odd = 0
            for seed in UInt64(0)..<400 {
                var random = SeededRandom(seed: seed, stream: UInt64(count))
                var arrivals = ArrivalStatistics()
                var time = 0.0
                for _ in 0..<count {
                    time += 1e9 * random.exponential()
                    arrivals.add(Int64(time))
                }
                switch arrivals.regularity {
                case .smooth, .bursty, .veryBursty: odd += 1
                case .unclear: #expect(count < 30)
                case .nearPoisson: #expect(count >= 30)
                }
            }
            #expect(odd <= 16, "\(count) requests: \(odd) of 400 (seeds 0 to 399)")
        }
    }

    @Test("gives what a cache hits, turns, and what was done to rows")
    func content() throws {
        let rows = (0..<40).map { row in
            "{\"timestamp\": \(row * 1000), \"input_length\": 1024, \"output_length\": 20, "
                + "\"hash_ids\": [0, \(row + 1)]}\n"
        }
        let lines = try page("blocks.jsonl", rows.joined())
        #expect(
            lines[1] == "Mean request  1,024 prompt (525 new to an endless cache), 20 output tokens"
        )
        #expect(lines[2].hasPrefix("Prefix cache  hits at most 48.8 % of prompt tokens. Room for"))
        #expect(lines.contains { $0.hasPrefix("LRU cache (of unique blocks)") })
        #expect(lines.last?.hasPrefix("              headway trace cache ") == true)
    }

    @Test("counts the turns that follow an answer, and what was done to rows")
    func turns() throws {
        let chat = packageRoot.appendingPathComponent("traces/chat.jsonl.gz").path
        let (source, notes) = try openTrace(chat)
        let info = try TraceInfo(source, notes: notes)
        let page = TraceReport.text(info).split(separator: "\n")
        #expect(info.laterTurns == 2_707)
        let turns = "Turns         2,707 requests (45.1 %) follow another's answer"
        #expect(page[1] == turns + ", up to 12 in a row")
        #expect(page.contains { $0.hasSuffix("; 13 requests are aborted") })

        let dropped = try self.page(
            "drops.csv",
            Self.azure + "2023-11-16 18:15:10.5000000,90,10\n2023-11-16 18:15:12.5000000,90,0\n")
        #expect(dropped.contains { $0.hasPrefix("Replay        2 rows of") })
        #expect(dropped.contains { $0.hasSuffix(", 1 dropped (below)") })
        #expect(dropped.contains("  1 dropped: zero output"))
    }
}
