import Basics
import Foundation
import Models

/// The coefficients of one engine's kernels on one GPU.
///
/// Fitted on public operator measurements (aiconfigurator-core 0.12.0, Apache-2.0). Unmeasured
/// coefficients are marked where they are defined, and in `standIns`.
package struct EngineProfile: Sendable, Equatable, Codable {
    /// Name in `step_time.profile`.
    package var name: String
    /// Engine versions and ranges behind the coefficients, for reports.
    package var provenance: String
    package var gemm: [WeightFormat: GEMMCoefficients]
    package var decode: [CacheFormat: DecodeCoefficients]
    package var prefill: [CacheFormat: PrefillCoefficients]
    package var latentDecode: [CacheFormat: LatentDecodeCoefficients]
    /// By tensor-parallel size.
    package var allReduce: [Int: AllReduceCoefficients]
    package var experts: [WeightFormat: ExpertCoefficients]
    package var elementwise: ElementwiseCoefficients
    /// For attention heads of at most 64 elements (gpt-oss); nil: like wider heads.
    package var narrowDecode: [CacheFormat: DecodeCoefficients]?
    package var narrowPrefill: [CacheFormat: PrefillCoefficients]?
    /// For decode attention with more than eight KV heads per GPU (one query head per KV head, as
    /// in MHA); nil: like fewer heads.
    package var wideDecode: [CacheFormat: DecodeCoefficients]?
    /// For experts that tensor parallelism shards, or that one GPU holds alone, where these differ.
    package var cutExperts: [WeightFormat: ExpertCoefficients]?
    /// For experts under `ExpertRouting.powerLaw`.
    package var skewedExperts: [WeightFormat: ExpertCoefficients]?
    /// For experts whose matrices have one scale each (`StoredFormat.hasTensorScales`), where these
    /// kernels were measured; nil: as `experts`, which are block-scaled.
    package var tensorExperts: [WeightFormat: ExpertCoefficients]?
    /// The same under `ExpertRouting.powerLaw`.
    package var skewedTensorExperts: [WeightFormat: ExpertCoefficients]?
    /// The GPU of the kernels; nil: an H100 SXM, as in files of versions that supported no other.
    package var gpu: String?
    /// Median errors on held-out rows of the operator tables, in words; nil: unknown.
    package var errors: String?
    /// Which parts use another GPU's or engine's kernels, one line each.
    package var standIns: [String]?
    /// How much longer kernels take inside a server; nil: no longer.
    package var serving: ServingCoefficients?
    /// Host time that the GPU waits for, in files of versions before host profiles: asynchronous
    /// and synchronous. Nil: `HostProfile` has all of it.
    package var host: HostCoefficients?
    package var synchronousHost: HostCoefficients?
    /// A key of earlier versions' files that is no longer used.
    package var hostIsFitted: Bool?

    /// The host in the file of an earlier version; nil if it has none.
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

    /// vLLM 0.16 and 0.17, whose norms over whole q and k (MiniMax-M2) take many small kernels and
    /// two all-reduces per layer, where 0.18 has one kernel. Fitted on MiniMax-M2.5 servers: 0.16
    /// on four H200s, 0.17 on two and four B200s. Everything else is as in 0.24.
    package static let vllm17 = vllm.older("vllm-0.17", summedNorms: 43e-6)
    package static let vllm16 = vllm.older("vllm-0.16", summedNorms: 70e-6)

    /// vLLM 0.18 on Hopper, which runs mxfp4 experts (gpt-oss) on Marlin (`VLLM_MXFP4_USE_MARLIN`,
    /// as the public servers did), where 0.24's tables have Triton. Uses the tables' int4 kernels,
    /// which are Marlin's. No constant is fitted, but the kernel was chosen among eight on
    /// gpt-oss-120b's own H200 servers. Everything else is as in 0.24.
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

    /// Whether this profile also uses vLLM's kernels on other GPUs.
    var isVLLM: Bool { name.hasPrefix("vllm") }

    /// TensorRT-LLM: kernels of 1.3.0rc20. Offline runs of 1.0 showed no host time.
    package static let trtllm = EngineProfile(
        measured: "trtllm", provenance: "TensorRT-LLM 1.3.0rc20 kernels")

    /// SGLang: kernels of 0.5.14 (FlashAttention 3).
    package static let sglang = EngineProfile(
        measured: "sglang", provenance: "SGLang 0.5.14 kernels")

    /// The host assumed for servers of this engine if none is named: vLLM's by its release
    /// 0.`minor` and the GPU. TensorRT-LLM showed a front end only; SGLang's release is not known.
    package func usualHost(asyncScheduling: Bool, minor: Int, gpu: GPU) -> HostProfile {
        if let former = formerHost(asyncScheduling: asyncScheduling) { return former }
        if name == "trtllm" { return .trtllm }
        if name == "sglang" {
            return .ofSGLang(patch: nil, gpu: gpu, asyncScheduling: asyncScheduling)
        }
        guard !isVLLM else {
            return .ofVLLM(minor: minor, gpu: gpu, asyncScheduling: asyncScheduling)
        }
        var host = asyncScheduling ? HostProfile.vllmAsync : .vllmSync
        host.provenance += ", taken for \(name)'s, which were not measured"
        host.errors = nil
        return host
    }

    /// The name of the kernels of vLLM 0.`minor`: those of its own release where they differ.
    package static func vllmKernels(minor: Int) -> String {
        let name = "vllm-0.\(minor)"
        return all.contains { $0.name == name } ? name : vllm.name
    }

    /// Every profile, by name.
    package static let all: [EngineProfile] = [vllm, vllm18, vllm17, vllm16, trtllm, sglang]

    /// The profile of a name, or of a JSON file as `headway fit-steptime` writes it.
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

    /// Norms, rotary embedding and activations were not measured. Assumed for all engines: 10 µs
    /// per layer and 2.4 TB/s, the rate of a device copy. Norms summed over GPUs: the extra time
    /// per layer of MiniMax-M2.5 on vLLM 0.18 and eight H200s, 1.36 ms over 62 layers.
    static let assumedElementwise = ElementwiseCoefficients(
        fixed: 10e-6, bandwidth: 2.4e12, summedNorms: 22e-6)

    /// Reads and checks a profile from a JSON file.
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
