import Basics

/// Decoders before Llama: layer norms with biases, two matrices per network, learned positions.
extension Families {
    /// Biases on all matrices.
    private static let biased = Family().with {
        $0.heads.inputBias = .yes
        $0.heads.outputBias = .yes
        $0.network.bias = .yes
        $0.network.isGated = false
        $0.norms.bias = .yes
    }

    /// Phi 1 and 2: one norm per layer. The engine's backend builds the output head without the
    /// checkpoint's bias.
    static let phi = biased.with { $0.norms.perLayer = 1 }

    /// Adds a bias to the output head.
    static let headBias: @Sendable (ConfigFields, inout TransformerModel) throws -> Void = {
        _, model in
        model.outerVectors.append(
            WeightVector("lm_head.bias", model.vocabularyRows, units: model.vocabularyRows))
    }

    /// Moondream 3's decoder: Phi's layers, experts without biases after the first few, and for
    /// each head three weights that scale q and v by the layer's own q, k and v.
    static let moondream = phi.with {
        $0.experts = ExpertRule(
            count: ["moe_num_experts"], chosen: ["num_experts_per_tok"],
            width: ["moe_expert_inner_dim"], layers: .from("moe_start_layer", frequency: nil))
        $0.layer = { _, _, layer in
            guard case .heads(var heads) = layer.attention else { return }
            let queries = heads.queryHeads
            let both = (queries + 2 * heads.keyValueHeads) * heads.headDim
            heads.vectors.append(
                WeightVector("attn.tau", queries * (1 + 2 * both), units: queries))
            layer.attention = .heads(heads)
            guard case .experts(let experts) = layer.feedForward else { return }
            layer.vectors.append(WeightVector("mlp.gate.bias", experts.count))
        }
        $0.finish = headBias
    }

    static let gpt2 = biased.with {
        $0.network.width = ["n_inner", "intermediate_size"]
        $0.network.timesHidden = 4
        $0.layersPath = "transformer.h"
        $0.finish = { fields, model in model.learnedPositions = try fields.context().positions }
    }

    /// One KV head unless multi_query is off.
    static let gptBigCode = gpt2.with {
        $0.heads.keyValues = []
        $0.finish = { fields, model in
            model.learnedPositions = try fields.context().positions
            if try fields.flag("multi_query", default: true) { model.setKeyValueHeads { _ in 1 } }
            // The engine's class shards attention only.
            for index in model.layers.indices {
                guard case .dense(var network) = model.layers[index].feedForward else { continue }
                network.isReplicated = true
                model.layers[index].feedForward = .dense(network)
            }
        }
    }

    static let gptJ = gpt2.with {
        $0.heads.inputBias = .no
        $0.heads.outputBias = .no
        $0.norms.perLayer = 1
        $0.finish = headBias
    }

    static let gptNeoX = biased.with {
        $0.heads.inputBias = .unless("attention_bias")
        $0.heads.outputBias = .unless("attention_bias")
        $0.layersPath = "gpt_neox.layers"
    }

    /// ALiBi instead of positions, and a norm over the embedding.
    static let bloom = biased.with {
        $0.network.width = []
        $0.network.timesHidden = 4
        $0.layersPath = "transformer.h"
        $0.finish = { _, model in
            model.outerVectors.append(
                WeightVector("word_embeddings_layernorm", 2 * model.hiddenSize))
        }
    }

    /// Positions start at 2. Embeddings may be narrower than the hidden state.
    static let opt = biased.with {
        $0.heads.inputBias = .unless("enable_bias")
        $0.heads.outputBias = .unless("enable_bias")
        $0.network.bias = .unless("enable_bias")
        $0.network.width = ["ffn_dim"]
        $0.layersPath = "model.decoder.layers"
        $0.finish = { fields, model in
            model.learnedPositions = try fields.context().positions + 2
            if try !fields.flag("do_layer_norm_before", default: true) {
                model.finalNormWeights = 0
            }
            let narrow = try fields.size("word_embed_proj_dim", default: model.hiddenSize)
            guard narrow != model.hiddenSize else { return }
            // The embedding tables have the narrow width, with a matrix before and after the
            // layers.
            model.embeddingWidth = narrow
            model.outerMatrices += [
                Projection("project_in", narrow, model.hiddenSize, .replicated),
                Projection("project_out", model.hiddenSize, narrow, .replicated),
            ]
        }
    }

    /// One KV head in the 7B; two parallel norms in the 40B.
    static let falcon = Family().with {
        $0.heads.width = []
        $0.heads.keyValues = []
        $0.heads.inputBias = .field("bias")
        $0.heads.outputBias = .field("bias")
        $0.network.bias = .field("bias")
        $0.network.width = ["ffn_hidden_size"]
        $0.network.timesHidden = 4
        $0.network.isGated = false
        $0.norms.bias = .yes
        $0.layersPath = "transformer.h"
        $0.layer = { fields, _, layer in
            let isNew = try fields.flag("new_decoder_architecture", default: false)
            let isParallel = try fields.flag("parallel_attn", default: true)
            var norms = try fields.count("num_ln_in_parallel_attn", default: isNew ? 2 : 1)
            if !isParallel { norms = 2 }
            layer.normWeights = layer.normWeights / 2 * max(1, norms)
        }
        $0.finish = { fields, model in
            let isNew = try fields.flag("new_decoder_architecture", default: false)
            let isSingle = try fields.flag("multi_query", default: true)
            let own = isNew ? try fields.optionalSize(["num_kv_heads", "n_head_kv"]) : nil
            model.setKeyValueHeads { own ?? (isSingle && !isNew ? 1 : $0.queryHeads) }
            for layer in model.layers { try fields.checkHeads(layer) }
        }
    }

    /// Encoders, treated as decoders for `explain`.
    private static let encoder = gpt2

    /// BigBird: three window blocks, two global blocks and `num_random_blocks` random ones.
    static let bigBird = encoder.with {
        $0.layer = { fields, _, layer in
            guard fields.word("attention_type") != "original_full" else { return }
            let block = try fields.size("block_size", default: 64)
            let random = try fields.count("num_random_blocks", default: 3)
            layer.setReach(
                .sparse(
                    window: 3 * block, globalTokens: 2 * block, randomTokens: random * block))
        }
    }

    /// Longformer: a window per layer and global tokens.
    static let longformer = encoder.with {
        $0.layer = { fields, index, layer in
            let windows = fields.integers("attention_window") ?? []
            let common = windows.isEmpty ? try fields.size("attention_window", default: 512) : 0
            guard windows.allSatisfy({ (1...ConfigFields.largestSize).contains($0) }) else {
                throw InputError(
                    fields.place, "attention_window has an entry out of range",
                    expected: "1 to \(ConfigFields.largestSize)")
            }
            let window = windows.isEmpty ? common : windows[min(index, windows.count - 1)]
            let globals = try fields.size("global_tokens", "num_global_tokens", default: 1)
            layer.setReach(.sparse(window: window, globalTokens: globals, randomTokens: 0))
        }
    }

    /// MiniCPM3: latents in the file and in the weights, but whole heads in the engine's cache.
    static let miniCPM3 = Family().with {
        $0.heads.width = []
        $0.layer = { fields, _, layer in
            let latent = try LatentRule(bias: .no).attention(fields)
            layer.attention = .heads(latent.wholeHeads(hidden: try fields.hiddenSize()))
        }
    }
}
