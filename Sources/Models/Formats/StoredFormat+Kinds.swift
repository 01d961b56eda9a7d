/// The formats of checkpoints, with the parameters that vLLM 0.33.0 creates for them.
extension StoredFormat {
    /// 8-bit floats with float32 scales.
    ///
    /// - Parameter isStatic: whether the checkpoint has scales for the inputs.
    static func fp8(_ scales: Scales, isStatic: Bool = false) -> StoredFormat {
        var format = StoredFormat("fp8", bits: 8, scales: scales, priced: .fp8)
        if isStatic { format.inputScaleBytes = 4 }
        return format
    }

    /// 8-bit integers with float32 scales, for weights and inputs.
    static func w8a8(
        _ scales: Scales, isStatic: Bool = false, hasAsymmetricInputs: Bool = false
    ) -> StoredFormat {
        var format = StoredFormat("w8a8", bits: 8, scales: scales, priced: .fp8)
        if isStatic { format.moduleBytes = hasAsymmetricInputs ? 8 : 4 }
        if hasAsymmetricInputs { format.outputBytes = 4 }
        return format
    }

    /// GPTQ's: zero points and, beside experts, biases are created even if unused. Checkpoints with
    /// `ordersInputs` cut no groups.
    static func gptq(
        bits: Int, group: Int?, ordersInputs: Bool = false, padsColumns: Bool = true
    ) -> StoredFormat {
        var format = packed(bits: bits, group: group, hasZeros: true, ordersInputs: ordersInputs)
        format.expertGroups = .marlin(keepsZeros: false, padsColumns: padsColumns)
        format.createsExpertBiases = true
        return format
    }

    /// AWQ's: zero points are created even if the checkpoint has none (`hasZeros`), except by the
    /// class that takes experts from Marlin.
    static func awq(
        bits: Int = 4, group: Int?, hasZeros: Bool = true, padsColumns: Bool = true
    ) -> StoredFormat {
        var format = packed(bits: bits, group: group, hasZeros: true)
        format.expertGroups = .marlin(keepsZeros: hasZeros, padsColumns: padsColumns)
        return format
    }

    /// compressed-tensors': beside a module the sizes of its unpacked matrix, two of 64 bits, or of
    /// 16 bits for each fused matrix of an expert.
    static func wholePacked(
        bits: Int, group: Int?, hasZeros: Bool = false, ordersInputs: Bool = false
    ) -> StoredFormat {
        var format = packed(
            bits: bits, group: group, hasZeros: hasZeros, ordersInputs: ordersInputs)
        format.moduleBytes = 16
        format.expertModuleBytes = 4
        format.expertGroups = .whole
        return format
    }

    /// quark's 4-bit integers, with zero points even if unused, and its 8-bit ones, which keep a
    /// zero point of 8 bits beside every scale.
    static func quarkInt4(group: Int) -> StoredFormat {
        var format = packed(bits: 4, group: group, hasZeros: true)
        format.expertGroups = .halved
        return format
    }

    static func quarkInt8(_ scales: Scales, isStatic: Bool) -> StoredFormat {
        var format = StoredFormat("w8a8", bits: 8, scales: scales, priced: .fp8)
        format.zeroBits = 8
        format.expertPartBytes = 1
        // A scale of 32 bits, and beside a dense module's a zero point of 8.
        if isStatic { (format.moduleBytes, format.expertModuleBytes) = (5, 4) }
        return format
    }

    /// Packed integers with a 16-bit scale per group of inputs, or per output without groups.
    /// Inputs stay in 16 bits.
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

    /// NVFP4: 4-bit floats, one 8-bit scale per 16 inputs and a float32 scale of these scales;
    /// another for inputs if they are quantised too.
    ///
    /// - Parameter otherBytes: bytes per matrix if there is no input scale.
    static func nvfp4(
        hasInputScale: Bool = true, group: Int = 16, otherBytes: Int = 0
    ) -> StoredFormat {
        var format = StoredFormat(
            hasInputScale ? "nvfp4" : "nvfp4 (16-bit inputs)", bits: 4, scales: .group(group),
            scaleBytes: 1, priced: .nvfp4)
        format.matrixBytes = hasInputScale ? 8 : 4 + otherBytes
        // Experts have a scale for inputs, used or not.
        format.expertMatrixBytes = 8
        return format
    }

    /// OCP microscaling formats 1.0: floats of 4, 6 or 8 bits, one 8-bit exponent per 32 inputs.
    static func mx(bits: Int) -> StoredFormat {
        StoredFormat(
            "mxfp\(bits)", bits: bits, scales: .group(32), scaleBytes: 1,
            priced: bits == 4 ? .mxfp4 : .fp8)
    }

    /// gpt-oss's experts: one GPU's columns are padded to a multiple of 64 when created, the width
    /// to a multiple of 256 when loaded (2,880 becomes 3,072: logs of 0.26 and 0.28, Triton's
    /// layout).
    static var mxfp4Experts: StoredFormat {
        var format = mx(bits: 4)
        format.expertMultiple = 64
        format.loadedWidthMultiple = 256
        return format
    }

    /// The format whose price stands in for this one's; nil if it is measured, or the clock's
    /// assumptions cover it.
    var pricedAs: String? {
        guard name != "fp8", name != StoredFormat.plain.name, priced == .fp8 || readBits != nil
        else { return nil }
        return "\(name) weights are priced as \(priced.rawValue)"
    }
}
