import Models

/// What kernels take longer inside a server than alone in an operator's table. Part of a step's
/// price, not of an operator's.
public struct ServingCoefficients: Sendable, Equatable, Codable {
    /// By weight format: the matrices' rate is multiplied by 1 + gain · m / (m + 8192) in a step of
    /// m tokens. Tables are measured in bursts, servers for minutes: power and clocks.
    public var sustainedGain: [WeightFormat: Double]
    /// What the decodes' attention takes more, as a share, in a step that has a chunk too and more
    /// tokens than a graph was captured for: one kernel of ragged lengths computes both.
    public var mixedDecode: Double
    /// By weight format: what routed experts take more, as a share at very many tokens, of which
    /// m / (m + `expertTokens`) in a step of m. Nil: nothing.
    package var expertExcess: [WeightFormat: Double]?
    package var expertTokens: Double?
    package var sustainedTokens: Double?
    package var routing: ExpertRouting?
    package var exponent: Double?

    public init(sustainedGain: [WeightFormat: Double] = [:], mixedDecode: Double = 0) {
        self.sustainedGain = sustainedGain
        self.mixedDecode = mixedDecode
    }

    /// vLLM's, fitted with `HostProfile.vllmAsync` on the same requests of Qwen3-14B bf16 on an
    /// H100. fp8 has none: its rates at few tokens already are 13 to 33 % below the tables' of real
    /// shapes, and Llama-3.1-70B's servers ask for no more.
    public static let vllm = ServingCoefficients(
        sustainedGain: [.bf16: -0.193], mixedDecode: 0.636)

    /// The factor on the time of routed experts of a format in a step of so many tokens.
    func experts(_ format: WeightFormat, tokens: Double) -> Double {
        1 + (expertExcess?[format] ?? 0) * tokens / (tokens + (expertTokens ?? 1))
    }

    /// The factor on the rate of matrices of a format in a step of so many tokens.
    func rate(_ format: WeightFormat, tokens: Double) -> Double {
        1 + (sustainedGain[format] ?? 0) * tokens
            / (tokens + (sustainedTokens ?? GEMMCoefficients.growthTokens))
    }
}
