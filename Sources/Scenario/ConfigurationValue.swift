import Basics
import Foundation

/// A JSON value: the content of a configuration file before it is interpreted.
package enum ConfigurationValue: Sendable, Equatable, Codable {
    case null
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case list([ConfigurationValue])
    case object([String: ConfigurationValue])

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([ConfigurationValue].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: ConfigurationValue].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .boolean(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .list(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }

    /// The value as it reads in a sentence: `"h100"`, `16`, `a list`.
    package var described: String {
        switch self {
        case .null: "null"
        case .boolean(let value): String(value)
        case .integer(let value): String(value)
        case .number(let value): plain(value)
        case .text(let value): "\"\(value.prefix(80))\""
        case .list: "a list"
        case .object: "an object"
        }
    }

    /// The value as JSON5 source on one line.
    package var source: String {
        switch self {
        case .text(let value):
            "\"" + value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
        case .list(let values): "[" + values.map(\.source).joined(separator: ", ") + "]"
        case .object(let values):
            "{ "
                + values.keys.sorted().map { "\($0): \(values[$0]!.source)" }
                .joined(separator: ", ") + " }"
        default: described
        }
    }

    /// Reads JSON5. Throws `InputError` naming `place` and the line for text that is not JSON5 and
    /// for an object with a duplicate key.
    package static func parse(_ data: Data, place: String) throws -> ConfigurationValue {
        try JSON5.decode(ConfigurationValue.self, from: data, place: place)
    }
}
