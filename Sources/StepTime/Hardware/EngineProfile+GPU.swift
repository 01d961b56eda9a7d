import Models

/// An engine's kernels on other GPUs than the H100: as measured there if there is a table, else
/// scaled by the ratios of the datasheets.
extension EngineProfile {
    /// The profile of a name or a file, on a GPU.
    ///
    /// - Throws: `InputError` at `step_time.profile` as `named(_:)` does.
    package static func named(_ name: String, on gpu: GPU) throws -> EngineProfile {
        let profile = try named(name)
        guard name.hasSuffix(".json") else { return profile.on(gpu) }
        let owner = profile.gpu ?? GPU.h100.name
        guard owner != gpu.name else { return profile }
        var other = profile
        other.note("the profile of the file is of a \(owner), and prices a \(gpu.name)")
        return other
    }

    /// A built-in profile's kernels on a GPU.
    func on(_ gpu: GPU) -> EngineProfile {
        if gpu == .h100 { return self }
        let ownKernels = serving?.expertKernels
        let source = gpu.kernels
        var profile = kernels(of: source)
        if source != gpu {
            profile = profile.scaled(from: source, to: gpu)
            // The errors were measured on the other GPU.
            profile.errors = nil
        }
        profile.gpu = gpu.name
        profile.serving = isVLLM ? .vllm(on: gpu) : nil
        // A version's own expert kernels are Hopper's.
        if profile.serving?.expertKernels == nil { profile.serving?.expertKernels = ownKernels }
        profile.dropFormats(without: gpu)
        return profile
    }

    /// This engine's kernels on a measured GPU. vLLM's stand in for those of other engines: on H200
    /// servers they are closer than these engines' own H100 kernels, scaled.
    private func kernels(of gpu: GPU) -> EngineProfile {
        if gpu == .h100 { return self }
        guard isVLLM else {
            var profile = Self.vllm.kernels(of: gpu)
            profile.note("vLLM's kernels stand in for \(name)'s, which were measured on H100s only")
            profile.name = name
            return profile
        }
        guard self == .vllm else {
            var profile = Self.vllm.kernels(of: gpu)
            profile.name = name
            profile.provenance += provenance.dropFirst(Self.vllm.provenance.count)
            profile.elementwise.summedNorms = elementwise.summedNorms
            return profile
        }
        let measured = MeasuredKernels.of(gpu)
        let neighbour = measured.neighbour
        var profile = Self.vllm.kernels(of: neighbour).scaled(from: neighbour, to: gpu)
        profile.standIns = measured.standIns
        profile = profile.replaced(by: measured.table, of: gpu.name)
        profile.fillCaches(from: measured.table, of: gpu.name)
        profile.provenance = measured.provenance
        profile.errors = measured.errors
        return profile
    }

    mutating func note(_ line: String) { standIns = (standIns ?? []) + [line] }

    /// Unmeasured 8-bit caches get the 16-bit coefficients, with half the bytes.
    private mutating func fillCaches(from table: CoefficientTable, of gpu: String) {
        if table.decode(gpu)[.fp8] == nil { decode[.fp8] = decode[.bf16] }
        if table.prefill(gpu)[.fp8] == nil { prefill[.fp8] = prefill[.bf16] }
        let latent = table.latentDecode(gpu)
        if latent[.bf16] != nil, latent[.fp8] == nil { latentDecode[.fp8] = latentDecode[.bf16] }
    }

    /// Drops tensor formats that the GPU lacks; they are then unpacked to 16 bits.
    private mutating func dropFormats(without gpu: GPU) {
        for (format, peak) in [(WeightFormat.fp8, gpu.fp8FLOPS), (.nvfp4, gpu.fp4FLOPS)]
        where peak == 0 {
            gemm[format] = nil
            experts[format] = nil
            skewedExperts?[format] = nil
            tensorExperts?[format] = nil
            skewedTensorExperts?[format] = nil
        }
    }

    /// Scales every rate and bandwidth by the ratio of two GPUs' datasheets. Launch times stay.
    func scaled(from: GPU, to: GPU) -> EngineProfile {
        var profile = self
        let memory = to.memoryBandwidth / from.memoryBandwidth
        let rate = to.bf16FLOPS / from.bf16FLOPS
        func ratio(_ format: WeightFormat) -> Double {
            max(to.peak(format) / from.peak(format), 1e-3)
        }
        for (format, c) in gemm { profile.gemm[format] = c.scaled(rate: ratio(format), memory) }
        func scaled(_ experts: [WeightFormat: ExpertCoefficients])
            -> [WeightFormat: ExpertCoefficients]
        {
            var result = experts
            for (format, c) in experts { result[format] = c.scaled(rate: ratio(format), memory) }
            return result
        }
        profile.experts = scaled(experts)
        profile.cutExperts = cutExperts.map(scaled)
        profile.skewedExperts = skewedExperts.map(scaled)
        profile.tensorExperts = tensorExperts.map(scaled)
        profile.skewedTensorExperts = skewedTensorExperts.map(scaled)
        profile.decode = decode.mapValues { $0.scaled(memory) }
        profile.narrowDecode = narrowDecode?.mapValues { $0.scaled(memory) }
        profile.wideDecode = wideDecode?.mapValues { $0.scaled(memory) }
        profile.prefill = prefill.mapValues { $0.scaled(rate: rate) }
        profile.narrowPrefill = narrowPrefill?.mapValues { $0.scaled(rate: rate) }
        profile.latentDecode = latentDecode.mapValues { c in
            var c = c
            c.bandwidth *= memory
            c.rate *= rate
            return c
        }
        profile.elementwise.bandwidth *= memory
        profile.scaleLinks(from, to)
        return profile
    }

    /// Scales all-reduces to the other GPU's links: NVLink's by their ratio. Without NVLink they
    /// are those measured over PCIe of the same generation, by the ratio of the slots.
    private mutating func scaleLinks(_ from: GPU, _ to: GPU) {
        let fabric = allReduce.mapValues {
            $0.scaled(to.fabricBandwidth / max(from.fabricBandwidth, 1))
        }
        let measured = to.pcieBandwidth >= 64e9 ? "rtx-pro-6000" : "l40s"
        let slot = GPU.all.first { $0.name == measured }!.pcieBandwidth
        allReduce = workstationKernels.allReduce(measured).mapValues {
            $0.scaled(to.pcieBandwidth / slot)
        }
        for (size, paths) in fabric where to.hasFabric(over: size) { allReduce[size] = paths }
    }
}

extension AllReduceCoefficients {
    fileprivate func scaled(_ ratio: Double) -> Self {
        var c = self
        for path in c.paths.indices { c.paths[path].bandwidth *= ratio }
        return c
    }
}

extension GEMMCoefficients {
    fileprivate func scaled(rate ratio: Double, _ memory: Double) -> Self {
        var c = self
        c.rate *= ratio
        c.bandwidth *= memory
        c.perInput /= min(ratio, memory)
        c.quantizingBandwidth? *= memory
        c.inputQuantizingBandwidth? *= memory
        return c
    }
}

extension DecodeCoefficients {
    fileprivate func scaled(_ memory: Double) -> Self {
        var c = self
        c.bandwidth *= memory
        return c
    }
}

extension PrefillCoefficients {
    fileprivate func scaled(rate ratio: Double) -> Self {
        var c = self
        c.rate *= ratio
        c.perQueryHead /= ratio
        c.perKeyHead /= ratio
        return c
    }
}

extension ExpertCoefficients {
    fileprivate func scaled(rate ratio: Double, _ memory: Double) -> Self {
        var c = self
        c.rate *= ratio
        c.bandwidth *= memory
        c.activationBandwidth *= memory
        c.skippingBandwidth *= memory
        return c
    }
}
