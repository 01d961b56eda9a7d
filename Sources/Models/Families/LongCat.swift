import Basics

/// LongCat-Flash: each layer has two latent attentions and two dense networks, with one mixture
/// beside them. Some of its choices are not a network at all.
extension Families {
    static let longCat = deepSeek.with {
        $0.whole = { fields in try longCatModel(fields) }
    }

    private static func longCatModel(_ fields: ConfigFields) throws -> TransformerModel {
        let context = try fields.context()
        let hidden = try fields.hiddenSize()
        let latent = Attention.latent(try LatentRule().attention(fields))
        let dense = DenseFeedForward(
            intermediate: try fields.size("ffn_hidden_size", "intermediate_size"))
        var experts = try ExpertRule(
            width: ["expert_ffn_hidden_size", "moe_intermediate_size"]).experts(fields)
        experts.shared = dense
        experts.hasWideRouter = true
        experts.routerOutputs += try fields.count("zero_expert_num", default: 0)
        experts.vectors = [
            WeightVector(
                "mlp.router.e_score_correction_bias", experts.routerOutputs, isWide: true)
        ]
        let first = Layer(
            attention: latent, feedForward: .experts(experts), normWeights: 2 * hidden)
        var second = Layer(
            attention: latent, feedForward: .dense(dense), normWeights: 2 * hidden)
        second.continues = true
        let count = try fields.size("num_layers", "num_hidden_layers", most: 512)
        var model = TransformerModel(
            name: "", hiddenSize: hidden, vocabularySize: try fields.vocabularySize(),
            tiesEmbeddings: try fields.tiesEmbeddings(), maxContext: context.usual,
            layers: (0..<count).flatMap { _ in [first, second] })
        model.vocabularyRows = (model.vocabularySize + 63) / 64 * 64
        model.contextLimit = context.limit
        try fields.addNgrams(to: &model)
        return model
    }
}

extension ConfigFields {
    /// Adds LongCat-Flash-Lite's n-gram tables. Its embedding is a mean of the word's and of one
    /// per n-gram that ends at it, from hashed tables (`NgramEmbedding` of vLLM 0.33.0:
    /// `emb_split_num` tables for each length from 2 to `emb_neighbor_num`, each two words longer
    /// than the one before).
    fileprivate func addNgrams(to model: inout TransformerModel) throws {
        guard let ratio = try optionalSize(["ngram_vocab_size_ratio"], most: 4096) else { return }
        let splits = try size("emb_split_num", most: 64)
        let tables = splits * (try size("emb_neighbor_num", most: 64) - 1)
        guard tables > 0 else { return }
        let width = model.hiddenSize / tables
        guard width > 0 else {
            throw InputError(
                place, "emb_split_num and emb_neighbor_num make \(tables) tables",
                expected: "at most the hidden size, \(model.hiddenSize)")
        }
        let words = tables * (ratio * model.vocabularySize + 1) + tables * (tables - 1)
        let rows = (words + 63) / 64 * 64
        model.outerTables.append(
            Projection(
                "ngram_embeddings.oe_embedder", width, rows, .columns(units: rows),
                isQuantized: false))
        model.outerMatrices.append(
            Projection(
                "ngram_embeddings.oe_projection", tables * width, model.hiddenSize, .replicated,
                isQuantized: false))
    }
}
