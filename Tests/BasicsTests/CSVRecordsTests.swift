import Foundation
import Testing

@testable import Basics

@Suite("Records of a comma-separated file")
struct CSVRecordsTests {
    private func records(_ text: String) throws -> [[UInt8]] {
        let path = NSTemporaryDirectory() + "headway-records-\(UUID().uuidString).csv"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        let reader = try CSVRecords(path)
        var records: [[UInt8]] = []
        while let record = try reader.next() { records.append(record) }
        #expect(reader.offset == text.utf8.count)
        return records
    }

    @Test("any texts come back, whatever they hold", arguments: 0..<50)
    func roundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let pieces = [",", "\"", "\n", "\r\n", " ", "a", "é", "=", ""]
        let rows = (0..<5).map { _ in
            (0..<3).map { _ in
                (0..<Int(random.next() % 5)).map { _ in
                    pieces[Int(random.next() % UInt64(pieces.count))]
                }.joined()
            }
        }
        let lines = rows.map { $0.map(CSVRecords.quoted).joined(separator: ",") + "\n" }
        let read = try records(lines.joined())
        #expect(read.map { CSVRecords.fields($0).map(CSVRecords.text) } == rows, "seed \(seed)")
        #expect(read.map { String(decoding: $0, as: UTF8.self) } == lines, "seed \(seed)")
    }

    @Test("lines end in LF or CRLF, and the last one may have no end")
    func ends() throws {
        let read = try records("a,b\r\n1,\"2\n3\"")
        #expect(read.count == 2)
        #expect(CSVRecords.isWhole(read[0]) && !CSVRecords.isWhole(read[1]))
        let texts = read.map { CSVRecords.fields($0).map(CSVRecords.text) }
        #expect(texts == [["a", "b"], ["1", "2\n3"]])
        #expect(try records("").isEmpty)
    }

    @Test("a quotation mark that is never closed does not fill the memory")
    func endless() throws {
        let text = "a,b\n\"" + String(repeating: "x\n", count: 3_000_000)
        #expect(throws: InputError.self) { try records(text) }
    }
}
