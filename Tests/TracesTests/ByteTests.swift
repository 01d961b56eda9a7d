import Basics
import Foundation
import TestSupport
import Testing

@testable import Traces

private let header = "arrived_at,num_prefill_tokens,num_decode_tokens\n"

private func compressed(_ parts: String..., padding: Int = 0) throws -> Data {
    var all: [UInt8] = []
    for part in parts {
        all += try GzipWriter(for: "test").compress(Array(part.utf8), isLast: true)
    }
    return Data(all + [UInt8](repeating: 0, count: padding))
}

/// The error that reading a file gives.
private func problem(_ path: String) -> String {
    do {
        _ = try readAll(path)
        return "no error"
    } catch {
        return "\(error)"
    }
}

@Suite struct Bytes {
    @Test func membersOfGzipAreReadOneAfterAnother() throws {
        let data = try compressed(header, "0,10,", "5\n1,20,5\n", "", padding: 600)
        try withFile(data, name: "t.csv.gz") { path in
            let trace = try readAll(path).workload
            #expect(trace.promptTokens == [10, 20])
        }
    }

    @Test func garbageBehindGzipIsAnError() throws {
        try withFile(try compressed(header, "0,10,5\n") + Data("zz".utf8)) { path in
            #expect(problem(path).contains("gzip data is corrupt"))
        }
    }

    @Test func aRecipeMayBeCompressedInMembers() throws {
        let text = "{name: 'r', requests: 5, arrivals: {rate: 1}, "
        let data = try compressed(text, "classes: [{prompt: 10, output: 5}]}")
        let recipe = try withFile(data) { try Recipe.read($0) }
        #expect(recipe.requests == 5)
    }

    @Test func blankLinesArePassedOverAndCounted() throws {
        let blanks = String(repeating: "\n", count: 3_000) + " \t\r\n\r\n"
        try withFile("\u{FEFF}" + blanks + header + blanks + "0,10,5\n" + blanks + "1,20,5") {
            let trace = try readAll($0).workload
            #expect(trace.promptTokens == [10, 20])
        }
        let message = try failure(header + blanks + "0,10,5\n" + blanks + "x,20,5")
        #expect(message.hasPrefix("FILE:6007: "), "\(message)")
    }

    @Test func linesAcrossTheReadersBufferStayWhole() throws {
        // Lines of 300 kB: some end where a megabyte does, whatever the beginning.
        let filler = String(repeating: "a", count: 300_000)
        let rows = (0..<20).map {
            "{\"arrival_us\": \($0), \"prompt_tokens\": \($0 + 1), \"output_tokens\": 5, "
                + "\"id\": \($0), \"note\": \"\(filler)\"}\n"
        }
        for text in [rows.joined(), rows.joined(separator: "\n\n \n")] {
            try withFile(text) {
                let trace = try readAll($0).workload
                #expect(trace.promptTokens == Array(1...20))
            }
            try withFile(try compressed(text)) {
                let trace = try readAll($0).workload
                #expect(trace.promptTokens == Array(1...20))
            }
        }
    }

    /// A file that lacks its last part, as one does that is cut between two reads.
    @Test func aFileThatIsCutWhileItIsReadIsAnError() throws {
        let row = "1,100,5\n"
        let text = header + String(repeating: row, count: 500_000)
        try withFile(text) { path in
            var (source, _) = try openTrace(path)
            _ = try source.next()
            #expect(truncate(path, off_t(header.utf8.count + row.utf8.count * 300_000)) == 0)
            do {
                while try source.next() != nil {}
                Issue.record("a part of the file was taken for all of it")
            } catch let error as InputError {
                #expect(error.description.contains("was cut while it was read"))
            }
        }
    }

    @Test func aPipeIsReadOnceAndThenRefused() throws {
        try withFile("") { path in
            let pipe = path + ".pipe"
            #expect(mkfifo(pipe, 0o600) == 0)
            let text = header + "0,10,5\n1,20,5\n"
            let writer = Thread {
                let descriptor = open(pipe, O_WRONLY)
                _ = text.withCString { write(descriptor, $0, strlen($0)) }
                close(descriptor)
            }
            writer.start()
            let trace = try readAll(pipe).workload
            #expect(trace.count == 2)
            #expect(problem(pipe).contains("write it to a file first"))
        }
    }

    @Test func tablesPassOverBlankLinesAndKeepTheirNumbers() {
        let lines = Array(TextLines("\u{FEFF}a,b\r\n\n \t\r\n1,2\r3,4\n\n"))
        #expect(lines.map(\.number) == [1, 4, 5])
        #expect(lines.map { String($0.text) } == ["a,b", "1,2", "3,4"])
        #expect(Array(TextLines("\n\n")).isEmpty)
    }
}
