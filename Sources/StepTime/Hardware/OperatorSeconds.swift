import Basics

// Time of one operator on one GPU, in seconds. Each function is O(1), monotone in tokens, sequences
// and context, and uses portable arithmetic only.

extension GEMMCoefficients {
    /// `tokens` rows by an outputs × inputs matrix of `bytesPerWeight`. `isFused`: whether the
    /// operation before quantises the inputs; `sustained`: the factor on the rate in a server.
    package func seconds(
        tokens: Double, inputs: Double, outputs: Double, bytesPerWeight: Double,
        isFused: Bool = false, sustained: Double = 1
    ) -> Double {
        var bytes = outputs * inputs * bytesPerWeight
        var quantizing = 0.0
        if let quantizingBandwidth {
            quantizing = 2 * tokens * (outputs + inputs) / quantizingBandwidth
        } else if let inputQuantizingBandwidth {
            bytes += tokens * (2 * outputs + inputs)
            quantizing = isFused ? 0 : 3 * tokens * inputs / inputQuantizingBandwidth
        } else {
            bytes += 2 * tokens * (outputs + inputs)
        }
        let grown = rate * sustained * (1 + growth * tokens / (tokens + Self.growthTokens))
        let smooth = PortableMath.pNorm(
            2 * tokens * outputs * inputs / grown, bytes / bandwidth, exponent)
        return smooth + launch + perInput * inputs + quantizing
    }
}

extension DecodeCoefficients {
    /// `sequences` decodes over `context` tokens in total, with `bytesPerToken` cached bytes per
    /// token.
    package func seconds(
        sequences: Double, keyHeads: Double, context: Double, bytesPerToken: Double
    ) -> Double {
        fixed + perHead * sequences * keyHeads + context * bytesPerToken / bandwidth
    }
}

extension PrefillCoefficients {
    /// `tokens` new tokens with `pairs` causal query-key pairs (half a square without past
    /// context).
    package func seconds(
        tokens: Double, pairs: Double, queryHeads: Double, keyHeads: Double, headDim: Double
    ) -> Double {
        fixed + 4 * queryHeads * headDim * pairs / rate
            + tokens * (perQueryHead * queryHeads + perKeyHead * keyHeads)
    }
}

extension LatentDecodeCoefficients {
    /// Per token of context, for `heads` heads over a latent of `rank` and `rope` elements.
    package func secondsPerToken(
        heads: Double, rank: Double, rope: Double, bytesPerToken: Double
    ) -> Double {
        PortableMath.pNorm(
            bytesPerToken / bandwidth, 2 * heads * (2 * rank + rope) / rate, exponent)
    }
}

extension AllReduceCoefficients {
    /// The fastest path for a message of `bytes`.
    package func seconds(bytes: Double) -> Double {
        paths.map { $0.seconds(bytes: bytes) }.min() ?? 0
    }
}

extension LinkCoefficients {
    /// The time for a message of `bytes`.
    package func seconds(bytes: Double) -> Double { latency + bytes / bandwidth }
}

extension ExpertCoefficients {
    /// `tokens` tokens (over all attention ranks), each choosing `chosen` experts, through the
    /// `activated` experts of one of `spread` GPUs. `size`: weights per matrix, hidden ×
    /// intermediate.
    package func seconds(
        tokens: Double, hidden: Double, size: Double, chosen: Double, activated: Double,
        spread: Double, bytesPerWeight: Double
    ) -> Double {
        let rows = tokens * chosen / spread
        return fixed
            + PortableMath.pNorm(
                activated * 3 * size * bytesPerWeight / bandwidth,
                6 * size * (rows + activated * padding) / rate, exponent)
            + rows * hidden * 8 / activationBandwidth
            + (tokens * chosen - rows) * hidden * 8 / skippingBandwidth
    }
}
