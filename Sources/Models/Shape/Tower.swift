/// A vision or audio tower, with the projection of its output into the decoder. Its weights take
/// GPU memory; its work is not modelled.
package struct Tower: Equatable, Hashable, Sendable {
    /// Its kind, for notes: "vision", "vision and audio".
    package var name: String
    /// Its matrices, each with its number of copies.
    package var matrices: [Part] = []
    /// Its other weights: norms, positions, patches.
    package var vectors: [WeightVector] = []
    /// Image pixels per token of the decoder: 28 x 28 with patches of 14 merged by two; 56 x 56 in
    /// Gemma 3 (896 x 896 pixels to 256 tokens).
    package var pixelsPerToken = 784
    /// Bytes that its profiled image keeps while the decoder runs its largest step, beyond what
    /// grows with that step.
    package var profiledBytes: Int64 = 0

    /// Tokens of the largest image or video, if the decoder reads one in a single step (attention
    /// in both directions, Gemma 4); 0: in chunks.
    package var largestItem = 0

    /// Heads that tensor parallelism must divide, or else every GPU holds all of the tower
    /// (Kimi-K3); nil: it is always sharded.
    package var dividedHeads: Int?

    /// Heads of its blocks, if the engine shards attention only by a number that divides them
    /// (InternViT's 25); nil: it always shards the matrices.
    package var attentionHeads: Int?

    /// Whether the engine uses the checkpoint's format for its linear layers.
    package var takesFormat = false

    /// A part of it whose sizes stand outside the config.json, for a note; nil: none.
    package var unweighed: String?

    /// A matrix and its number of copies.
    package struct Part: Equatable, Hashable, Sendable {
        package var projection: Projection
        package var count: Int

        package init(_ projection: Projection, _ count: Int = 1) {
            self.projection = projection
            self.count = count
        }
    }

    package init(name: String) { self.name = name }

    /// All elements.
    package var parameters: Int64 {
        matrices.reduce(Int64(vectors.elements)) {
            $0 + Int64($1.count) * $1.projection.parameters
        }
    }
}

extension TransformerModel {
    /// The model as a server builds it that takes neither images nor sound
    /// (`--language-model-only`): no weights of the tower are loaded.
    package func withoutTower() -> TransformerModel {
        guard tower != nil else { return self }
        var copy = self
        copy.tower = nil
        copy.leavesOutTower = true
        let whole = Deployment(tensorParallel: 1, weights: nativeWeights)
        let saved =
            createdWeightBytesPerGPU(whole) - copy.createdWeightBytesPerGPU(whole)
        copy.checkpointBytes = checkpointBytes.map { max(0, $0 - saved) }
        copy.notes.removeAll { $0.hasSuffix("the tower is weighed only") }
        return copy
    }
}
