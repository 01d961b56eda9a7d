import Models

/// A readable table of coefficients, one block per operator: a line with the operator's name and
/// its coefficients' names, then a row for each owner (an engine, a GPU) and format. "-" is no
/// value; "#" begins a comment. Units are those of the coefficients (SI).
struct CoefficientTable: Sendable {
    private struct Row: Sendable {
        var block: String
        var owner: String
        var key: String
        var values: [Double?]
    }

    private var rows: [Row] = []

    init(_ text: String) {
        var block = ""
        for line in text.split(separator: "\n") {
            let words = line.prefix { $0 != "#" }.split(separator: " ").map(String.init)
            guard words.count > 2 else { continue }
            // A line with names begins a block; one with numbers is a row.
            if Double(words[2]) == nil {
                block = words[0]
            } else {
                rows.append(
                    Row(
                        block: block, owner: words[0], key: words[1],
                        values: words.dropFirst(2).map { Double($0) }))
            }
        }
    }

    /// An owner's rows of a block, by format. `make` gets the coefficients by position.
    private func block<Format: RawRepresentable<String> & Hashable, Coefficients>(
        _ block: String, _ owner: String,
        _ make: ((Int) -> Double, (Int) -> Double?) -> Coefficients
    ) -> [Format: Coefficients] {
        var result: [Format: Coefficients] = [:]
        for row in rows where row.block == block && [owner, "all"].contains(row.owner) {
            result[Format(rawValue: row.key)!] = make({ row.values[$0]! }, { row.values[$0] })
        }
        return result
    }

    func gemm(_ owner: String) -> [WeightFormat: GEMMCoefficients] {
        block("gemm", owner) { value, optional in
            GEMMCoefficients(
                rate: value(0), bandwidth: value(1), launch: value(2), exponent: value(3),
                perInput: value(4), growth: value(5), quantizingBandwidth: optional(6),
                inputQuantizingBandwidth: optional(7))
        }
    }

    func decode(_ owner: String, _ name: String = "decode") -> [CacheFormat: DecodeCoefficients] {
        block(name, owner) { value, _ in
            DecodeCoefficients(fixed: value(0), perHead: value(1), bandwidth: value(2))
        }
    }

    func prefill(
        _ owner: String, _ name: String = "prefill"
    ) -> [CacheFormat: PrefillCoefficients] {
        block(name, owner) { value, _ in
            PrefillCoefficients(
                fixed: value(0), rate: value(1), perQueryHead: value(2), perKeyHead: value(3))
        }
    }

    func latentDecode(_ owner: String) -> [CacheFormat: LatentDecodeCoefficients] {
        block("latentDecode", owner) { value, _ in
            LatentDecodeCoefficients(
                fixed: value(0), perSequence: value(1), bandwidth: value(2), rate: value(3),
                exponent: value(4))
        }
    }

    func experts(
        _ owner: String, _ name: String = "experts"
    ) -> [WeightFormat: ExpertCoefficients] {
        block(name, owner) { value, _ in
            ExpertCoefficients(
                fixed: value(0), bandwidth: value(1), rate: value(2), exponent: value(3),
                padding: value(4), activationBandwidth: value(5), skippingBandwidth: value(6))
        }
    }

    func allReduce(_ owner: String) -> [Int: AllReduceCoefficients] {
        var sizes: [Int: AllReduceCoefficients] = [:]
        for row in rows where row.block == "allReduce" && row.owner == owner {
            let values = row.values.compactMap(\.self)
            sizes[Int(row.key)!] = AllReduceCoefficients(
                stride(from: 0, to: values.count, by: 2).map {
                    LinkCoefficients(latency: values[$0], bandwidth: values[$0 + 1])
                })
        }
        return sizes
    }
}

extension Dictionary {
    /// Nil if empty: profile files leave out what no kernel was measured for.
    fileprivate var unlessEmpty: Self? { isEmpty ? nil : self }
}

extension EngineProfile {
    /// An engine's profile on an H100, from the built-in table.
    init(measured name: String, provenance: String) {
        let table = engineKernels
        self.init(
            name: name, provenance: provenance, gemm: table.gemm(name),
            decode: table.decode(name), prefill: table.prefill(name),
            latentDecode: table.latentDecode(name), allReduce: table.allReduce(name),
            experts: table.experts(name), elementwise: Self.assumedElementwise)
        narrowDecode = table.decode(name, "narrowDecode").unlessEmpty
        narrowPrefill = table.prefill(name, "narrowPrefill").unlessEmpty
        wideDecode = table.decode(name, "wideDecode").unlessEmpty
        cutExperts = table.experts(name, "cutExperts").unlessEmpty
        skewedExperts = table.experts(name, "skewedExperts").unlessEmpty
        tensorExperts = table.experts(name, "tensorExperts").unlessEmpty
    }

    /// This profile with a table's coefficients of another GPU, where it has them.
    func replaced(by table: CoefficientTable, of gpu: String) -> EngineProfile {
        var profile = self
        profile.gemm.merge(table.gemm(gpu)) { $1 }
        profile.decode.merge(table.decode(gpu)) { $1 }
        profile.prefill.merge(table.prefill(gpu)) { $1 }
        profile.latentDecode.merge(table.latentDecode(gpu)) { $1 }
        profile.experts.merge(table.experts(gpu)) { $1 }
        profile.narrowDecode = table.decode(gpu, "narrowDecode").unlessEmpty
        profile.narrowPrefill = table.prefill(gpu, "narrowPrefill").unlessEmpty
        profile.wideDecode = table.decode(gpu, "wideDecode").unlessEmpty
        profile.cutExperts = table.experts(gpu, "cutExperts").unlessEmpty
        let skewed = table.experts(gpu, "skewedExperts")
        if !skewed.isEmpty { profile.skewedExperts = skewed }
        let tensor = table.experts(gpu, "tensorExperts")
        if !tensor.isEmpty {
            profile.tensorExperts = tensor
            profile.skewedTensorExperts = table.experts(gpu, "skewedTensorExperts").unlessEmpty
        }
        // Where only these were measured they are nearer than another GPU's blocks.
        for format in tensor.keys where table.experts(gpu)[format] == nil {
            profile.experts[format] = nil
        }
        let links = table.allReduce(gpu)
        if !links.isEmpty { profile.allReduce = links }
        return profile
    }
}
