extension HostProfile {
    /// The host of a vLLM server of release 0.`minor` on a GPU: the nearest that was fitted. Nil: a
    /// server of October 2025 that gives no release.
    package static func ofVLLM(minor: Int?, gpu: GPU, asyncScheduling: Bool) -> HostProfile {
        guard asyncScheduling else {
            return minor.map { (12..<14).contains($0) } ?? false ? .vllmSync32B : .vllmSync
        }
        switch minor ?? 0 {
        case ..<14:
            if gpu.fp4FLOPS > 0 { return .vllm2025Blackwell }
            return gpu.name == "h200-sxm" ? .vllm2025H200 : .vllm2025
        // Each where it was fitted: 0.15 on H100s, 0.18 on an H200.
        case ..<16 where gpu == .h100: return .vllmAsync15
        case ..<19: return .vllm18
        case 19: return .vllm19
        default: return .vllmAsync
        }
    }

    /// The host of an SGLang server of release 0.5.`patch` on a GPU: its own from 0.5.9 on, on the
    /// H200s that it was fitted on. Else vLLM's of 2025-10: on two models with 0.5.6 it is 7 and
    /// 8 % off in TPOT, 0.5.9's is worse. On Blackwell none: those servers' TPOT needs none.
    package static func ofSGLang(
        patch: Int?, gpu: GPU, asyncScheduling: Bool
    ) -> HostProfile {
        if gpu.fp4FLOPS > 0 { return .none }
        if asyncScheduling, gpu.name == "h200-sxm", patch ?? 0 >= 9 { return .sglang }
        var host = asyncScheduling ? HostProfile.vllm2025 : .vllmSync
        host.provenance += ", taken for SGLang's"
        host.errors =
            asyncScheduling
            ? "TPOT 8 %, mean TTFT 29 to 69 % low on 42 loads of SGLang 0.5.6 on H200s" : nil
        return host
    }
}
