extension Catalogue {
    /// Qwen 3 (arXiv 2505.09388).
    static let qwenEntries: [Entry] = [
        Entry(name: "qwen3-32b") {
            normalizingHeads(
                llamaLike(
                    hidden: 5120, layers: 64, heads: 64, kvHeads: 8, intermediate: 25600,
                    vocabulary: 151_936, context: 40_960))
        }
    ]

    /// The model with norms over each head's queries and keys.
    static func normalizingHeads(_ model: TransformerModel) -> TransformerModel {
        var model = model
        for index in model.layers.indices {
            guard case .heads(var heads) = model.layers[index].attention else { continue }
            heads.normalizesHeads = true
            model.layers[index].attention = .heads(heads)
        }
        return model
    }
}
