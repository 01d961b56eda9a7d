import Models

/// Where a recurrent layer overtakes full attention: its state costs the same at every context,
/// while the cost of keys and values grows with each token.
package struct RecurrentCrossover: Sendable, Equatable {
    /// The mixer's kind, and the number of layers that have it.
    package var kind: String
    package var layers: Int
    /// State of one sequence in one layer, bytes over all GPUs.
    package var stateBytes: Int64
    /// The attention it is compared with: the model's own, or plain heads of the hidden size.
    package var attention: String
    /// Context from which a decode reads more cached keys and values than it reads and writes
    /// state, tokens.
    package var bytesContext: Int
    /// Context from which a decode's attention takes more FLOPs than the recurrence, tokens.
    package var flopsContext: Int
    /// Context from which a decode's attention is priced above the recurrence, tokens; 0: always.
    package var timeContext: Int
}

extension Explanation {
    /// The crossover of each kind of recurrent layer, in order of first appearance.
    static func recurrentCrossovers(
        _ model: TransformerModel, _ costs: OperatorCosts
    ) -> [RecurrentCrossover] {
        let full = model.comparedAttention
        let deployment = costs.deployment
        let row = Double(full.cacheBytesPerToken(Deployment(cache: deployment.cache)))
        let width = full.pairWidth(isDecode: true)
        let attention = costs.decode(full)
        var crossovers: [RecurrentCrossover] = []
        for group in model.layerGroups {
            guard case .recurrent(let mixer) = group.layer.attention else { continue }
            if let known = crossovers.firstIndex(where: {
                $0.kind == mixer.kind && $0.stateBytes == mixer.stateBytes
            }) {
                crossovers[known].layers += group.count
                continue
            }
            let recurrence = costs.decode(group.layer.attention)
            let more =
                recurrence.fixed + recurrence.perSequence - attention.fixed
                - attention.perSequence
            crossovers.append(
                RecurrentCrossover(
                    kind: mixer.kind, layers: group.count, stateBytes: mixer.stateBytes,
                    attention: full.kindName,
                    bytesContext: ceiling(2 * Double(mixer.stateBytes) / row),
                    flopsContext: ceiling(Double(mixer.scanFLOPsPerToken) / (2 * width)),
                    timeContext: ceiling(more / attention.perContext)))
        }
        return crossovers
    }

    private static func ceiling(_ context: Double) -> Int {
        context.isFinite && context > 0 ? Int(min(context, 1e15).rounded(.up)) : 0
    }
}

extension TransformerModel {
    /// The attention to compare with: the model's first full attention, or as many heads of 128
    /// elements as fill the hidden size.
    fileprivate var comparedAttention: Attention {
        for layer in layers where layer.attention.window == nil && layer.attention.writesCache {
            return layer.attention
        }
        let heads = max(1, hiddenSize / 128)
        return .heads(
            HeadAttention(queryHeads: heads, keyValueHeads: heads, headDim: hiddenSize / heads))
    }

    /// What the prices of unmeasured layers are based on, one line each.
    package var unmeasuredNotes: [String] {
        var kinds: [String] = []
        var hasIndexer = false
        var hasCompressed = false
        var hasChunks = false
        for layer in layers {
            if case .recurrent(let mixer) = layer.attention, !kinds.contains(mixer.kind) {
                kinds.append(mixer.kind)
            }
            if case .heads(let heads) = layer.attention, case .chunked = heads.reach {
                hasChunks = true
            }
            if case .heads(let heads) = layer.attention, heads.reach.isCompressed {
                hasCompressed = true
            } else if !layer.caches.isEmpty {
                hasIndexer = true
            }
        }
        var notes: [String] = []
        if !kinds.isEmpty {
            notes.append(
                "the price of \(kinds.joined(separator: ", ")) is reckoned from FLOPs and from the "
                    + "state read and written: no H100 measurement stands behind it")
        }
        if hasIndexer {
            notes.append(
                "an indexer chooses what attention reads: attention is priced as if it read all, "
                    + "the indexer's own reads are left out")
        }
        if hasChunks {
            notes.append("attention in chunks is priced as a window as long as a chunk")
        }
        if hasCompressed {
            notes.append(
                "compressed attention is priced as heads over its window and its entries: no H100 "
                    + "measurement stands behind it")
        }
        return notes
    }
}
