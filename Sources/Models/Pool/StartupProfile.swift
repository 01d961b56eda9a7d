/// Memory that a server finds it needs on one GPU in addition to weights and cache, when it runs
/// its largest step at start-up.
///
///     activation = max(sampling, forward pass) + experts' workspace + encoder
///
/// in bytes, with T = max_num_batched_tokens, S = max_num_seqs and 2 bytes per element:
/// - sampling: S x vocabulary x the release's bytes, and 1.59 rows of the T hidden states;
/// - forward pass: T x (gate, up and their product + 4.2 rows of hidden state), widest layer;
/// - workspace: what the fused experts' kernel keeps between layers, T x k x (the wider of an
///   expert's output and its intermediate + the wider of output and gate with up);
/// - encoder: the T embeddings of images and their pixels, and a fixed part per tower;
/// - drafting, if there is a draft: the T rows of hidden states that it reads, twice as many for
///   EAGLE-3, with the larger of its own forward pass and its logits of S sequences, if that is
///   the largest of the three; and its buffers (`Draft.bufferBytes`). No log has measured it.
///
/// Source of the two coefficients: least squares over the H100 components of `kv_capacity.csv`; the
/// forms are what the engine allocates.
package struct StartupProfile: Equatable, Sendable {
    /// Peak of transient activations and workspace, on a GPU that samples.
    package var activationBytes: Int64
    /// The same on a GPU of an earlier pipeline stage, which does not sample.
    package var activationBytesBeforeLast: Int64
    /// CUDA context, libraries, NCCL and custom all-reduce.
    package var nonTorchBytes: Int64
    /// The estimate for CUDA graphs that is subtracted.
    package var graphBytes: Int64

    /// Rows of hidden states kept while the sampler runs, and beside the widest layer.
    static let rowsWhileSampling = 1.59
    static let rowsWhileComputing = 4.2
    /// Additional rows that a pipeline stage sends or receives.
    static let rowsBetweenStages = 3.0

    package init(_ model: TransformerModel, _ deployment: Deployment, _ server: ServerMemory) {
        let tokens = Double(server.maxNumBatchedTokens)
        let row = 2 * Double(model.hiddenSize)
        let sequences = Double(min(server.maxNumSeqs, server.maxNumBatchedTokens))
        let sampling =
            sequences * Double(model.vocabularySize) * server.rules.samplerBytes
            + Self.rowsWhileSampling * tokens * row
        let layers = model.layerGroups.map(\.layer)
        let widest = layers.map { $0.transientWidth(model.hiddenSize, deployment) }.max() ?? 0
        let isStaged = deployment.pipelineParallel > 1
        let rows = Self.rowsWhileComputing + (isStaged ? Self.rowsBetweenStages : 0)
        let forward = tokens * (2 * widest + rows * row)
        var kept =
            tokens
            * (layers.map { $0.expertWorkspace(model.hiddenSize, deployment) }.max() ?? 0)
        if let tower = model.tower {
            kept += tokens * (row + 2 * 3 * Double(tower.pixelsPerToken))
            kept += Double(tower.profiledBytes)
        }
        var peak = max(sampling, forward)
        if let draft = deployment.draft {
            peak = max(peak, Self.drafting(draft, deployment, tokens, sequences, row: row))
            let buffers = draft.bufferBytes(
                tokens: server.maxNumBatchedTokens,
                sequences: min(server.maxNumSeqs, server.maxNumBatchedTokens))
            activationBytes = Int64(peak + kept) + buffers
        } else {
            activationBytes = Int64(peak + kept)
        }
        activationBytesBeforeLast = Int64(forward + kept)
        nonTorchBytes = Self.nonTorchBytes(deployment, server)
        graphBytes = Self.graphBytes(model, deployment, server)
    }

    /// What a run of the draft holds at once after the model's own, which has given up its layers'.
    private static func drafting(
        _ draft: Draft, _ deployment: Deployment, _ tokens: Double, _ sequences: Double,
        row: Double
    ) -> Double {
        guard let model = draft.model else { return 0 }
        let own = draft.deployment(beside: deployment)
        let widest =
            model.layerGroups.map { $0.layer.transientWidth(model.hiddenSize, own) }.max() ?? 0
        let layers = tokens * (2 * widest + rowsWhileComputing * 2 * Double(model.hiddenSize))
        // Logits of the words that the head knows, and those of the model's in their places.
        let words = Double(draft.headRows > 0 ? draft.headRows : 0) + Double(model.vocabularySize)
        let logits = sequences * words * 2
        let auxiliary = 2 * 2 * tokens * Double(draft.auxiliaryWidth)
        return tokens * row + auxiliary + max(layers, logits)
    }

    private static func nonTorchBytes(_ deployment: Deployment, _ server: ServerMemory) -> Int64 {
        let rules = server.rules
        let older = server.runsFlashAttention2 ? rules.olderGPUBytes : 0
        guard deployment.tensorParallel > 1 else { return Int64(rules.contextBytes + older) }
        guard server.hasFabric else { return Int64(MemoryRules.groupBytesOverPCIe + older) }
        var doublings = 0.0
        var share = deployment.tensorParallel / 2
        while share > 1 {
            doublings += 1
            share /= 2
        }
        return Int64(
            rules.groupBytes + doublings * rules.groupBytesPerDoubling + older)
    }

    private static func graphBytes(
        _ model: TransformerModel, _ deployment: Deployment, _ server: ServerMemory
    ) -> Int64 {
        switch server.rules.graphs {
        case .none: return 0
        case .firstRunner where !model.runsOnFirstRunner: return 0
        case .firstRunner, .all: break
        }
        return Int64(model.graphBytes * Double(server.graphs))
    }
}

extension TransformerModel {
    /// Estimated bytes of one CUDA graph.
    var graphBytes: Double {
        let isSparse = layers.contains {
            if case .experts = $0.feedForward { true } else { false }
        }
        return Double(hiddenSize)
            * (isSparse
                ? MemoryRules.graphBytesPerSparseElement : MemoryRules.graphBytesPerElement)
    }

    /// Whether vLLM 0.26 to 0.30 run it on model runner V1: with gated delta, or a tower.
    var runsOnFirstRunner: Bool {
        tower != nil
            || layers.contains {
                if case .recurrent(let mixer) = $0.attention {
                    if case .blocks = mixer.checkpoint { return true }
                    return mixer.kind.hasPrefix("gated_delta")
                }
                return false
            }
    }
}

extension Layer {
    /// Elements per token that the layer's widest operator holds at once on one GPU: a network's
    /// gate, up and product, or twice the width of a mixer's input projections.
    fileprivate func transientWidth(_ hidden: Int, _ deployment: Deployment) -> Double {
        let share = Double(deployment.tensorParallel)
        func width(_ dense: DenseFeedForward) -> Double {
            Double((dense.isGated ? 3 : 2) * dense.intermediate)
                / (dense.isReplicated ? 1 : share)
        }
        let network =
            switch feedForward {
            case .dense(let dense): width(dense)
            case .experts(let experts): experts.shared.map(width) ?? 0
            case .none: 0.0
            }
        let inward = attention.projections(hidden: hidden).first ?? []
        let mixed = inward.reduce(0) {
            $0 + $1.shard(tensorParallel: deployment.tensorParallel).outputs
        }
        return max(network, 2 * Double(mixed))
    }

    /// Bytes per token that the fused experts' kernel keeps between layers. The mxfp4 kernels keep
    /// none (logs of gpt-oss).
    fileprivate func expertWorkspace(_ hidden: Int, _ deployment: Deployment) -> Double {
        guard case .experts(let experts) = feedForward, deployment.weights != .mxfp4 else {
            return 0
        }
        let isCut = deployment.expertParallel == 1
        let columns = experts.intermediate / (isCut ? deployment.tensorParallel : 1)
        let output = experts.width(hidden: hidden)
        let inward = (experts.isGated ? 2 : 1) * columns
        return 2 * Double(experts.chosen) * Double(max(columns, output) + max(inward, output))
    }
}
