import Basics
import Foundation

/// Text files of a conformance case, plain or gzip.
enum CaseFile {
    /// Largest file read, bytes inflated: a whole trace's decisions take 200 MB.
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
    /// Fields that require identical block numbers; compared only if both sides have them.
    private static let optional = ["fq", "bt"]

    /// Whether two JSON lines are equal, whatever the order of their keys.
    static func equal(_ expected: Substring, _ actual: String) -> Bool {
        if expected == actual { return true }
        guard var left = object(String(expected)), var right = object(actual) else { return false }
        for key in optional where left[key] == nil || right[key] == nil {
            left[key] = nil
            right[key] = nil
        }
        return same(left, right)
    }

    /// Whether two parsed values are equal. Not with `NSDictionary`: in a program with Foundation
    /// linked statically, nested Swift values are not bridged, and nothing compares equal.
    private static func same(_ left: Any, _ right: Any) -> Bool {
        if let left = left as? [String: Any] {
            guard let right = right as? [String: Any], left.count == right.count else {
                return false
            }
            return left.allSatisfy { key, value in right[key].map { same(value, $0) } ?? false }
        }
        if let left = left as? [Any] {
            guard let right = right as? [Any], left.count == right.count else { return false }
            return zip(left, right).allSatisfy { same($0, $1) }
        }
        if let left = left as? String { return left == right as? String }
        if let left = left as? NSNumber { return left == right as? NSNumber }
        return left is NSNull && right is NSNull
    }

    /// Whether a line is a JSON object.
    static func isObject(_ line: Substring) -> Bool { object(String(line)) != nil }

    private static func object(_ line: String) -> [String: Any]? {
        try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    }
}
