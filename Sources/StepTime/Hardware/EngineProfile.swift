import Basics
import Foundation
import Models

/// The coefficients of one engine's kernels on one GPU.
///
/// Fitted on public operator measurements (aiconfigurator-core 0.12.0, Apache-2.0). What was not
/// measured says so at its place, and in `standIns`.
package struct EngineProfile: Sendable, Equatable, Codable {
    /// Name as `step_time.profile` writes it.
    package var name: String
    /// Engine versions and ranges that the coefficients come from, for reports.
    package var provenance: String
    package var gemm: [WeightFormat: GEMMCoefficients]
    package var decode: [CacheFormat: DecodeCoefficients]
    package var prefill: [CacheFormat: PrefillCoefficients]
    package var latentDecode: [CacheFormat: LatentDecodeCoefficients]
    /// By tensor-parallel size.
    package var allReduce: [Int: AllReduceCoefficients]
    package var experts: [WeightFormat: ExpertCoefficients]
    package var elementwise: ElementwiseCoefficients
    /// The same for attention heads of at most 64 elements (gpt-oss); nil: as others.
    package var narrowDecode: [CacheFormat: DecodeCoefficients]?
    package var narrowPrefill: [CacheFormat: PrefillCoefficients]?
    /// Decode attention with more than eight KV heads a GPU (one query head a KV head, as MHA has
    /// it); nil: as others.
    package var wideDecode: [CacheFormat: DecodeCoefficients]?
    /// Experts that tensor parallelism cuts, or that one GPU has alone, where that differs.
    package var cutExperts: [WeightFormat: ExpertCoefficients]?
    /// Experts under `ExpertRouting.powerLaw`.
    package var skewedExperts: [WeightFormat: ExpertCoefficients]?
    /// The GPU of the kernels; nil: an H100 SXM, as in files of versions that knew no other.
    package var gpu: String?
    /// Median errors on rows of the operator tables that were not fitted, in words; nil: unknown.
    package var errors: String?
    /// What other GPUs' or engines' kernels stand in for, a line each.
    package var standIns: [String]?
    /// What kernels take longer inside a server; nil: nothing.
    package var serving: ServingCoefficients?
    /// Host time the GPU waits for, in files of versions that had no host profiles: asynchronous,
    /// and synchronous. Nil: `HostProfile` has all of it.
    package var host: HostCoefficients?
    package var synchronousHost: HostCoefficients?
    package var hostIsFitted: Bool?

    /// The host that came with the file of an earlier version; nil: none did.
    package func formerHost(asyncScheduling: Bool) -> HostProfile? {
        (asyncScheduling ? host : synchronousHost).map { wait in
            var former = HostProfile(name: "of \(name)", provenance: provenance)
            former.gpuWait = wait
            return former
        }
    }

    /// vLLM: kernels of 0.24 (FlashAttention 3, cuBLAS, CUTLASS fp8, Triton experts).
    package static let vllm = {
        var profile = EngineProfile(measured: "vllm", provenance: "vLLM 0.24 kernels")
        profile.errors =
            "GEMM bf16 4.4 %, fp8 8.5 %, prefill 4.8 %, decode 3.2 %, MLA decode 2.8 %, "
            + "all-reduce 1.4 %"
        profile.serving = .vllm
        return profile
    }()

    /// vLLM 0.16 and 0.17, whose norms over whole q and k (MiniMax-M2) are many small kernels and
    /// two all-reduces a layer, where 0.18 has one: fitted on MiniMax-M2.5 servers, 0.16 on
    /// four H200s and 0.17 on two and four B200s. Everything else is as in 0.24.
    package static let vllm17 = vllm.older("vllm-0.17", summedNorms: 43e-6)
    package static let vllm16 = vllm.older("vllm-0.16", summedNorms: 70e-6)

    /// vLLM 0.18 on Hopper with mxfp4 experts (gpt-oss) on Marlin (`VLLM_MXFP4_USE_MARLIN`, as the
    /// public servers had it), where 0.24's tables have Triton: int4's kernels of the tables, which
    /// are Marlin's. No constant is fitted, but the kernel was chosen among eight on gpt-oss-120b's
    /// own H200 servers. Everything else is as in 0.24.
    package static let vllm18 = {
        var profile = vllm.older("vllm-0.18", summedNorms: vllm.elementwise.summedNorms ?? 0)
        profile.provenance = vllm.provenance + ", mxfp4 experts on Marlin as in 0.18"
        profile.serving?.expertKernels = [.mxfp4: .init(format: .int4)]
        return profile
    }()

    private func older(_ name: String, summedNorms: Double) -> EngineProfile {
        var profile = self
        profile.name = name
        profile.provenance += ", norms of \(name.dropFirst(5))"
        profile.elementwise.summedNorms = summedNorms
        return profile
    }

    /// Whether vLLM's kernels on other GPUs are this profile's, too.
    var isVLLM: Bool { name.hasPrefix("vllm") }

    /// TensorRT-LLM: kernels of 1.3.0rc20. Host time: none was found in offline throughput runs
    /// of 1.0.
    package static let trtllm = EngineProfile(
        measured: "trtllm", provenance: "TensorRT-LLM 1.3.0rc20 kernels")

    /// SGLang: kernels of 0.5.14 (FlashAttention 3).
    package static let sglang = EngineProfile(
        measured: "sglang", provenance: "SGLang 0.5.14 kernels")

    /// The host that servers of this engine are assumed to have where none is named: TensorRT-LLM
    /// showed none; SGLang's is taken to be vLLM's, which was fitted.
    package func usualHost(asyncScheduling: Bool) -> HostProfile {
        if let former = formerHost(asyncScheduling: asyncScheduling) { return former }
        if name == "trtllm" { return .none }
        var host = asyncScheduling ? HostProfile.vllmAsync : .vllmSync
        guard !isVLLM else { return host }
        host.provenance += ", taken for \(name)'s, which were not measured"
        host.errors = nil
        return host
    }

    /// Every profile, by name.
    package static let all: [EngineProfile] = [vllm, vllm18, vllm17, vllm16, trtllm, sglang]

    /// The profile of a name, or of the JSON file at a path (as `headway fit-steptime` writes it).
    ///
    /// - Throws: `InputError` at `step_time.profile` with the known names, or at the file.
    package static func named(_ name: String) throws -> EngineProfile {
        if name.hasSuffix(".json") { return try read(name) }
        if let profile = all.first(where: { $0.name == name.lowercased() }) { return profile }
        let known = all.map(\.name)
        throw InputError(
            "step_time.profile", "unknown engine profile \"\(name)\"", word: name, among: known,
            otherwise: "one of \(known.joined(separator: ", ")), or a file of headway fit-steptime")
    }

    /// Norms, rotary embedding and activations were not measured; assumed for all engines: 10 µs a
    /// layer and 2.4 TB/s, a device copy's rate. Norms summed over GPUs: what MiniMax-M2.5 on vLLM
    /// 0.18 and eight H200s takes longer a layer, 1.36 ms over 62.
    static let assumedElementwise = ElementwiseCoefficients(
        fixed: 10e-6, bandwidth: 2.4e12, summedNorms: 22e-6)

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
