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
        let verdict = "open.csv: 30 requests in 29.0 s, 1.03/s, smoother than Poisson"
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
