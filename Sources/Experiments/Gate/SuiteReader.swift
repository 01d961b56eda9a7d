import Basics
import Scenario
import Simulator

/// Reads an object of a suite key by key, and refuses unknown keys.
struct SuiteReader {
    private let place: String
    private let members: [String: ConfigurationValue]
    private var known: [String] = []

    init(_ value: ConfigurationValue, place: String) throws {
        guard case .object(let members) = value else {
            throw InputError(place, "is \(value.source)", expected: "an object")
        }
        self.members = members
        self.place = place
    }

    /// The value of a key; nil if absent.
    mutating func value(_ key: String) throws -> ConfigurationValue? {
        known.append(key)
        return members[key]
    }

    /// The text of a key; nil if absent.
    mutating func text(_ key: String) throws -> String? {
        guard let value = try value(key) else { return nil }
        guard case .text(let text) = value, !text.isEmpty else {
            throw InputError("\(place): \(key)", "is \(value.source)", expected: "a text")
        }
        return text
    }

    /// The integer of a key; nil if absent.
    mutating func integer(_ key: String, in bounds: ClosedRange<Int>) throws -> Int? {
        guard let value = try value(key) else { return nil }
        guard case .integer(let integer) = value, bounds.contains(integer) else {
            throw InputError(
                "\(place): \(key)", "is \(value.source)",
                expected: "an integer, \(bounds.lowerBound) to \(bounds.upperBound)")
        }
        return integer
    }

    /// The list of a required key.
    mutating func list(_ key: String) throws -> [ConfigurationValue] {
        guard case .list(let values) = try value(key) ?? .null else {
            throw InputError("\(place): \(key)", "is not a list", expected: "a list of cases")
        }
        return values
    }

    /// Whether a key is true; false if absent.
    mutating func truth(_ key: String) throws -> Bool {
        guard let value = try value(key) else { return false }
        guard case .boolean(let truth) = value else {
            throw InputError("\(place): \(key)", "is \(value.source)", expected: "true or false")
        }
        return truth
    }

    /// Two releases of vLLM; nil if the key is absent.
    mutating func versions(_ key: String) throws -> VersionPair? {
        guard let value = try value(key) else { return nil }
        guard case .list(let values) = value else {
            throw InputError(
                "\(place): \(key)", "is \(value.source)",
                expected: "a list of two releases, such as [\"0.28.0\", \"0.29.0\"]")
        }
        let names = try values.map { entry in
            guard case .text(let name) = entry else {
                throw InputError(
                    "\(place): \(key)", "holds \(entry.source)",
                    expected: "texts, such as \"0.28.0\"")
            }
            return name
        }
        return try VersionPair(names, place: "\(place): \(key)")
    }

    /// Throws for the first key, sorted, that was not read.
    func finish() throws {
        guard let odd = members.keys.sorted().first(where: { !known.contains($0) }) else { return }
        throw InputError(
            "\(place): \(odd)", "unknown key", word: odd, among: known)
    }
}
