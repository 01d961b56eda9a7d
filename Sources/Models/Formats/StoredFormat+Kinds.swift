/// The formats that checkpoints have, as vLLM 0.33.0 creates their parameters.
extension StoredFormat {
    /// 8-bit floats with float32 scales.
    ///
    /// - Parameter isStatic: inputs have a scale of their own in the checkpoint.
    static func fp8(_ scales: Scales, isStatic: Bool = false) -> StoredFormat {
        var format = StoredFormat("fp8", bits: 8, scales: scales, priced: .fp8)
        if isStatic { format.inputScaleBytes = 4 }
        return format
    }

    /// 8-bit integers with float32 scales; inputs are 8-bit integers too.
    static func w8a8(
        _ scales: Scales, isStatic: Bool = false, hasAsymmetricInputs: Bool = false
    ) -> StoredFormat {
        var format = StoredFormat("w8a8", bits: 8, scales: scales, priced: .fp8)
        if isStatic { format.moduleBytes = hasAsymmetricInputs ? 8 : 4 }
        if hasAsymmetricInputs { format.outputBytes = 4 }
        return format
    }

    /// Packed integers with a 16-bit scale for each group of inputs, or for each output without
    /// groups; inputs stay in 16 bits.
    static func packed(
        bits: Int, group: Int?, hasZeros: Bool, ordersInputs: Bool = false
    ) -> StoredFormat {
        var format = StoredFormat(
            "w\(bits)a16", bits: bits, scales: group.map(Scales.group) ?? .channel, scaleBytes: 2,
            priced: bits == 8 ? .int8 : .int4)
        if hasZeros { format.zeroBits = bits }
        format.ordersInputs = ordersInputs
        return format
    }

    /// NVFP4: 4-bit floats, an 8-bit scale for 16 inputs and a float32 scale of the scales; one
    /// more for inputs where these are quantised too.
    ///
    /// - Parameter otherBytes: beside a matrix without scale of its inputs.
    static func nvfp4(
        hasInputScale: Bool = true, group: Int = 16, otherBytes: Int = 0
    ) -> StoredFormat {
        var format = StoredFormat(
            hasInputScale ? "nvfp4" : "nvfp4 (16-bit inputs)", bits: 4, scales: .group(group),
            scaleBytes: 1, priced: .nvfp4)
        format.matrixBytes = hasInputScale ? 8 : 4 + otherBytes
        return format
    }

    /// OCP microscaling formats 1.0: floats of 4, 6 or 8 bits, an 8-bit exponent for 32 inputs.
    static func mx(bits: Int) -> StoredFormat {
        StoredFormat(
            "mxfp\(bits)", bits: bits, scales: .group(32), scaleBytes: 1,
            priced: bits == 4 ? .mxfp4 : .fp8)
    }

    /// gpt-oss's experts: columns of one GPU in multiples of 64 as created, the width in multiples
    /// of 256 as loaded (2,880 becomes 3,072: logs of 0.26 and 0.28, Triton's layout).
    static var mxfp4Experts: StoredFormat {
        var format = mx(bits: 4)
        format.expertMultiple = 64
        format.loadedWidthMultiple = 256
        return format
    }

    /// Whose price is used where that is not the format's own; nil: it is measured, or the clock's
    /// assumptions say it.
    var pricedAs: String? {
        guard name != "fp8", name != StoredFormat.plain.name, priced == .fp8 || readBits != nil
        else { return nil }
        return "\(name) weights are priced as \(priced.rawValue)"
    }
}
