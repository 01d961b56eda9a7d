import Basics

/// Zamba2: every layer keeps a Mamba-2 state. Hybrid layers first run one of a few shared attention
/// blocks over the hidden state and the embedding side by side. The engine creates the attention
/// first.
extension Families {
    static let zamba2 = Family().with {
        $0.hasHeads = false
        $0.hasNetworks = false
        $0.norms.perLayer = 1
        $0.mixers = { fields, attentions in
            var sizes = try fields.hybridMamba2(path: "mamba_decoder.mamba")
            sizes.hasBias = try fields.flag("add_bias_linear", default: false)
            sizes.hasConvolutionBias = try fields.flag("use_conv_bias", default: true)
            let mixer = RecurrentMixer.mamba2(sizes)
            return Array(repeating: .recurrent(mixer), count: attentions.count)
        }
        $0.finish = { fields, model in
            let hybrids = try fields.zambaHybrids(layers: model.layers.count)
            let blocks = try fields.size("num_mem_blocks", default: 1, most: 1024)
            let block = try fields.zambaBlock()
            var layers: [Layer] = []
            var number = 0
            for (layer, isHybrid) in zip(model.layers, hybrids) {
                guard isHybrid else {
                    layers.append(layer)
                    continue
                }
                var shared = block
                shared.sharesWeights = number >= blocks
                var mixer = layer
                mixer.continues = true
                mixer.others = try fields.zambaAdapters()
                layers += [shared, mixer]
                number += 1
            }
            model.layers = layers
        }
    }
}

extension ConfigFields {
    /// Which layers run a shared block.
    fileprivate func zambaHybrids(layers: Int) throws -> [Bool] {
        let ids = integers("hybrid_layer_ids").map { Set($0) }
        // The class derives either field from the other.
        guard gives("layers_block_type"), let words = words("layers_block_type") else {
            guard let ids else {
                throw InputError(
                    place, "layers_block_type is missing",
                    expected: "mamba or hybrid for each layer, or hybrid_layer_ids")
            }
            return (0..<layers).map { ids.contains($0) }
        }
        let known = ["mamba", "linear_attention", "hybrid"]
        guard words.count == layers, words.allSatisfy({ known.contains($0) }) else {
            throw InputError(
                place, "layers_block_type has \(words.count) entries",
                expected: "mamba or hybrid for each of \(layers) layers")
        }
        let hybrids = words.map { $0 == "hybrid" }
        if gives("hybrid_layer_ids"), let ids, ids != Set(hybrids.indices.filter { hybrids[$0] }) {
            throw InputError(
                place, "hybrid_layer_ids and layers_block_type name other layers",
                expected: "the same hybrid layers")
        }
        return hybrids
    }

    /// A shared block: attention over twice the hidden size, then a gated network.
    fileprivate func zambaBlock() throws -> Layer {
        let hidden = try hiddenSize()
        let wide = try optionalSize(["attention_hidden_size"]) ?? 2 * hidden
        let queries = try size("num_attention_heads", most: 4096)
        let keyValues = try size("num_key_value_heads", default: queries, most: 4096)
        guard keyValues == queries else {
            throw InputError(
                place, "num_key_value_heads is \(keyValues)",
                expected: "the \(queries) of num_attention_heads, which this family has")
        }
        let width = try evenly(
            wide, over: queries, "attention_hidden_size", "num_attention_heads")
        guard try size("attention_head_dim", default: width) == width else {
            throw InputError(
                place, "attention_head_dim is no \(queries)th of attention_hidden_size \(wide)",
                expected: "\(width)")
        }
        var heads = HeadAttention(queryHeads: queries, keyValueHeads: queries, headDim: width)
        heads.path = "shared_transformer.self_attn"
        let cut = Projection.Split.columns(units: queries)
        heads.ownProjections = [
            ["q_proj", "k_proj", "v_proj"].map {
                Projection.of(heads.path, $0, wide, wide, cut)
            }, [Projection.of(heads.path, "o_proj", wide, hidden, .rows)],
        ]
        heads.isCreatedFirst = true
        var network = DenseFeedForward(
            intermediate: try size("intermediate_size"),
            hasBias: try flag("add_bias_linear", default: false))
        network.path = "shared_transformer.feed_forward"
        return Layer(
            attention: .heads(heads), feedForward: .dense(network),
            normWeights: wide + hidden)
    }

    /// What a hybrid layer adds to the shared block: a matrix after it, and low-rank changes to the
    /// shared matrices.
    fileprivate func zambaAdapters() throws -> [[Projection]] {
        let hidden = try hiddenSize()
        let rank = try size("adapter_rank", default: 128)
        let width = try size("intermediate_size")
        func adapter(_ name: String, _ inputs: Int, _ outputs: Int) -> [[Projection]] {
            let path = "shared_transformer." + name
            return [
                [Projection.of(path, "0", inputs, rank, .columns(units: rank))],
                [Projection.of(path, "1", rank, outputs, .columns(units: outputs))],
            ]
        }
        var others = adapter("feed_forward.gate_up_proj_adapter_list", hidden, 2 * width)
        if try flag("use_shared_attention_adapter", default: false) {
            let wide = try optionalSize(["attention_hidden_size"]) ?? 2 * hidden
            for name in ["q", "k", "v"] {
                others += adapter("self_attn.linear_\(name)_adapter_list", wide, wide)
            }
        }
        others.append([Projection.of("mamba_decoder", "linear", hidden, hidden, .replicated)])
        return others
    }
}
