/// JSON of a calibration. Hand-written for types with computed figures, or figures that move up one
/// level.
extension Calibration.Constant: Encodable {
    private enum CodingKeys: String, CodingKey {
        case name, unit, base, value, low, high, isFitted, reason
    }

    package func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(constant.rawValue, forKey: .name)
        try keys.encode(constant.isFactor ? "factor" : "s", forKey: .unit)
        try keys.encode(base, forKey: .base)
        try keys.encode(value, forKey: .value)
        try keys.encodeIfPresent(low, forKey: .low)
        try keys.encodeIfPresent(high, forKey: .high)
        try keys.encode(isFitted, forKey: .isFitted)
        try keys.encodeIfPresent(reason, forKey: .reason)
    }
}

extension Calibration.Errors: Encodable {
    private enum CodingKeys: String, CodingKey {
        case kind, count, medianPercent, p90Percent, biasPercent
        case baseMedianPercent, baseP90Percent, baseBiasPercent
    }

    package func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(kind, forKey: .kind)
        try keys.encode(after.count, forKey: .count)
        try keys.encode(after.median, forKey: .medianPercent)
        try keys.encode(after.p90, forKey: .p90Percent)
        try keys.encode(after.bias, forKey: .biasPercent)
        try keys.encode(before.median, forKey: .baseMedianPercent)
        try keys.encode(before.p90, forKey: .baseP90Percent)
        try keys.encode(before.bias, forKey: .baseBiasPercent)
    }
}
