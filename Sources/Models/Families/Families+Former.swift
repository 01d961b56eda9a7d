import Basics

/// Decoders that vLLM 0.33.0 serves no more, read for `explain`.
extension Families {
    static let former: [String: Family] = [
        "mpt": mpt, "arctic": arctic, "mllama": llama, "baichuan": baichuan, "qwen": qwen1,
        "internlm": llama.with {
            $0.heads.inputBias = .unless("bias")
            $0.heads.outputBias = .unless("bias")
        },
    ]

    /// MPT (MosaicML's class): no biases, tied embeddings, four times as wide inside.
    static let mpt = Family().with {
        $0.heads.keyValues = []
        $0.heads.width = []
        $0.network.width = []
        $0.network.timesHidden = 4
        $0.network.isGated = false
        $0.finish = { fields, model in
            model.tiesEmbeddings = true
            if let settings = fields.nested("attn_config") {
                let own = try settings.optionalSize(["kv_n_heads"], most: 4096)
                if let own { model.setKeyValueHeads { _ in own } }
            }
        }
    }

    /// Arctic: a dense network beside the mixture of every second layer.
    static let arctic = Family().with {
        $0.experts = ExpertRule(
            width: ["intermediate_size"], layers: .every("moe_layer_frequency", but: ""))
        $0.layer = { fields, _, layer in
            guard case .experts(var experts) = layer.feedForward,
                try fields.flag("use_residual", default: true)
            else { return }
            // Snowflake's class: the residual network is as wide as the hidden state.
            let hidden = try fields.hiddenSize()
            experts.shared = DenseFeedForward(intermediate: hidden)
            layer.feedForward = .experts(experts)
            layer.normWeights += hidden
        }
    }

    static let baichuan = Family()

    /// Qwen 1: biases on q, k and v, and a width that counts gate and up together.
    static let qwen1 = Family().with {
        $0.heads.inputBias = .yes
        $0.layer = { _, _, layer in
            guard case .dense(var dense) = layer.feedForward else { return }
            dense.intermediate = max(1, dense.intermediate / 2)
            layer.feedForward = .dense(dense)
        }
    }
}
