/// Builds decoders from their sizes. Both the catalogue and the reader of config.json files use it.
struct DecoderShape {
    var hidden: Int
    var layers: Int
    var vocabulary: Int
    var context: Int
    /// Longest context that may be set; nil: `context`.
    var contextLimit: Int?
    var tiesEmbeddings = false
    /// Norms over the hidden state per layer.
    var normsPerLayer = 2

    /// A model whose layer `index` has the mixer and feed-forward part that `layer` returns.
    func model(_ layer: (Int) -> (Attention, FeedForward)) -> TransformerModel {
        var model = TransformerModel(
            name: "", hiddenSize: hidden, vocabularySize: vocabulary,
            tiesEmbeddings: tiesEmbeddings, maxContext: context,
            layers: (0..<layers).map { index in
                let (attention, feedForward) = layer(index)
                return Layer(
                    attention: attention, feedForward: feedForward,
                    normWeights: normsPerLayer * hidden)
            })
        model.contextLimit = contextLimit ?? context
        return model
    }

    /// All layers alike: heads and one gated network.
    func dense(_ heads: HeadAttention, intermediate: Int) -> TransformerModel {
        model { _ in (.heads(heads), .dense(DenseFeedForward(intermediate: intermediate))) }
    }

    /// All layers alike: heads and a mixture of experts.
    func sparse(_ heads: HeadAttention, _ experts: ExpertFeedForward) -> TransformerModel {
        model { _ in (.heads(heads), .experts(experts)) }
    }

    /// DeepSeek: latent attention; `denseLayers` layers with one network, then experts.
    func latent(
        _ latent: LatentAttention, denseLayers: Int, intermediate: Int,
        _ experts: ExpertFeedForward
    ) -> TransformerModel {
        model { index in
            let network = DenseFeedForward(intermediate: intermediate)
            return (.latent(latent), index < denseLayers ? .dense(network) : .experts(experts))
        }
    }
}

extension HeadAttention {
    /// A copy with one property changed.
    func with<Value>(_ path: WritableKeyPath<HeadAttention, Value>, _ value: Value) -> Self {
        var copy = self
        copy[keyPath: path] = value
        return copy
    }
}
