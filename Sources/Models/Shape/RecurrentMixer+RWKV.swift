/// RWKV's time mixing, by version. Includes the receptance of its channel mixing.
extension RecurrentMixer {
    /// RWKV-4 (arXiv 2305.13048): a float32 numerator, denominator and maximum per channel, and the
    /// previous token's inputs of both parts.
    static func rwkv4(hidden: Int, attention: Int) -> RecurrentMixer {
        let cut = Projection.Split.columns(units: attention)
        return RecurrentMixer(
            kind: "rwkv", units: attention,
            projections: [
                ["receptance", "key", "value"].map {
                    Projection.of("attention", $0, hidden, attention, cut)
                }, [Projection.of("attention", "output", attention, hidden, .rows)],
                [Projection.of("feed_forward", "receptance", hidden, hidden, .replicated)],
            ],
            vectors: [
                WeightVector("time_mix", 5 * hidden),
                WeightVector("time_decay", 2 * attention, units: attention),
            ],
            states: [
                .recurrence(units: attention, elements: 3, bytes: 4),
                RecurrentState(units: 1, elementsPerUnit: 2 * hidden),
            ],
            scanFLOPsPerToken: 12 * attention)
    }

    /// RWKV-5 and 6 (arXiv 2404.05892): a matrix of `headSize` x `headSize` per head, and the
    /// previous token's inputs of both parts. Version 6's decay depends on the token, through thin
    /// matrices with the ranks of the published models.
    static func rwkvMatrix(version: Int, hidden: Int, attention: Int, headSize: Int)
        -> RecurrentMixer
    {
        let heads = attention / headSize
        let cut = Projection.Split.columns(units: heads)
        var projections = [
            ["receptance", "key", "value", "gate"].map {
                Projection.of("attention", $0, hidden, attention, cut)
            }
        ]
        let vectors = [
            WeightVector("time_mix", (version == 5 ? 6 : 8) * hidden),
            WeightVector("time_decay", 2 * attention, units: heads),
            WeightVector("ln_x", 2 * attention, units: heads),
        ]
        if version == 6 {
            projections += thin(hidden, attention, ranks: [("mix", 5 * 32), ("decay", 64)])
        }
        projections += [
            [Projection.of("attention", "output", attention, hidden, .rows)],
            [Projection.of("feed_forward", "receptance", hidden, hidden, .replicated)],
        ]
        return matrixState("rwkv\(version)", hidden, heads, headSize, projections, vectors)
    }

    /// RWKV-7 (arXiv 2503.14456): the delta rule on the same matrices, with decay, learning rate,
    /// value mix and gate through thin matrices. Channel mixing has no receptance.
    static func rwkv7(hidden: Int, attention: Int, headSize: Int) -> RecurrentMixer {
        let heads = attention / headSize
        let cut = Projection.Split.columns(units: heads)
        // Ranks of the published models: 2.5, 2.5, 1.7 and 5 (or 0.6 hidden^0.8) x sqrt(hidden), in
        // steps of 32. The first three are rounded as in the reference implementation.
        func rank(_ factor: Double) -> Int {
            max(32, Int((factor * Double(hidden).squareRoot() / 32).rounded()) * 32)
        }
        var projections = [
            ["receptance", "key", "value"].map {
                Projection.of("attention", $0, hidden, attention, cut)
            }
        ]
        projections += thin(
            hidden, attention,
            ranks: [
                ("decay", rank(1.8)), ("rate", rank(1.8)), ("value_mix", rank(1.3)),
                ("gate", rank(5)),
            ])
        projections.append([Projection.of("attention", "output", attention, hidden, .rows)])
        let vectors = [
            WeightVector("time_mix", 7 * hidden),
            WeightVector("biases", 6 * attention, units: heads),
            WeightVector("ln_x", 2 * attention, units: heads),
        ]
        return matrixState("rwkv7", hidden, heads, headSize, projections, vectors)
    }

    /// Pairs of thin matrices.
    private static func thin(
        _ hidden: Int, _ attention: Int, ranks: [(name: String, rank: Int)]
    ) -> [[Projection]] {
        ranks.map { name, rank in
            [
                Projection.of("attention", name + "_in", hidden, rank, .replicated).plain(),
                Projection.of("attention", name + "_out", rank, attention, .replicated).plain(),
            ]
        }
    }

    private static func matrixState(
        _ kind: String, _ hidden: Int, _ heads: Int, _ headSize: Int,
        _ projections: [[Projection]], _ vectors: [WeightVector]
    ) -> RecurrentMixer {
        RecurrentMixer(
            kind: kind, units: heads, projections: projections, vectors: vectors,
            states: [
                .recurrence(units: heads, elements: headSize * headSize),
                RecurrentState(units: 1, elementsPerUnit: 2 * hidden),
            ],
            // Decay, outer product, read. The delta rule reads the state once more.
            scanFLOPsPerToken: (kind == "rwkv7" ? 9 : 6) * heads * headSize * headSize)
    }
}
