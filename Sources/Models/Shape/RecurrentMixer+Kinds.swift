extension Projection {
    /// A matrix of a module.
    static func of(
        _ module: String, _ name: String, _ inputs: Int, _ outputs: Int, _ split: Split,
        hasBias: Bool = false
    ) -> Projection {
        var matrix = Projection(name, inputs, outputs, split, hasBias: hasBias)
        matrix.path = module + "." + name
        return matrix
    }

    /// The same kept in 16 bits, whatever the checkpoint's format.
    func plain() -> Projection {
        var copy = self
        copy.isQuantized = false
        return copy
    }
}

/// Sizes of Mamba's selective state space.
struct MambaSizes {
    var hidden: Int
    var inner: Int
    var state: Int
    var convolution: Int
    var timeRank: Int
    var hasBias = false
    var hasConvolutionBias = true
    /// Whether the time step and both state inputs have norms with weights (Jamba).
    var hasNorms = false
    var path = "mixer"
}

/// Sizes of Mamba-2's state space duality.
struct Mamba2Sizes {
    var hidden: Int
    var heads: Int
    var headDim: Int
    var state: Int
    var groups: Int
    var convolution: Int
    var hasBias = false
    var hasConvolutionBias = true
    /// Whether the gate has a norm (not always in Falcon-H1).
    var hasNorm = true
    var path = "mixer"
}

/// Sizes of gated delta networks.
struct GatedDeltaSizes {
    var hidden: Int
    var keyHeads: Int
    var keyDim: Int
    var valueHeads: Int
    var valueDim: Int
    var convolution: Int
    var path = "linear_attn"
}

extension RecurrentMixer {
    /// Mamba's selective state space (arXiv 2312.00752): `inner` channels of `state` elements. The
    /// engine does not quantise its matrices.
    static func mamba(_ sizes: MambaSizes) -> RecurrentMixer {
        let (hidden, inner, state) = (sizes.hidden, sizes.inner, sizes.state)
        func matrix(
            _ name: String, _ inputs: Int, _ outputs: Int, _ split: Projection.Split,
            _ hasBias: Bool
        ) -> Projection {
            Projection.of(sizes.path, name, inputs, outputs, split, hasBias: hasBias).plain()
        }
        let channels = Projection.Split.columns(units: inner)
        let convolution = sizes.convolution + (sizes.hasConvolutionBias ? 1 : 0)
        var vectors = [
            WeightVector("conv1d", inner * convolution, units: inner),
            WeightVector("A", inner * state, units: inner, isWide: true),
            WeightVector("D", inner, units: inner),
        ]
        if sizes.hasNorms {
            vectors.append(WeightVector("norms", sizes.timeRank + 2 * state))
        }
        return RecurrentMixer(
            kind: "mamba", units: inner,
            projections: [
                [matrix("in_proj", hidden, 2 * inner, channels, sizes.hasBias)],
                // The inner dimension is sharded, so these partial sums need their own all-reduce,
                // which is small and not priced.
                [matrix("x_proj", inner, sizes.timeRank + 2 * state, .rows, false)],
                [matrix("dt_proj", sizes.timeRank, inner, channels, true)],
                [matrix("out_proj", inner, hidden, .rows, sizes.hasBias)],
            ],
            vectors: vectors,
            states: [
                .convolution(units: inner, channels: 1, length: sizes.convolution),
                .recurrence(units: inner, elements: state),
            ],
            // Per state element: decay, input, two multiply-adds; then the convolution.
            scanFLOPsPerToken: inner * (6 * state + 2 * sizes.convolution))
    }

    /// Mamba-2's state space duality (arXiv 2405.21060): `heads` of `headDim` × `state`.
    static func mamba2(_ sizes: Mamba2Sizes) -> RecurrentMixer {
        let (heads, groups) = (sizes.heads, sizes.groups)
        let inner = heads * sizes.headDim
        let shared = 2 * groups * sizes.state
        let convolution = sizes.convolution + (sizes.hasConvolutionBias ? 1 : 0)
        var inputs = Projection.of(
            sizes.path, "in_proj", sizes.hidden, 2 * inner + heads, .columns(units: heads),
            hasBias: sizes.hasBias)
        // The heads of a group share the state's inputs and outputs.
        var groupInputs = Projection.of(
            sizes.path, "in_proj", sizes.hidden, shared, .columns(units: groups),
            hasBias: sizes.hasBias)
        inputs.name = "in_proj"
        groupInputs.name = "in_proj_groups"
        // A format has separate scales for gate, input, time step, B and C.
        (inputs.parts, groupInputs.parts) = (3, 2)
        var vectors = [
            WeightVector("conv1d", inner * convolution, units: heads),
            WeightVector("conv1d.groups", shared * convolution, units: groups),
            WeightVector("A", heads, units: heads, isWide: true),
            WeightVector("D", heads, units: heads),
            WeightVector("dt_bias", heads, units: heads),
        ]
        if sizes.hasNorm { vectors.append(WeightVector("norm", inner, units: heads)) }
        var mixer = RecurrentMixer(
            kind: "mamba2", units: heads,
            projections: [
                [inputs, groupInputs],
                [
                    Projection.of(
                        sizes.path, "out_proj", inner, sizes.hidden, .rows,
                        hasBias: sizes.hasBias)
                ],
            ],
            vectors: vectors,
            states: [
                .convolution(units: heads, channels: sizes.headDim, length: sizes.convolution),
                .convolution(units: groups, channels: 2 * sizes.state, length: sizes.convolution),
                .recurrence(units: heads, elements: sizes.headDim * sizes.state),
            ],
            scanFLOPsPerToken: 6 * inner * sizes.state + 2 * (inner + shared) * sizes.convolution)
        mixer.checkpoint = .everyToken
        return mixer
    }

    /// Gated delta networks (arXiv 2412.06464), as in Qwen3-Next.
    static func gatedDeltaNet(_ sizes: GatedDeltaSizes) -> RecurrentMixer {
        let (keys, values) = (
            sizes.keyHeads * sizes.keyDim, sizes.valueHeads * sizes.valueDim
        )
        let (heads, state) = (sizes.valueHeads, sizes.keyDim * sizes.valueDim)
        let convolved = 2 * keys + values
        let path = sizes.path
        var wide = Projection.of(
            path, "in_proj_qkvz", sizes.hidden, convolved + values,
            .columns(units: sizes.keyHeads))
        var thin = Projection.of(
            path, "in_proj_ba", sizes.hidden, 2 * heads, .columns(units: heads))
        // A format has separate scales for q, k, v and the gate, and for the two of the thin
        // matrix.
        (wide.parts, thin.parts) = (4, 2)
        var mixer = RecurrentMixer(
            kind: "gated_delta_net", units: sizes.keyHeads,
            projections: [
                [wide, thin], [Projection.of(path, "out_proj", values, sizes.hidden, .rows)],
            ],
            vectors: [
                WeightVector("conv1d", 2 * keys * sizes.convolution, units: sizes.keyHeads),
                WeightVector("conv1d.values", values * sizes.convolution, units: heads),
                WeightVector("A_log", heads, units: heads, isWide: true),
                WeightVector("dt_bias", heads, units: heads),
                WeightVector("norm", sizes.valueDim),
            ],
            states: [
                .convolution(
                    units: sizes.keyHeads, channels: 2 * sizes.keyDim, length: sizes.convolution),
                .convolution(units: heads, channels: sizes.valueDim, length: sizes.convolution),
                .recurrence(units: heads, elements: state),
            ],
            // Decay, read, delta and write of each state element.
            scanFLOPsPerToken: 7 * heads * state + 2 * convolved * sizes.convolution)
        // FlashInfer's prefill, the engine's default on an H100, exports states at multiples of
        // such blocks.
        mixer.checkpoint = .blocks(of: 64)
        return mixer
    }
}
