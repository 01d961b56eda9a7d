import Basics

/// Mixers from the linear-attention literature that vLLM 0.33.0 does not serve under their names,
/// supported by `headway explain`. A model has one kind, or kinds by layer: `layer_types` may name
/// one for each layer, and `attn.layers` (as in flash-linear-attention's files) lists the layers
/// with full attention.
extension Families {
    static let literature: [String: Family] = Dictionary(
        uniqueKeysWithValues: LiteratureKind.allCases.filter { ![.mamba, .mamba2].contains($0) }
            .map { kind in (kind.rawValue, literature(kind)) })

    private static func literature(_ usual: LiteratureKind) -> Family {
        Family().with {
            $0.heads.width = usual == .rwkv4 ? [] : ["head_dim"]
            $0.norms.perLayer = usual.isRWKV ? 4 : 2
            $0.hasNetworks = false
            $0.hasHeads = false
            $0.mixers = { fields, attentions in
                let kinds = try fields.literatureKinds(usual, layers: attentions.count)
                return try kinds.map { kind in
                    guard let kind else { return .heads(try fields.literatureHeads()) }
                    return .recurrent(try fields.mixer(of: kind))
                }
            }
            $0.layer = { fields, _, layer in
                var kind = usual
                if case .recurrent(let mixer) = layer.attention,
                    let own = LiteratureKind(mixerKind: mixer.kind)
                {
                    kind = own
                } else if case .heads = layer.attention, usual.isRWKV {
                    kind = .linear
                }
                guard kind != .mamba, kind != .mamba2 else { return }
                layer.feedForward = .dense(try fields.literatureNetwork(kind))
            }
        }
    }
}

/// The kinds, with their names in model_type and layer_types.
enum LiteratureKind: String, CaseIterable {
    case linear = "linear_attention"
    case retention = "retnet"
    case rwkv4 = "rwkv"
    case rwkv5 = "rwkv5"
    case rwkv6 = "rwkv6"
    case rwkv7 = "rwkv7"
    case performer = "performer"
    case linformer = "linformer"
    case gatedDelta = "gated_deltanet"
    case mamba = "mamba"
    case mamba2 = "mamba2"

    /// Alternative names.
    private static let aliases: [String: LiteratureKind] = [
        "linear": .linear, "linear_attn": .linear, "retention": .retention, "rwkv4": .rwkv4,
        "gated_delta": .gatedDelta, "gated_delta_net": .gatedDelta, "delta_net": .gatedDelta,
        "mamba1": .mamba,
    ]

    /// The kind for a word of layer_types.
    init?(word: String) {
        guard let kind = LiteratureKind(rawValue: word) ?? Self.aliases[word] else { return nil }
        self = kind
    }

    init?(mixerKind: String) { self.init(word: mixerKind) }

    var isRWKV: Bool { [.rwkv4, .rwkv5, .rwkv6, .rwkv7].contains(self) }
}

extension ConfigFields {
    /// The kind of each layer; nil: full attention.
    fileprivate func literatureKinds(_ usual: LiteratureKind, layers: Int) throws
        -> [LiteratureKind?]
    {
        if let words = words("layer_types") {
            guard words.count == layers else {
                throw InputError(
                    place, "layer_types has \(words.count) entries",
                    expected: "one for each of \(layers) layers")
            }
            return try words.map { word in
                if word == "full_attention" || word == "attention" { return nil }
                guard let kind = LiteratureKind(word: word) else {
                    throw InputError(
                        place, "layer_types has \"\(word.echoed())\"",
                        expected: "full_attention, "
                            + LiteratureKind.allCases.map(\.rawValue).joined(separator: ", "))
                }
                return kind
            }
        }
        let full = Set(nested("attn")?.integers("layers") ?? [])
        return (0..<layers).map { full.contains($0) ? nil : usual }
    }

    /// Full attention between the other layers. The object `attn` may set its heads.
    fileprivate func literatureHeads() throws -> HeadAttention {
        var rule = HeadRule()
        guard let inner = nested("attn"), inner.has("num_heads") else {
            return try rule.attention(self)
        }
        rule.queries = ["num_heads"]
        let queries = try inner.size("num_heads", most: 4096)
        let keyValues = try inner.size("num_kv_heads", default: queries, most: 4096)
        guard queries % keyValues == 0 else {
            throw InputError(
                place, "attn.num_kv_heads \(keyValues) does not divide attn.num_heads",
                expected: "a divisor of \(queries)")
        }
        var heads = HeadAttention(
            queryHeads: queries, keyValueHeads: keyValues,
            headDim: try headDim([], queries: queries))
        if let window = try inner.optionalSize(["window_size"], most: 1 << 30) {
            heads.reach = .sliding(window: window)
        }
        return heads
    }

    /// The network of a layer. RWKV's channel mixing has no gate. Version 7 also lacks the
    /// receptance, which the mixers of the other versions count.
    fileprivate func literatureNetwork(_ kind: LiteratureKind) throws -> DenseFeedForward {
        let hidden = try hiddenSize()
        let usual = 4 * hidden
        return DenseFeedForward(
            intermediate: try size("intermediate_size", default: usual), isGated: !kind.isRWKV)
    }

    /// The mixer of a kind.
    fileprivate func mixer(of kind: LiteratureKind) throws -> RecurrentMixer {
        switch kind {
        case .linear, .retention, .performer, .linformer: return try linearMixer(of: kind)
        case .rwkv4:
            let hidden = try hiddenSize()
            return .rwkv4(
                hidden: hidden, attention: try size("attention_hidden_size", default: hidden))
        case .rwkv5, .rwkv6, .rwkv7: return try matrixRWKV(kind)
        case .gatedDelta:
            let heads = try size("num_heads", "num_attention_heads", most: 4096)
            let width = try headDim(["head_dim"], queries: heads)
            let expand = try size("expand_v", default: 2, most: 64)
            return .gatedDeltaNet(
                GatedDeltaSizes(
                    hidden: try hiddenSize(), keyHeads: heads, keyDim: width, valueHeads: heads,
                    valueDim: expand * width,
                    convolution: try size("conv_size", default: 4, most: 64)))
        case .mamba:
            let hidden = try hiddenSize()
            return .mamba(
                MambaSizes(
                    hidden: hidden, inner: try size("expand", default: 2, most: 64) * hidden,
                    state: try size("state_size", default: 16, most: 8192),
                    convolution: try size("conv_kernel", default: 4, most: 64),
                    timeRank: (hidden + 15) / 16))
        case .mamba2:
            let hidden = try hiddenSize()
            let inner = try size("expand", default: 2, most: 64) * hidden
            let width = try size("mamba_head_dim", default: 64, most: 8192)
            return .mamba2(
                Mamba2Sizes(
                    hidden: hidden,
                    heads: try evenly(inner, over: width, "expand", "mamba_head_dim"),
                    headDim: width, state: try size("state_size", default: 128, most: 8192),
                    groups: try size("n_groups", default: 1, most: 4096),
                    convolution: try size("conv_kernel", default: 4, most: 64)))
        }
    }

    private func linearMixer(of kind: LiteratureKind) throws -> RecurrentMixer {
        let hidden = try hiddenSize()
        let heads = try size("num_attention_heads", "num_heads", most: 4096)
        let width = try headDim(["head_dim"], queries: heads)
        let keys = try evenly(
            size("qk_dim", default: heads * width), over: heads, "qk_dim", "num_attention_heads")
        let values = try evenly(
            size("v_dim", default: heads * width), over: heads, "v_dim", "num_attention_heads")
        switch kind {
        case .linformer:
            return .linformer(
                hidden: hidden, heads: heads, headDim: width,
                rows: try size("projection_dim", "linformer_k", "k"),
                positions: try context().positions)
        case .performer:
            return .linearAttention(
                hidden: hidden, heads: heads, keyDim: keys, valueDim: values,
                features: try size("nb_features", "num_features"))
        default:
            return .linearAttention(
                hidden: hidden, heads: heads, keyDim: keys, valueDim: values,
                isRetention: kind == .retention)
        }
    }

    private func matrixRWKV(_ kind: LiteratureKind) throws -> RecurrentMixer {
        let hidden = try hiddenSize()
        let attention = try size("attention_hidden_size", "dim_att", default: hidden)
        let width = try size("head_size", "head_dim", "head_size_a", default: 64, most: 8192)
        _ = try evenly(attention, over: width, "the attention's width", "head_size")
        if kind == .rwkv7 {
            return .rwkv7(hidden: hidden, attention: attention, headSize: width)
        }
        return .rwkvMatrix(
            version: kind == .rwkv5 ? 5 : 6, hidden: hidden, attention: attention,
            headSize: width)
    }
}
