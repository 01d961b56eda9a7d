import Basics

/// Decoders with layers that keep a state, by the names of their rules. One file per rule.
extension Families {
    static let recurrent: [String: Family] = [
        "qwen3_next": qwenNext, "qwen3_5": qwen35, "qwen3_5_moe": qwen35Experts,
        "bailing_linear": bailingLinear, "bailing_delta": bailingDelta, "minimax_text": miniMaxText,
        "olmo_hybrid": olmoHybrid, "mamba": mamba, "mamba2": mamba2, "jamba": jamba,
        "bamba": bamba, "plamo2": plamo2, "zamba2": zamba2, "nemotron_h": nemotronH,
        "granitemoehybrid": graniteHybrid, "falcon_h1": falconH1, "lfm2": lfm2,
        "lfm2_moe": lfm2Experts, "kimi_linear": kimiLinear, "glm5_next": glm5Next,
        "alice_ai": aliceAI, "qwen4_exp": qwen4,
    ]
}

extension ConfigFields {
    /// Which layers attend and which keep a state, from the words of `layer_types`.
    ///
    /// - Parameter period: without a list, every `period`-th layer attends.
    func attends(layers: Int, period: Int? = nil) throws -> [Bool] {
        if let types = try layerTypes(layers: layers) {
            return try types.enumerated().map { index, type in
                switch type {
                case "full_attention", "attention", "indexed_attention", "qwen_sparse_attention":
                    return true
                case "linear_attention", "mamba", "conv": return false
                default:
                    throw InputError(
                        place, "layer_types[\(index)] is \"\(type)\"",
                        expected: "an attention or a state of this family")
                }
            }
        }
        guard let period else { return Array(repeating: false, count: layers) }
        return (0..<layers).map { ($0 + 1) % period == 0 }
    }

    /// The bytes of a recurrence's element by the field that the file's class takes; the model's
    /// two where the engine's class takes none.
    func takenStateBytes(_ name: String, default other: Int) throws -> Int {
        let classes = wordsOutside("architectures")
        let isTaken =
            classes.isEmpty
            || classes.contains(where: Architectures.classesWithStateType.contains)
        return isTaken ? try stateBytes(name, default: other) : 2
    }

    /// Bytes per element of the recurrent state, from a field; `other` if it is missing or "auto".
    func stateBytes(_ name: String, default other: Int) throws -> Int {
        guard has(name) else { return other }
        switch word(name) {
        case "float32", "torch.float32": return 4
        case "bfloat16", "float16", "torch.bfloat16", "torch.float16": return 2
        case "auto": return other
        default:
            throw InputError(
                place, "\(name) is \(self[name]?.description ?? "null")",
                expected: "float32, bfloat16 or float16")
        }
    }

    /// Mamba 2's sizes under the field names of hybrid models.
    func hybridMamba2(path: String) throws -> Mamba2Sizes {
        let hidden = try hiddenSize()
        let inner = try size("mamba_expand", default: 2, most: 64) * hidden
        let heads = try size("mamba_n_heads", "n_mamba_heads", most: 4096)
        guard inner % heads == 0 else {
            throw InputError(
                place, "the \(heads) Mamba heads do not divide their \(inner) channels",
                expected: "a divisor")
        }
        var sizes = Mamba2Sizes(
            hidden: hidden, heads: heads, headDim: inner / heads,
            state: try size("mamba_d_state", most: 8192),
            groups: try size("mamba_n_groups", "mamba_ngroups", default: 1, most: 4096),
            convolution: try size("mamba_d_conv", default: 4, most: 64))
        sizes.hasBias = try flag("mamba_proj_bias", default: false)
        sizes.hasConvolutionBias = try flag("mamba_conv_bias", default: true)
        sizes.path = path
        return sizes
    }
}
