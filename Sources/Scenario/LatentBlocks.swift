import Models
import StepTime

/// Tokens per block of a latent cache (MLA) that `--block-size` does not set, by release and GPU.
///
/// Source: the source archives of the releases. To 0.17 `check_and_update_config` of
/// `vllm/platforms/cuda.py` forces the size of the kernel that it chooses; 0.15.0 is in no package
/// index and is taken as 0.14.0. From 0.18 on `update_block_size_for_backend` asks the kernel,
/// which takes 16 or else the least that it supports
/// (`vllm/v1/attention/backends/mla`). Only the Hopper sizes of 0.33.0 were seen in a run.
package struct LatentBlocks {
    /// The second number of the release.
    var minor: Int
    /// The first number of the GPU's compute capability.
    var capability: Int
    /// Elements of a key without position, per head (qk_nope_head_dim).
    var keyDim: Int
    var isFP8: Bool

    /// Tokens per block.
    var size: Int {
        switch capability {
        case 9:
            // FlashMLA needs 64; FlashAttention, chosen from 0.18 on, any 16, and reads no fp8.
            minor < 18 || isFP8 ? 64 : 16
        case 10:
            // CUTLASS needs 128. FlashInfer was forced to 64, and is asked for its least from 0.18.
            usesFlashInfer ? (minor < 18 ? 64 : 32) : 128
        default: 16
        }
    }

    /// Whether a Blackwell server chooses FlashInfer's kernel before CUTLASS's.
    private var usesFlashInfer: Bool {
        switch minor {
        case ..<16: false
        case 16, 17: keyDim == 128
        case 18: [64, 128].contains(keyDim)
        default: [64, 128, 192].contains(keyDim)
        }
    }
}

extension LatentBlocks {
    /// The rule for a model of dense latents alone; nil for any other, and on GPUs whose kernels
    /// are not known. Sparse latents take 64 in all releases, and states decide the size beside
    /// them.
    package init?(
        _ model: TransformerModel, _ deployment: Deployment, on gpu: GPU?, minor: Int
    ) {
        guard let capability = gpu?.computeCapability else { return nil }
        var keyDim: Int?
        for layer in model.layers {
            guard case .latent(let latent) = layer.attention, !latent.isSparse,
                !latent.cachesHeads, layer.caches.isEmpty
            else { return nil }
            keyDim = latent.keyDim
        }
        guard let keyDim else { return nil }
        self.init(
            minor: minor, capability: capability, keyDim: keyDim,
            isFP8: deployment.cache == .fp8)
    }

    /// Tokens per block beside a size that is the user's, or beside none: from 0.18 on a given
    /// size chooses Blackwell's kernel, and is kept.
    package func size(isGiven: Bool) -> Int {
        isGiven && capability == 10 && minor >= 18 ? 16 : size
    }

    /// A note on a size that was not seen in a run; nil for the others.
    package func note(on gpu: String, version: String) -> String? {
        guard capability != 9 || minor != 33 else { return nil }
        let taken = minor == 15 ? "0.14.0's" : "\(version)'s"
        return "engine.block_size is \(size) by vLLM \(taken) code for MLA on a \(gpu); it was "
            + "seen in runs of an H100 under 0.33.0 alone"
    }
}

extension Configuration {
    /// The rule for this configuration's model and GPU.
    func latentBlocks(_ model: TransformerModel, _ deployment: Deployment) -> LatentBlocks? {
        LatentBlocks(
            model, deployment, on: try? GPU.named(hardware.gpu), minor: engine.version.minor)
    }

    /// A note where a latent cache's block size was not seen in a run.
    func latentNote(_ model: TransformerModel, _ deployment: Deployment) -> String? {
        guard !givesBlockSize else { return nil }
        return latentBlocks(model, deployment)?
            .note(on: hardware.gpu, version: engine.version.description)
    }

    /// Whether the block size is the user's.
    var givesBlockSize: Bool {
        given.contains("engine.block_size") || engine.blockSize != EngineSection().blockSize
    }
}
