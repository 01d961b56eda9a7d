import Basics

extension TransformerModel {
    /// Whether the checkpoint has formats by module.
    package var isQuantized: Bool { quantization != nil }

    /// Applies a checkpoint's formats to the modules.
    mutating func take(_ quantization: Quantization) {
        self.quantization = quantization
        formatNotes = quantization.notes
        if let reason = quantization.unserved {
            unserved = reason
            lastRelease = quantization.lastRelease
        }
        var number = -1
        for index in layers.indices {
            if !layers[index].continues { number += 1 }
            let start = "\(layersPath).\(number)."
            layers[index].formats = quantization.formats(
                of: layers[index], start, hidden: hiddenSize)
        }
        predictor?.take(quantization, hidden: hiddenSize)
        nativeWeights = dominantFormat()
    }

    /// The cache format that `kv_cache_dtype: auto` selects: the checkpoint's, if its settings give
    /// one and the weights are in the checkpoint's format too; nil: the model's own type.
    package func checkpointCache(_ weights: WeightFormat) -> CacheFormat? {
        weights == nativeWeights ? quantization?.cache : nil
    }

    /// The note for a cache format that `auto` took from the checkpoint.
    package static func cacheNote(_ cache: CacheFormat) -> String {
        "the KV cache is \(cache.rawValue): kv_cache_dtype auto follows the checkpoint's settings"
    }

    /// Applies the format of a published name. An fp8 checkpoint keeps its own settings if the name
    /// only says fp8.
    mutating func take(_ published: PublishedFormat) {
        guard let asked = published.quantization else {
            self = nativeWeights == .bf16 ? self : stored(as: .bf16)
            return
        }
        if quantization?.method == "fp8", asked.formats.allSatisfy({ $0.name == "fp8" }) { return }
        take(asked)
    }

    /// The model as stored in a deployment's format: the checkpoint's own formats if `format` is
    /// its, else one format for all.
    package func stored(as format: WeightFormat) -> TransformerModel {
        guard quantization != nil, format != nativeWeights else { return self }
        var result = self
        result.quantization = nil
        result.nativeWeights = .bf16
        result.formatNotes = []
        for index in result.layers.indices { result.layers[index].formats = nil }
        result.predictor?.dropFormats()
        return result
    }

    /// The format whose kernels compute most of the weights.
    private func dominantFormat() -> WeightFormat {
        var elements: [WeightFormat: Int64] = [:]
        for layer in layers {
            for matrix in layer.matrices(hidden: hiddenSize) {
                elements[matrix.format(.bf16), default: 0] += matrix.parameters
            }
            guard case .experts(let experts) = layer.feedForward, let formats = layer.formats else {
                continue
            }
            elements[formats.experts.priced, default: 0] +=
                Int64(experts.count) * experts.weightsPerExpert(hidden: hiddenSize)
        }
        return WeightFormat.allCases.max { elements[$0, default: 0] < elements[$1, default: 0] }
            ?? .bf16
    }
}

extension Quantization {
    /// Formats of a layer whose module names begin with `start`.
    func formats(of layer: Layer, _ start: String, hidden: Int) -> LayerFormats {
        var plain = layer
        plain.formats = nil
        let matrices = plain.matrices(hidden: hidden)
        var experts = StoredFormat.plain
        if case .experts(let routed) = layer.feedForward {
            experts = format(of: start + routed.path, .experts)
        }
        let beside =
            switch layer.attention {
            case .heads: attentionBytes
            case .latent: latentAttentionBytes
            case .recurrent, .none: 0
            }
        return LayerFormats(
            matrices: matrices.map {
                $0.isQuantized && (!(followsFiles && $0.name == "router"))
                    ? format(of: start + $0.path, .linear) : .plain
            }, experts: experts, attentionBytes: beside)
    }
}
