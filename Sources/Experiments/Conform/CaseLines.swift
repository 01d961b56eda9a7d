import Basics
import Foundation

/// Text files of a conformance case, plain or gzip.
enum CaseFile {
    /// The lines of a file, without the empty one after the last newline.
    static func lines(_ path: String) throws -> [Substring] {
        let file = try MappedFile(path)
        var bytes: [UInt8]
        if GzipReader.recognizes(file.bytes) {
            let reader = try GzipReader(file)
            bytes = []
            var buffer = [UInt8](repeating: 0, count: 1 << 20)
            while true {
                let count = try buffer.withUnsafeMutableBytes { try reader.read(into: $0) }
                if count == 0 { break }
                bytes += buffer[..<count]
            }
        } else {
            bytes = Array(file.bytes)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last == "" { lines.removeLast() }
        return lines
    }
}

/// Compares logged lines, expected and actual.
enum LineComparison {
    /// Fields that need identical block numbers; compared only where both sides have them.
    private static let optional = ["fq", "bt"]

    /// Whether two JSON lines say the same, whatever the order of their keys.
    static func equal(_ expected: Substring, _ actual: String) -> Bool {
        if expected == actual { return true }
        guard var left = object(String(expected)), var right = object(actual) else { return false }
        for key in optional where left[key] == nil || right[key] == nil {
            left[key] = nil
            right[key] = nil
        }
        return NSDictionary(dictionary: left).isEqual(to: right)
    }

    private static func object(_ line: String) -> [String: Any]? {
        try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    }
}
