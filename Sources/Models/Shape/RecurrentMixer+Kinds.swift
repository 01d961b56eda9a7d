extension RecurrentMixer {
    /// Mamba's selective state space (arXiv 2312.00752): `inner` channels of `state` elements.
    static func mamba(
        hidden: Int, inner: Int, state: Int, convolution: Int, timeRank: Int, hasBias: Bool = false
    ) -> RecurrentMixer {
        RecurrentMixer(
            kind: "mamba",
            projections: [
                [
                    Projection(
                        "in_proj", hidden, 2 * inner, .columns(units: inner), hasBias: hasBias)
                ],
                // The inner dimension is cut, so these partial sums need an all-reduce of their
                // own, which is small and not priced.
                [Projection("x_proj", inner, timeRank + 2 * state, .rows)],
                [Projection("dt_proj", timeRank, inner, .columns(units: inner), hasBias: true)],
                [Projection("out_proj", inner, hidden, .rows, hasBias: hasBias)],
            ],
            otherWeights: inner * (convolution + 1 + state + 1),
            wideStateElements: inner * state, narrowStateElements: inner * (convolution - 1),
            // Per state element: decay, input, two multiply-adds; then the convolution.
            scanFLOPsPerToken: inner * (6 * state + 2 * convolution))
    }

    /// Mamba-2's state space duality (arXiv 2405.21060): `heads` of `headDim` × `state`.
    static func mamba2(
        hidden: Int, heads: Int, headDim: Int, state: Int, groups: Int, convolution: Int
    ) -> RecurrentMixer {
        let inner = heads * headDim
        let convolved = inner + 2 * groups * state
        return RecurrentMixer(
            kind: "mamba2",
            projections: [
                [Projection("in_proj", hidden, inner + convolved + heads, .columns(units: heads))],
                [Projection("out_proj", inner, hidden, .rows)],
            ],
            otherWeights: convolved * (convolution + 1) + 3 * heads + inner,
            wideStateElements: inner * state, narrowStateElements: convolved * (convolution - 1),
            scanFLOPsPerToken: 6 * inner * state + 2 * convolved * convolution)
    }

    /// Gated delta networks (arXiv 2412.06464), as in Qwen3-Next.
    static func gatedDeltaNet(
        hidden: Int, keyHeads: Int, keyDim: Int, valueHeads: Int, valueDim: Int, convolution: Int
    ) -> RecurrentMixer {
        let (keys, values) = (keyHeads * keyDim, valueHeads * valueDim)
        let convolved = 2 * keys + values
        return RecurrentMixer(
            kind: "gated_delta_net",
            projections: [
                [
                    Projection("qkvz_proj", hidden, convolved + values, .columns(units: keyHeads)),
                    Projection("ba_proj", hidden, 2 * valueHeads, .columns(units: valueHeads)),
                ], [Projection("o_proj", values, hidden, .rows)],
            ],
            otherWeights: convolved * convolution + 2 * valueHeads + valueDim,
            wideStateElements: valueHeads * keyDim * valueDim,
            narrowStateElements: convolved * (convolution - 1),
            // Decay, read, delta and write of each state element.
            scanFLOPsPerToken: 7 * valueHeads * keyDim * valueDim + 2 * convolved * convolution)
    }

    /// Linear attention (arXiv 2006.16236) and retention (RetNet, arXiv 2307.08621): a
    /// keyDim × valueDim state per head; retention adds a gate.
    public static func linearAttention(
        hidden: Int, heads: Int, keyDim: Int, valueDim: Int, isRetention: Bool = false
    ) -> RecurrentMixer {
        var inward = [
            Projection("q_proj", hidden, heads * keyDim, .columns(units: heads)),
            Projection("k_proj", hidden, heads * keyDim, .columns(units: heads)),
            Projection("v_proj", hidden, heads * valueDim, .columns(units: heads)),
        ]
        if isRetention {
            inward.append(Projection("g_proj", hidden, heads * valueDim, .columns(units: heads)))
        }
        return RecurrentMixer(
            kind: isRetention ? "retnet" : "linear",
            projections: [inward, [Projection("o_proj", heads * valueDim, hidden, .rows)]],
            otherWeights: 0, wideStateElements: heads * keyDim * valueDim, narrowStateElements: 0,
            scanFLOPsPerToken: 4 * heads * keyDim * valueDim)
    }

    /// RWKV-4 (arXiv 2305.13048): per channel a numerator, a denominator and a maximum, and the
    /// previous token's inputs of both parts.
    static func rwkv(hidden: Int, attention: Int) -> RecurrentMixer {
        RecurrentMixer(
            kind: "rwkv",
            projections: [
                [
                    Projection("r_proj", hidden, attention, .columns(units: attention)),
                    Projection("k_proj", hidden, attention, .columns(units: attention)),
                    Projection("v_proj", hidden, attention, .columns(units: attention)),
                ], [Projection("o_proj", attention, hidden, .rows)],
                [Projection("channel_r_proj", hidden, hidden, .replicated)],
            ],
            otherWeights: 5 * hidden + 2 * attention, wideStateElements: 3 * attention,
            narrowStateElements: 2 * hidden, scanFLOPsPerToken: 12 * attention)
    }
}
