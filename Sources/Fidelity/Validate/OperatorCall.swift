import Models
import StepTime

/// One kernel call, as in operator tables.
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
        spread: Double, WeightFormat, isSkewed: Bool, hasTensorScales: Bool)
    case link(LinkCoefficients, bytes: Double)

    /// A profile's prediction in seconds; nil if it has no coefficients for the call. O(1).
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
            // DeepSeek's sizes: a latent of 512 elements and a rotary key of 64.
            guard let c = profile.latentDecode[format] else { return nil }
            let perToken = c.secondsPerToken(
                heads: heads, rank: 512, rope: 64, bytesPerToken: 576 * Double(format.bits) / 8)
            return c.fixed + c.perSequence * sequences + context * perToken
        case .allReduce(let gpus, let bytes): return profile.allReduce[gpus]?.seconds(bytes: bytes)
        case .experts(
            let tokens, let hidden, let intermediate, let chosen, let activated, let spread,
            let format, let isSkewed, let hasTensorScales):
            let form = profile.expertForm(
                format, isCut: spread == 1, isSkewed: isSkewed, hasTensorScales: hasTensorScales)
            return form?.seconds(
                tokens: tokens, hidden: hidden, size: hidden * intermediate, chosen: chosen,
                activated: activated, spread: spread, bytesPerWeight: format.bytesPerWeight)
        case .link(let link, let bytes): return link.seconds(bytes: bytes)
        }
    }
}

/// A measured call.
struct OperatorSample: Sendable {
    var call: OperatorCall
    /// Measured time, seconds.
    var seconds: Double
    /// The set in whose error it counts.
    var set: String
    /// Whether the model is meant for this set: shapes of real models, KV beyond the L2 cache.
    /// Other sets are reported too.
    var isMeant: Bool
    /// Whether fits use it in addition.
    var isFitted = false
}
