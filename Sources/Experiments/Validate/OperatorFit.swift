import Basics
import Models
import StepTime

/// An engine profile fitted to a folder of operator tables: every family of coefficients that the
/// tables measure is fitted again, the rest stays the base profile's.
public struct OperatorFit: Sendable {
    /// The fitted profile.
    public private(set) var profile: EngineProfile
    /// What was fitted, on how many rows.
    public private(set) var fitted: [(family: String, rows: Int)] = []

    /// Fewest rows that a family of up to seven coefficients is fitted to.
    private static let fewestRows = 30
    /// Rows used per family, spread evenly: more do not change the fit.
    private static let mostRows = 3000
    private static let rounds = 900

    /// Fits the tables of a folder.
    ///
    /// - Throws: `InputError` for what cannot be read, or a folder with too few rows of any kind.
    public init(folder: String, base: EngineProfile) throws {
        profile = base
        let samples = try OperatorTables.read(folder: folder).samples.filter(\.isMeant)
        for family in Family.allCases {
            let all = samples.filter { family.contains($0.call) }
            guard all.count >= Self.fewestRows else { continue }
            let step = max(1, all.count / Self.mostRows)
            let rows = stride(from: 0, to: all.count, by: step).map { all[$0] }
            fit(family, rows)
            fitted.append((family.rawValue, all.count))
        }
        guard !fitted.isEmpty else {
            throw InputError(
                folder, "has fewer than \(Self.fewestRows) rows of every kind of kernel",
                expected: "more measurements")
        }
        profile.provenance = "fitted on \(samples.count) measured calls over \(base.name)"
    }

    /// Minimises the mean of |log(predicted / measured)|.
    private mutating func fit(_ family: Family, _ rows: [OperatorSample]) {
        let base = profile
        let start = family.values(base).map { max($0, 1e-15) }
        let best = NelderMead.minimize(start, rounds: Self.rounds) { values in
            let candidate = family.replacing(values, in: base)
            var sum = 0.0
            for row in rows {
                guard let predicted = row.call.seconds(candidate), predicted > 0 else {
                    return .infinity
                }
                sum += PortableMath.log(predicted / row.seconds).magnitude
            }
            return sum / Double(rows.count)
        }
        profile = family.replacing(best, in: base)
    }
}

/// A set of coefficients that one kind of table determines.
private enum Family: String, CaseIterable {
    case gemmBF16 = "GEMM bf16"
    case gemmFP8 = "GEMM fp8"
    case decodeBF16 = "decode attention bf16"
    case decodeFP8 = "decode attention fp8"
    case prefillBF16 = "prefill attention bf16"
    case prefillFP8 = "prefill attention fp8"
    case latent = "MLA decode"
    case expertsBF16 = "MoE bf16"
    case expertsFP8 = "MoE fp8"

    func contains(_ call: OperatorCall) -> Bool {
        switch (self, call) {
        case (.gemmBF16, .gemm(_, _, _, .bf16)), (.gemmFP8, .gemm(_, _, _, .fp8)): true
        case (.decodeBF16, .decode(_, _, _, _, .bf16)), (.decodeFP8, .decode(_, _, _, _, .fp8)):
            true
        case (.prefillBF16, .prefill(_, _, _, _, _, _, .bf16)): true
        case (.prefillFP8, .prefill(_, _, _, _, _, _, .fp8)): true
        case (.latent, .latent): true
        case (.expertsBF16, .experts(_, _, _, _, _, _, .bf16)): true
        case (.expertsFP8, .experts(_, _, _, _, _, _, .fp8)): true
        default: false
        }
    }

    private var weights: WeightFormat {
        self == .gemmFP8 || self == .expertsFP8 ? .fp8 : .bf16
    }

    private var cache: CacheFormat { self == .decodeFP8 || self == .prefillFP8 ? .fp8 : .bf16 }

    /// The family's coefficients in a profile, in the order `replacing` takes them.
    func values(_ profile: EngineProfile) -> [Double] {
        switch self {
        case .gemmBF16, .gemmFP8:
            let c = profile.gemm[weights] ?? profile.gemm[.bf16]!
            let common = [c.rate, c.bandwidth, c.launch, c.exponent, c.perInput]
            return weights == .fp8
                ? common + [max(c.growth, 0.01), c.inputQuantizingBandwidth ?? 2e12] : common
        case .decodeBF16, .decodeFP8:
            let c = profile.decode[cache]!
            return [c.fixed, c.perHead, c.bandwidth]
        case .prefillBF16, .prefillFP8:
            let c = profile.prefill[cache]!
            return [c.fixed, c.rate, c.perQueryHead, c.perKeyHead]
        case .latent:
            let c = profile.latentDecode[.bf16]!
            return [c.fixed, c.perSequence, c.bandwidth, c.rate, c.exponent]
        case .expertsBF16, .expertsFP8:
            let c = profile.experts[weights] ?? profile.experts[.bf16]!
            return [
                c.fixed, c.bandwidth, c.rate, c.exponent, max(c.padding, 0.01),
                c.activationBandwidth, c.skippingBandwidth,
            ]
        }
    }

    /// A profile with other coefficients of this family.
    func replacing(_ v: [Double], in base: EngineProfile) -> EngineProfile {
        var profile = base
        switch self {
        case .gemmBF16, .gemmFP8:
            profile.gemm[weights] = GEMMCoefficients(
                rate: v[0], bandwidth: v[1], launch: v[2], exponent: v[3], perInput: v[4],
                growth: v.count > 5 ? v[5] : 0,
                inputQuantizingBandwidth: v.count > 5 ? v[6] : nil)
        case .decodeBF16, .decodeFP8:
            profile.decode[cache] = DecodeCoefficients(
                fixed: v[0], perHead: v[1], bandwidth: v[2])
        case .prefillBF16, .prefillFP8:
            profile.prefill[cache] = PrefillCoefficients(
                fixed: v[0], rate: v[1], perQueryHead: v[2], perKeyHead: v[3])
        case .latent:
            profile.latentDecode[.bf16] = LatentDecodeCoefficients(
                fixed: v[0], perSequence: v[1], bandwidth: v[2], rate: v[3], exponent: v[4])
        case .expertsBF16, .expertsFP8:
            profile.experts[weights] = ExpertCoefficients(
                fixed: v[0], bandwidth: v[1], rate: v[2], exponent: v[3], padding: v[4],
                activationBandwidth: v[5], skippingBandwidth: v[6])
        }
        return profile
    }
}
