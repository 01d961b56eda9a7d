import Basics
import Foundation

/// A benchmark's JSON file, with checked access to numbers by key path.
struct ReportFile {
    let place: String
    let top: Any

    /// Largest report read, bytes.
    static let mostBytes = 512_000_000

    /// The objects in a file's text: one value, or one object per line.
    ///
    /// - Throws: `InputError` at the line for invalid JSON.
    static func read(_ bytes: [UInt8], place: String) throws -> [ReportFile] {
        let lines = bytes.split(separator: 10).filter { $0.contains { $0 > 32 } }
        // Results appended to each other: one whole object per line.
        let isLines =
            lines.count > 1
            && lines.allSatisfy {
                $0.first { $0 > 32 } == UInt8(ascii: "{")
                    && $0.last { $0 > 32 } == UInt8(ascii: "}")
            }
        guard isLines else { return [try ReportFile(Data(bytes), place: place)] }
        return try lines.enumerated().map { number, line in
            try ReportFile(Data(line), place: "\(place), result \(number + 1)")
        }
    }

    private init(_ data: Data, place: String) throws {
        let json = try JSON5.json(data, place: place)
        top = try JSONSerialization.jsonObject(with: json, options: .fragmentsAllowed)
        self.place = place
    }

    init(_ top: Any, place: String) {
        self.top = top
        self.place = place
    }

    /// Sorted keys of the object; empty for a list.
    var keys: [String] { (top as? [String: Any])?.keys.sorted() ?? [] }

    /// The value at a path; nil if a key is missing or null.
    func value(_ path: [String]) -> Any? {
        var value: Any? = top
        for key in path { value = (value as? [String: Any])?[key] }
        return value is NSNull ? nil : value
    }

    /// A finite number of at least 0 at a path; nil if missing.
    ///
    /// - Throws: `InputError` for anything else.
    func number(_ path: String...) throws -> Double? { try number(at: path) }

    func number(at path: [String]) throws -> Double? {
        guard let value = value(path) else { return nil }
        let name = path.joined(separator: ".")
        // To Foundation a Boolean is a number too; its Objective-C type is one character ("c").
        guard let counted = value as? NSNumber, counted.objCType.pointee != 0x63,
            case let number = counted.doubleValue, number.isFinite, number >= 0
        else {
            throw InputError(
                "\(place): \(name)", "is \("\(value)".echoed(atMost: 40))",
                expected: "a finite number of at least 0")
        }
        return number
    }

    /// A required number at a path.
    func required(_ path: String...) throws -> Double {
        guard let number = try number(at: path) else {
            throw InputError(
                place, "the key \(path.joined(separator: ".")) is missing", expected: "a number")
        }
        return number
    }

    /// A text at a path.
    func text(_ path: String...) -> String? { value(path) as? String }

    /// A list at a path.
    func list(_ path: String...) -> [Any]? {
        path.isEmpty ? top as? [Any] : value(path) as? [Any]
    }
}
