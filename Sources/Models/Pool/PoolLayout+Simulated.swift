/// The pool as the simulator's scheduler needs it: full and sliding groups with one block size.
package struct SimulatedPool: Equatable, Sendable {
    /// Tokens per block.
    package var blockSize: Int
    package var groups: [CacheGroup]
    /// How the schedule differs from the engine's, for a note; nil if it does not.
    package var difference: String?
}

extension PoolLayout {
    /// Full and sliding groups of one block size that take as many blocks as the engine's groups.
    ///
    /// Models with only states and no prefix caching take one block per group while they run: full
    /// attention with blocks of max_model_len. A state beside attention becomes a window that needs
    /// the block before the next token. A group with shorter blocks becomes several groups with
    /// long ones that hold as many tokens; for a window, as many as while it decodes, with the
    /// blocks of the window and one more.
    package var simulated: SimulatedPool {
        let share = options.decodeContextParallel
        guard !groups.isEmpty else {
            return SimulatedPool(
                blockSize: blockSize * share, groups: [.full],
                difference: nil)
        }
        if isStatesOnly, !options.enablesPrefixCaching {
            return SimulatedPool(
                blockSize: options.maxModelLen, groups: groups.map { _ in .full },
                difference: nil)
        }
        var differences: [String] = []
        let attention = groups.filter { if case .state = $0.kind { false } else { true } }
        let size = attention.map(\.blockSize).max() ?? blockSize
        var simulated: [CacheGroup] = []
        for group in groups {
            func copies(of window: Int) -> Int {
                let held = window.dividedUp(by: group.blockSize) + 1
                return held.dividedUp(by: window.dividedUp(by: size) + 1)
            }
            switch group.kind {
            case .full, .mla:
                simulated += Array(repeating: .full, count: max(1, size / group.blockSize))
            case .sliding(let window):
                simulated += Array(repeating: .sliding(window: window), count: copies(of: window))
            case .chunked(let chunk):
                simulated += Array(repeating: .sliding(window: chunk), count: copies(of: chunk))
                differences.append("chunked attention, taken as a window")
            case .state:
                simulated.append(
                    .sliding(window: options.enablesPrefixCaching ? 2 : 1))
                differences.append("recurrent states, taken as a window of a token")
            }
        }
        if attention.contains(where: { $0.blockSize != size }) {
            differences.append("groups of unequal block size, taken as several of the longest")
        }
        var seen: [String] = []
        for difference in differences where !seen.contains(difference) { seen.append(difference) }
        return SimulatedPool(
            blockSize: size * share, groups: simulated,
            difference: seen.isEmpty ? nil : seen.joined(separator: ", "))
    }
}

extension TransformerModel {
    /// What each layer of the engine keeps in the pool under a deployment, in the model's order.
    package func caches(_ deployment: Deployment) -> [[CacheSpec]] {
        var caches: [[CacheSpec]] = []
        for layer in layers {
            let specs = layer.cacheSpecs(
                tensorParallel: deployment.tensorParallel, cache: deployment.cache,
                packsLatents: deployment.packsLatents)
            if layer.continues, !caches.isEmpty {
                caches[caches.count - 1] += specs
            } else {
                caches.append(specs)
            }
        }
        return caches
    }

    /// Whether all layers keep only states.
    package var keepsStatesOnly: Bool {
        let caches = caches(Deployment()).joined()
        return !caches.isEmpty && caches.allSatisfy { $0.state != nil }
    }
}
