/// t = ((2·m·n·k / r)^p + (bytes / bandwidth)^p)^(1/p) + launch + perInput · k + quantising,
/// r = rate · (1 + growth · m / (m + 8192)),
///
/// for a GEMM of m tokens by an n × k matrix. `bytes` are the weights' and, unless a term of the
/// first kind below is fitted, the activations' too. Quantising activations to fp8 is either
/// 2·m·(n + k) / `quantizingBandwidth` (all activation traffic) or 3·m·k /
/// `inputQuantizingBandwidth` (two bytes read and one written per input), which is left out where
/// a compiler fuses it into the operation that produces the input.
package struct GEMMCoefficients: Sendable, Equatable, Codable {
    /// Rate at few tokens, FLOP per second.
    package var rate: Double
    /// Asymptotic memory bandwidth, bytes per second.
    package var bandwidth: Double
    /// Seconds per launch.
    package var launch: Double
    /// Exponent of the smooth maximum of compute and memory time.
    package var exponent: Double
    /// Seconds per element of the reduction: the longest tile's critical path.
    package var perInput: Double
    /// Gain of rate from few tokens to very many, as a share.
    package var growth: Double
    /// Bytes per second of all activation traffic; nil: part of the smooth maximum.
    package var quantizingBandwidth: Double?
    /// Bytes per second at which inputs are quantised; nil: nothing to quantise.
    package var inputQuantizingBandwidth: Double?

    /// Tokens at which half of the growth is there.
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

/// t = fixed + perHead · B · kv_heads + Σ context · bytes / bandwidth, per layer, for decode
/// attention of B sequences; kv_heads and bytes are one GPU's.
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

/// t = fixed + Σ over chunks [4·q_heads·head_dim·c·(past + c/2) / rate
///     + c·(perQueryHead·q_heads + perKeyHead·kv_heads)], per layer; heads are one GPU's.
package struct PrefillCoefficients: Sendable, Equatable, Codable {
    /// Seconds per layer of a step with any chunk.
    package var fixed: Double
    /// FLOP per second over the causal pairs.
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

/// t = fixed + perSequence · B + Σ context · pnorm(cached bytes / bandwidth,
///     2·heads·(2·latent + rope) / rate), per layer, for absorbed MLA decode.
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

/// t = min over paths of (latency + S / bandwidth), for an all-reduce of S bytes: one-shot and
/// two-shot exchanges for short messages, rings and in-switch reduction for long ones.
package struct AllReduceCoefficients: Sendable, Equatable, Codable {
    package var paths: [LinkCoefficients]

    package init(_ paths: [LinkCoefficients]) { self.paths = paths }
}

/// t = fixed + pnorm(ea·3·h·I·bytes / bandwidth, 6·h·I·(rows + ea·padding) / rate)
///     + rows·h·8 / activationBandwidth + (m·topk − rows)·h·8 / skippingBandwidth,
///
/// rows = m·topk/EP, ea = E/EP·(1 − (1 − topk/E)^m): the experts that m tokens activate
/// (`ExpertRouting` has another law). The last term is what a GPU does for rows whose experts are
/// elsewhere: routing and gathering.
package struct ExpertCoefficients: Sendable, Equatable, Codable {
    package var fixed: Double
    package var bandwidth: Double
    package var rate: Double
    package var exponent: Double
    /// Rows of padding per activated expert.
    package var padding: Double
    package var activationBandwidth: Double
    /// Bytes per second over the rows of other GPUs' experts.
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

/// t = fixed + bytes / bandwidth, per layer, for norms, rotary embedding and activations.
package struct ElementwiseCoefficients: Sendable, Equatable, Codable {
    package var fixed: Double
    package var bandwidth: Double
    /// Seconds a layer of norms over whole q and k whose squares are summed over GPUs; nil: 0.
    package var summedNorms: Double?
}

/// Host time of a step that the GPU waits for:
/// fixed + perGPU · TP + perSequence · R + perFirst · min(R, first), seconds.
package struct HostCoefficients: Sendable, Equatable, Codable {
    package var fixed: Double
    package var perGPU: Double
    package var perSequence: Double
    /// What each of the first sequences takes besides; nil: nothing.
    package var perFirst: Double?
    /// How many sequences those are at most; nil: none.
    package var first: Int?

    package init(fixed: Double, perGPU: Double = 0, perSequence: Double = 0) {
        self.fixed = fixed
        self.perGPU = perGPU
        self.perSequence = perSequence
    }

    /// For a step of so many sequences.
    func seconds(gpus: Int, sequences: Int) -> Double {
        fixed + perGPU * Double(gpus) + perSequence * Double(sequences)
            + (perFirst ?? 0) * Double(min(sequences, first ?? 0))
    }
}

/// t = latency + bytes / bandwidth between two GPUs.
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
