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

    public init(sustainedGain: [WeightFormat: Double] = [:], mixedDecode: Double = 0) {
        self.sustainedGain = sustainedGain
        self.mixedDecode = mixedDecode
    }

    /// vLLM's, fitted with `HostProfile.vllmAsync` on the same requests of Qwen3-14B bf16 on an
    /// H100. fp8 has none: its rates at few tokens already are 13 to 33 % below the tables' of real
    /// shapes, and Llama-3.1-70B's servers ask for no more.
    public static let vllm = ServingCoefficients(
        sustainedGain: [.bf16: -0.193], mixedDecode: 0.636)

    /// The factor on the rate of matrices of a format in a step of so many tokens.
    func rate(_ format: WeightFormat, tokens: Double) -> Double {
        1 + (sustainedGain[format] ?? 0) * tokens / (tokens + GEMMCoefficients.growthTokens)
    }
}
