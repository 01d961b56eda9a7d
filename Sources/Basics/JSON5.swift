import Foundation

/// Reads files that people write: JSON5 (json5.org, 1.0.0), a superset of JSON.
///
///     let recipe = try JSON5.decode(Recipe.self, from: data, place: "chat.json5")
///
/// Every configuration, suite, recipe, profile and baseline is read here. Foundation gets only the
/// plain JSON that `JSON5Reader` writes: its own JSON5 scanner crashes on a key that is not UTF-8,
/// keeps one of two equal keys, and names no line.
package enum JSON5 {
    /// The single value of a file as plain JSON (RFC 8259). Skips a byte order mark. NaN and
    /// Infinity become the texts "NaN" and "Infinity", so that the key that wants a number refuses
    /// them. O(bytes).
    ///
    /// Throws `InputError` at the file's line for text that is not JSON5 or not UTF-8, a duplicate
    /// key, more than 64 levels of nesting, or a null character.
    package static func json(_ data: Data, place: String) throws -> Data {
        Data(try JSON5Reader.json(Array(data), place: place))
    }

    /// Decodes the single value of a file, converting keys by `keys`.
    ///
    /// Throws `InputError` as `json` does, and one that names the key of a value that the type does
    /// not accept.
    package static func decode<Value: Decodable>(
        _ type: Value.Type, from data: Data, place: String,
        keys: JSONDecoder.KeyDecodingStrategy = .useDefaultKeys
    ) throws -> Value {
        let json = try json(data, place: place)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = keys
        do {
            return try decoder.decode(Value.self, from: json)
        } catch let error as DecodingError {
            throw InputError(decoding: error, place: place)
        }
    }
}

extension JSON5 {
    /// Decodes the single value of a file that the program itself writes, in the type's own
    /// encoding.
    ///
    /// Throws as `decode` does, and for a key that the type does not know.
    package static func decodeKnown<Value: Codable>(
        _ type: Value.Type, from data: Data, place: String
    ) throws -> Value {
        let value = try decode(type, from: data, place: place)
        let known = try JSONSerialization.jsonObject(with: JSONEncoder().encode(value))
        let given = try JSONSerialization.jsonObject(with: json(data, place: place))
        if let (path, names) = unknown(in: given, known, path: "") {
            let name = String(path.split(separator: ".").last ?? "")
            throw InputError(
                "\(place): \(path)", "unknown key", word: name, among: names)
        }
        return value
    }

    /// The path of the first key that only `given` has, with the names of its siblings. Null values
    /// count as absent.
    private static func unknown(
        in given: Any, _ known: Any, path: String
    ) -> (path: String, siblings: [String])? {
        if let given = given as? [String: Any], let known = known as? [String: Any] {
            for key in given.keys.sorted() where !(given[key] is NSNull) {
                let inner = path.isEmpty ? key : path + "." + key
                guard let value = known[key] else { return (inner, known.keys.sorted()) }
                if let odd = unknown(in: given[key]!, value, path: inner) { return odd }
            }
        } else if let given = given as? [Any], let known = known as? [Any] {
            for (index, pair) in zip(given, known).enumerated() {
                let found = unknown(in: pair.0, pair.1, path: "\(path)[\(index)]")
                if let found { return found }
            }
        }
        return nil
    }
}

extension InputError {
    /// An error for a decoder's complaint, with the path of the key.
    package init(decoding error: DecodingError, place: String) {
        func path(_ context: DecodingError.Context) -> String {
            let keys = context.codingPath.map { key in
                key.intValue.map { "[\($0)]" } ?? "." + key.stringValue
            }
            let joined = keys.joined()
            let trimmed = joined.hasPrefix(".") ? String(joined.dropFirst()) : joined
            return trimmed.isEmpty ? place : "\(place): \(trimmed)"
        }
        switch error {
        case .keyNotFound(let key, let context):
            self.init(path(context), "the key \(key.stringValue) is missing")
        case .typeMismatch(let type, let context):
            self.init(path(context), "has the wrong type", expected: Self.name(of: type))
        case .valueNotFound(let type, let context):
            self.init(path(context), "is null", expected: Self.name(of: type))
        case .dataCorrupted(let context):
            let cause = context.underlyingError.map { ($0 as NSError).localizedDescription } ?? ""
            self.init(path(context), cause.isEmpty ? context.debugDescription : cause)
        @unknown default:
            self.init(place, "cannot be read", expected: "JSON5")
        }
    }

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is Double.Type: "a number"
        case is Int.Type, is Int32.Type, is Int64.Type, is UInt64.Type: "an integer"
        case is String.Type: "a text"
        case is Bool.Type: "true or false"
        case is [String: Any].Type: "an object"
        default: String(describing: type).contains("Array") ? "a list" : "an object"
        }
    }
}
