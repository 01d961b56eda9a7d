import Basics

/// Decoders with one dense network per layer. The rules follow the engine's model classes (vLLM
/// 0.33.0), or Transformers 5.20.2's for its Transformers backend.
extension Families {
    static let dense: [String: Family] = [
        "llama": llama, "qwen2": qwen2, "qwen3": qwen3, "phi3": llama, "seed_oss": seedOSS,
        "apertus": apertus, "arcee": arcee, "chatglm": chatGLM, "cohere": cohere,
        "cohere2": cohere.with {
            $0.windows = WindowRule(
                period: 4, periodField: "sliding_window_pattern", plus: 1)
        },
        "exaone4": exaone4, "falcon": falcon, "gemma": llama,
        "gemma2": gemma2, "gemma3": gemma3, "vaultgemma": vaultGemma, "glm": glm, "glm4": glm4,
        "gpt2": gpt2, "gpt_bigcode": gptBigCode, "gpt_j": gptJ, "gpt_neox": gptNeoX,
        "bloom": bloom, "opt": opt, "granite": granite, "hunyuan_dense": hunyuanDense,
        "hyperclovax": hyperCLOVAX, "jais2": jais2, "nemotron": nemotron, "olmo": olmo,
        "olmo2": olmo2, "orion": orion, "phi": phi, "qwen2_window": qwen2, "stablelm": stableLM,
        "moondream3_text": moondream,
        "starcoder2": starcoder2, "internlm2": internLM2, "step1": llama,
        "telechat2": teleChat2, "plain": llama.with { $0.heads.outputBias = .no },
        "minicpm3": miniCPM3,
        "cwm": llama.with { $0.windows = WindowRule(period: 4, isFullFirst: true) },
        "granite_swa": granite.with { $0.addWindows() }, "nemotron_nas": nemotronNAS,
        "big_bird": bigBird,
        "longformer": longformer, "iquest_loop": iquestLoop, "molmo": molmo, "molmo2_text": molmo2,
    ]

    /// Two norms, a gated network, and no biases unless a field sets them.
    static let llama = Family().with {
        $0.heads.inputBias = .over("qkv_bias", ["attention_bias", "bias"])
        $0.heads.outputBias = .any(["attention_bias", "bias"])
        $0.network.bias = .field("mlp_bias")
    }

    /// Biases on q, k and v.
    static let qwen2 = Family().with {
        $0.heads.inputBias = .unless("qkv_bias")
        $0.windows.needsFlag = true
        $0.finish = { fields, model in try fields.refuseMixedWindows(model) }
    }

    /// Norms over heads instead of biases.
    static let qwen3 = qwen2.with {
        $0.heads.inputBias = .field("attention_bias")
        $0.heads.norms = .perHead
    }

    static let seedOSS = llama.with {
        $0.heads.inputBias = .field("attention_bias")
        $0.heads.outputBias = .field("attention_out_bias")
    }

    /// No gate, two learned numbers per layer in the activation (xIELU, kept in bfloat16), norms
    /// over heads.
    static let apertus = llama.with {
        $0.heads.norms = .perHead
        $0.network.isGated = false
        $0.layer = { _, _, layer in
            layer.vectors.append(WeightVector("mlp.act_fn", 2))
        }
    }

    static let arcee = llama.with { $0.network.isGated = false }

    static let chatGLM = Family().with {
        $0.heads.keyValues = ["multi_query_group_num"]
        $0.heads.inputBias = .any(["add_bias_linear", "add_qkv_bias"])
        $0.heads.outputBias = .field("add_bias_linear")
        $0.heads.width = []
        $0.network.width = ["ffn_hidden_size"]
        $0.network.bias = .field("add_bias_linear")
        $0.layersPath = "transformer.encoder.layers"
        $0.finish = { fields, model in
            if try !fields.flag("multi_query_attention", default: false) {
                model.setKeyValueHeads { $0.queryHeads }
            }
        }
    }

    /// One norm per layer: attention and network run in parallel.
    static let cohere = Family().with {
        $0.heads.norms = .wholeByHeads
        $0.heads.hasNorms = .field("use_qk_norm")
        $0.norms.perLayer = 1
    }

    /// Norms after both parts; three of four layers are windowed in the 32B.
    static let exaone4 = llama.with {
        $0.heads.norms = .perHead
        $0.windows = WindowRule(period: 4, periodField: "sliding_window_pattern")
    }

    static let gemma2 = llama.with {
        $0.norms.perLayer = 4
        $0.windows = WindowRule(period: 2, periodField: nil)
    }

    static let gemma3 = gemma2.with {
        $0.heads.norms = .perHead
        $0.windows = WindowRule(period: 6, periodField: "sliding_window_pattern")
    }

    static let vaultGemma = llama.with { $0.windows = WindowRule(period: 2) }

    static let glm = llama.with { $0.heads.outputBias = .no }

    static let glm4 = glm.with { $0.norms.perLayer = 4 }

    static let granite = llama.with {
        // Granite with windows learns one sink per head.
        $0.finish = { fields, model in try fields.addGraniteSinks(&model) }
    }

    static let hunyuanDense = llama.with { $0.heads.norms = .perHead }

    static let hyperCLOVAX = llama.with {
        $0.layer = { fields, _, layer in
            if try fields.flag("use_post_norm", default: false) { layer.normWeights *= 2 }
        }
    }

    /// Layer norms with biases, no gate.
    static let nemotron = llama.with {
        $0.norms.bias = .yes
        $0.network.isGated = false
    }

    static let jais2 = nemotron.with {
        $0.heads.inputBias = .unless("attention_bias")
        $0.heads.outputBias = .unless("attention_bias")
        $0.network.bias = .unless("mlp_bias")
    }

    static let olmo = llama.with { $0.norms.hasWeights = false }

    /// Norms after both parts, and over all of q and k.
    static let olmo2 = llama.with {
        $0.heads.norms = .whole
        $0.windows = WindowRule(period: 4)
    }

    static let orion = Family().with { $0.norms.bias = .yes }

    static let stableLM = Family().with {
        $0.heads.inputBias = .field("use_qkv_bias")
        $0.norms.bias = .yes
    }

    static let starcoder2 = Family().with {
        $0.heads.inputBias = .unless("use_bias")
        $0.heads.outputBias = .unless("use_bias")
        $0.network.bias = .unless("use_bias")
        $0.network.isGated = false
        $0.norms.bias = .yes
    }

    /// Molmo: gate and up are counted as one width, a flag sets norms over whole q and k, and the
    /// input has 128 more words than the output.
    static let molmo = Family().with {
        $0.heads.inputBias = .field("qkv_bias")
        $0.heads.norms = .whole
        $0.heads.hasNorms = .field("attention_layer_norm")
        $0.layer = { fields, _, layer in
            guard case .dense(var network) = layer.feedForward else { return }
            network.intermediate = max(1, network.intermediate / 2)
            layer.feedForward = .dense(network)
        }
        $0.finish = { fields, model in
            model.vocabularySize = try fields.size(
                "embedding_size", "vocab_size", most: 1 << 24)
            model.vocabularyRows = (model.vocabularySize + 63) / 64 * 64
            model.addWords(128)
        }
    }

    /// Molmo 2: norms over heads, or over whole q and k; more words at the input.
    static let molmo2 = Family().with {
        $0.heads.inputBias = .field("qkv_bias")
        $0.layer = { fields, _, layer in
            guard case .heads(var heads) = layer.attention,
                try fields.flag("use_qk_norm", default: false)
            else { return }
            if fields.word("qk_norm_type") == "qwen3" {
                heads.normalizesHeads = true
            } else {
                heads.vectors += [
                    WeightVector("self_attn.q_norm", heads.queryHeads * heads.headDim),
                    WeightVector("self_attn.k_norm", heads.keyValueHeads * heads.headDim),
                ]
            }
            layer.attention = .heads(heads)
        }
        $0.finish = { fields, model in
            model.addWords(try fields.count("additional_vocab_size", default: 128))
        }
    }

    static let internLM2 = Family().with {
        $0.layersPath = "model.layers"
    }

    /// Biases only on the two output projections.
    static let teleChat2 = Family().with {
        $0.heads.outputBias = .yes
        $0.layer = { fields, _, layer in
            layer.vectors.append(WeightVector("mlp.down_proj.bias", try fields.hiddenSize()))
        }
    }
}
