import Models
import StepTime

/// One call of a kernel, as operator tables measure it.
enum OperatorCall: Sendable, Equatable {
    case gemm(tokens: Double, outputs: Double, inputs: Double, WeightFormat)
    case decode(
        sequences: Double, keyHeads: Double, headDim: Double, context: Double, CacheFormat)
    case prefill(
        sequences: Double, tokens: Double, pairs: Double, queryHeads: Double, keyHeads: Double,
        headDim: Double, CacheFormat)
    case latent(sequences: Double, heads: Double, context: Double, CacheFormat)
    case allReduce(gpus: Int, bytes: Double)
    case experts(
        tokens: Double, hidden: Double, intermediate: Double, chosen: Double, activated: Double,
        spread: Double, WeightFormat, isSkewed: Bool)
    case link(LinkCoefficients, bytes: Double)

    /// What a profile predicts, seconds; nil where it has no coefficients for the call. O(1).
    func seconds(_ profile: EngineProfile) -> Double? {
        switch self {
        case .gemm(let tokens, let outputs, let inputs, let format):
            return profile.gemm[format]?.seconds(
                tokens: tokens, inputs: inputs, outputs: outputs,
                bytesPerWeight: format.bytesPerWeight)
        case .decode(let sequences, let keyHeads, let headDim, let context, let format):
            return profile.decodeForm(format, headDim: Int(headDim))?.seconds(
                sequences: sequences, keyHeads: keyHeads, context: context,
                bytesPerToken: 2 * keyHeads * headDim * Double(format.bits) / 8)
        case .prefill(
            let sequences, let tokens, let pairs, let queryHeads, let keyHeads, let headDim,
            let format):
            return profile.prefillForm(format, headDim: Int(headDim))?.seconds(
                tokens: sequences * tokens, pairs: sequences * pairs, queryHeads: queryHeads,
                keyHeads: keyHeads, headDim: headDim)
        case .latent(let sequences, let heads, let context, let format):
            // DeepSeek's latent of 512 elements and rotary key of 64.
            guard let c = profile.latentDecode[format] else { return nil }
            let perToken = c.secondsPerToken(
                heads: heads, rank: 512, rope: 64, bytesPerToken: 576 * Double(format.bits) / 8)
            return c.fixed + c.perSequence * sequences + context * perToken
        case .allReduce(let gpus, let bytes): return profile.allReduce[gpus]?.seconds(bytes: bytes)
        case .experts(
            let tokens, let hidden, let intermediate, let chosen, let activated, let spread,
            let format, let isSkewed):
            return profile.expertForm(format, isCut: spread == 1, isSkewed: isSkewed)?.seconds(
                tokens: tokens, hidden: hidden, size: hidden * intermediate, chosen: chosen,
                activated: activated, spread: spread, bytesPerWeight: format.bytesPerWeight)
        case .link(let link, let bytes): return link.seconds(bytes: bytes)
        }
    }
}

/// A measured call.
struct OperatorSample: Sendable {
    var call: OperatorCall
    /// Measured, seconds.
    var seconds: Double
    /// The set whose error it counts in.
    var set: String
    /// Whether the set is one that the model is meant for: shapes of real models, KV beyond the
    /// L2 cache. The rest is reported too.
    var isMeant: Bool
    /// Whether a fit uses it besides.
    var isFitted = false
}
