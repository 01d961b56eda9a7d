/// The pool as the simulator's schedule takes it: one block size, full and sliding groups.
package struct SimulatedPool: Equatable, Sendable {
    /// Tokens of a block.
    package var blockSize: Int
    package var groups: [CacheGroup]
    /// What of the schedule is not the engine's, for a note; nil: it is the engine's own.
    package var difference: String?
}

extension PoolLayout {
    /// Full and sliding groups of one block size that take as many blocks as the engine's groups.
    ///
    /// Models of states alone without prefix caching take one block a group for as long as they
    /// run: full attention over blocks of max_model_len. A state beside attention is taken as a
    /// window that needs the block before the next token. A group of shorter blocks is taken as
    /// several groups of long ones, which hold as many: a window's while it decodes, where it has
    /// the blocks of the window and one more.
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
    /// What each layer keeps in the pool under a deployment, in the model's order: layers as the
    /// engine counts them.
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

    /// Whether its layers keep nothing but states.
    package var keepsStatesOnly: Bool {
        let caches = caches(Deployment()).joined()
        return !caches.isEmpty && caches.allSatisfy { $0.state != nil }
    }
}
