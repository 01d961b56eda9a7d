/// The layers of a checkpoint for multi-token prediction (MTP). The engine loads and caches them
/// only if the server drafts with them.
package struct Predictor: Equatable, Sendable {
    /// Modules. Each drafts one token; a single one drafts all of them.
    package var modules: Int
    /// Their decoder layers, by module.
    package var layers: [Layer]
    /// The prefix of each layer's module names.
    var starts: [String]
    /// The matrices that join a token's embedding with the model's hidden state.
    package var matrices: [Projection]
    /// Elements of the norms outside the layers.
    package var normWeights: Int
    /// Other weights outside the layers, and the hidden state's streams that pass from step to step
    /// (DeepSeek-V4).
    var vectors: [WeightVector] = []
    package var streams = 1
    /// The ends of the names of modules that stay in 16 bits whatever the checkpoint's lists say.
    var plainModules: [String] = []

    /// Whether the engine builds no more modules than it drafts tokens (Inkling).
    var isCutToDrafts = false

    /// The part that is built for so many drafted tokens. Each module has one layer.
    func built(for tokens: Int) -> Predictor {
        guard isCutToDrafts, tokens < modules, tokens > 0, layers.count == modules else {
            return self
        }
        var part = self
        part.modules = tokens
        part.layers = Array(layers.prefix(tokens))
        part.starts = Array(starts.prefix(tokens))
        part.matrices = Array(matrices.prefix(matrices.count / modules * tokens))
        part.normWeights = normWeights / modules * tokens
        return part
    }

    /// Number of parameters, without the embedding and the head shared with the model.
    package func parameters(hidden: Int) -> Int64 {
        let beside = Int64(normWeights + vectors.elements)
        return layers.reduce(matrices.reduce(beside) { $0 + $1.parameters }) {
            $0 + $1.parameters(hidden: hidden)
        }
    }

    /// Applies a checkpoint's formats to the modules.
    mutating func take(_ quantization: Quantization, hidden: Int) {
        for index in layers.indices {
            var formats = quantization.formats(
                of: layers[index], starts[index], hidden: hidden)
            formats.experts = quantization.predictorExperts ?? formats.experts
            for (place, matrix) in layers[index].matrices(hidden: hidden).enumerated()
            where plainModules.contains(where: matrix.path.hasSuffix) {
                formats.matrices[place] = .plain
            }
            layers[index].formats = formats
        }
        // NVFP4 checkpoints keep the joining matrix in 16 bits, listed or not (vLLM 0.33.0).
        let isPlain = quantization.method == "modelopt_fp4"
        for index in matrices.indices where matrices[index].isQuantized {
            matrices[index].stored =
                isPlain ? .plain : quantization.format(of: matrices[index].path, .linear)
        }
    }

    /// Removes the formats.
    mutating func dropFormats() {
        for index in layers.indices { layers[index].formats = nil }
        for index in matrices.indices { matrices[index].stored = nil }
    }
}
