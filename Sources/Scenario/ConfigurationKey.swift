import Basics
import Simulator

/// One key of the configuration: its path, its meaning, its allowed values.
package struct ConfigurationKey: Sendable {
    /// Section and name, "engine.block_size".
    package let path: String
    /// The name within the section, "block_size".
    package var name: String { String(path.split(separator: ".").last ?? "") }
    /// What the key does, in a sentence or two. Newlines break lines.
    package let meaning: String
    /// The allowed values: "an integer, 1 to 65536".
    package let expected: String
    /// Whether the command line takes a word as text without parsing it as JSON5.
    let takesText: Bool
    /// The allowed words, if they are few.
    package let words: [String]
    /// The mistake inside a value of several parts, with a place that follows the key's; nil: none
    /// to report.
    let mistake: @Sendable (ConfigurationValue) -> InputError?
    /// Stores a value. False if it is not allowed.
    let store: @Sendable (ConfigurationValue, inout Configuration) -> Bool
    /// The key's value in a configuration.
    package let value: @Sendable (Configuration) -> ConfigurationValue

    // Not inlined: copies in every row of the tables slow down the compiler.
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

/// How values of one Swift type are read from JSON5 and written back.
struct ConfigurationForm<Value: Sendable>: Sendable {
    var expected: String
    var takesText = false
    var words: [String] = []
    var read: @Sendable (ConfigurationValue) -> Value?
    var write: @Sendable (Value) -> ConfigurationValue
    /// The mistake inside a value of several parts that cannot be read.
    var mistake: @Sendable (ConfigurationValue) -> InputError? = { _ in nil }
}

extension ConfigurationForm where Value == Int {
    /// An integer within bounds. Numbers without a fraction count, such as 1e6.
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

/// A number without a trailing ".0": "1", "0.92".
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
    /// Any text except the empty one.
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
    /// A release of vLLM among those simulated.
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
    /// A value of another form, or null with the meaning given.
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
