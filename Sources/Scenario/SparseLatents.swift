import Models
import StepTime

/// The cache's format of a model with sparse latents (DeepSeek-V3.2, GLM-5), where the engine lets
/// the GPU's kernel choose it.
///
/// Source: vLLM 0.33.0 (`platforms/cuda.py`, `layers/attention/mla_attention.py`,
/// `models/config.py`). Pools of DeepSeek-V3.2 on B200s under 0.18 agree with the first rule.
struct SparseLatents {
    /// The second number of the release.
    var minor: Int
    /// The first number of the GPU's compute capability; nil: not an NVIDIA GPU.
    var capability: Int?
    /// The engine's class.
    var architecture: String?

    /// Classes whose cache is fp8 on data-centre Blackwell unless a format is asked for, since
    /// 0.33.
    private static let fp8OnBlackwell: Set = ["GlmMoeDsaForCausalLM", "Glm5NextForCausalLM"]

    /// The format where none is asked for and the checkpoint names none; nil: 16 bits.
    var usualFormat: CacheFormat? {
        guard minor >= 33 else { return nil }
        switch capability {
        case 10: return architecture.map(Self.fp8OnBlackwell.contains) ?? false ? .fp8 : nil
        case 12: return .fp8
        default: return nil
        }
    }

    /// Whether an fp8 cache is DeepSeek's packed one, with scales and 16-bit positions, rather than
    /// a byte an element. FlashInfer's kernel, the choice on data-centre Blackwell, has no packed
    /// form; that of an RTX PRO 6000 has no other, and packs what no flag asked for.
    func packs(isAsked: Bool) -> Bool {
        switch capability {
        case 10 where minor >= 18: false
        case 12 where minor >= 33: true
        default: isAsked
        }
    }
}

extension SparseLatents {
    /// The rules of release 0.`minor` on a GPU; nil: the model has no sparse latents.
    init?(_ model: TransformerModel, on gpu: GPU, minor: Int) {
        let isSparse = model.layers.contains {
            if case .latent(let latent) = $0.attention { latent.isSparse } else { false }
        }
        guard isSparse else { return nil }
        self.init(
            minor: minor, capability: gpu.computeCapability, architecture: model.architecture)
    }
}

extension Deployment {
    /// Takes the cache's format: the asked one, else the checkpoint's, else that of the GPU's
    /// kernels, else 16 bits. The weights' format is set before.
    package mutating func takeCache(
        _ asked: CacheFormat?, of model: TransformerModel, on gpu: GPU?, minor: Int
    ) {
        let latents = gpu.flatMap { SparseLatents(model, on: $0, minor: minor) }
        cache = asked ?? model.checkpointCache(weights) ?? latents?.usualFormat ?? .bf16
        packsLatents = latents?.packs(isAsked: asked == .fp8) ?? (asked == .fp8)
    }
}

extension Configuration {
    /// A note where the GPU's kernel chose the cache's format.
    func sparseNote(_ model: TransformerModel, _ deployment: Deployment) -> String? {
        guard engine.kvCacheDtype == .auto, let gpu = try? GPU.named(hardware.gpu),
            let latents = SparseLatents(model, on: gpu, minor: engine.version.minor),
            latents.usualFormat == deployment.cache
        else { return nil }
        return "engine.kv_cache_dtype auto is fp8 for \(model.name) on a \(hardware.gpu), by "
            + "vLLM \(engine.version)'s code"
    }
}
