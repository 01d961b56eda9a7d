import Basics
import Foundation
import Scenario
import Simulator

/// The words after `headway VERB`, split into operands and flags.
struct Arguments: Sendable {
    /// Words that are not flags, in order.
    private(set) var operands: [String] = []
    /// The name of the verb.
    let verb: String
    private var given: [String: [String]] = [:]

    /// Reads the words by the verb's flags: `--flag`, `--flag value`, `--flag=value`. After `--`
    /// everything is an operand; so is a lone `-`. Throws `InputError` for unknown flags (with the
    /// nearest known one), missing values, repetitions and a wrong number of operands. If the verb
    /// takes `--set`, a plain KEY=VALUE counts as another of its values.
    init(_ words: [String], for verb: Verb) throws {
        self.verb = verb.name
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                operands += rest
                break
            }
            guard word.hasPrefix("-"), word.count > 1 else {
                if verb.takesChanges, Self.isChange(word) {
                    given[Flag.set.name, default: []].append(word)
                } else {
                    operands.append(word)
                }
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let flag = try Self.flag(String(parts[0]), of: verb)
            var value = parts.count > 1 ? String(parts[1]) : nil
            if let placeholder = flag.value {
                // A word that looks like a flag is not a value; --flag=--value is one.
                if value == nil, let next = rest.first, flag.takesFlags || !next.hasPrefix("--") {
                    value = rest.removeFirst()
                }
                guard value != nil else {
                    throw InputError(
                        flag.name, "has no value", expected: "\(flag.name) \(placeholder)")
                }
            } else if value != nil {
                throw InputError(flag.name, "takes no value", expected: flag.name + " alone")
            }
            if given[flag.name] != nil, !flag.repeats {
                throw InputError(flag.name, "given twice", expected: "it once")
            }
            given[flag.name, default: []].append(value ?? "")
        }
        guard verb.operandCount.contains(operands.count) else {
            throw wrongCount(verb.name, verb.operands)
        }
    }

    /// Throws unless `count` operands are given, for verbs whose number of operands depends on a
    /// flag.
    func require(_ count: ClosedRange<Int>, of usage: String, for verb: String) throws {
        guard count.contains(operands.count) else { throw wrongCount(verb, usage) }
    }

    private static func flag(_ name: String, of verb: Verb) throws -> Flag {
        let known = verb.flags.first { $0.name == name || $0.short == name }
        if let known { return known }
        let flags = verb.flags.map(\.name) + ["--help"]
        // A pasted server flag: --max-num-seqs is engine.max_num_seqs.
        let word = name.drop { $0 == "-" }.replacing("-", with: "_")
        // A section's own name comes first: --model is model.name. A flag of `headway trace` may
        // also be a server's.
        let all = ConfigurationKey.all
        let key = all.first { $0.path == word + ".name" } ?? all.first { $0.name == word }
        let keys = [TraceFlags.keys[name], key?.path].compactMap(\.self)
        if verb.takesChanges, !word.isEmpty, let first = keys.first {
            let other = keys.first { $0 != first }.map { " or --set \($0)=VALUE" } ?? ""
            throw InputError(
                verb.name, "unknown flag \(name)", expected: "",
                suggestion: "--set \(first)=VALUE" + other)
        }
        throw InputError(verb.name, "unknown flag \(name)", word: name, among: flags)
    }

    /// Whether a word is a configuration change in the form of `--set`.
    private static func isChange(_ word: String) -> Bool {
        guard let equals = word.firstIndex(of: "="), equals != word.startIndex else { return false }
        let path = word[..<equals].utf8
        let isPath = path.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
                || "_.".utf8.contains(byte)
        }
        return isPath && !FileSystem.exists(word)
    }

    private func wrongCount(_ verb: String, _ usage: String) -> InputError {
        let words = operands.prefix(3).map { $0.echoed(atMost: 40) }.joined(separator: " ")
        let more = operands.count > 3 ? " ..." : ""
        return InputError(
            verb,
            operands.isEmpty
                ? "no operand given"
                : Quantity.counted(operands.count, "operand") + " given (\(words)\(more))",
            expected: usage.isEmpty ? "flags only" : "headway \(verb) \(usage)")
    }

    /// Whether a flag was given.
    func has(_ flag: String) -> Bool { given[flag] != nil }

    /// The value of a flag; nil if it was not given.
    func value(_ flag: String) -> String? { given[flag]?.last }

    /// All values of a repeated flag, in order.
    func values(_ flag: String) -> [String] { given[flag] ?? [] }

    /// The value of a flag as an integer of at least `minimum`; nil if it was not given.
    func integer(_ flag: String, atLeast minimum: Int = 0) throws -> Int? {
        guard let text = value(flag) else { return nil }
        guard let number = Int(text) else {
            let digits = text.drop { $0 == "-" || $0 == "+" }
            let isLarge = !digits.isEmpty && digits.allSatisfy { "0123456789".contains($0) }
            throw InputError(
                flag, "\"\(text)\" is " + (isLarge ? "out of range" : "not an integer"),
                expected: "an integer of at least \(minimum)")
        }
        guard number >= minimum else { throw InputError(flag, "\(number) is below \(minimum)") }
        return number
    }

    /// The value of a flag as a finite number of at least `minimum`; nil if it was not given.
    func number(_ flag: String, atLeast minimum: Double = 0) throws -> Double? {
        guard let text = value(flag) else { return nil }
        guard let number = Double(text), number.isFinite else {
            throw InputError(
                flag, "\"\(text)\" is not a finite number",
                expected: minimum > 0 && minimum <= 1e-6
                    ? "a number above 0" : "a number of at least \(minimum)")
        }
        guard number >= minimum else {
            let isAny = minimum > 0 && minimum <= 1e-9
            throw InputError(flag, "\(text) is " + (isAny ? "not above 0" : "below \(minimum)"))
        }
        return number
    }

    /// The value of a flag as one of an enumeration's raw values; nil if it was not given.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ flag: String, as type: Choice.Type = Choice.self
    ) throws -> Choice? {
        guard let text = value(flag) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let words = Choice.allCases.map(\.rawValue)
        throw InputError(flag, "\"\(text)\" is not known", word: text, among: words)
    }
}
