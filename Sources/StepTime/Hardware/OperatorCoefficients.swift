/// Time of a GEMM of m tokens by an n × k matrix:
///
///     t = ((2·m·n·k / r)^p + (bytes / bandwidth)^p)^(1/p) + launch + perInput · k + quantising
///     r = rate · (1 + growth · m / (m + 8192))
///
/// `bytes` are the weights' and, unless the first of the two quantising terms is fitted, the
/// activations' too. Quantising activations to fp8 takes either 2·m·(n + k) / `quantizingBandwidth`
/// (all activation traffic) or 3·m·k / `inputQuantizingBandwidth` (two bytes read and one written
/// per input). The latter is left out where a compiler fuses it into the operation that produces
/// the input.
package struct GEMMCoefficients: Sendable, Equatable, Codable {
    /// Rate for few tokens, FLOP per second.
    package var rate: Double
    /// Asymptotic memory bandwidth, bytes per second.
    package var bandwidth: Double
    /// Seconds per launch.
    package var launch: Double
    /// Exponent of the smooth maximum of compute and memory time.
    package var exponent: Double
    /// Seconds per element of the reduction, for the critical path of the longest tile.
    package var perInput: Double
    /// Gain of rate from few tokens to very many, as a fraction.
    package var growth: Double
    /// Bytes per second of all activation traffic; nil: part of the smooth maximum.
    package var quantizingBandwidth: Double?
    /// Bytes per second at which inputs are quantised; nil: nothing is quantised.
    package var inputQuantizingBandwidth: Double?

    /// Tokens at which half of the growth is reached.
    package static let growthTokens = 8192.0

    package init(
        rate: Double, bandwidth: Double, launch: Double, exponent: Double, perInput: Double,
        growth: Double = 0, quantizingBandwidth: Double? = nil,
        inputQuantizingBandwidth: Double? = nil
    ) {
        self.rate = rate
        self.bandwidth = bandwidth
        self.launch = launch
        self.exponent = exponent
        self.perInput = perInput
        self.growth = growth
        self.quantizingBandwidth = quantizingBandwidth
        self.inputQuantizingBandwidth = inputQuantizingBandwidth
    }
}

/// Decode attention of B sequences per layer, with kv_heads and bytes of one GPU:
///
///     t = fixed + perHead · B · kv_heads + Σ context · bytes / bandwidth
package struct DecodeCoefficients: Sendable, Equatable, Codable {
    /// Seconds per layer.
    package var fixed: Double
    /// Seconds per sequence and KV head.
    package var perHead: Double
    /// Bytes per second at which cached keys and values are read.
    package var bandwidth: Double

    package init(
        fixed: Double, perHead: Double, bandwidth: Double
    ) {
        self.fixed = fixed
        self.perHead = perHead
        self.bandwidth = bandwidth
    }
}

/// Prefill attention per layer, with the heads of one GPU:
///
///     t = fixed + Σ over chunks [4·q_heads·head_dim·c·(past + c/2) / rate
///         + c·(perQueryHead·q_heads + perKeyHead·kv_heads)]
package struct PrefillCoefficients: Sendable, Equatable, Codable {
    /// Seconds per layer of a step with at least one chunk.
    package var fixed: Double
    /// FLOP per second over causal pairs.
    package var rate: Double
    /// Seconds per token and query head.
    package var perQueryHead: Double
    /// Seconds per token and KV head.
    package var perKeyHead: Double

    package init(
        fixed: Double, rate: Double, perQueryHead: Double, perKeyHead: Double
    ) {
        self.fixed = fixed
        self.rate = rate
        self.perQueryHead = perQueryHead
        self.perKeyHead = perKeyHead
    }
}

/// Absorbed MLA decode per layer:
///
///     t = fixed + perSequence · B + Σ context · pnorm(cached bytes / bandwidth,
///         2·heads·(2·latent + rope) / rate)
package struct LatentDecodeCoefficients: Sendable, Equatable, Codable {
    package var fixed: Double
    package var perSequence: Double
    package var bandwidth: Double
    package var rate: Double
    package var exponent: Double

    package init(
        fixed: Double, perSequence: Double, bandwidth: Double, rate: Double, exponent: Double
    ) {
        self.fixed = fixed
        self.perSequence = perSequence
        self.bandwidth = bandwidth
        self.rate = rate
        self.exponent = exponent
    }
}

/// An all-reduce of S bytes, t = min over paths of (latency + S / bandwidth): one-shot and two-shot
/// exchanges for short messages, rings and in-switch reduction for long ones.
package struct AllReduceCoefficients: Sendable, Equatable, Codable {
    package var paths: [LinkCoefficients]

    package init(_ paths: [LinkCoefficients]) { self.paths = paths }
}

/// Routed experts of a layer:
///
///     t = fixed + pnorm(ea·3·h·I·bytes / bandwidth, 6·h·I·(rows + ea·padding) / rate)
///         + rows·h·8 / activationBandwidth + (m·topk − rows)·h·8 / skippingBandwidth
///
/// with rows = m·topk/EP and ea = E/EP·(1 − (1 − topk/E)^m), the experts that m tokens activate
/// (`ExpertRouting` has other laws). The last term is a GPU's work for rows whose experts are
/// elsewhere: routing and gathering.
package struct ExpertCoefficients: Sendable, Equatable, Codable {
    package var fixed: Double
    package var bandwidth: Double
    package var rate: Double
    package var exponent: Double
    /// Rows of padding per activated expert.
    package var padding: Double
    package var activationBandwidth: Double
    /// Bytes per second for the rows of other GPUs' experts.
    package var skippingBandwidth: Double

    package init(
        fixed: Double, bandwidth: Double, rate: Double, exponent: Double, padding: Double,
        activationBandwidth: Double, skippingBandwidth: Double
    ) {
        self.fixed = fixed
        self.bandwidth = bandwidth
        self.rate = rate
        self.exponent = exponent
        self.padding = padding
        self.activationBandwidth = activationBandwidth
        self.skippingBandwidth = skippingBandwidth
    }
}

/// Norms, rotary embedding and activations per layer: t = fixed + bytes / bandwidth.
package struct ElementwiseCoefficients: Sendable, Equatable, Codable {
    package var fixed: Double
    package var bandwidth: Double
    /// Seconds per layer of norms over whole q and k whose squares are summed over GPUs; nil: 0.
    package var summedNorms: Double?
}

/// Host time of a step that the GPU waits for, seconds: fixed + perGPU · TP + perSequence · R +
/// perFirst · min(R, first).
package struct HostCoefficients: Sendable, Equatable, Codable {
    package var fixed: Double
    package var perGPU: Double
    package var perSequence: Double
    /// Additional time for each of the first sequences; nil: none.
    package var perFirst: Double?
    /// The largest number of such first sequences; nil: 0.
    package var first: Int?

    package init(fixed: Double, perGPU: Double = 0, perSequence: Double = 0) {
        self.fixed = fixed
        self.perGPU = perGPU
        self.perSequence = perSequence
    }

    /// Seconds for a step of `sequences` sequences.
    func seconds(gpus: Int, sequences: Int) -> Double {
        fixed + perGPU * Double(gpus) + perSequence * Double(sequences)
            + (perFirst ?? 0) * Double(min(sequences, first ?? 0))
    }
}

/// Time between two GPUs: t = latency + bytes / bandwidth.
package struct LinkCoefficients: Sendable, Equatable, Codable {
    package var latency: Double
    package var bandwidth: Double

    package init(latency: Double, bandwidth: Double) {
        self.latency = latency
        self.bandwidth = bandwidth
    }

    /// Two GPUs of a node over NVLink: measured send and receive (Vidur's tables, 1.1 % median).
    package static let nvlink = LinkCoefficients(latency: 7.6e-6, bandwidth: 361e9)
    /// One direction of DeepEP's low-latency exchange among 8 GPUs of a node.
    package static let dispatch = LinkCoefficients(latency: 12.5e-6, bandwidth: 270e9)
    /// Two GPUs of different nodes over one 400 Gb/s interface (the same tables, 1.6 %).
    package static let network = LinkCoefficients(latency: 18.9e-6, bandwidth: 36.4e9)
}
