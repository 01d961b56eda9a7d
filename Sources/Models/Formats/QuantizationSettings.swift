import Basics

/// The fields of a quantization_config, each checked when read.
struct QuantizationSettings {
    let fields: [String: JSONField]
    /// The file, for messages.
    let place: String

    init(_ fields: [String: JSONField], place: String) {
        self.fields = fields
        self.place = place
    }

    func has(_ name: String) -> Bool { fields[name].map { $0 != .null } ?? false }

    private func problem(_ name: String, _ expected: String) -> InputError {
        InputError(
            place, "\(name) of its quantisation settings is \(fields[name]?.description ?? "null")",
            expected: expected)
    }

    /// A word; nil if absent.
    func word(_ name: String) throws -> String? {
        guard has(name) else { return nil }
        guard case .string(let word)? = fields[name] else { throw problem(name, "a name") }
        return word
    }

    /// A flag; `other` if absent.
    func flag(_ name: String, default other: Bool) throws -> Bool {
        guard has(name) else { return other }
        guard case .bool(let flag)? = fields[name] else { throw problem(name, "true or false") }
        return flag
    }

    /// The first integer found under several names; nil if all are absent.
    func integer(_ names: String..., range: ClosedRange<Int>) throws -> Int? {
        guard let name = names.first(where: { has($0) }) else { return nil }
        guard case .number(let number)? = fields[name], let value = Int(exactly: number),
            range.contains(value)
        else { throw problem(name, "an integer, \(range.lowerBound) to \(range.upperBound)") }
        return value
    }

    /// The settings of a nested object; nil if absent.
    func object(_ name: String) throws -> QuantizationSettings? {
        guard has(name) else { return nil }
        guard case .object(let fields)? = fields[name] else { throw problem(name, "an object") }
        return QuantizationSettings(fields, place: place)
    }

    /// The first list of names found; a single name counts as a list.
    func names(_ names: String...) throws -> [String] {
        guard let name = names.first(where: { has($0) }), let field = fields[name] else {
            return []
        }
        if case .string(let one) = field {
            return one.split(separator: ",").map { String($0.trimmed) }
        }
        guard case .array(let items) = field else { throw problem(name, "a list of names") }
        return try items.flatMap { item -> [String] in
            switch item {
            case .string(let word): return [word]
            // Lists of blocks are lists of lists (modules_in_block_to_quantize).
            case .array(let inner):
                return inner.compactMap { if case .string(let word) = $0 { word } else { nil } }
            default: throw problem(name, "a list of names")
            }
        }
    }

    /// Two integers: a block's outputs and inputs.
    func block(_ name: String) throws -> ScaleBlock? {
        guard has(name) else { return nil }
        if case .array(let items)? = fields[name], items.count == 2,
            case .number(let outputs) = items[0], case .number(let inputs) = items[1],
            let outputs = Int(exactly: outputs), let inputs = Int(exactly: inputs),
            (1...ConfigFields.largestSize).contains(outputs),
            (1...ConfigFields.largestSize).contains(inputs)
        {
            return ScaleBlock(outputs: outputs, inputs: inputs)
        }
        var shown = fields[name]?.description ?? "null"
        if case .array(let items)? = fields[name], items.count <= 4 {
            shown = "[" + items.map(\.description).joined(separator: ", ") + "]"
        }
        throw InputError(
            place, "\(name) is \(shown)",
            expected: "two integers, such as [128, 128]")
    }

    /// The error for groups without inputs.
    var emptyGroup: InputError {
        InputError(
            place, "group_size of its quantisation settings is 0",
            expected: "inputs that share a scale, or -1 for all of an output")
    }

    /// The error for a format that is not supported.
    func unread(_ what: String) -> InputError {
        InputError(
            place, "\(what.echoed()) is not read",
            expected: "a format that vLLM 0.33.0 loads, or the format of the weights: "
                + "model.weights (explain: --weights)")
    }
}

extension Quantization.Rule {
    /// Most patterns in a list: every module is matched against each.
    private static let mostPatterns = 1000

    /// A rule from a list: names, names with `*`, and `re:` followed by a regular expression.
    init(_ list: [String], _ format: StoredFormat? = nil, place: String) throws {
        self.format = format
        for entry in list {
            if entry.hasPrefix("re:") {
                patterns.append(try ModulePattern(regex: String(entry.dropFirst(3)), place: place))
            } else if let star = entry.firstIndex(where: { $0 == "*" || $0 == "?" }) {
                if star == entry.index(before: entry.endIndex), entry[star] == "*" {
                    prefixes.append(ModuleName.canonical(String(entry.dropLast())))
                } else {
                    patterns.append(ModulePattern(wildcard: entry))
                }
            } else {
                names.insert(ModuleName.canonical(entry))
            }
        }
        guard patterns.count + prefixes.count <= Self.mostPatterns else {
            throw InputError(
                place, "its quantisation settings list \(patterns.count + prefixes.count) patterns",
                expected: "at most \(Self.mostPatterns)")
        }
    }

    /// A rule from words that may occur anywhere in a name.
    init(anywhere list: [String]) { parts = list.map(ModuleName.canonical) }
}

extension StringProtocol {
    /// Without leading and trailing spaces.
    fileprivate var trimmed: SubSequence {
        var text = self[...]
        while text.first == " " { text = text.dropFirst() }
        while text.last == " " { text = text.dropLast() }
        return text
    }
}
