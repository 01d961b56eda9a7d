/// Numbers that are written as a JSON array, as an array of them would be.
///
/// An encoder is asked for an array's elements without their type, and looks up what each is: that
/// takes ten times as long as its digits.
struct JSONNumbers<Number: JSONNumber>: Encodable, Sendable {
    let values: [Number]

    init(_ values: [Number]) { self.values = values }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        for value in values { try value.put(into: &container) }
    }
}

/// A number, or none, that writes itself.
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
