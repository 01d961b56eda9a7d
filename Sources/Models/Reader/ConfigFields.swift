import Basics
import Foundation

/// The fields of a config.json's decoder, read with a check on each: present, an integer, within
/// what any decoder has.
///
/// A wrapper's decoder stands in an object of its own (`text_config` and its like). A field that
/// the decoder leaves out takes the default of its type's class, then what stands outside; null is
/// none, as in Python.
struct ConfigFields {
    /// The file, for messages.
    let place: String
    /// The decoder's model_type, and the file's own; equal where nothing is wrapped.
    let type: String
    let outerType: String
    /// The file's own fields.
    let outer: [String: JSONField]
    /// The decoder's; the file's own where nothing is wrapped.
    private let own: [String: JSONField]
    private let defaults: [String: JSONField]
    /// Whether the file wraps its decoder.
    let isWrapped: Bool

    /// Largest value of a size: 2^18 is over ten times the largest published hidden size.
    static let largestSize = 1 << 18

    /// Where wrappers keep their decoder, in the order in which the engine looks.
    static let wrappers = [
        "text_config", "llm_config", "language_config", "thinker_config", "language_model_config",
    ]

    /// Parses a config.json.
    init(_ data: Data, place: String) throws {
        guard case .object(let top) = try PythonJSON.value(data, place: place)
        else {
            throw InputError(
                place, "is not a JSON object", expected: "a Hugging Face config.json")
        }
        try self.init(top, place: place)
    }

    /// The fields of a file's object.
    init(_ top: [String: JSONField], place: String) throws {
        self.place = place
        outer = top
        outerType = Self.string(top["model_type"]) ?? Self.typeOfClass(top) ?? ""
        let inner = try Self.decoder(in: top, place)
        own = inner ?? top
        isWrapped = inner != nil
        var type = outerType
        if let inner {
            type = Self.string(inner["model_type"]) ?? ""
        }
        if inner == nil || type.isEmpty {
            let outside = ClassDefaults.fields(of: outerType)
            type = Self.string(outside["text"]) ?? outerType
        }
        self.type = Architectures.type(type, own)
        defaults = ClassDefaults.fields(of: self.type)
    }

    /// The fields of a wrapper's decoder; nil where nothing is wrapped.
    ///
    /// - Throws: `InputError` at `place` for a decoder that is neither an object nor null.
    private static func decoder(
        in fields: [String: JSONField], _ place: String
    ) throws -> [String: JSONField]? {
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

    /// The type of a file that gives none, where its class says it.
    private static func typeOfClass(_ fields: [String: JSONField]) -> String? {
        guard case .array(let classes)? = fields["architectures"], let name = string(classes.first)
        else { return nil }
        return Architectures.typesOfClasses[name]
    }

    private static func string(_ field: JSONField?) -> String? {
        if case .string(let string)? = field { return string }
        return nil
    }

    /// What stands under a name: in the decoder, in its class, outside; nil for null.
    subscript(_ name: String) -> JSONField? {
        // An inner null leaves what stands outside.
        let inner = own[name] == .null && isWrapped ? nil : own[name] ?? defaults[name]
        let found = inner ?? outer[name]
        return found == .null ? nil : found
    }

    /// Whether the field has a value, the class's own included.
    func has(_ name: String) -> Bool { self[name] != nil }

    /// Whether the file itself gives the field, null or not.
    func gives(_ name: String) -> Bool { own[name] != nil }

    /// What the file itself gives under a name, outside first.
    func given(_ name: String) -> JSONField? {
        let found = outer[name] ?? own[name]
        return found == .null ? nil : found
    }

    /// The value under the first of some names that the file gives, then under the first that the
    /// class has. A null in the file is no value.
    private func value(_ names: [String]) -> (name: String, value: JSONField)? {
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
        // A list of one number for all layers (Hunyuan) is that number.
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

    /// A list of integers, or nil; entries that are none become 0.
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

    /// The same fields with those of one layer, entry `index` of a list of objects, in their
    /// place; nil where there is no such list.
    func overlaid(with name: String, _ index: Int) throws -> ConfigFields? {
        guard case .array(let blocks)? = self[name] else { return nil }
        guard index < blocks.count, case .object(let block) = blocks[index] else {
            throw InputError(
                place, "\(name) has no entry for layer \(index)",
                expected: "an object for each layer")
        }
        let own = own.merging(block) { _, layers in layers }
        return ConfigFields(place: place, type: type, fields: own, defaults: defaults)
    }

    /// Fields that stand outside the decoder, read with the same checks.
    var outside: ConfigFields { ConfigFields(place: place, type: outerType, fields: outer) }

    /// The same with the first entry in place of each list of numbers.
    var firstOfLists: ConfigFields {
        let own = own.mapValues { field in
            if case .array(let items) = field, case .number? = items.first {
                items[0]
            } else {
                field
            }
        }
        return ConfigFields(place: place, type: type, fields: own, defaults: defaults)
    }

    init(
        place: String, type: String, fields: [String: JSONField],
        defaults: [String: JSONField] = [:]
    ) {
        self.place = place
        self.type = type
        outerType = type
        outer = fields
        own = fields
        self.defaults = defaults
        isWrapped = false
    }

    /// Those of `names` that are absent.
    func missing(_ names: [String]) -> [String] { names.filter { !has($0) } }
}
