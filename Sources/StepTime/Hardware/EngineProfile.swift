import Basics
import Foundation
import Models

/// The coefficients of one engine's kernels on an H100 SXM.
///
/// Fitted on public operator measurements ("NVIDIA H100 80GB HBM3", aiconfigurator-core 0.12.0,
/// Apache-2.0). What was not measured says so at its place.
public struct EngineProfile: Sendable, Equatable, Codable {
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
    /// Host time the GPU waits for when the next step is scheduled while one runs.
    public var host: HostCoefficients
    /// The same when steps are scheduled one after another.
    public var synchronousHost: HostCoefficients
    /// Whether the host times were fitted end to end, on servers.
    public var hostIsFitted: Bool

    /// The host time of a scheduling mode.
    public func host(asyncScheduling: Bool) -> HostCoefficients {
        asyncScheduling ? host : synchronousHost
    }

    /// vLLM: kernels of 0.24 (FlashAttention 3, cuBLAS, CUTLASS fp8, Triton experts). Host time
    /// is fitted end to end: asynchronous on 2025-10 servers of Llama-3.1-70B, synchronous on
    /// vLLM 0.12 with Qwen3-32B at TP 2.
    public static let vllm = EngineProfile(
        measured: "vllm",
        provenance: "vLLM 0.24 kernels, host time of 2025-10 servers (0.12 when synchronous)",
        hostIsFitted: true)

    /// TensorRT-LLM: kernels of 1.3.0rc20. Host time: none was found in offline throughput runs
    /// of 1.0.
    public static let trtllm = EngineProfile(
        measured: "trtllm", provenance: "TensorRT-LLM 1.3.0rc20 kernels")

    /// SGLang: kernels of 0.5.14 (FlashAttention 3). Host time: assumed to be that of vLLM.
    public static let sglang = EngineProfile(
        measured: "sglang", provenance: "SGLang 0.5.14 kernels")

    /// Every profile, by name.
    public static let all: [EngineProfile] = [vllm, trtllm, sglang]

    /// The profile of a name, or of the JSON file at a path (as `headway fit-steptime` writes it).
    ///
    /// - Throws: `InputError` at `step_time.profile` with the known names, or at the file.
    public static func named(_ name: String) throws -> EngineProfile {
        if name.hasSuffix(".json") { return try read(name) }
        if let profile = all.first(where: { $0.name == name.lowercased() }) { return profile }
        let known = all.map(\.name)
        throw InputError(
            "step_time.profile", "there is no engine profile \"\(name)\"", word: name, among: known,
            otherwise: "one of \(known.joined(separator: ", ")), or a file of headway fit-steptime")
    }

    /// Norms, rotary embedding and activations were not measured; assumed for all engines: 10 µs a
    /// layer and 2.4 TB/s, a device copy's rate.
    static let assumedElementwise = ElementwiseCoefficients(fixed: 10e-6, bandwidth: 2.4e12)

    /// Reads a profile from a JSON file.
    private static func read(_ path: String) throws -> EngineProfile {
        let data = try Data(
            InputFile.contents(
                path, atMost: 1_000_000,
                expected: "an engine profile, as headway fit-steptime writes it"))
        let profile = try JSON5.decodeKnown(EngineProfile.self, from: data, place: path)
        try profile.check(path)
        return profile
    }
}
