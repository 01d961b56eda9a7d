/// Numbers that encode as a JSON array, with the same result as an array of them.
///
/// An encoder takes an array's elements without their type and looks up the type of each, which
/// takes ten times as long as writing the digits.
struct JSONNumbers<Number: JSONNumber>: Encodable, Sendable {
    let values: [Number]

    init(_ values: [Number]) { self.values = values }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        for value in values { try value.put(into: &container) }
    }
}

/// An optional number that writes itself.
protocol JSONNumber: Sendable {
    func put(into container: inout any UnkeyedEncodingContainer) throws
}

extension Int: JSONNumber {
    func put(into container: inout any UnkeyedEncodingContainer) throws {
        try container.encode(self)
    }
}

extension Double: JSONNumber {
    func put(into container: inout any UnkeyedEncodingContainer) throws {
        try container.encode(self)
    }
}

extension Optional: JSONNumber where Wrapped: JSONNumber {
    func put(into container: inout any UnkeyedEncodingContainer) throws {
        if let self { try self.put(into: &container) } else { try container.encodeNil() }
    }
}
