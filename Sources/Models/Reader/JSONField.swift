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

    /// The value in a message: scalars as they are, other values by kind.
    var description: String {
        switch self {
        case .null: "null"
        case .bool(let bool): "\(bool)"
        case .number(let number):
            number.isNaN
                ? "NaN"
                : number.isInfinite
                    ? (number < 0 ? "-Infinity" : "Infinity")
                    : number.magnitude < 0x1p53 && number == number.rounded()
                        ? "\(Int64(number))" : "\(number)"
        case .string(let string): "\"\(string.prefix(40))\""
        case .array: "a list"
        case .object: "an object"
        }
    }

    /// The value as an integer; nil if it is not one.
    var integer: Int? {
        if case .number(let number) = self { return Int(exactly: number) }
        return nil
    }
}
