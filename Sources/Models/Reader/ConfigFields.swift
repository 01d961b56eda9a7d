import Basics
import Foundation

/// The fields of a config.json, read with a check on each: present, an integer, within what any
/// decoder has.
struct ConfigFields {
    /// The file, for messages.
    let place: String
    private let fields: [String: JSONField]

    /// Largest value of a size: 2^18 is over ten times the largest published hidden size.
    static let largestSize = 1 << 18

    /// Parses a config.json. Nested `text_config` fields (multimodal checkpoints) are lifted out.
    init(_ data: Data, place: String) throws {
        self.place = place
        guard case .object(let top) = try JSON5.decode(JSONField.self, from: data, place: place)
        else {
            throw InputError(
                place, "is not a JSON object", expected: "a Hugging Face config.json")
        }
        if case .object(let text)? = top["text_config"] {
            // An inner null leaves what stands outside.
            fields = top.merging(text) { outer, inner in inner == .null ? outer : inner }
        } else {
            fields = top
        }
    }

    /// Whether the field is there and not null.
    func has(_ name: String) -> Bool { fields[name].map { $0 != .null } ?? false }

    /// The first of some names that is there.
    private func value(_ names: [String]) -> (name: String, value: JSONField)? {
        for name in names {
            if let value = fields[name], value != .null { return (name, value) }
        }
        return nil
    }

    /// A required size: an integer from 1 to `most`; names are alternatives.
    func size(_ names: String..., most: Int = ConfigFields.largestSize) throws -> Int {
        guard let found = try optionalSize(names, most: most) else {
            throw InputError(
                place, "\(names[0]) is missing", expected: "an integer, 1 to \(most)")
        }
        return found
    }

    /// An optional size.
    func size(_ names: String..., default other: Int, most: Int = ConfigFields.largestSize) throws
        -> Int
    {
        try optionalSize(names, most: most) ?? other
    }

    private func optionalSize(_ names: [String], most: Int) throws -> Int? {
        guard let found = value(names) else { return nil }
        guard case .number(let number) = found.value, number == number.rounded(), number >= 1,
            number <= Double(most)
        else {
            throw InputError(
                place, "\(found.name) is \(found.value.description)",
                expected: "an integer, 1 to \(most)")
        }
        return Int(number)
    }

    /// A count that may be zero.
    func count(_ name: String, default other: Int) throws -> Int {
        guard let found = value([name]) else { return other }
        guard case .number(let number) = found.value, number == number.rounded(), number >= 0,
            number <= Double(Self.largestSize)
        else {
            throw InputError(
                place, "\(name) is \(found.value.description)",
                expected: "an integer, 0 to \(Self.largestSize)")
        }
        return Int(number)
    }

    /// An optional flag.
    func flag(_ name: String, default other: Bool) throws -> Bool {
        guard let found = value([name]) else { return other }
        guard case .bool(let bool) = found.value else {
            throw InputError(
                place, "\(name) is \(found.value.description)", expected: "true or false")
        }
        return bool
    }

    /// A word, or nil.
    func word(_ name: String) -> String? {
        if case .string(let string)? = fields[name] { return string }
        return nil
    }

    /// A list of words, or nil.
    func words(_ name: String) -> [String]? {
        guard case .array(let items)? = fields[name] else { return nil }
        return items.map { item in
            if case .string(let string) = item { return string }
            return ""
        }
    }

    /// A list of integers, or nil.
    func integers(_ name: String) -> [Int]? {
        guard case .array(let items)? = fields[name] else { return nil }
        return items.compactMap { item in
            if case .number(let number) = item, number.magnitude < 0x1p31 { return Int(number) }
            return nil
        }
    }

    /// The fields of a nested object, or nil.
    func object(_ name: String) -> [String: JSONField]? {
        if case .object(let fields)? = fields[name] { return fields }
        return nil
    }

    /// Those of `names` that are absent.
    func missing(_ names: [String]) -> [String] { names.filter { !has($0) } }
}

/// Any JSON value.
enum JSONField: Decodable, Equatable, CustomStringConvertible {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONField])
    case object([String: JSONField])

    init(from decoder: any Decoder) throws {
        let single = try decoder.singleValueContainer()
        if single.decodeNil() {
            self = .null
        } else if let bool = try? single.decode(Bool.self) {
            self = .bool(bool)
        } else if let number = try? single.decode(Double.self) {
            self = .number(number)
        } else if let string = try? single.decode(String.self) {
            self = .string(string)
        } else if let array = try? single.decode([JSONField].self) {
            self = .array(array)
        } else {
            self = .object(try single.decode([String: JSONField].self))
        }
    }

    /// The value in a message: scalars as they are, the rest by kind.
    var description: String {
        switch self {
        case .null: "null"
        case .bool(let bool): "\(bool)"
        case .number(let number):
            number.magnitude < 0x1p53 && number == number.rounded()
                ? "\(Int64(number))" : "\(number)"
        case .string(let string): "\"\(string.prefix(40))\""
        case .array: "a list"
        case .object: "an object"
        }
    }
}
