import Basics
import Foundation

/// The fields of a config.json's decoder, each checked when read: present, an integer, within the
/// limits of any decoder.
///
/// A wrapper has its decoder in a nested object (`text_config` and its like). A missing field takes
/// the default of the type's class, then the wrapper's value. null means missing, as in Python.
struct ConfigFields {
    /// The file, for messages.
    let place: String
    /// The decoder's model_type, and the file's own; equal if nothing is wrapped.
    let type: String
    let outerType: String
    /// The file's own fields.
    let outer: [String: JSONField]
    /// The decoder's fields; the file's own if nothing is wrapped.
    private let own: [String: JSONField]
    /// The defaults of the decoder's class.
    let defaults: [String: JSONField]
    /// What has been asked for; shared by all copies of a file's fields.
    let asked: AskedNames
    /// Whether the file wraps its decoder.
    let isWrapped: Bool

    /// Largest size: 2^18 is over ten times the largest published hidden size.
    static let largestSize = 1 << 18

    /// Fields that may hold a wrapper's decoder, in the engine's order.
    static let wrappers = [
        "text_config", "llm_config", "language_config", "thinker_config", "language_model_config",
        "vlm_config",
    ]

    /// Parses a config.json.
    init(_ data: Data, place: String) throws {
        guard case .object(let top) = try PythonJSON.value(data, place: place)
        else {
            throw InputError(
                place, "is not a JSON object", expected: "a Hugging Face config.json")
        }
        try self.init(MistralParams.translated(top, place: place), place: place)
    }

    /// The fields of a file's object.
    init(_ top: [String: JSONField], place: String) throws {
        self.place = place
        outer = top
        outerType = Self.string(top["model_type"]) ?? Self.typeOfClass(top) ?? ""
        let inner = try Self.decoder(in: top, place)
        isWrapped = inner != nil
        var type = outerType
        if let inner {
            type = Self.string(inner["model_type"]) ?? ""
        }
        if inner == nil || type.isEmpty {
            let outside = ClassDefaults.fields(of: outerType)
            type = Self.string(outside["text"]) ?? outerType
        }
        let fields = inner ?? top
        self.type = Architectures.type(type, fields)
        own = Self.spelled(fields, type: self.type)
        defaults = ClassDefaults.fields(of: self.type)
        asked = AskedNames()
    }

    /// The fields of a wrapper's decoder; nil if nothing is wrapped.
    ///
    /// - Throws: `InputError` at `place` for a decoder that is neither an object nor null.
    private static func decoder(
        in fields: [String: JSONField], _ place: String
    ) throws -> [String: JSONField]? {
        // Moondream's decoder stands in "config", under "text".
        if string(fields["model_type"]) == "moondream3", case .object(let inner)? = fields["config"]
        {
            if case .object(let text)? = inner["text"] { return text }
            return [:]
        }
        for name in wrappers {
            guard let field = fields[name], field != .null else { continue }
            guard case .object(let inner) = field else {
                throw InputError(
                    place, "\(name) is \(field.description)",
                    expected: "an object with the decoder's fields")
            }
            // Qwen's omni models wrap twice.
            return try decoder(in: inner, place) ?? inner
        }
        return nil
    }

    /// The type implied by the class, for a file that gives none.
    private static func typeOfClass(_ fields: [String: JSONField]) -> String? {
        guard case .array(let classes)? = fields["architectures"], let name = string(classes.first)
        else { return nil }
        return Architectures.typesOfClasses[name]
    }

    private static func string(_ field: JSONField?) -> String? {
        if case .string(let string)? = field { return string }
        return nil
    }

    /// A field's value: from the decoder, its class, or the wrapper; nil for null.
    subscript(_ name: String) -> JSONField? {
        asked.note(name)
        // A null in the decoder falls back to the wrapper's value.
        let inner = own[name] == .null && isWrapped ? nil : own[name] ?? defaults[name]
        let found = inner ?? outer[name]
        return found == .null ? nil : found
    }

    /// Whether the field has a value, including the class's default.
    func has(_ name: String) -> Bool { self[name] != nil }

    /// Whether the decoder's object itself has the field, even as null.
    func gives(_ name: String) -> Bool {
        asked.note(name)
        return own[name] != nil
    }

    /// The decoder's own fields, asked for by nobody.
    var decoder: [String: JSONField] { own }

    /// The value that the file itself gives; the wrapper's takes precedence.
    func given(_ name: String) -> JSONField? {
        asked.note(name)
        let found = outer[name] ?? own[name]
        return found == .null ? nil : found
    }

    /// The value of the first name that the decoder's object gives, else of the first with a
    /// default. A null in the file is no value.
    private func value(_ names: [String]) -> (name: String, value: JSONField)? {
        names.forEach(asked.note)
        for name in names {
            if let value = own[name], value != .null { return (name, value) }
        }
        for name in names where own[name] == nil {
            if let value = defaults[name] ?? outer[name], value != .null { return (name, value) }
        }
        return nil
    }

    /// A required size: an integer from 1 to `most`; names are alternatives.
    func size(_ names: String..., most: Int = ConfigFields.largestSize) throws -> Int {
        try size(names, most: most)
    }

    /// A required size; names are alternatives.
    func size(_ names: [String], most: Int = ConfigFields.largestSize) throws -> Int {
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

    /// A size, or nil where none is given.
    func optionalSize(_ names: [String], most: Int = ConfigFields.largestSize) throws -> Int? {
        try integer(names, 1...most)
    }

    private func integer(_ names: [String], _ range: ClosedRange<Int>) throws -> Int? {
        guard var found = value(names) else { return nil }
        // A list with the same number for all layers (Hunyuan) counts as that number.
        if case .array(let items) = found.value, let first = items.first,
            items.allSatisfy({ $0 == first })
        {
            found.value = first
        }
        guard case .number(let number) = found.value, number == number.rounded(),
            number >= Double(range.lowerBound), number <= Double(range.upperBound)
        else {
            throw InputError(
                place, "\(found.name) is \(found.value.description)",
                expected: "an integer, \(range.lowerBound) to \(range.upperBound)")
        }
        return Int(number)
    }

    /// A count that may be zero.
    func count(_ names: String..., default other: Int) throws -> Int {
        try integer(names, 0...Self.largestSize) ?? other
    }

    /// An optional flag; 0 and 1 are flags too, as in Python.
    func flag(_ name: String, default other: Bool) throws -> Bool {
        guard let found = value([name]) else { return other }
        switch found.value {
        case .bool(let bool): return bool
        case .number(let number) where number == 0 || number == 1: return number == 1
        default:
            throw InputError(
                place, "\(name) is \(found.value.description)", expected: "true or false")
        }
    }

    /// A word, or nil.
    func word(_ name: String) -> String? { Self.string(self[name]) }

    /// A list of words, or nil.
    func words(_ name: String) -> [String]? {
        guard case .array(let items)? = self[name] else { return nil }
        return items.map { Self.string($0) ?? "" }
    }

    /// A list of words that the file has outside its decoder.
    func wordsOutside(_ name: String) -> [String] {
        guard case .array(let items)? = outer[name] else { return [] }
        return items.map { Self.string($0) ?? "" }
    }

    /// A list of integers, or nil; other entries become 0.
    func integers(_ name: String) -> [Int]? {
        guard case .array(let items)? = self[name] else { return nil }
        return items.map { item in
            switch item {
            case .number(let number) where number.magnitude < 0x1p31: Int(number)
            case .bool(let bool): bool ? 1 : 0
            default: 0
            }
        }
    }

    /// A list with an integer for each of `layers` layers, or nil.
    func perLayer(_ name: String, layers: Int) throws -> [Int]? {
        guard let list = integers(name) else { return nil }
        guard list.count >= layers else {
            throw InputError(
                place, "\(name) has \(list.count) entries",
                expected: "one for each of \(layers) layers")
        }
        return list
    }

    /// The fields of a nested object, or nil.
    func object(_ name: String) -> [String: JSONField]? {
        if case .object(let fields)? = self[name] { return fields }
        return nil
    }

    /// Fields of a nested object, read with the same checks.
    func nested(_ name: String) -> ConfigFields? {
        object(name).map { ConfigFields(place: place, type: type, fields: $0) }
    }

    /// The same fields, overridden by those of layer `index` from a list of objects; nil if there
    /// is no such list.
    func overlaid(with name: String, _ index: Int) throws -> ConfigFields? {
        guard case .array(let blocks)? = self[name] else { return nil }
        guard index < blocks.count, case .object(let block) = blocks[index] else {
            throw InputError(
                place, "\(name) has no entry for layer \(index)",
                expected: "an object for each layer")
        }
        let own = own.merging(block) { _, layers in layers }
        return ConfigFields(
            place: place, type: type, fields: own, defaults: defaults, asked: asked)
    }

    /// The wrapper's own fields, read with the same checks.
    var outside: ConfigFields { ConfigFields(place: place, type: outerType, fields: outer) }

    /// The same with each list of numbers replaced by its first entry.
    var firstOfLists: ConfigFields {
        let own = own.mapValues { field in
            if case .array(let items) = field, case .number? = items.first {
                items[0]
            } else {
                field
            }
        }
        return ConfigFields(
            place: place, type: type, fields: own, defaults: defaults, asked: asked)
    }

    init(
        place: String, type: String, fields: [String: JSONField],
        defaults: [String: JSONField] = [:], asked: AskedNames = AskedNames()
    ) {
        self.place = place
        self.type = type
        outerType = type
        outer = fields
        own = fields
        self.defaults = defaults
        self.asked = asked
        isWrapped = false
    }

    /// Those of `names` that have no value.
    func missing(_ names: [String]) -> [String] { names.filter { !has($0) } }
}
