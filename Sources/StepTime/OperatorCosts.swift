import Basics
import Models

/// How attention is computed.
package enum AttentionKernel: String, Sendable, CaseIterable, Codable {
    /// Scores stay on the chip (FlashAttention, arXiv 2205.14135).
    case flash
    /// Scores are written to memory, read for the softmax, written again and read again: the
    /// ablation that shows why flash attention exists.
    case naive
}

/// Choices about the clock that do not change what is computed.
package struct ClockOptions: Sendable, Equatable {
    /// The accelerator, whose links and peaks prices use beside the profile.
    package var gpu = GPU.h100
    /// Kernel coefficients, on that accelerator.
    package var profile = EngineProfile.vllm
    /// How tokens spread over experts.
    package var routing = ExpertRouting.served
    /// The host, whose `gpuWait` every price includes.
    package var host = HostProfile.vllmAsync
    /// Token counts that CUDA graphs were captured for, ascending: a step within the largest is
    /// padded to the next of them. Empty: no graphs.
    package var captureSizes = ClockOptions.defaultCaptureSizes
    package var attentionKernel = AttentionKernel.flash
    /// Off: every step recomputes the whole context of every sequence (an ablation).
    package var usesCache = true
    /// Most tokens of one step that the tables hold; prices beyond extend the last slope.
    package var maxTokens = 8192

    package init() {}

    /// An engine's profile on a GPU, by name or file.
    ///
    /// - Throws: `InputError` at `step_time.profile`.
    package init(profile: String, gpu: GPU) throws {
        self.gpu = gpu
        self.profile = try EngineProfile.named(profile, on: gpu)
    }

    /// Those of a server with the engine's own limits.
    package static let defaultCaptureSizes = ServerMemory().capturedSizes

    /// The tokens that a step of so many is computed with.
    func padded(_ tokens: Int) -> Int {
        captureSizes.first { $0 >= tokens } ?? tokens
    }
}

/// One GEMM of one GPU, with all that does not depend on the number of tokens looked up.
struct GEMMPrice {
    let coefficients: GEMMCoefficients
    let inputs: Double
    let outputs: Double
    let bytesPerWeight: Double
    /// Whether the operation before quantises the inputs.
    let isFused: Bool
    let gain: ServingCoefficients.Gain

    /// O(1).
    func seconds(tokens: Double) -> Double {
        coefficients.seconds(
            tokens: tokens, inputs: inputs, outputs: outputs, bytesPerWeight: bytesPerWeight,
            isFused: isFused, sustained: gain.rate(tokens: tokens))
    }
}

/// What one GPU of a replica spends in each operator, in seconds: the forms of the calibration
/// study with the coefficients of an engine profile.
///
/// All methods are O(1), monotone in every argument and use portable arithmetic only.
struct OperatorCosts: Sendable {
    let model: TransformerModel
    let deployment: Deployment
    let options: ClockOptions
    /// The model's distinct layers, as it stores them.
    let groups: [LayerGroup]
    /// What each kind of experts makes of a number of tokens.
    private let reached: [ExpertFeedForward: ReachedExperts]

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
    }

    var profile: EngineProfile { options.profile }
    private var hidden: Int { model.hiddenSize }
    private var tensorParallel: Int { deployment.tensorParallel }

    /// Host time the GPU waits for.
    var host: HostCoefficients { options.host.gpuWait }

    /// Data-parallel attention ranks that share one set of experts.
    var attentionRanks: Int { max(1, deployment.expertParallel / tensorParallel) }

    /// Projections that read the same input, as one GEMM of one GPU.
    func gemm(tokens: Double, fused: [Projection]) -> Double {
        gemm(fused).seconds(tokens: tokens)
    }

    /// That GEMM for any number of tokens.
    func gemm(_ fused: [Projection]) -> GEMMPrice {
        let shapes = fused.map { $0.shard(tensorParallel: tensorParallel) }
        let format = fused[0].format(deployment.weights)
        // Formats without measurements run on bf16 tensor cores after unpacking. Norms and
        // activations quantise what they write (compiled into one kernel); attention does not.
        return GEMMPrice(
            coefficients: profile.gemm[format] ?? profile.gemm[.bf16]!,
            inputs: Double(shapes[0].inputs),
            outputs: Double(shapes.reduce(0) { $0 + $1.outputs }),
            bytesPerWeight: fused[0].bytesPerWeight(deployment.weights),
            isFused: !fused[0].readsMixer, gain: profile.serving?.gain(format) ?? .none)
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
        return c.seconds(bytes: 2 * tokens * Double(hidden))
    }

    /// All-reduces of a layer: one after each part that tensor parallelism cuts by inputs; experts
    /// spread beyond the group are combined by the exchange instead.
    func allReduces(_ layer: Layer) -> Double {
        let mixer = layer.attention == .none ? 0.0 : 1.0
        return switch layer.feedForward {
        case .none: mixer
        case .dense: mixer + 1
        case .experts: deployment.expertParallel > tensorParallel ? mixer : mixer + 1
        }
    }

    /// The routed experts, for `tokens` tokens of each attention rank.
    func experts(tokens: Double, _ experts: ExpertFeedForward, _ formats: LayerFormats?) -> Double {
        let format = formats?.experts.priced ?? deployment.weights
        let cut = Double(max(1, tensorParallel / deployment.expertParallel))
        let spread = Double(deployment.expertParallel)
        let all = tokens * Double(attentionRanks)
        let alone = expertCoefficients(format).seconds(
            tokens: all, hidden: Double(hidden), size: experts.pricedSize(hidden: hidden) / cut,
            chosen: Double(experts.chosen), activated: activated(all, experts, spread: spread),
            spread: spread,
            bytesPerWeight: formats?.experts.bytesPerWeight ?? format.bytesPerWeight)
        return alone * (profile.serving?.experts(format, tokens: tokens) ?? 1)
    }

    /// Experts of one of `spread` GPUs that `tokens` tokens reach.
    func activated(_ tokens: Double, _ experts: ExpertFeedForward, spread: Double = 1) -> Double {
        reached[experts]!.activated(tokens, spread: spread)
    }

    /// The coefficients of routed experts in a format, cut as the deployment cuts them: those of
    /// the kernels that servers run.
    func expertCoefficients(_ format: WeightFormat) -> ExpertCoefficients {
        let kernel = profile.serving?.expertKernels?[format]
        var c = profile.experts(
            kernel?.format ?? format, isCut: deployment.expertParallel == 1,
            isSkewed: options.routing == .powerLaw)
        // Rows of padding are as dear at a lower rate: they stand for launches.
        c.rate *= kernel?.rate ?? 1
        c.padding *= kernel?.rate ?? 1
        return c
    }

    /// Dispatch and combine between attention ranks and experts; 0 when the experts are not
    /// spread beyond the tensor-parallel group, whose all-reduce combines them.
    ///
    /// DeepEP's low-latency kernels: fp8 out, bf16 back, each 12.5 µs and 270 GB/s within a node
    /// of 8 (measured); across nodes the share of tokens that leaves the node passes one network
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
            bytesPerWeight: WeightFormat.bf16.bytesPerWeight, isFused: false, gain: .none)
    }

    /// The matrices of a layer, in the order of its phases; those of one inner list are one GEMM.
    func gemms(_ layer: Layer) -> [[Projection]] {
        layer.mixerProjections(hidden: hidden) + layer.networkProjections(hidden: hidden)
    }

    /// Everything of one layer that depends on the number of tokens alone; `gemms` are its own,
    /// which a caller that asks for many numbers of tokens makes once.
    func perToken(tokens: Double, _ layer: Layer, _ gemms: [GEMMPrice]) -> Double {
        var sum = elementwise(tokens: tokens, layer)
        sum += allReduces(layer) * allReduce(tokens: tokens)
        for gemm in gemms { sum += gemm.seconds(tokens: tokens) }
        if case .experts(let routed) = layer.feedForward {
            sum += experts(tokens: tokens, routed, layer.formats)
            sum += allToAll(tokens: tokens, routed)
        }
        return sum
    }
}

extension EngineProfile {
    /// The coefficients of routed experts in a format. Four and eight bits that were not measured
    /// run on the kernels that were measured with int4 (Marlin); others are unpacked for bf16
    /// tensor cores. Skewed experts that were not measured cost what balanced ones do.
    func experts(
        _ format: WeightFormat, isCut: Bool = false, isSkewed: Bool = false
    ) -> ExpertCoefficients {
        let isUnpacked = format == .nvfp4 || format == .int8
        return expertForm(format, isCut: isCut, isSkewed: isSkewed)
            ?? (isUnpacked ? expertForm(.int4, isCut: isCut, isSkewed: isSkewed) : nil)
            ?? expertForm(.bf16, isCut: isCut, isSkewed: isSkewed)!
    }

    /// The coefficients of a format's own kernels; nil where none were measured.
    package func expertForm(
        _ format: WeightFormat, isCut: Bool, isSkewed: Bool
    ) -> ExpertCoefficients? {
        (isSkewed ? skewedExperts?[format] : nil)
            ?? (isCut ? cutExperts?[format] : nil) ?? experts[format]
    }

    /// The form of decode attention for heads of a size, so many of keys a GPU; nil where none was
    /// measured.
    package func decodeForm(
        _ cache: CacheFormat, headDim: Int, keyHeads: Double = 1
    ) -> DecodeCoefficients? {
        (headDim <= Self.narrowHead ? narrowDecode?[cache] : nil)
            ?? (keyHeads > Self.fewKeyHeads ? wideDecode?[cache] : nil) ?? decode[cache]
    }

    /// The form of prefill attention for heads of a size; nil where none was measured.
    package func prefillForm(_ cache: CacheFormat, headDim: Int) -> PrefillCoefficients? {
        (headDim <= Self.narrowHead ? narrowPrefill?[cache] : nil) ?? prefill[cache]
    }

    /// Largest head with kernels of its own, elements.
    package static let narrowHead = 64
    /// Most KV heads of one GPU that operator tables hold.
    package static let fewKeyHeads = 8.0
}

extension ExpertFeedForward {
    /// Elements of one matrix of an expert as the gated form's price counts them: a third of an
    /// expert's weights.
    fileprivate func pricedSize(hidden: Int) -> Double {
        let size = Double(width(hidden: hidden)) * Double(intermediate)
        return isGated ? size : size * 2 / 3
    }
}
