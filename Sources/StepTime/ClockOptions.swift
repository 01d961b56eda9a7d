import Basics
import Models

/// How attention is computed.
package enum AttentionKernel: String, Sendable, CaseIterable, Codable {
    /// Scores stay on the chip (FlashAttention, arXiv 2205.14135).
    case flash
    /// Scores are written to memory, read for the softmax, written and read again. An ablation that
    /// shows what flash attention saves.
    case naive
}

/// Settings of the clock that do not change what is computed.
package struct ClockOptions: Sendable, Equatable {
    /// The accelerator. Prices also use its links and peak rates.
    package var gpu = GPU.h100
    /// Kernel coefficients on that accelerator.
    package var profile = EngineProfile.vllm
    /// How tokens spread over experts.
    package var routing = ExpertRouting.served
    /// The host, whose `gpuWait` every price includes.
    package var host = HostProfile.vllmAsync
    /// Token counts with captured CUDA graphs, ascending. A step within the largest is padded to
    /// the next one. Empty: no graphs.
    package var captureSizes = ClockOptions.defaultCaptureSizes
    package var attentionKernel = AttentionKernel.flash
    /// False: every step recomputes the whole context of every sequence (an ablation).
    package var usesCache = true
    /// Most tokens of a step in the tables; beyond, prices extend the last slope.
    package var maxTokens = 8192

    package init() {}

    /// An engine's profile on a GPU, by name or file.
    ///
    /// - Throws: `InputError` at `step_time.profile`.
    package init(profile: String, gpu: GPU) throws {
        self.gpu = gpu
        self.profile = try EngineProfile.named(profile, on: gpu)
    }

    /// The capture sizes of a server with the engine's default limits.
    package static let defaultCaptureSizes = ServerMemory().capturedSizes

    /// These options on a measured GPU that is in nothing faster; nil if there is none, or the
    /// kernels are a file's.
    var onSmallerGPU: ClockOptions? {
        guard profile.isVLLM, let smaller = gpu.notFaster,
            let named = EngineProfile.all.first(where: { $0.name == profile.name }),
            named.on(gpu) == profile
        else { return nil }
        var options = self
        options.gpu = smaller
        options.profile = named.on(smaller)
        return options
    }

    /// The number of tokens that a step of `tokens` is padded to.
    func padded(_ tokens: Int) -> Int {
        captureSizes.first { $0 >= tokens } ?? tokens
    }
}
