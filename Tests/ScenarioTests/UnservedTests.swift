import Basics
import Foundation
import Testing

@testable import Scenario

/// A model that the engine does not serve runs only where a key says so.
@Suite struct UnservedTests {
    @Test func aKeyAllowsIt() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("headway-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let json = #"""
            {"model_type": "llama", "hidden_size": 1024, "num_hidden_layers": 4,
             "vocab_size": 32000, "num_attention_heads": 8, "intermediate_size": 2048}
            """#
        try Data(json.utf8).write(to: folder.appendingPathComponent("config.json"))
        let name = "model.name=\(folder.path)"
        let plain = try Configuration.read(file: nil, changes: [name])
        let error = #expect(throws: InputError.self) { try plain.resolved() }
        #expect(error?.expected.contains("model.allow_unserved") == true)
        let allowed = try Configuration.read(
            file: nil, changes: [name, "model.allow_unserved=true"])
        let resolved = try allowed.resolved()
        #expect(resolved.warnings.contains { $0.contains("without architectures") })
    }
}
