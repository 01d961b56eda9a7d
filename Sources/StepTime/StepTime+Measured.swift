import Basics
import Models

extension StepTime {
    /// The clock of a model on the GPUs of `options`, from measured operators.
    ///
    ///     let model = try Catalogue.model(named: "llama-3.1-8b")
    ///     var deployment = Deployment(tensorParallel: 2, weights: .fp8, cache: .bf16)
    ///     var options = try ClockOptions(profile: "vllm", gpu: .named("h200-sxm"))
    ///     options.maxTokens = 8192                  // max_num_batched_tokens
    ///     let clock = try StepTime.measured(model, deployment, options)
    ///
    /// Complexity: about 1,500 evaluations of the model's distinct layers and O(maxTokens)
    /// additions, a few milliseconds.
    ///
    /// - Throws: `InputError` for a deployment that does not divide the model, or a
    ///   tensor-parallel size whose all-reduce was not measured.
    package static func measured(
        _ model: TransformerModel, _ deployment: Deployment, _ options: ClockOptions = .init()
    ) throws -> StepTime {
        let costs = try OperatorCosts(checking: model, deployment, options)
        return StepTime(
            costs.tables(), window: model.window, provenance: costs.provenance)
    }
}

extension OperatorCosts {
    /// The costs of a layout that has some.
    ///
    /// - Throws: as `StepTime.measured` does.
    init(
        checking model: TransformerModel, _ deployment: Deployment, _ options: ClockOptions
    ) throws {
        try deployment.check(model)
        let size = deployment.tensorParallel
        guard size == 1 || options.profile.allReduce[size] != nil else {
            let known = [1] + options.profile.allReduce.keys.sorted()
            throw InputError(
                "engine.tensor_parallel_size",
                "no all-reduce over \(size) GPUs was measured on "
                    + Quantity.withArticle(options.gpu.name),
                expected: known.map(String.init).joined(separator: ", "))
        }
        self.init(model: model, deployment: deployment, options: options)
    }

    /// The integer tables of this model, deployment and profile.
    func tables() -> TabulatedStepTime {
        let imbalance = stageImbalance
        let parts = groups.map { group in
            (group.layer, gemms(group.layer).map { gemm($0) }, imbalance * Double(group.count))
        }
        let hostFixed = host.fixed + host.perGPU * Double(deployment.tensorParallel)
        let stages = deployment.pipelineParallel
        func seconds(tokens: Double, of arriving: Double) -> Double {
            guard tokens > 0 else { return hostFixed }
            var sum = hostFixed + hops(tokens: tokens)
            for (layer, gemms, share) in parts {
                sum += share * perToken(tokens: tokens, of: arriving, layer, gemms)
            }
            return sum
        }
        var byTokens = IntegerTable(through: options.maxTokens) { seconds(tokens: $0, of: $0) }
            .padded(to: options.captureSizes)
        // Padding rows reach no experts of their own.
        if hasExperts {
            byTokens.refine { seconds(tokens: Double(options.padded($0)), of: Double($0)) }
        }
        let head = head
        let bySampled = IntegerTable(through: options.maxTokens) {
            $0 > 0 ? head.seconds(tokens: $0) : 0
        }
        var tables = TabulatedStepTime(
            byTokens: byTokens, bySampled: bySampled,
            decode: (1...stages).map { decodeSlopes(lanes: $0) })
        tables.window = model.window
        tables.usesCache = options.usesCache
        tables.perRequest = IntegerTable.picoseconds(host.perSequence)
        tables.perFirst = IntegerTable.picoseconds(host.perFirst ?? 0)
        tables.first = host.first ?? 0
        let mixed = (profile.serving?.mixedDecode ?? 0) * Double(TabulatedStepTime.mixedUnit)
        tables.mixedDecode = Int64(mixed.rounded())
        let half = ServingCoefficients.mixedTokens
        tables.mixedSquare = Int64(half * half)
        addAttention(to: &tables, groups, imbalance)
        return tables
    }

    /// Time of the fullest pipeline stage over the mean.
    var stageImbalance: Double {
        let (layers, stages) = (model.layers.count, deployment.pipelineParallel)
        let most = deployment.stageLayers?.max() ?? (layers + stages - 1) / stages
        return Double(most * stages) / Double(layers)
    }

    /// Time to send the hidden states of `tokens` tokens from stage to stage: over NVLink within a
    /// node, over one network interface between nodes.
    func hops(tokens: Double) -> Double {
        let between = deployment.hopsBetweenNodes
        let within = deployment.pipelineParallel - 1 - between
        let bytes = 2 * tokens * Double(model.hiddenSize)
        return Double(within) * options.gpu.peerLink.seconds(bytes: bytes)
            + Double(between) * LinkCoefficients.network.seconds(bytes: bytes)
    }

    /// Slopes with `lanes` micro-batches in flight, which share the step's decodes.
    private func decodeSlopes(lanes: Int) -> TabulatedStepTime.DecodeSlopes {
        var (sequence, context, windowed) = (0.0, 0.0, 0.0)
        for group in groups {
            let cost = decode(group.layer.attention)
            let count = stageImbalance * Double(group.count) / Double(lanes)
            sequence += count * cost.perSequence
            if group.layer.attention.window == nil {
                context += count * cost.perContext
            } else {
                windowed += count * cost.perContext
            }
        }
        return .init(
            perSequence: IntegerTable.picoseconds(sequence),
            perContext: IntegerTable.picoseconds(context),
            perWindowed: IntegerTable.picoseconds(windowed))
    }

    private func addAttention(
        to tables: inout TabulatedStepTime, _ groups: [LayerGroup], _ imbalance: Double
    ) {
        var (decodeFixed, fixed, past) = (0.0, 0.0, 0.0)
        var (scanToken, token, windowedToken) = (0.0, 0.0, 0.0)
        var (read, windowedRead) = (0.0, 0.0)
        var (pair, windowedPair, score, windowedScore) = (0.0, 0.0, 0.0, 0.0)
        for group in groups {
            let count = imbalance * Double(group.count)
            let cost = prefill(group.layer.attention)
            decodeFixed += count * decode(group.layer.attention).fixed
            fixed += count * cost.fixed
            past += count * cost.perPast
            if case .recurrent = group.layer.attention {
                scanToken += count * cost.perToken
            } else if group.layer.attention.window == nil {
                token += count * cost.perToken
                read += count * cost.perRead
                pair += count * cost.perPair
                score += count * cost.perScore
            } else {
                windowedToken += count * cost.perToken
                windowedRead += count * cost.perRead
                windowedPair += count * cost.perPair
                windowedScore += count * cost.perScore
            }
        }
        let scale = Double(1 << TabulatedStepTime.pairFractionBits)
        tables.decodeFixed = IntegerTable.picoseconds(decodeFixed)
        tables.prefillFixed = IntegerTable.picoseconds(fixed)
        tables.perScanToken = IntegerTable.picoseconds(scanToken)
        tables.perChunkToken = IntegerTable.picoseconds(token)
        tables.perWindowedToken = IntegerTable.picoseconds(windowedToken)
        tables.perPastRead = IntegerTable.picoseconds(read)
        tables.perWindowedRead = IntegerTable.picoseconds(windowedRead)
        tables.perPastToken = IntegerTable.picoseconds(past)
        tables.perPair = IntegerTable.picoseconds(pair * scale)
        tables.perWindowedPair = IntegerTable.picoseconds(windowedPair * scale)
        tables.perScore = IntegerTable.picoseconds(score * scale)
        tables.perWindowedScore = IntegerTable.picoseconds(windowedScore * scale)
    }

    /// Where this clock's figures come from. Ranges are those of the operator tables.
    var provenance: Provenance {
        var provenance = Provenance(kind: options.gpu.name, source: profile.provenance)
        provenance.profile = profile.name
        provenance.errors = profile.errors
        provenance.isMeasured = options.gpu.evidence == .measured
        provenance.mostTokens = 32_768
        provenance.longestContext = 131_072
        provenance.mostDecodes = 2048
        provenance.assumptions = assumptions
        if options.attentionKernel == .naive {
            provenance.change("attention without FlashAttention, an ablation")
        }
        if !options.usesCache { provenance.change("without a KV cache, an ablation") }
        return provenance
    }

    private var hasExperts: Bool {
        model.layers.contains { if case .experts = $0.feedForward { true } else { false } }
    }

    /// Whether a remark on stand-ins concerns something that this model has.
    private func concerns(_ line: String) -> Bool {
        let usesLatents = model.layers.contains {
            if case .latent = $0.attention { true } else { false }
        }
        let parts = [("MLA", usesLatents), ("experts", hasExperts)]
            .filter { line.contains($0.0) }
        return parts.isEmpty || parts.contains { $0.1 }
    }

    /// How much slower than in tables matrices are under load, where that is more than a fourth:
    /// the tables' errors do not speak of it.
    private var gainNote: String? {
        let format = deployment.weights
        guard let serving = profile.serving, serving.gain(format).most < -0.2 else { return nil }
        let factor = Quantity.decimal(1 / (1 + serving.gain(format).most), 1)
        let isAssumed = serving.assumedGains?.contains(format) == true
        return "\(format.rawValue) matrices take up to \(factor) times their tables' time in large "
            + "steps, " + (isAssumed ? "assumed from other formats' servers" : "as on servers")
    }

    /// How much slower than in tables all-reduces are in large steps, where that is more than the
    /// tables' own rows without graphs show.
    private var reduceNote: String? {
        guard deployment.tensorParallel > 1, let excess = profile.serving?.reduceExcess,
            excess > 0.2
        else { return nil }
        return "all-reduces take up to \(Quantity.decimal(1 + excess, 1)) times their tables' time "
            + "in steps beyond captured graphs, as on servers"
    }

    /// What servers showed of experts of this width, and of which formats they showed nothing.
    private var excessNotes: [String] {
        guard let serving = profile.serving, let excess = serving.expertExcess else { return [] }
        return groups.compactMap { group in
            guard case .experts(let experts) = group.layer.feedForward else { return nil }
            let format = group.layer.formats?.experts.priced ?? deployment.weights
            // At very many tokens.
            let most = excess.keys.reduce(1.0) {
                max($0, serving.experts($1, width: experts.intermediate, tokens: 1e9))
            }
            guard most >= 1.1 else { return nil }
            let factor = Quantity.decimal(most, 1)
            let said =
                excess[format] == nil
                ? "take their tables' time; on servers those of 4 and 8 bits took up to \(factor) "
                    + "times theirs"
                : "take up to \(factor) times their tables' time in large steps, as on servers; "
                    + "of 16 bits no such servers are known"
            return "\(format.rawValue) experts \(said): do not compare the two by this clock"
        }
    }

    /// Which kernels stand in for those of the experts' format.
    private var kernelNotes: [String] {
        groups.compactMap { group in
            guard case .experts = group.layer.feedForward else { return nil }
            let stored = group.layer.formats?.experts
            let format = stored?.priced ?? deployment.weights
            if let kernel = profile.serving?.expertKernels?[format], stored != nil {
                return "\(format.rawValue) experts run on \(kernel.format.rawValue)'s kernels"
                    + (kernel.rate == 1 ? "" : " at \(kernel.rate) of their rate")
            }
            if profile.expertForm(format, isCut: false, isSkewed: false) == nil {
                return stored.map { _ in
                    "\(format.rawValue) experts are priced with int4's or bf16's coefficients"
                }
            }
            return scaleNote(format, stored)
        }
    }

    /// Whose kernels price fp8 experts that were not measured with such scales.
    private func scaleNote(_ format: WeightFormat, _ stored: StoredFormat?) -> String? {
        guard format == .fp8, stored == nil || stored?.name == "fp8" else { return nil }
        let ofTensors = profile.tensorExperts?[format] != nil
        guard let stored, stored.scales == .tensor || stored.scales == .channel else {
            return profile.experts[format] == nil
                ? "fp8 experts with scaled blocks were not measured: priced as with a scale for "
                    + "each matrix" : nil
        }
        let kind =
            stored.hasTensorScales
            ? "a scale for each matrix"
            : stored.scales == .channel ? "a scale for each output" : "inputs scaled as they come"
        if stored.hasTensorScales, ofTensors { return nil }
        return "fp8 experts with \(kind) were not measured as servers run them: priced as with "
            + (profile.experts[format] == nil ? "a scale for each matrix" : "scaled blocks")
    }

    /// Assumptions for parts of this clock that no measurement covers.
    private var assumptions: [String] {
        let share = profile.elementwise.bandwidth / options.gpu.memoryBandwidth
        let copies =
            options.gpu == .h100
            ? "2.4 TB/s" : "\(Quantity.decimal(100 * share, 0)) % of the memory's bandwidth"
        var lines = ["element-wise work: 10 µs a layer and \(copies), not measured"]
        func note(_ line: String) { if !lines.contains(line) { lines.append(line) } }
        if let line = options.gpu.notMeasuredNote { note(line) }
        for line in profile.standIns ?? [] where concerns(line) { note(line) }
        for group in groups {
            switch group.layer.attention {
            case .heads(let heads):
                if heads.keyValueHeads / deployment.tensorParallel > 8 {
                    note("decode attention with more than 8 KV heads a GPU was not measured")
                }
            case .latent(let latent):
                if latent.cachesHeads, latent.queryHeads / deployment.tensorParallel > 8 {
                    note("decode attention with more than 8 KV heads a GPU was not measured")
                }
            case .none: break
            case .recurrent(let mixer):
                note("\(mixer.kind) layers were not measured: state bytes and FLOPs at half rate")
            }
        }
        if hasExperts {
            switch options.routing {
            case .served: note("experts are chosen as steps of public servers show")
            case .balanced: note("experts are chosen evenly")
            case .powerLaw: note("experts are chosen by a power law")
            }
            for line in excessNotes { note(line) }
        }
        if let line = gainNote { note(line) }
        if let line = reduceNote { note(line) }
        if deployment.cache == .int4 { note("int4 caches are priced by the fp8 kernels' form") }
        if profile.gemm[deployment.weights] == nil {
            let lacks =
                GPU.hasOwnCores(deployment.weights)
                ? ": no such tensor cores in a \(options.gpu.name)" : ""
            note(
                "\(deployment.weights.rawValue) GEMMs are priced as bf16 with fewer weight bytes"
                    + lacks)
        }
        for line in kernelNotes { note(line) }
        let between = deployment.hopsBetweenNodes
        if between > 0 {
            note(
                "\(between) of \(deployment.pipelineParallel - 1) hops between pipeline stages "
                    + "cross nodes over one 400 Gb/s interface: 18.9 us and 36.4 GB/s, measured "
                    + "point to point")
        }
        if deployment.expertParallel > deployment.gpusPerNode {
            note("exchange between nodes was not measured")
        }
        return lines
    }
}
