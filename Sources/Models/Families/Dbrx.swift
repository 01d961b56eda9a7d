/// DBRX: nested objects hold the sizes of attention and experts.
extension Families {
    static func dbrxModel(_ fields: ConfigFields) throws -> TransformerModel {
        let context = try fields.context()
        let hidden = try fields.hiddenSize()
        let queries = try fields.size("n_heads", "num_attention_heads", most: 4096)
        let keyValues = try fields.nested("attn_config")?.size(
            "kv_n_heads", default: queries, most: 4096)
        let heads = HeadAttention(
            queryHeads: queries, keyValueHeads: keyValues ?? queries,
            headDim: try fields.headDim([], queries: queries))
        let inner = fields.nested("ffn_config") ?? fields
        var rule = ExpertRule(width: ["ffn_hidden_size"])
        rule.count = ["moe_num_experts"]
        rule.chosen = ["moe_top_k"]
        let layer = Layer(
            attention: .heads(heads), feedForward: .experts(try rule.experts(inner)),
            normWeights: 2 * hidden)
        var model = TransformerModel(
            name: "", hiddenSize: hidden, vocabularySize: try fields.vocabularySize(),
            tiesEmbeddings: try fields.tiesEmbeddings(), maxContext: context.usual,
            layers: Array(repeating: layer, count: try fields.layerCount()))
        model.vocabularyRows = (model.vocabularySize + 63) / 64 * 64
        model.contextLimit = context.limit
        return model
    }
}
