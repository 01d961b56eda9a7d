import Basics

/// Nemotron-H: each layer is one of four kinds, either a mixer or a network. Mixers are plain
/// attention and Mamba 2, whose state is float32 unless the file says otherwise.
extension Families {
    private static let nemotronHeads = HeadRule(width: ["head_dim", "attention_head_dim"])

    static let nemotronH = Family().with {
        $0.activeCounting = .withoutEmbedding
        $0.layerNumber = { fields in try fields.nemotronKinds().count }
        $0.heads = nemotronHeads
        $0.norms.perLayer = 1
        $0.hasNetworks = false
        $0.mixers = { fields, attentions in
            let kinds = try fields.nemotronKinds()
            return try kinds.indices.map { index in
                let block = try fields.block(index)
                return switch kinds[index] {
                case .mixer: Attention.recurrent(try (block ?? fields).nemotronMixer())
                case .attention:
                    try block.map { .heads(try nemotronHeads.attention($0)) } ?? attentions[index]
                case .network, .experts: .none
                }
            }
        }
        $0.layer = { fields, index, layer in
            let kinds = try fields.nemotronKinds()
            switch kinds[index] {
            case .mixer, .attention: break
            case .network:
                let before = kinds[..<index].count { $0 == .network }
                let block = try fields.block(index) ?? fields
                layer.feedForward = .dense(try block.nemotronNetwork(number: before))
            case .experts:
                let block = try fields.block(index) ?? fields
                layer.feedForward = .experts(try block.nemotronExperts())
            }
            guard case .heads(var heads) = layer.attention else { return }
            heads.path = "mixer"
            layer.attention = .heads(heads)
        }
    }
}

/// The kind of a layer.
private enum NemotronKind: Equatable {
    case mixer
    case attention
    case network
    case experts

    /// Kinds by the letters of hybrid_override_pattern.
    static let letters: [Character: NemotronKind] = [
        "M": .mixer, "*": .attention, "-": .network, "E": .experts,
    ]

    /// Kinds by the words of layers_block_type.
    static let words: [String: NemotronKind] = [
        "mamba": .mixer, "linear_attention": .mixer, "attention": .attention,
        "full_attention": .attention, "mlp": .network, "moe": .experts,
    ]
}

extension ConfigFields {
    /// Fields that a layer has of its own (Puzzle: experts, widths and heads by layer); nil: none.
    fileprivate func block(_ index: Int) throws -> ConfigFields? {
        try overlaid(with: "block_configs", index)
    }

    /// The kinds of all layers, from a pattern or a list; else the class's default of four.
    fileprivate func nemotronKinds() throws -> [NemotronKind] {
        let kinds: [NemotronKind]
        if let pattern = word("hybrid_override_pattern") {
            kinds = try pattern.map { letter in
                guard let kind = NemotronKind.letters[letter] else {
                    throw InputError(
                        place, "hybrid_override_pattern has \"\(letter)\"",
                        expected: "M, *, - and E")
                }
                return kind
            }
        } else if let words = words("layers_block_type") {
            kinds = try words.map { word in
                guard let kind = NemotronKind.words[word] else {
                    throw InputError(
                        place, "layers_block_type has \"\(word.echoed())\"",
                        expected: "mamba, attention, mlp or moe")
                }
                return kind
            }
        } else if case .array(let blocks)? = self["block_configs"] {
            kinds = try blocks.indices.map { index in
                let word = try block(index)?.word("block_type") ?? ""
                guard let kind = NemotronKind.words[word] else {
                    throw InputError(
                        place, "block_configs has \"\(word.echoed())\" as a block_type",
                        expected: "mamba, attention, mlp or moe")
                }
                return kind
            }
        } else {
            kinds = [.mixer, .experts, .attention, .network]
        }
        guard (1...1024).contains(kinds.count) else {
            throw InputError(
                place, "its pattern has \(kinds.count) layers", expected: "1 to 1,024")
        }
        if let count = try optionalSize(["num_hidden_layers"]), count != kinds.count {
            throw InputError(
                place, "num_hidden_layers is \(count), and its pattern has \(kinds.count) layers",
                expected: "the same number")
        }
        return kinds
    }

    fileprivate func nemotronMixer() throws -> RecurrentMixer {
        var sizes = Mamba2Sizes(
            hidden: try hiddenSize(), heads: try size("mamba_num_heads", most: 4096),
            headDim: try size("mamba_head_dim", most: 8192),
            state: try size("ssm_state_size", most: 8192),
            groups: try size("n_groups", default: 8, most: 4096),
            convolution: try size("conv_kernel", default: 4, most: 64))
        sizes.hasBias = try flag("use_bias", default: false)
        sizes.hasConvolutionBias = try flag("use_conv_bias", default: true)
        let bytes = try takenStateBytes("mamba_ssm_cache_dtype", default: 4)
        return RecurrentMixer.mamba2(sizes).keeping(recurrenceBytes: bytes)
    }

    /// The `number`-th network. intermediate_size may list one width per network.
    fileprivate func nemotronNetwork(number: Int) throws -> DenseFeedForward {
        var width = 0
        if let list = integers("intermediate_size") {
            guard list.count == 1 || number < list.count else {
                throw InputError(
                    place, "intermediate_size has \(list.count) entries",
                    expected: "one, or one for each network")
            }
            width = list.count == 1 ? list[0] : list[number]
            guard (1...Self.largestSize).contains(width) else {
                throw InputError(
                    place, "intermediate_size has \(width)",
                    expected: "integers, 1 to \(Self.largestSize)")
            }
        } else {
            width = try size("intermediate_size")
        }
        var network = DenseFeedForward(
            intermediate: width, isGated: false, hasBias: try flag("mlp_bias", default: false))
        network.path = "mixer"
        return network
    }

    fileprivate func nemotronExperts() throws -> ExpertFeedForward {
        var rule = ExpertRule(
            count: ["n_routed_experts"], width: ["moe_intermediate_size"],
            shared: .product(["n_shared_experts"], ["moe_shared_expert_intermediate_size"]),
            corrects: .yes)
        rule.isGated = false
        var experts = try rule.experts(self)
        experts.path = "mixer.experts"
        experts.routerPath = "mixer.gate"
        experts.shared?.path = "mixer.shared_experts"
        experts.latent = try optionalSize(["moe_latent_size"])
        experts.latentPaths = ["mixer.fc1_latent_proj", "mixer.fc2_latent_proj"]
        return experts
    }
}
