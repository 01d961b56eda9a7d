import Models
import StepTime

/// A set of coefficients that one kind of table determines.
enum OperatorFamily: Equatable {
    case gemm(WeightFormat)
    case decode(CacheFormat, isNarrow: Bool)
    case prefill(CacheFormat, isNarrow: Bool)
    case latent
    case experts(WeightFormat)
    /// Experts held whole by one GPU or sharded by matrix, if they are fitted separately.
    case cutExperts(WeightFormat)
    case skewedExperts(WeightFormat)
    /// fp8 experts with one scale for each matrix.
    case tensorExperts(isSkewed: Bool)
    case allReduce(Int)

    private static let expertFormats: [WeightFormat] = [.bf16, .fp8, .int4, .mxfp4, .nvfp4]

    static let all: [OperatorFamily] =
        [.gemm(.bf16), .gemm(.fp8), .gemm(.nvfp4)]
        + [CacheFormat.bf16, .fp8].flatMap {
            [
                OperatorFamily.decode($0, isNarrow: false), .prefill($0, isNarrow: false),
                .decode($0, isNarrow: true), .prefill($0, isNarrow: true),
            ]
        } + [.latent] + expertFormats.map { .experts($0) } + [.cutExperts(.mxfp4)]
        + expertFormats.map { .skewedExperts($0) }
        + [.tensorExperts(isSkewed: false), .tensorExperts(isSkewed: true)]
        + [2, 4, 8].map { .allReduce($0) }

    /// Fewest rows to fit the family on: a few times the number of coefficients.
    var fewestRows: Int {
        switch self {
        case .allReduce: 10
        // Public tables have 20 to 25 rows for experts spread over GPUs.
        case .experts(.mxfp4), .cutExperts(.mxfp4): 18
        default: 30
        }
    }

    /// In words.
    var name: String {
        switch self {
        case .gemm(let format): "GEMM \(format.rawValue)"
        case .decode(let format, let isNarrow):
            "decode attention \(format.rawValue)" + (isNarrow ? ", heads of 64" : "")
        case .prefill(let format, let isNarrow):
            "prefill attention \(format.rawValue)" + (isNarrow ? ", heads of 64" : "")
        case .latent: "MLA decode"
        case .experts(let format): "MoE \(format.rawValue)"
        case .cutExperts(let format): "MoE \(format.rawValue), cut"
        case .skewedExperts(let format): "MoE \(format.rawValue), skewed"
        case .tensorExperts(let isSkewed):
            "MoE fp8, a scale for each matrix" + (isSkewed ? ", skewed" : "")
        case .allReduce(let size): "all-reduce over \(size)"
        }
    }

    /// Whether the family's coefficients price a call.
    func contains(_ call: OperatorCall) -> Bool {
        switch (self, call) {
        case (.gemm(let mine), .gemm(_, _, _, let format)): return mine == format
        case (.decode(let mine, let isNarrow), .decode(_, _, let dim, _, let format)):
            return mine == format && isNarrow == (dim <= Double(EngineProfile.narrowHead))
        case (.prefill(let mine, let isNarrow), .prefill(_, _, _, _, _, let dim, let format)):
            return mine == format && isNarrow == (dim <= Double(EngineProfile.narrowHead))
        case (.latent, .latent(_, _, _, let format)): return format == .bf16
        case (
            .tensorExperts(let mine), .experts(_, _, _, _, _, _, _, let isSkewed, let isTensor)
        ): return isTensor && mine == isSkewed
        // Cases below are of other scales.
        case (_, .experts(_, _, _, _, _, _, _, _, hasTensorScales: true)): return false
        case (
            .experts(let mine), .experts(_, _, _, _, _, let spread, let format, let isSkewed, _)
        ):
            let isCut = Self.all.contains(.cutExperts(format)) && spread == 1
            return mine == format && !isSkewed && !isCut
        case (
            .cutExperts(let mine), .experts(_, _, _, _, _, let spread, let format, let isSkewed, _)
        ): return mine == format && !isSkewed && spread == 1
        case (.skewedExperts(let mine), .experts(_, _, _, _, _, _, let format, let isSkewed, _)):
            return mine == format && isSkewed
        case (.allReduce(let mine), .allReduce(let gpus, _)): return mine == gpus
        default: return false
        }
    }

    /// The family's coefficients in a profile, in the order that `replacing` expects.
    func values(_ profile: EngineProfile) -> [Double] {
        switch self {
        case .gemm(let format):
            let c = profile.gemm[format] ?? profile.gemm[.bf16]!
            let common = [c.rate, c.bandwidth, c.launch, c.exponent, c.perInput]
            return format == .bf16
                ? common
                : common + [
                    max(c.growth, 0.01),
                    c.inputQuantizingBandwidth ?? c.quantizingBandwidth ?? 2e12,
                ]
        case .decode(let format, let isNarrow):
            let c = (isNarrow ? profile.narrowDecode?[format] : nil) ?? profile.decode[format]!
            return [c.fixed, c.perHead, c.bandwidth]
        case .prefill(let format, let isNarrow):
            let c = (isNarrow ? profile.narrowPrefill?[format] : nil) ?? profile.prefill[format]!
            return [c.fixed, c.rate, c.perQueryHead, c.perKeyHead]
        case .latent:
            let c = profile.latentDecode[.bf16]!
            return [c.fixed, c.perSequence, c.bandwidth, c.rate, c.exponent]
        case .experts(let format): return Self.values(profile.experts[format], profile)
        case .cutExperts(let format):
            return Self.values(profile.cutExperts?[format] ?? profile.experts[format], profile)
        case .skewedExperts(let format):
            return Self.values(profile.skewedExperts?[format] ?? profile.experts[format], profile)
        case .tensorExperts(let isSkewed):
            return Self.values(
                profile.expertForm(
                    .fp8, isCut: false, isSkewed: isSkewed, hasTensorScales: true), profile)
        case .allReduce(let size):
            let paths = profile.allReduce[size]?.paths ?? profile.allReduce[2]!.paths
            // One-shot, two-shot and ring. A path missing in the profile starts as the last one
            // present.
            return (0..<3).map { paths[min($0, paths.count - 1)] }
                .flatMap { [$0.latency, $0.bandwidth] }
        }
    }

    private static func values(
        _ coefficients: ExpertCoefficients?, _ profile: EngineProfile
    ) -> [Double] {
        let c = coefficients ?? profile.experts[.bf16]!
        return [
            c.fixed, c.bandwidth, c.rate, c.exponent, max(c.padding, 0.01),
            c.activationBandwidth, c.skippingBandwidth,
        ]
    }

    /// A profile with new coefficients for this family.
    func replacing(_ v: [Double], in base: EngineProfile) -> EngineProfile {
        var profile = base
        func experts() -> ExpertCoefficients {
            ExpertCoefficients(
                fixed: v[0], bandwidth: v[1], rate: v[2], exponent: v[3], padding: v[4],
                activationBandwidth: v[5], skippingBandwidth: v[6])
        }
        switch self {
        case .gemm(let format):
            profile.gemm[format] = GEMMCoefficients(
                rate: v[0], bandwidth: v[1], launch: v[2], exponent: v[3], perInput: v[4],
                growth: v.count > 5 ? v[5] : 0,
                inputQuantizingBandwidth: v.count > 5 ? v[6] : nil)
        case .decode(let format, let isNarrow):
            let c = DecodeCoefficients(fixed: v[0], perHead: v[1], bandwidth: v[2])
            if isNarrow {
                profile.narrowDecode = (profile.narrowDecode ?? [:]).merging([format: c]) { $1 }
            } else {
                profile.decode[format] = c
            }
        case .prefill(let format, let isNarrow):
            let c = PrefillCoefficients(
                fixed: v[0], rate: v[1], perQueryHead: v[2], perKeyHead: v[3])
            if isNarrow {
                profile.narrowPrefill = (profile.narrowPrefill ?? [:]).merging([format: c]) { $1 }
            } else {
                profile.prefill[format] = c
            }
        case .latent:
            profile.latentDecode[.bf16] = LatentDecodeCoefficients(
                fixed: v[0], perSequence: v[1], bandwidth: v[2], rate: v[3], exponent: v[4])
        case .experts(let format): profile.experts[format] = experts()
        case .cutExperts(let format):
            profile.cutExperts = (profile.cutExperts ?? [:]).merging([format: experts()]) { $1 }
        case .skewedExperts(let format):
            profile.skewedExperts = (profile.skewedExperts ?? [:])
                .merging([format: experts()]) { $1 }
        case .tensorExperts(isSkewed: false): profile.tensorExperts = [.fp8: experts()]
        case .tensorExperts(isSkewed: true): profile.skewedTensorExperts = [.fp8: experts()]
        case .allReduce(let size):
            profile.allReduce[size] = AllReduceCoefficients(
                stride(from: 0, to: 6, by: 2).map {
                    LinkCoefficients(latency: v[$0], bandwidth: v[$0 + 1])
                })
        }
        return profile
    }
}
