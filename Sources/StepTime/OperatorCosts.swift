import Basics
import Models

/// One GEMM on one GPU, with everything that does not depend on the number of tokens looked up.
struct GEMMPrice {
    let coefficients: GEMMCoefficients
    let inputs: Double
    let outputs: Double
    let bytesPerWeight: Double
    /// Whether the operation before quantises the inputs.
    let isFused: Bool
    let gain: ServingCoefficients.Gain
    /// The same GEMM on a GPU that is not faster (`GPU.notFaster`).
    var onSmaller: [GEMMPrice] = []

    /// O(1).
    func seconds(tokens: Double) -> Double {
        let own = coefficients.seconds(
            tokens: tokens, inputs: inputs, outputs: outputs, bytesPerWeight: bytesPerWeight,
            isFused: isFused, sustained: gain.rate(tokens: tokens))
        return onSmaller.reduce(own) { min($0, $1.seconds(tokens: tokens)) }
    }
}

/// Time that one GPU of a replica spends in each operator, in seconds: the forms of the calibration
/// study with the coefficients of an engine profile.
///
/// All methods are O(1), monotone in every argument, and use portable arithmetic only.
struct OperatorCosts: Sendable {
    let model: TransformerModel
    let deployment: Deployment
    let options: ClockOptions
    /// The model's distinct layers, as it stores them.
    let groups: [LayerGroup]
    /// For each kind of experts, how many of them a number of tokens reaches.
    private let reached: [ExpertFeedForward: ReachedExperts]
    /// The costs on a GPU that is not faster, if the two were measured: no operator takes longer
    /// here than there, or fit noise would rank them.
    let smaller: [OperatorCosts]

    init(model: TransformerModel, deployment: Deployment, options: ClockOptions) {
        self.model = model.stored(as: deployment.weights)
        self.deployment = deployment
        self.options = options
        groups = self.model.layerGroups
        var reached: [ExpertFeedForward: ReachedExperts] = [:]
        for case .experts(let experts) in groups.map(\.layer.feedForward)
        where reached[experts] == nil {
            reached[experts] = ReachedExperts(experts, options.routing)
        }
        self.reached = reached
        smaller =
            options.onSmallerGPU.map {
                [OperatorCosts(model: model, deployment: deployment, options: $0)]
            } ?? []
    }

    var profile: EngineProfile { options.profile }
    private var hidden: Int { model.hiddenSize }
    private var tensorParallel: Int { deployment.tensorParallel }

    /// Host time the GPU waits for.
    var host: HostCoefficients { options.host.gpuWait }

    /// Data-parallel attention ranks that share one set of experts.
    var attentionRanks: Int { max(1, deployment.expertParallel / tensorParallel) }

    /// Projections that read the same input, as one GEMM on one GPU.
    func gemm(tokens: Double, fused: [Projection]) -> Double {
        gemm(fused).seconds(tokens: tokens)
    }

    /// That GEMM for any number of tokens.
    func gemm(_ fused: [Projection]) -> GEMMPrice {
        let shapes = fused.map { $0.shard(tensorParallel: tensorParallel) }
        let format = fused[0].format(deployment.weights)
        // Formats without measurements are unpacked for bf16 tensor cores. Norms and activations
        // quantise their output (compiled into one kernel); attention does not.
        return GEMMPrice(
            coefficients: profile.gemm[format] ?? profile.gemm[.bf16]!,
            inputs: Double(shapes[0].inputs),
            outputs: Double(shapes.reduce(0) { $0 + $1.outputs }),
            bytesPerWeight: fused[0].bytesPerWeight(deployment.weights),
            isFused: !fused[0].readsMixer, gain: profile.serving?.gain(format) ?? .none,
            onSmaller: smaller.map { $0.gemm(fused) })
    }

    /// Norms, rotary embedding and activation of a layer.
    func elementwise(tokens: Double, _ layer: Layer) -> Double {
        var elements = 8 * Double(hidden)
        let share = Double(tensorParallel)
        switch layer.attention {
        case .heads(let heads):
            elements +=
                4 * Double((heads.queryHeads + heads.keyValueHeads) * heads.headDim) / share
        case .latent(let latent):
            elements +=
                4 * Double(latent.queryHeads * (latent.keyDim + latent.ropeDim)) / share
                + 4 * Double(latent.cachedElements)
        case .none: break
        case .recurrent(let mixer):
            let widest = mixer.projections.joined().map(\.outputs).max() ?? 0
            elements += 4 * Double(widest) / share
        }
        switch layer.feedForward {
        case .dense(let dense): elements += 3 * Double(dense.intermediate) / share
        case .experts(let experts):
            elements += 3 * Double(experts.shared?.intermediate ?? 0) / share
        case .none: break
        }
        let c = profile.elementwise
        var seconds = c.fixed + 2 * tokens * elements / c.bandwidth
        if layer.attention.sumsNorms, tensorParallel > 1 {
            seconds += c.summedNorms ?? 0
        }
        return seconds
    }

    /// One all-reduce of the hidden states of `tokens` tokens; 0 on one GPU.
    func allReduce(tokens: Double) -> Double {
        guard tensorParallel > 1, let c = profile.allReduce[tensorParallel] else { return 0 }
        // The extra bytes begin at the largest graph, so that the price has no jump there.
        let beyond = max(0, tokens - Double(options.captureSizes.last ?? 0))
        let counted = tokens + (profile.serving?.reduceExcess ?? 0) * beyond
        let own = c.seconds(bytes: 2 * counted * Double(hidden))
        return smaller.reduce(own) { min($0, $1.allReduce(tokens: tokens)) }
    }

    /// Number of all-reduces in a layer: one after each part that tensor parallelism shards by
    /// inputs. Experts spread beyond the group are combined by the exchange instead.
    func allReduces(_ layer: Layer) -> Double {
        let mixer = layer.attention == .none ? 0.0 : 1.0
        return switch layer.feedForward {
        case .none: mixer
        case .dense: mixer + 1
        case .experts: deployment.expertParallel > tensorParallel ? mixer : mixer + 1
        }
    }

    /// The routed experts, for `tokens` tokens per attention rank, `arriving` of them without
    /// padding.
    func experts(
        tokens: Double, of arriving: Double, _ experts: ExpertFeedForward, _ formats: LayerFormats?
    ) -> Double {
        let format = formats?.experts.priced ?? deployment.weights
        let cut = Double(max(1, tensorParallel / deployment.expertParallel))
        let spread = Double(deployment.expertParallel)
        let all = tokens * Double(attentionRanks)
        let alone = expertCoefficients(format, formats?.experts).seconds(
            tokens: all, hidden: Double(hidden), size: experts.pricedSize(hidden: hidden) / cut,
            chosen: Double(experts.chosen),
            activated: activated(
                arriving * Double(attentionRanks), experts, spread: spread),
            spread: spread,
            bytesPerWeight: formats?.experts.bytesPerWeight ?? format.bytesPerWeight)
        // Not the lesser of two GPUs': their tables differ by more than noise, and servers by less.
        return alone
            * (profile.serving?.experts(format, width: experts.intermediate, tokens: tokens) ?? 1)
    }

    /// Experts on one of `spread` GPUs that `tokens` tokens reach.
    func activated(_ tokens: Double, _ experts: ExpertFeedForward, spread: Double = 1) -> Double {
        reached[experts]!.activated(tokens, spread: spread)
    }

    /// The coefficients of routed experts in a format, sharded as the deployment does, with the
    /// kernels that servers run. `stored`: how a checkpoint stores them, if that is known.
    func expertCoefficients(
        _ format: WeightFormat, _ stored: StoredFormat? = nil
    ) -> ExpertCoefficients {
        let kernel = profile.serving?.expertKernels?[format]
        var c = profile.experts(
            kernel?.format ?? format, isCut: deployment.expertParallel == 1,
            isSkewed: options.routing == .powerLaw,
            hasTensorScales: stored?.hasTensorScales == true)
        // Padding rows stand for launches, so their time must not change with the rate.
        c.rate *= kernel?.rate ?? 1
        c.padding *= kernel?.rate ?? 1
        return c
    }

    /// Dispatch and combine between attention ranks and experts. 0 if the experts are not spread
    /// beyond the tensor-parallel group, whose all-reduce then combines them.
    ///
    /// DeepEP's low-latency kernels: fp8 out, bf16 back, each 12.5 µs and 270 GB/s within a node of
    /// 8 (measured). Across nodes, the share of tokens that leaves the node passes one network
    /// interface at 36.4 GB/s after 18.9 µs (measured point to point; the sum is an assumption).
    func allToAll(tokens: Double, _ experts: ExpertFeedForward) -> Double {
        guard deployment.expertParallel > tensorParallel else { return 0 }
        let bytes = tokens * Double(experts.chosen) * Double(hidden) * 3
        let node = options.gpu.exchangeLink
        let within = 2 * node.latency + bytes / node.bandwidth
        let nodes =
            (deployment.expertParallel + deployment.gpusPerNode - 1) / deployment.gpusPerNode
        guard nodes > 1 else { return within }
        let remote = bytes * Double(nodes - 1) / Double(nodes)
        let network = LinkCoefficients.network
        return max(within, 2 * network.latency + remote / network.bandwidth)
    }

    /// The output head over sampled tokens.
    func head(sampled: Double) -> Double { head.seconds(tokens: sampled) }

    /// The output head for any number of sampled tokens.
    var head: GEMMPrice {
        GEMMPrice(
            coefficients: profile.gemm[.bf16]!, inputs: Double(hidden),
            outputs: Double((model.vocabularySize + tensorParallel - 1) / tensorParallel),
            bytesPerWeight: WeightFormat.bf16.bytesPerWeight, isFused: false, gain: .none,
            onSmaller: smaller.map(\.head))
    }

    /// The matrices of a layer in the order of its phases. Each inner list is one GEMM.
    func gemms(_ layer: Layer) -> [[Projection]] {
        layer.mixerProjections(hidden: hidden) + layer.networkProjections(hidden: hidden)
    }

    /// All costs of one layer that depend only on the number of tokens. `gemms` are the layer's; a
    /// caller that prices many token counts computes them once.
    func perToken(
        tokens: Double, of arriving: Double, _ layer: Layer, _ gemms: [GEMMPrice]
    ) -> Double {
        var sum = elementwise(tokens: tokens, layer)
        sum += allReduces(layer) * allReduce(tokens: tokens)
        for gemm in gemms { sum += gemm.seconds(tokens: tokens) }
        if case .experts(let routed) = layer.feedForward {
            sum += experts(tokens: tokens, of: arriving, routed, layer.formats)
            sum += allToAll(tokens: tokens, routed)
        }
        return sum
    }
}

extension EngineProfile {
    /// The coefficients of routed experts in a format. Unmeasured nvfp4 and int8 use the kernels
    /// measured with int4 (Marlin); other unmeasured formats are unpacked for bf16 tensor cores.
    /// Skewed experts that were not measured cost as much as balanced ones.
    func experts(
        _ format: WeightFormat, isCut: Bool = false, isSkewed: Bool = false,
        hasTensorScales: Bool = false
    ) -> ExpertCoefficients {
        let isUnpacked = format == .nvfp4 || format == .int8
        return expertForm(
            format, isCut: isCut, isSkewed: isSkewed, hasTensorScales: hasTensorScales)
            ?? (isUnpacked ? expertForm(.int4, isCut: isCut, isSkewed: isSkewed) : nil)
            ?? expertForm(.bf16, isCut: isCut, isSkewed: isSkewed)!
    }

    /// The coefficients of a format's own kernels; nil where none were measured. Blocks of weights
    /// with a scale and matrices with one scale stand in for each other.
    package func expertForm(
        _ format: WeightFormat, isCut: Bool, isSkewed: Bool, hasTensorScales: Bool = false
    ) -> ExpertCoefficients? {
        let usual =
            (isSkewed ? skewedExperts?[format] : nil)
            ?? (isCut ? cutExperts?[format] : nil) ?? experts[format]
        let tensor =
            (isSkewed ? skewedTensorExperts?[format] : nil) ?? tensorExperts?[format]
        return hasTensorScales ? tensor ?? usual : usual ?? tensor
    }

    /// The coefficients of decode attention by head size and KV heads per GPU; nil if not measured.
    package func decodeForm(
        _ cache: CacheFormat, headDim: Int, keyHeads: Double = 1
    ) -> DecodeCoefficients? {
        (headDim <= Self.narrowHead ? narrowDecode?[cache] : nil)
            ?? (keyHeads > Self.fewKeyHeads ? wideDecode?[cache] : nil) ?? decode[cache]
    }

    /// The coefficients of prefill attention by head size; nil if not measured.
    package func prefillForm(_ cache: CacheFormat, headDim: Int) -> PrefillCoefficients? {
        (headDim <= Self.narrowHead ? narrowPrefill?[cache] : nil) ?? prefill[cache]
    }

    /// Largest head size with narrow-head kernels, elements.
    package static let narrowHead = 64
    /// Most KV heads per GPU in the operator tables; more use `wideDecode`.
    package static let fewKeyHeads = 8.0
}

extension ExpertFeedForward {
    /// Elements per expert matrix as the gated form counts them: a third of an expert's weights.
    fileprivate func pricedSize(hidden: Int) -> Double {
        let size = Double(width(hidden: hidden)) * Double(intermediate)
        return isGated ? size : size * 2 / 3
    }
}
