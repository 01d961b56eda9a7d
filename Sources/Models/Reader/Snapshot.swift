import Basics
import Foundation

/// What stands beside a config.json in the folder of a checkpoint.
enum Snapshot {
    /// Takes the size of the weights from model.safetensors.index.json, where there is one.
    static func read(beside path: String, into model: inout TransformerModel) throws {
        let index = path.containingFolder.appending(
            pathComponent: "model.safetensors.index.json")
        guard FileSystem.exists(index) else { return }
        let data = try Data(
            InputFile.contents(index, atMost: 256_000_000, expected: "a list of weights"))
        guard case .object(let fields) = try JSON5.decode(JSONField.self, from: data, place: index),
            case .object(let metadata)? = fields["metadata"], let total = metadata["total_size"]
        else { return }
        guard let bytes = total.integer, bytes > 0 else {
            throw InputError(
                index, "total_size is \(total.description)", expected: "a number of bytes")
        }
        model.checkpointBytes = Int64(bytes)
    }
}
