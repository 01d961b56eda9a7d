import Basics

/// Decoders that vLLM 0.33.0 no longer serves, supported by `explain`.
extension Families {
    static let former: [String: Family] = [
        "mpt": mpt, "arctic": arctic, "mllama": llama, "baichuan": baichuan, "qwen": qwen1,
        "internlm": llama.with {
            $0.heads.inputBias = .unless("bias")
            $0.heads.outputBias = .unless("bias")
        },
    ]

    /// MPT (MosaicML's class): no biases, tied embeddings, networks four times as wide as the
    /// hidden state.
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

    /// Arctic: every second layer has a mixture beside its dense network.
    static let arctic = Family().with {
        $0.experts = ExpertRule(
            width: ["intermediate_size"], layers: .every("moe_layer_frequency", but: ""))
        $0.layer = { fields, _, layer in
            guard case .experts(var experts) = layer.feedForward,
                try fields.flag("use_residual", default: true)
            else { return }
            // In Snowflake's class the residual network is as wide as the hidden state.
            let hidden = try fields.hiddenSize()
            experts.shared = DenseFeedForward(intermediate: hidden)
            layer.feedForward = .experts(experts)
            layer.normWeights += hidden
        }
    }

    static let baichuan = Family()

    /// Qwen 1: biases on q, k and v; the width counts gate and up together.
    static let qwen1 = Family().with {
        $0.heads.inputBias = .yes
        $0.layer = { _, _, layer in
            guard case .dense(var dense) = layer.feedForward else { return }
            dense.intermediate = max(1, dense.intermediate / 2)
            layer.feedForward = .dense(dense)
        }
    }
}
