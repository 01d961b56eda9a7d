import Basics
import Simulator

/// One key of the configuration: where it stands, what it means, what it may be.
package struct ConfigurationKey: Sendable {
    /// Section and name, "engine.block_size".
    package let path: String
    /// Its name within the section, "block_size".
    package var name: String { String(path.split(separator: ".").last ?? "") }
    /// What it does, in a sentence or two; lines are broken by newlines.
    package let meaning: String
    /// What its value may be: "an integer, 1 to 65536".
    package let expected: String
    /// Whether a word on the command line is taken as text without reading it as JSON5.
    let takesText: Bool
    /// The words it may be, where they are few.
    package let words: [String]
    /// What is wrong inside a value of several parts, its place to follow the key's; nil: not said.
    let mistake: @Sendable (ConfigurationValue) -> InputError?
    /// Stores a value; false when it is not right.
    let store: @Sendable (ConfigurationValue, inout Configuration) -> Bool
    /// The value a configuration has.
    package let value: @Sendable (Configuration) -> ConfigurationValue

    // Not inlined: copies in every row of the tables take the compiler long.
    @inline(never)
    init<Value>(
        _ path: String, _ member: WritableKeyPath<Configuration, Value> & Sendable,
        _ form: ConfigurationForm<Value>, _ meaning: String
    ) {
        self.path = path
        self.meaning = meaning
        expected = form.expected
        takesText = form.takesText
        words = form.words
        mistake = form.mistake
        store = { value, configuration in
            guard let read = form.read(value) else { return false }
            configuration[keyPath: member] = read
            return true
        }
        value = { form.write($0[keyPath: member]) }
    }
}

/// How a value of one Swift type is read from JSON5 and written back.
struct ConfigurationForm<Value: Sendable>: Sendable {
    var expected: String
    var takesText = false
    var words: [String] = []
    var read: @Sendable (ConfigurationValue) -> Value?
    var write: @Sendable (Value) -> ConfigurationValue
    /// What is wrong inside a value of several parts that is not read.
    var mistake: @Sendable (ConfigurationValue) -> InputError? = { _ in nil }
}

extension ConfigurationForm where Value == Int {
    /// An integer within bounds. A number without a fraction counts, as 1e6.
    static func integer(_ bounds: ClosedRange<Int>) -> Self {
        let upper = bounds.upperBound == .max ? "or more" : "to \(bounds.upperBound)"
        return Self(
            expected: "an integer, \(bounds.lowerBound) \(upper)",
            read: { value in
                switch value {
                case .integer(let integer): bounds.contains(integer) ? integer : nil
                case .number(let number):
                    Int(exactly: number).flatMap { bounds.contains($0) ? $0 : nil }
                default: nil
                }
            }, write: { .integer($0) })
    }
}

extension ConfigurationForm where Value == Double {
    /// A finite number within bounds.
    static func number(_ bounds: ClosedRange<Double>) -> Self {
        Self(
            expected: "a number, \(plain(bounds.lowerBound)) to \(plain(bounds.upperBound))",
            read: { value in
                switch value {
                case .integer(let integer):
                    bounds.contains(Double(integer)) ? Double(integer) : nil
                case .number(let number): bounds.contains(number) ? number : nil
                default: nil
                }
            }, write: { .number($0) })
    }
}

/// A number without a fraction it does not have: "1", "0.92".
func plain(_ number: Double) -> String {
    Int(exactly: number).map(String.init) ?? String(number)
}

extension ConfigurationForm where Value == Bool {
    /// true or false.
    static var flag: Self {
        Self(
            expected: "true or false",
            read: { value in
                if case .boolean(let flag) = value { flag } else { nil }
            }, write: { .boolean($0) })
    }
}

extension ConfigurationForm where Value == String {
    /// Any text but the empty one.
    static func text(_ expected: String) -> Self {
        Self(
            expected: expected, takesText: true,
            read: { value in
                if case .text(let text) = value, !text.isEmpty { text } else { nil }
            }, write: { .text($0) })
    }
}

extension ConfigurationForm where Value == String {
    /// Numbers with commas between, "1,2,4", or a list of them.
    static func numbers(_ expected: String) -> Self {
        var form = text(expected)
        let read = form.read
        form.read = { value in read(value.joinedNumbers ?? value) }
        return form
    }
}

extension ConfigurationValue {
    /// A list of integers as a text with commas between, or one integer; nil: it is none. On a
    /// command line such a list comes as a text.
    var joinedNumbers: ConfigurationValue? {
        if case .integer(let number) = self { return .text(String(number)) }
        if case .text(let text) = self, text.hasPrefix("["), text.hasSuffix("]") {
            return .text(String(text.dropFirst().dropLast()))
        }
        guard case .list(let items) = self, !items.isEmpty else { return nil }
        let words = items.compactMap { item in
            if case .integer(let number) = item { String(number) } else { nil }
        }
        return words.count == items.count ? .text(words.joined(separator: ",")) : nil
    }
}

extension ConfigurationForm where Value == EngineVersion {
    /// A release of vLLM within the window that is simulated.
    static var version: Self {
        Self(
            expected: "a release of vLLM, \(EngineVersion.oldest) to \(EngineVersion.newest)",
            takesText: true,
            read: { value in
                if case .text(let text) = value { EngineVersion(text) } else { nil }
            }, write: { .text($0.description) })
    }
}

extension ConfigurationForm where Value: RawRepresentable<String> & CaseIterable {
    /// One of an enumeration's words.
    static var choice: Self {
        let words = Value.allCases.map(\.rawValue)
        return Self(
            expected: words.joined(separator: " or "), takesText: true, words: words,
            read: { value in
                if case .text(let text) = value { Value(rawValue: text) } else { nil }
            }, write: { .text($0.rawValue) })
    }
}

extension ConfigurationForm {
    /// The same, or null with the meaning given.
    static func optional<Wrapped>(
        _ form: ConfigurationForm<Wrapped>, null meaning: String
    ) -> Self where Value == Wrapped? {
        Self(
            expected: "\(form.expected), or null (\(meaning))", takesText: form.takesText,
            words: form.words,
            read: { value in
                if value == .null { return .some(.none) }
                return form.read(value).map { .some($0) }
            }, write: { $0.map(form.write) ?? .null },
            mistake: form.mistake)
    }
}
