extension Layer {
    /// What the layer keeps in the block pool on one of `tensorParallel` GPUs: its keys and values,
    /// its state, or nothing, plus `caches`.
    package func cacheSpecs(
        tensorParallel: Int, cache: CacheFormat, packsLatents: Bool = false
    ) -> [CacheSpec] {
        var deployment = Deployment(tensorParallel: tensorParallel)
        deployment.cache = cache
        deployment.packsLatents = packsLatents
        let caches = caches.map { $0.shard(tensorParallel: tensorParallel) }
        switch attention {
        case .none: return caches
        case .recurrent(let mixer):
            return [CacheSpec(mixer.state(tensorParallel: tensorParallel))] + caches
        case .heads, .latent:
            guard attention.writesCache else { return caches }
            let row = attention.cacheBytesPerToken(deployment)
            var spec = CacheSpec(attention.cacheKind, rowBytes: row)
            if case .heads(let heads) = attention { spec.isCreatedFirst = heads.isCreatedFirst }
            // The latent kernel that reads fp8 needs blocks of 64 tokens.
            if spec.kind == .mla, cache == .fp8 { spec.blockSize = 64 }
            return [spec] + caches
        }
    }
}

extension Attention {
    /// Which tokens stay in the cache.
    fileprivate var cacheKind: CacheSpec.Kind {
        switch self {
        case .latent(let latent): return latent.cachesHeads ? .full : .mla
        case .recurrent, .none: return .full
        case .heads(let heads):
            switch heads.reach {
            case .full: return .full
            case .sliding(let window): return .sliding(window: window)
            case .chunked(let chunk): return .chunked(chunk: chunk)
            case .compressed(let window, _, _, _): return .sliding(window: window)
            case .sparse(let window, let globals, let randoms):
                // Random keys differ by query, so no token may be dropped.
                return randoms > 0 ? .full : .sliding(window: window + globals)
            }
        }
    }
}
