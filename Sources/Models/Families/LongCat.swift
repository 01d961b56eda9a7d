/// LongCat-Flash: each layer is two latent attentions and two dense networks, with one mixture
/// beside them, some of whose choices are no network at all.
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
        return model
    }
}
