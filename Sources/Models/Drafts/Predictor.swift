/// The layers that a checkpoint has besides the model's own, to predict further tokens
/// (multi-token prediction, MTP): loaded and cached only where the server drafts with them.
package struct Predictor: Equatable, Sendable {
    /// Modules: each drafts one token, and the first drafts all where it is the only one.
    package var modules: Int
    /// Their decoder layers, module by module.
    package var layers: [Layer]
    /// What stands before the names of each layer's modules.
    var starts: [String]
    /// The matrices that join a word's embedding and the model's hidden state.
    package var matrices: [Projection]
    /// Elements of the norms beside those of the layers.
    package var normWeights: Int
    /// Other weights beside the layers, and streams of the hidden state that go from step to step
    /// (DeepSeek-V4).
    var vectors: [WeightVector] = []
    package var streams = 1

    /// Elements of all, without the embedding and the head that they share with the model.
    package func parameters(hidden: Int) -> Int64 {
        let beside = Int64(normWeights + vectors.elements)
        return layers.reduce(matrices.reduce(beside) { $0 + $1.parameters }) {
            $0 + $1.parameters(hidden: hidden)
        }
    }

    /// Lays a checkpoint's formats over the modules.
    mutating func take(_ quantization: Quantization, hidden: Int) {
        for index in layers.indices {
            layers[index].formats = quantization.formats(
                of: layers[index], starts[index], hidden: hidden)
        }
        // NVFP4 checkpoints keep the joining matrix in 16 bits, named or not (vLLM 0.33.0).
        let isPlain = quantization.method == "modelopt_fp4"
        for index in matrices.indices where matrices[index].isQuantized {
            matrices[index].stored =
                isPlain ? .plain : quantization.format(of: matrices[index].path, .linear)
        }
    }

    /// Takes the formats off again.
    mutating func dropFormats() {
        for index in layers.indices { layers[index].formats = nil }
        for index in matrices.indices { matrices[index].stored = nil }
    }
}
