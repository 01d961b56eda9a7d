import Basics
import Models

/// How kernels inside a server differ from those of an operator table: extra time, and kernels that
/// no table has. Applies to a step's price, not to an operator's.
package struct ServingCoefficients: Sendable, Equatable, Codable {
    /// Kernels that stand in for a format's experts.
    package struct ExpertKernel: Sendable, Equatable, Codable {
        /// The format whose coefficients are used; bytes stay the format's own.
        package var format: WeightFormat
        /// Factor on their rate.
        package var rate = 1.0
    }

    /// By weight format: multiplies the matrices' rate by 1 + gain · m / (m + `sustainedTokens`) in
    /// a step of m tokens. Tables are measured in bursts, servers run for minutes: power and clocks
    /// differ.
    package var sustainedGain: [WeightFormat: Double]
    /// Formats whose gain is other formats', for want of servers; nil: none.
    package var assumedGains: [WeightFormat]?
    /// Tokens at which half of the gain is reached; nil: `GEMMCoefficients.growthTokens`.
    package var sustainedTokens: Double?
    /// Extra time of the decodes' attention, as a fraction, beside very many tokens of chunks: one
    /// kernel of ragged lengths computes both. Beside c tokens it is c² / (c² + `mixedTokens`²) of
    /// it.
    package var mixedDecode: Double
    /// By weight format: extra time of narrow routed experts, as a fraction; m / (m +
    /// `excessTokens`) of it applies in a step of m tokens, less to wide experts (`narrowness`).
    /// Nil: none.
    package var expertExcess: [WeightFormat: Double]?
    /// Extra bytes of all-reduces, as a fraction, for every token beyond the largest captured
    /// graph, where kernels are launched one by one. Nil: none.
    ///
    /// The fits are of all-reduces in graphs. The same tables' rows without graphs take longer for
    /// messages of 30 MB and more: 1.16 times on an H100 (median over 2, 4 and 8 GPUs), 1.12 on an
    /// H200, 1.13 on a B200, at most 1.06 without NVLink. Servers of H100s and H200s do as well
    /// without: with it two of their groups get nearer in TTFT, three get further off.
    package var reduceExcess: Double?
    /// By weight format; nil: experts run on their own kernels.
    package var expertKernels: [WeightFormat: ExpertKernel]?

    /// Tokens at which half of the experts' excess is reached.
    package static let excessTokens = 1024.0
    /// Chunk tokens in a step beside which half of `mixedDecode` applies.
    package static let mixedTokens = 300.0

    package init(sustainedGain: [WeightFormat: Double] = [:], mixedDecode: Double = 0) {
        self.sustainedGain = sustainedGain
        self.mixedDecode = mixedDecode
    }

    /// vLLM's on an H100 and an H200, fitted with `HostProfile.vllmAsync` on the same requests of
    /// Qwen3-14B bf16 on an H100. fp8 has no gain: its rates for few tokens are already 13 to 33 %
    /// below those of the tables' real shapes, and Llama-3.1-70B's servers need no more.
    package static let vllm: ServingCoefficients = {
        var serving = ServingCoefficients(sustainedGain: [.bf16: -0.193], mixedDecode: 0.68)
        serving.expertExcess = narrowExcess
        return serving
    }()

    /// vLLM's on Blackwell's data-centre GPUs. The gains were chosen among 12 combinations (fp8
    /// among 7 more) on all 90 runs of Llama-3.1-70B on B200 servers, nvfp4 and fp8. mxfp4 experts
    /// run with 8-bit activations on the 4-bit tensor cores, at the 8-bit rate: nvfp4's kernels at
    /// half their rate, the datasheets' ratio. This was one of five choices tried on gpt-oss-120b's
    /// own servers. No bf16 server was found: bf16 is assumed to lose as much, or formats could not
    /// be compared.
    ///
    /// All-reduces beyond graphs take 1.7 times the tables' on B200s, whose own rows without graphs
    /// have 1.13. Of values tried on the runs of Llama-3.1-70B (0 to 1.3) 0.8 to 1.3 leave the
    /// least; 0.7 is the largest with which no other server's TPOT gets worse by more than a tenth
    /// (Kimi-K2.5). Servers of MiniMax-M2.5, Kimi-K2.5 and gpt-oss-120b, which were not fitted, all
    /// get nearer in TTFT. On B300s 0.25 was chosen by the same rule. Why is not known: these
    /// servers ask for one kernel that reduces and norms, and messages of 45 to 120 MB may be too
    /// long for it.
    static let blackwell: ServingCoefficients = {
        var serving = ServingCoefficients(sustainedGain: [.bf16: -0.3, .fp8: -0.3, .nvfp4: -0.3])
        serving.assumedGains = [.bf16]
        serving.sustainedTokens = 64
        serving.expertExcess = narrowExcess
        serving.expertKernels = [.mxfp4: ExpertKernel(format: .nvfp4, rate: 0.5)]
        serving.reduceExcess = 0.25
        return serving
    }()

    /// vLLM's on other GPUs: what was alike on all GPUs with server measurements.
    static let others: ServingCoefficients = {
        var serving = ServingCoefficients()
        serving.expertExcess = narrowExcess
        return serving
    }()

    /// vLLM's on an RTX PRO 6000: matrices at half of the tables' rate from some hundred tokens on,
    /// fitted on the mean TPOT of one public run of Llama-3.1-8B (vLLM 0.19; its lone prompts take
    /// 80 µs per token, too). On Qwen3-32B on two GPUs, held out, TPOT is 10 % low with it and 28 %
    /// without. That run is bf16: other formats are assumed to lose as much.
    static let workstation: ServingCoefficients = {
        var serving = others
        serving.sustainedGain = [.bf16: -0.5, .fp8: -0.5, .nvfp4: -0.5]
        serving.assumedGains = [.fp8, .nvfp4]
        serving.sustainedTokens = 64
        return serving
    }()

    /// One figure, fitted with the exponent of `ExpertRouting.served` and the launch of
    /// `HostProfile.vllm18` on nine groups of servers: MiniMax-M2.5 and Kimi-K2.5, fp8, int4 and
    /// nvfp4, H200, B200 and B300. Leaving out any group or any GPU gives the same figure.
    /// All of them have experts of 1,536 to 2,880 elements. Mixtral's bf16 ones, of 14,336, need
    /// none, nor do narrow bf16 ones: Qwen3-235B's offline runs on vLLM 0.11 are 7 % off in TPOT
    /// without it, 23 with it. Of the same runs in 8 bits, DeepSeek-R1 on H200s agrees (11 with it,
    /// 15 without), Qwen3-235B on H100s does not (37, 3).
    private static let narrowExcess: [WeightFormat: Double] = [
        .fp8: 0.8, .nvfp4: 0.8, .int4: 0.8, .mxfp4: 0.8,
    ]
    /// Widest experts, elements, whose servers showed all of the excess, and narrowest that showed
    /// none.
    static let (narrowExpert, wideExpert) = (2880.0, 14_336.0)

    /// The share of the excess for experts of `width` elements: straight in the logarithm between
    /// the two widths.
    static func narrowness(width: Int) -> Double {
        let width = min(max(Double(width), narrowExpert), wideExpert)
        return PortableMath.log(wideExpert / width) / PortableMath.log(wideExpert / narrowExpert)
    }

    /// vLLM's on a GPU. A neighbour's kernels count as the GPU's own.
    static func vllm(on gpu: GPU) -> ServingCoefficients {
        switch gpu.kernels.name {
        // Both have the H100's attention kernels.
        case GPU.h100.name, "h200-sxm": return .vllm
        case "b200-sxm":
            var serving = blackwell
            serving.sustainedGain[.fp8] = -0.35
            serving.reduceExcess = 0.7
            return serving
        case "b300-sxm", "gb200": return .blackwell
        case "rtx-pro-6000": return .workstation
        default: return .others
        }
    }

    /// How the rate of a format's matrices grows with the tokens of a step.
    struct Gain {
        /// The gain at very many tokens, as a share.
        var most: Double
        /// The tokens at which half of it is reached.
        var half: Double

        static let none = Gain(most: 0, half: GEMMCoefficients.growthTokens)

        /// The factor on the rate in a step of `tokens` tokens.
        func rate(tokens: Double) -> Double { 1 + most * tokens / (tokens + half) }
    }

    /// A format without tensor cores of its own is multiplied in 16 bits, at bf16's rate.
    func gain(_ format: WeightFormat) -> Gain {
        Gain(
            most: sustainedGain[format] ?? (GPU.hasOwnCores(format) ? nil : sustainedGain[.bf16])
                ?? 0,
            half: sustainedTokens ?? GEMMCoefficients.growthTokens)
    }

    /// The factor on the time of a format's routed experts of `width` elements in a step of
    /// `tokens` tokens.
    func experts(_ format: WeightFormat, width: Int, tokens: Double) -> Double {
        1 + (expertExcess?[format] ?? 0) * Self.narrowness(width: width) * tokens
            / (tokens + Self.excessTokens)
    }
}
