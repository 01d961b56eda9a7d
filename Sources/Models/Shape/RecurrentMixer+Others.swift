/// Sizes of Kimi's delta attention.
struct KimiDeltaSizes {
    var hidden: Int
    var heads: Int
    var headDim: Int
    var convolution: Int
    /// Whether the gate has one matrix of the queries' size (Kimi-K3), instead of two thin ones.
    var hasFullRankGate = false
    /// Whether the decay also has a full matrix (Ling 3).
    var hasFullRankDecay = false
    var path = "self_attn"
}

extension RecurrentMixer {
    /// Kimi's delta attention (arXiv 2510.26692): a gated delta network with a decay per channel.
    /// Convolution, decays and the recurrent state are float32.
    static func kimiDelta(_ sizes: KimiDeltaSizes) -> RecurrentMixer {
        let (hidden, heads, path) = (sizes.hidden, sizes.heads, sizes.path)
        let wide = heads * sizes.headDim
        let cut = Projection.Split.columns(units: heads)
        let gates = sizes.hasFullRankGate ? 4 : 3
        func inward(_ name: String, _ outputs: Int, _ split: Projection.Split) -> Projection {
            var matrix = Projection.of(path, "in_proj_qkvgfab", hidden, outputs, split)
            matrix.name = name
            return matrix
        }
        var projections = [
            [inward("qkv_proj", gates * wide, cut), inward("beta_proj", heads, cut)]
        ]
        if sizes.hasFullRankDecay {
            projections[0].append(Projection.of(path, "f_proj", hidden, wide, cut))
        } else {
            projections[0].append(inward("decay_in_proj", sizes.headDim, .replicated))
            projections.append([Projection.of(path, "f_b_proj", sizes.headDim, wide, cut)])
        }
        if !sizes.hasFullRankGate {
            projections[0].append(
                Projection.of(path, "g_a_proj", hidden, sizes.headDim, .replicated))
            projections.append([Projection.of(path, "g_b_proj", sizes.headDim, wide, cut)])
        }
        projections.append([Projection.of(path, "o_proj", wide, hidden, .rows)])
        let state = sizes.headDim * sizes.headDim
        return RecurrentMixer(
            kind: "kda", units: heads, projections: projections,
            vectors: [
                WeightVector("dt_bias", wide, units: heads, isWide: true),
                WeightVector("conv1d", 3 * wide * sizes.convolution, units: heads, isWide: true),
                WeightVector("A_log", heads, units: heads, isWide: true),
                WeightVector("o_norm", sizes.headDim),
            ],
            states: [
                .convolution(units: heads, channels: 3 * sizes.headDim, length: sizes.convolution),
                .recurrence(units: heads, elements: state, bytes: 4),
            ],
            scanFLOPsPerToken: 7 * heads * state + 6 * wide * sizes.convolution)
    }

    /// Lightning attention (arXiv 2401.04658): decaying products of keys and values per head, a
    /// gate, and a norm over the heads.
    static func lightning(
        hidden: Int, heads: Int, headDim: Int, path: String
    ) -> RecurrentMixer {
        let inner = heads * headDim
        let cut = Projection.Split.columns(units: heads)
        return RecurrentMixer(
            kind: "lightning", units: heads,
            projections: [
                [
                    Projection.of(path, "query_key_value", hidden, 3 * inner, cut),
                    Projection.of(path, "g_proj", hidden, inner, cut),
                ], [Projection.of(path, "dense", inner, hidden, .rows)],
            ],
            vectors: [WeightVector("g_norm", inner, units: heads)],
            states: [.recurrence(units: heads, elements: headDim * headDim)],
            // Decay, outer product, read.
            scanFLOPsPerToken: 5 * heads * headDim * headDim)
    }

    /// A gated short convolution (LFM2): the last `length` - 1 inputs are its whole state.
    static func shortConvolution(
        hidden: Int, width: Int, length: Int, hasBias: Bool = false, path: String = "conv"
    ) -> RecurrentMixer {
        RecurrentMixer(
            kind: "short_conv", units: width,
            projections: [
                [
                    Projection.of(
                        path, "in_proj", hidden, 3 * width, .columns(units: width),
                        hasBias: hasBias)
                ], [Projection.of(path, "out_proj", width, hidden, .rows, hasBias: hasBias)],
            ],
            vectors: [WeightVector("conv", width * (length + (hasBias ? 1 : 0)), units: width)],
            states: [.convolution(units: width, channels: 1, length: length)],
            // Two gates and the taps of the convolution.
            scanFLOPsPerToken: width * (2 + 2 * length))
    }

    /// Linear attention (arXiv 2006.16236): outer products of keys and values, and the sum of keys
    /// that normalises them. `features` replace the key if a map widens it (Performer, arXiv
    /// 2009.14794). Retention (RetNet, arXiv 2307.08621) has a gate and no normaliser.
    package static func linearAttention(
        hidden: Int, heads: Int, keyDim: Int, valueDim: Int, features: Int? = nil,
        isRetention: Bool = false
    ) -> RecurrentMixer {
        let cut = Projection.Split.columns(units: heads)
        func matrix(_ name: String, _ outputs: Int) -> Projection {
            Projection.of("attn", name, hidden, outputs, cut)
        }
        var inward = [
            matrix("q_proj", heads * keyDim), matrix("k_proj", heads * keyDim),
            matrix("v_proj", heads * valueDim),
        ]
        if isRetention { inward.append(matrix("g_proj", heads * valueDim)) }
        let rows = features ?? keyDim
        let columns = isRetention ? valueDim : valueDim + 1
        // A random map multiplies the query and the key by each feature.
        let map = features.map { 4 * heads * keyDim * $0 } ?? 0
        return RecurrentMixer(
            kind: features != nil ? "performer" : (isRetention ? "retnet" : "linear"),
            units: heads,
            projections: [
                inward, [Projection.of("attn", "o_proj", heads * valueDim, hidden, .rows)],
            ],
            vectors: isRetention
                ? [WeightVector("g_norm", heads * valueDim, units: heads)] : [],
            states: [.recurrence(units: heads, elements: rows * columns)],
            scanFLOPsPerToken: map + 4 * heads * rows * columns)
    }

    /// Linformer (arXiv 2006.04768) as a decoder: keys and values are projected to `rows` rows, to
    /// which every token adds. The state does not grow with the context.
    static func linformer(
        hidden: Int, heads: Int, headDim: Int, rows: Int, positions: Int
    ) -> RecurrentMixer {
        let wide = heads * headDim
        let cut = Projection.Split.columns(units: heads)
        return RecurrentMixer(
            kind: "linformer", units: heads,
            projections: [
                ["q_proj", "k_proj", "v_proj"].map { Projection.of("attn", $0, hidden, wide, cut) },
                [Projection.of("attn", "o_proj", wide, hidden, .rows)],
            ],
            // The projections of positions to rows, one for keys and one for values.
            vectors: [WeightVector("position_proj", 2 * positions * rows)],
            states: [.recurrence(units: heads, elements: 2 * rows * headDim)],
            // Adding key and value to every row, then attention over the rows.
            scanFLOPsPerToken: 4 * rows * wide + 4 * rows * wide)
    }
}
