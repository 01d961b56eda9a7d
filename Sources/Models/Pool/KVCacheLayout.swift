import Basics

/// What one GPU of a replica keeps per token and per sequence, and how its layers share the block
/// pool.
///
/// The grouping is vLLM's: layers of one kind form a group when the model has one kind; a model
/// that mixes full and windowed layers is cut into groups of equally many layers, the last one
/// padded, so that any block of the pool can serve any group.
public struct KVCacheLayout: Equatable, Sendable {
    /// The pool's groups: full attention first, then windows. One full group, of no layers and no
    /// bytes, for a model that caches nothing per token.
    public var groups: [CacheGroup]
    /// Layers in a group, padding included: a block holds `blockSize` tokens of that many layers.
    public var layersPerGroup: Int
    /// Bytes per token of one layer on one GPU; the largest where layers differ.
    public var bytesPerTokenPerLayer: Int64
    /// Bytes per token over all layers on one GPU, while nothing has left a window.
    public var bytesPerToken: Int64
    /// Bytes of constant state per sequence on one GPU (linear attention, Mamba).
    public var stateBytesPerSequence: Int64

    /// The layout of a model under a deployment.
    ///
    /// KV heads are divided over tensor-parallel GPUs and replicated once there are more GPUs
    /// than heads; an MLA latent is on every GPU. With pipeline stages, the first stage counts,
    /// which has the most layers.
    public init(_ model: TransformerModel, _ deployment: Deployment) {
        let stage = model.layers.prefix(
            Self.divided(model.layers.count, by: deployment.pipelineParallel))
        var numbers: [(group: CacheGroup, layers: Int)] = []
        var largest: Int64 = 0
        var total: Int64 = 0
        var state: Int64 = 0
        for layer in stage {
            if case .recurrent(let mixer) = layer.attention {
                state += mixer.state(tensorParallel: deployment.tensorParallel).bytes()
                continue
            }
            if !layer.attention.writesCache { continue }
            let bytes = layer.attention.cacheBytesPerToken(deployment)
            largest = max(largest, bytes)
            total += bytes
            let group = layer.attention.window.map { CacheGroup.sliding(window: $0) } ?? .full
            if let known = numbers.firstIndex(where: { $0.group == group }) {
                numbers[known].layers += 1
            } else {
                numbers.append((group, 1))
            }
        }
        let full = numbers.filter { $0.group == .full }
        let ordered = full + numbers.filter { $0.group != .full }
        let fewest = ordered.map(\.layers).min() ?? 0
        let most = ordered.map(\.layers).max() ?? 0
        // Nearly equal counts are padded to the larger rather than cut: vLLM's bound is 1.25.
        layersPerGroup = 4 * most < 5 * fewest ? most : fewest
        groups = []
        for (group, layers) in ordered {
            groups += Array(repeating: group, count: Self.divided(layers, by: layersPerGroup))
        }
        if groups.isEmpty { groups = [.full] }
        bytesPerTokenPerLayer = largest
        bytesPerToken = total
        stateBytesPerSequence = state
    }

    /// Quotient, rounded up.
    private static func divided(_ a: Int, by b: Int) -> Int { (a + b - 1) / b }

    /// Bytes of one block of the pool on one GPU.
    public func bytesPerBlock(_ blockSize: Int) -> Int64 {
        bytesPerTokenPerLayer * Int64(layersPerGroup) * Int64(blockSize)
    }

    /// Bytes that a sequence of `context` tokens holds on one GPU, whole blocks not considered.
    public func bytes(context: Int) -> Int64 {
        groups.reduce(stateBytesPerSequence) { sum, group in
            let tokens: Int
            switch group {
            case .full: tokens = context
            case .sliding(let window): tokens = min(context, window)
            }
            return sum + Int64(tokens) * bytesPerTokenPerLayer * Int64(layersPerGroup)
        }
    }
}

extension Attention {
    /// Bytes that one GPU caches per token for a layer of this kind.
    ///
    /// MHA, GQA, MQA: 2 · max(1, kv_heads / tp) · head_dim · bytes. MLA: (kv_lora_rank +
    /// rope_dim) · bytes, whatever tp is; expanded, heads / tp · (key + value) · bytes.
    /// Recurrent: 0.
    public func cacheBytesPerToken(_ deployment: Deployment) -> Int64 {
        switch self {
        case .recurrent, .none: return 0
        case .latent(let latent):
            guard latent.cachesHeads else {
                return Int64(latent.cachedElements) * deployment.cache.bits / 8
            }
            let heads = latent.queryHeads / deployment.tensorParallel
            return Int64(heads * (latent.wholeKeyDim + latent.valueDim)) * deployment.cache.bits / 8
        case .heads(let heads):
            let perGPU = max(1, heads.keyValueHeads / deployment.tensorParallel)
            return Int64(perGPU * (heads.headDim + heads.valueDim)) * deployment.cache.bits / 8
        }
    }
}
