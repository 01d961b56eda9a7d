extension Layer {
    /// What the layer keeps in the block pool on one of `tensorParallel` GPUs: nothing, its keys
    /// and values, its state, and what `caches` adds.
    public func cacheSpecs(tensorParallel: Int, cache: CacheFormat) -> [CacheSpec] {
        var deployment = Deployment(tensorParallel: tensorParallel)
        deployment.cache = cache
        switch attention {
        case .none: return caches
        case .recurrent(let mixer):
            return [CacheSpec(mixer.state(tensorParallel: tensorParallel))] + caches
        case .heads, .latent:
            guard attention.writesCache else { return caches }
            let row = attention.cacheBytesPerToken(deployment)
            return [CacheSpec(attention.cacheKind, rowBytes: row)] + caches
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
            case .sparse(let window, let globals, let randoms):
                // Random keys differ by query, so nothing may be forgotten.
                return randoms > 0 ? .full : .sliding(window: window + globals)
            }
        }
    }
}

extension RecurrentMixer {
    /// The state of one sequence on one of `tensorParallel` GPUs.
    public func state(tensorParallel: Int) -> StateSpec {
        var parts = states.map { state in
            StateSpec.Part(
                elements: state.elements(tensorParallel: tensorParallel),
                elementBytes: state.elementBytes,
                elementsPerDraft: max(1, state.units / tensorParallel)
                    * state.elementsPerUnitAndDraft,
                isRecurrence: state.isRecurrence)
        }
        if parts.isEmpty {
            parts = [
                StateSpec.Part(elements: narrowStateElements / tensorParallel),
                StateSpec.Part(
                    elements: wideStateElements / tensorParallel, elementBytes: 4,
                    isRecurrence: true),
            ]
        }
        return StateSpec(type: kind, parts: parts, checkpoint: checkpoint)
    }
}
