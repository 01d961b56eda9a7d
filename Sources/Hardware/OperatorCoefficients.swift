/// t = ((2·m·n·k / rate)^p + (bytes / bandwidth)^p)^(1/p) + launch + perInput · k
///     [+ 2·m·(n + k) / quantizingBandwidth]
///
/// for a GEMM of m tokens by an n × k matrix. `bytes` are the weights' and, where no separate
/// quantising term is fitted, the activations' too.
public struct GEMMCoefficients: Sendable, Equatable {
    /// Asymptotic rate, FLOP per second.
    public var rate: Double
    /// Asymptotic memory bandwidth, bytes per second.
    public var bandwidth: Double
    /// Seconds per launch.
    public var launch: Double
    /// Exponent of the smooth maximum of compute and memory time.
    public var exponent: Double
    /// Seconds per element of the reduction: the longest tile's critical path.
    public var perInput: Double
    /// Bytes per second at which activations are quantised; nil: included in the rest.
    public var quantizingBandwidth: Double?
}

/// t = fixed + perHead · B · kv_heads + Σ context · bytes / bandwidth, per layer, for decode
/// attention of B sequences; kv_heads and bytes are one GPU's.
public struct DecodeCoefficients: Sendable, Equatable {
    /// Seconds per layer.
    public var fixed: Double
    /// Seconds per sequence and KV head.
    public var perHead: Double
    /// Bytes per second at which cached keys and values are read.
    public var bandwidth: Double
}

/// t = fixed + Σ over chunks [4·q_heads·head_dim·c·(past + c/2) / rate
///     + c·(perQueryHead·q_heads + perKeyHead·kv_heads)], per layer; heads are one GPU's.
public struct PrefillCoefficients: Sendable, Equatable {
    /// Seconds per layer of a step with any chunk.
    public var fixed: Double
    /// FLOP per second over the causal pairs.
    public var rate: Double
    /// Seconds per token and query head.
    public var perQueryHead: Double
    /// Seconds per token and KV head.
    public var perKeyHead: Double
}

/// t = fixed + perSequence · B + Σ context · pnorm(cached bytes / bandwidth,
///     2·heads·(2·latent + rope) / rate), per layer, for absorbed MLA decode.
public struct LatentDecodeCoefficients: Sendable, Equatable {
    public var fixed: Double
    public var perSequence: Double
    public var bandwidth: Double
    public var rate: Double
    public var exponent: Double
}

/// t = min over paths of (latency + S / bandwidth), for an all-reduce of S bytes.
public struct AllReduceCoefficients: Sendable, Equatable {
    /// Seconds and bytes per second of the path for short messages.
    public var short: (latency: Double, bandwidth: Double)
    /// The same for long ones.
    public var long: (latency: Double, bandwidth: Double)

    public static func == (a: Self, b: Self) -> Bool { a.short == b.short && a.long == b.long }
}

/// t = fixed + pnorm(ea·3·h·I·bytes / bandwidth, 6·h·I·(rows + ea·padding) / rate)
///     + rows·h·8 / activationBandwidth,
///
/// rows = m·topk/EP, ea = E/EP·(1 − (1 − topk/E)^m): the experts that m tokens activate.
public struct ExpertCoefficients: Sendable, Equatable {
    public var fixed: Double
    public var bandwidth: Double
    public var rate: Double
    public var exponent: Double
    /// Rows of padding per activated expert.
    public var padding: Double
    public var activationBandwidth: Double
}

/// t = fixed + bytes / bandwidth, per layer, for norms, rotary embedding and activations.
public struct ElementwiseCoefficients: Sendable, Equatable {
    public var fixed: Double
    public var bandwidth: Double
}

/// Host time of a step that the GPU waits for: fixed + perGPU · TP + perSequence · R, seconds.
public struct HostCoefficients: Sendable, Equatable {
    public var fixed: Double
    public var perGPU: Double
    public var perSequence: Double

    public init(fixed: Double, perGPU: Double = 0, perSequence: Double = 0) {
        self.fixed = fixed
        self.perGPU = perGPU
        self.perSequence = perSequence
    }
}

/// t = latency + bytes / bandwidth between two GPUs.
public struct LinkCoefficients: Sendable, Equatable {
    public var latency: Double
    public var bandwidth: Double

    /// Two GPUs of a node over NVLink: measured send and receive (Vidur's tables, 1.1 % median).
    public static let nvlink = LinkCoefficients(latency: 7.6e-6, bandwidth: 361e9)
    /// One direction of DeepEP's low-latency exchange among 8 GPUs of a node.
    public static let dispatch = LinkCoefficients(latency: 12.5e-6, bandwidth: 270e9)
    /// Two GPUs of different nodes over one 400 Gb/s interface (the same tables, 1.6 %).
    public static let network = LinkCoefficients(latency: 18.9e-6, bandwidth: 36.4e9)
}
