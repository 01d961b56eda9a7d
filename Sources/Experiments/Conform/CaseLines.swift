import Basics
import Foundation

/// Text files of a conformance case, plain or gzip.
enum CaseFile {
    /// Largest file that is read, bytes inflated: a whole trace's decisions have 200 MB.
    private static let mostBytes = 1 << 32

    /// The lines of a file, without the empty one after the last newline.
    static func lines(_ path: String) throws -> [Substring] {
        let bytes = try InputFile.contents(
            path, atMost: mostBytes, expected: "a file of a conformance case")
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

    /// Whether a line is a JSON object.
    static func isObject(_ line: Substring) -> Bool { object(String(line)) != nil }

    private static func object(_ line: String) -> [String: Any]? {
        try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    }
}
