import Basics

/// Decoders whose layers differ in heads, windows or gates (vLLM 0.33.0's classes).
extension Families {
    static let windowed: [String: Family] = [
        "rnj1": gemma3, "hy_v3": hunyuan3, "laguna": laguna, "step3p5": step35,
        "plamo3": plamo3, "domyn_edge": domynEdge, "minicpm": miniCPM,
        "beam": beam, "flint": flint, "muse_glimmer": museGlimmer,
    ]

    /// Tencent's HY 3: norms over heads if a flag is set, experts with router corrections.
    static let hunyuan3 = Family().with {
        $0.heads.norms = .perHead
        $0.heads.hasNorms = .field("qk_norm")
        $0.experts = ExpertRule(
            width: ["expert_hidden_dim", "moe_intermediate_size"],
            shared: .experts(["num_shared_experts"]), corrects: .yes,
            layers: .from("first_k_dense_replace", frequency: nil))
        $0.experts?.sharedPath = "mlp.shared_mlp"
        $0.experts?.widensRouter = .yes
    }

    /// Laguna: query heads differ by layer; attention is gated by head or by element.
    static let laguna = Family().with {
        $0.heads.inputBias = .field("attention_bias")
        $0.heads.outputBias = .field("attention_bias")
        $0.heads.norms = .perHead
        $0.windows.hasNoFallback = true
        $0.experts = ExpertRule(
            shared: .width(["shared_expert_intermediate_size"]), corrects: .yes,
            layers: .words("mlp_layer_types"))
        $0.experts?.sharedPath = "mlp.shared_expert"
        $0.layer = { fields, index, layer in
            guard case .heads(var heads) = layer.attention else { return }
            let layers = try fields.layerCount()
            if let own = try fields.perLayer("num_attention_heads_per_layer", layers: layers) {
                try fields.setQueries(own[index], of: &heads)
            }
            let gate = fields["gating"]
            switch gate {
            case .bool(true), .string("per-head"):
                try fields.addGate(heads.queryHeads, to: &layer)
            case .string: heads.gatesOutput = true
            default: break
            }
            if case .sliding = heads.reach,
                try fields.flag("swa_attention_sink_enabled", default: false)
            {
                heads.vectors.append(
                    WeightVector("self_attn.sinks", heads.queryHeads, units: heads.queryHeads))
            }
            layer.attention = .heads(heads)
        }
    }

    /// Step-3.5: windowed layers with their own count of query heads, one gate per head.
    static let step35 = Family().with {
        $0.heads.keyValues = ["num_attention_groups", "num_key_value_heads"]
        $0.heads.inputBias = .field("attention_bias")
        $0.heads.norms = .perHead
        $0.windows.hasNoFallback = true
        $0.experts = ExpertRule(
            shared: .width(["share_expert_dims", "share_expert_dim"]), corrects: .yes,
            layers: .words("mlp_layer_types"))
        $0.experts?.layersWithoutList = .text("moe_layers_enum")
        $0.experts?.sharedPath = "share_expert"
        $0.experts?.widensRouter = .yes
        $0.layer = { fields, _, layer in
            guard case .heads(var heads) = layer.attention else { return }
            if case .sliding = heads.reach {
                let other = fields.nested("attention_other_setting")
                // The class fills the first field from the second.
                let name = "num_sliding_attention_heads"
                let others = try other?.optionalSize(["num_attention_heads"], most: 4096)
                let own =
                    try fields.gives(name)
                    ? fields.size(name, most: 4096)
                    : others ?? fields.optionalSize([name], most: 4096)
                if let own { try fields.setQueries(own, of: &heads) }
            }
            if try fields.flag("use_head_wise_attn_gate", default: false) {
                try fields.addGate(heads.queryHeads, to: &layer)
            }
            layer.attention = .heads(heads)
        }
    }

    /// PLaMo 3: norms before and after both parts, windows from a list or a pattern.
    static let plamo3 = Family().with {
        $0.heads.norms = .perHead
        $0.norms.perLayer = 4
        $0.windows = WindowRule(period: 8, periodField: "sliding_window_pattern")
        $0.windows.list = "interleaved_sliding_window"
    }

    /// Domyn Edge: a window in every layer, norms before and after both parts; only the keys' norms
    /// have weights.
    static let domynEdge = Family().with {
        $0.norms.perLayer = 4
        $0.windows.isIgnored = true
        $0.layer = { fields, index, layer in
            guard case .heads(var heads) = layer.attention else { return }
            heads.vectors.append(WeightVector("self_attn.k_norm", heads.headDim))
            if case .array(let windows)? = fields["window_sizes"], index < windows.count,
                case .array(let pair) = windows[index], let window = pair.first?.integer,
                window > 0, window < 1 << 30
            {
                heads.reach = .sliding(window: window + 1)
            }
            layer.attention = .heads(heads)
        }
    }

    /// Beam: a gate with a bias a head on attention's output, four norms, a window in every layer
    /// unless `layer_types` says otherwise.
    static let beam = Family().with {
        $0.heads.norms = .perHead
        $0.heads.gatesOutput = .yes
        $0.norms.perLayer = 4
        $0.experts = ExpertRule(
            corrects: .yes, widensRouter: .yes, layers: .words("mlp_layer_types"))
        $0.experts?.layersWithoutList = .all
        $0.layer = { _, _, layer in
            guard case .heads(var heads) = layer.attention else { return }
            heads.vectors.append(
                WeightVector("self_attn.gate_bias", heads.queryHeads, units: heads.queryHeads))
            layer.attention = .heads(heads)
        }
    }

    /// Flint: one float32 sink a head, no window without `layer_types`. The engine attends with
    /// FlashInfer only.
    static let flint = Family().with {
        $0.heads.inputBias = .field("attention_bias")
        $0.heads.norms = .perHead
        $0.windows.hasNoFallback = true
        $0.experts = ExpertRule(
            shared: .width(["shared_expert_intermediate_size"]),
            layers: .every("", but: "mlp_only_layers"))
        $0.experts?.sharedPath = "mlp.shared_expert"
        $0.layer = { fields, _, layer in
            guard case .heads(var heads) = layer.attention else { return }
            if try !fields.flag("use_sliding_window", default: true) { heads.reach = .full }
            heads.vectors.append(
                WeightVector(
                    "self_attn.softmax_offset", heads.queryHeads, units: heads.queryHeads,
                    isWide: true))
            layer.attention = .heads(heads)
        }
    }

    /// Muse Glimmer: gated attention, norms without weights over heads, every fourth layer full,
    /// counted from the last.
    static let museGlimmer = Family().with {
        $0.heads.gatesOutput = .yes
        $0.norms.perLayer = 4
        $0.windows.hasNoFallback = true
        $0.layer = { fields, index, layer in
            guard !fields.has("layer_types") else { return }
            let last = try fields.layerCount() - 1
            guard (last - index) % 4 != 0, let window = try fields.window() else { return }
            layer.setReach(.sliding(window: window))
        }
    }

    /// MiniCPM: experts if the file gives a count.
    static let miniCPM = Family().with {
        $0.experts = ExpertRule(width: ["intermediate_size"])
        $0.experts?.isOptional = true
    }
}

extension ConfigFields {
    /// Sets a layer's number of query heads. Throws if the KV heads do not divide it.
    func setQueries(_ count: Int, of heads: inout HeadAttention) throws {
        guard (1...4096).contains(count), count % heads.keyValueHeads == 0 else {
            throw InputError(
                place, "\(count) query heads of a layer over \(heads.keyValueHeads) KV heads",
                expected: "a multiple, at most 4096")
        }
        heads.queryHeads = count
    }

    /// Adds a gate of `outputs` outputs to a layer's attention.
    func addGate(_ outputs: Int, to layer: inout Layer) throws {
        var gate = Projection(
            "attn_gate", try hiddenSize(), outputs, .columns(units: outputs))
        gate.path = "self_attn.g_proj"
        layer.others.append([gate])
    }
}
