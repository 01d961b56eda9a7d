import Basics
import Foundation

/// Reads other files of a checkpoint's folder, beside config.json.
package enum Snapshot {
    /// The config inside a checkpoint's folder: config.json, or else Mistral's params.json; nil if
    /// there is none.
    package static func config(in folder: String) -> String? {
        guard !folder.isEmpty else { return nil }
        return ["config.json", "params.json"].map { folder.appending(pathComponent: $0) }
            .first(where: FileSystem.exists)
    }

    /// Notes a limit on every answer in generation_config.json, which the server reads unless
    /// `--generation-config vllm` is given (vLLM 0.33.0's help of that flag).
    static func readGeneration(beside path: String, into model: inout TransformerModel) throws {
        let file = path.containingFolder.appending(pathComponent: "generation_config.json")
        guard FileSystem.exists(file) else { return }
        let data = try Data(
            InputFile.contents(file, atMost: 1_000_000, expected: "a generation config"))
        guard case .object(let fields) = try PythonJSON.value(data, place: file) else {
            throw InputError(file, "is not a JSON object", expected: "a generation_config.json")
        }
        guard let field = fields["max_new_tokens"], field != .null else { return }
        guard let tokens = field.integer, tokens > 0 else {
            throw InputError(
                file, "max_new_tokens is \(field.description)", expected: "a number of tokens")
        }
        model.notes.append(
            "not modelled: max_new_tokens \(tokens) in \(file), to which a server cuts every "
                + "answer (unless --generation-config vllm): answers keep the trace's lengths")
    }

    /// Sets the size of the weights from model.safetensors.index.json, if it exists.
    static func read(beside path: String, into model: inout TransformerModel) throws {
        let index = path.containingFolder.appending(
            pathComponent: "model.safetensors.index.json")
        guard FileSystem.exists(index) else { return }
        let data = try Data(
            InputFile.contents(index, atMost: 256_000_000, expected: "a list of weights"))
        guard case .object(let fields) = try PythonJSON.value(data, place: index),
            case .object(let metadata)? = fields["metadata"], let total = metadata["total_size"]
        else { return }
        guard let bytes = total.integer, bytes > 0 else {
            throw InputError(
                index, "total_size is \(total.description)", expected: "a number of bytes")
        }
        try take(Int64(bytes), from: index, into: &model)
    }

    /// Largest deviation between the matrices' sum and the file's size that needs no note, as a
    /// share.
    static let quietShare = 0.02

    /// Sets the size, with a note if the matrices give another one.
    ///
    /// float32 checkpoints are loaded in 16 bits: half their size. For methods that quantise during
    /// loading, the checkpoint's format differs from the one in memory, so the computed size stays.
    private static func take(
        _ bytes: Int64, from index: String, into model: inout TransformerModel
    ) throws {
        guard model.unreadWeights == nil,
            !["torchao", "experts_int8"].contains(model.quantization?.method ?? "")
        else { return }
        let whole = model.createdWeightBytesPerGPU(Deployment(weights: model.nativeWeights))
        var size = bytes
        if model.storesWide, bytes > whole + whole / 2 { size /= 2 }
        size = model.withoutPredictor(size, whole: whole)
        let share = Double(size) / Double(whole)
        guard (0.5...2).contains(share) else {
            throw InputError(
                index,
                "total_size is \(bytes), and the weights that config.json describes are "
                    + "\(whole) bytes",
                expected: "the index of the same checkpoint, or no such file")
        }
        model.checkpointBytes = size
        guard abs(share - 1) > quietShare else { return }
        model.formatNotes.append(
            "weights are \(Quantity.decimal(Double(size) / 1e9, 2)) GB as total_size of "
                + "\(index) has it; the shape alone makes "
                + "\(Quantity.decimal(Double(whole) / 1e9, 2)) GB")
    }
}

extension TransformerModel {
    /// A checkpoint's size without its prediction layers, which are loaded with a draft only: where
    /// the size is that of the model with them, with or without the copies of embedding and head
    /// that some publishers store beside each.
    fileprivate func withoutPredictor(_ size: Int64, whole: Int64) -> Int64 {
        guard let draft = try? Draft.ownLayers(of: self, tokens: 1), let predictor else {
            return size
        }
        let layers = draft.weightBytes(beside: Deployment(weights: nativeWeights))
        let copies = 2 * Int64(predictor.modules) * (embeddingParameters + headParameters)
        func distance(_ further: Int64) -> Int64 { abs(size - whole - further) }
        let nearest = [0, layers, layers + copies].min { distance($0) < distance($1) } ?? 0
        // Scales and tables that nobody counts leave a rest.
        return 1000 * distance(nearest) < 2 * whole ? size - nearest : size
    }
}
