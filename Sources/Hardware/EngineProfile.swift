import Basics
import Models

/// The coefficients of one engine's kernels on an H100 SXM.
///
/// Fitted on public operator measurements ("NVIDIA H100 80GB HBM3", aiconfigurator-core 0.12.0,
/// Apache-2.0). What was not measured says so at its place.
public struct EngineProfile: Sendable, Equatable {
    /// Name as `step_time.profile` writes it.
    public var name: String
    /// Engine versions and ranges that the coefficients come from, for reports.
    public var provenance: String
    public var gemm: [WeightFormat: GEMMCoefficients]
    public var decode: [CacheFormat: DecodeCoefficients]
    public var prefill: [CacheFormat: PrefillCoefficients]
    public var latentDecode: [CacheFormat: LatentDecodeCoefficients]
    /// By tensor-parallel size.
    public var allReduce: [Int: AllReduceCoefficients]
    public var experts: [WeightFormat: ExpertCoefficients]
    public var elementwise: ElementwiseCoefficients
    public var host: HostCoefficients

    /// Every profile, by name.
    public static let all: [EngineProfile] = [vllm, trtllm, sglang]

    /// The profile of a name.
    ///
    /// - Throws: `InputError` at `step_time.profile` with the known names.
    public static func named(_ name: String) throws -> EngineProfile {
        if let profile = all.first(where: { $0.name == name.lowercased() }) { return profile }
        let known = all.map(\.name)
        let near = nearest(to: name, among: known).map { "did you mean \"\($0)\"? " } ?? ""
        throw InputError(
            "step_time.profile", "there is no engine profile \"\(name)\"",
            expected: near + "one of " + known.joined(separator: ", "))
    }

    /// Norms, rotary embedding and activations were not measured; assumed for all engines: 10 µs a
    /// layer and 2.4 TB/s, a device copy's rate.
    static let assumedElementwise = ElementwiseCoefficients(fixed: 10e-6, bandwidth: 2.4e12)
}
