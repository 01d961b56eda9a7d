import Basics

/// Nemotron's searched models (DeciLM): every layer has its own heads and width, or lacks them.
extension Families {
    static let nemotronNAS = llama.with {
        $0.hasHeads = false
        $0.hasNetworks = false
        $0.layer = { fields, index, layer in
            guard case .array(let blocks)? = fields["block_configs"], blocks.count > index,
                case .object(let block) = blocks[index]
            else {
                throw InputError(
                    fields.place, "block_configs has no entry for layer \(index)",
                    expected: "an object for each layer")
            }
            let settings = ConfigFields(place: fields.place, type: fields.type, fields: block)
            layer.normWeights = 0
            try addAttention(fields, settings, &layer)
            try addNetwork(fields, settings, &layer)
        }
    }

    private static func addAttention(
        _ fields: ConfigFields, _ block: ConfigFields, _ layer: inout Layer
    ) throws {
        guard let settings = block.nested("attention"),
            try !settings.flag("no_op", default: false)
        else { return }
        let queries = try fields.size("num_attention_heads", most: 4096)
        let group = try settings.size("n_heads_in_group", default: 1, most: 4096)
        guard queries % group == 0 else {
            throw InputError(
                fields.place, "n_heads_in_group \(group) does not divide num_attention_heads",
                expected: "a divisor of \(queries)")
        }
        var heads = HeadAttention(
            queryHeads: queries, keyValueHeads: queries / group,
            headDim: try fields.headDim(["head_dim"], queries: queries))
        heads.inputBias = try llama.heads.inputBias.value(fields)
        heads.outputBias = try llama.heads.outputBias.value(fields)
        layer.attention = .heads(heads)
        layer.normWeights += try fields.hiddenSize()
    }

    private static func addNetwork(
        _ fields: ConfigFields, _ block: ConfigFields, _ layer: inout Layer
    ) throws {
        guard let settings = block.nested("ffn"), try !settings.flag("no_op", default: false)
        else { return }
        let hidden = try fields.hiddenSize()
        let width: Int
        if case .number(let times)? = settings["ffn_mult"] {
            // Two thirds of an ungated network, rounded down, then up to a multiple of 256.
            let plain = (2 * times * Double(hidden) / 3).rounded(.down)
            guard plain >= 1, plain <= Double(ConfigFields.largestSize) else {
                throw InputError(
                    fields.place, "ffn_mult is \(times)", expected: "a width above 0")
            }
            width = (Int(plain) + 255) / 256 * 256
        } else {
            width = try settings.size("intermediate_size")
        }
        layer.feedForward = .dense(
            DenseFeedForward(
                intermediate: width, hasBias: try fields.flag("mlp_bias", default: false)))
        layer.normWeights += hidden
    }
}
