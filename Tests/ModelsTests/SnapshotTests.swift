import Basics
import Foundation
import Testing

@testable import Models

/// A checkpoint's folder as `--model` takes it.
@Suite struct SnapshotTests {
    private static let config = #"""
        {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 64,
         "num_hidden_layers": 2, "vocab_size": 128, "num_attention_heads": 4,
         "intermediate_size": 128, "max_position_embeddings": 512}
        """#

    private func withFolder(
        _ files: [String: String], _ body: (String) throws -> Void
    ) throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("headway-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files {
            try Data(text.utf8).write(to: folder.appendingPathComponent(name))
        }
        try body(folder.path)
    }

    @Test func aFolderIsItsConfig() throws {
        try withFolder(["config.json": Self.config]) { folder in
            let model = try Catalogue.model(named: folder)
            #expect(model.layers.count == 2 && model.checkpointBytes == nil)
            #expect(model.unserved == nil && model.architecture == "LlamaForCausalLM")
            let file = try Catalogue.model(named: folder + "/config.json")
            #expect(model == file)
        }
    }

    /// A server cuts its answers at max_new_tokens of generation_config.json.
    @Test func limitsOfAnswersAreNoted() throws {
        func notes(_ generation: String) throws -> [String] {
            var notes: [String] = []
            try withFolder(["config.json": Self.config, "generation_config.json": generation]) {
                notes = try Catalogue.model(named: $0).notes
            }
            return notes
        }
        let cut = try notes(#"{"max_new_tokens": 50}"#)
        #expect(cut.count == 1 && cut[0].hasPrefix("not modelled: max_new_tokens 50 in "))
        #expect(try notes(#"{"temperature": 0.6, "max_new_tokens": null}"#).isEmpty)
        for broken in [#"{"max_new_tokens": 0}"#, #"{"max_new_tokens": "all"}"#, "[]", "", "{"] {
            #expect(throws: InputError.self, "\(broken)") { try notes(broken) }
        }
    }

    /// A size with the prediction layers in it, which a server loads with a draft only, and with
    /// their copies of embedding and head, is the model's own without them.
    @Test func predictionLayersAreTakenOffTheIndex() throws {
        let config = #"""
            {"model_type": "glm4_moe", "architectures": ["Glm4MoeForCausalLM"],
             "num_hidden_layers": 4, "hidden_size": 512, "moe_intermediate_size": 256,
             "intermediate_size": 1024, "vocab_size": 4096, "num_attention_heads": 8,
             "num_key_value_heads": 8, "head_dim": 64, "n_routed_experts": 8,
             "n_shared_experts": 1, "num_experts_per_tok": 2, "n_group": 1, "topk_group": 1,
             "first_k_dense_replace": 1, "num_nextn_predict_layers": 1}
            """#
        try withFolder(["config.json": config]) { folder in
            let model = try Catalogue.model(named: folder)
            let whole = model.createdWeightBytesPerGPU(Deployment())
            let draft = try Draft.ownLayers(of: model, tokens: 1)
            let layers = draft.weightBytes(beside: Deployment())
            #expect(layers > whole / 20)
            let copies = 2 * (model.embeddingParameters + model.headParameters)
            for (size, own) in [
                (whole, whole), (whole + layers, whole), (whole + layers + copies, whole),
                (whole + layers / 2, whole + layers / 2), (whole + 99, whole + 99),
            ] {
                let index = "{\"metadata\": {\"total_size\": \(size)}}"
                let files = ["config.json": config, "model.safetensors.index.json": index]
                try withFolder(files) { folder in
                    let model = try Catalogue.model(named: folder)
                    #expect(model.checkpointBytes == own)
                }
            }
        }
    }

    @Test func theIndexSaysTheBytesOfTheWeights() throws {
        let index = #"{"metadata": {"total_size": 123456}, "weight_map": {}}"#
        let files = ["config.json": Self.config, "model.safetensors.index.json": index]
        try withFolder(files) { folder in
            let model = try Catalogue.model(named: folder)
            #expect(model.checkpointBytes == 123_456)
            #expect(model.weightBytesPerGPU(Deployment()) == 123_456)
            #expect(model.weightsNotes(nil).contains { $0.contains("total_size of") })
        }
        for size in ["-1", "5", "9000000", "\"x\""] {
            let bad = "{\"metadata\": {\"total_size\": \(size)}}"
            try withFolder(["config.json": Self.config, "model.safetensors.index.json": bad]) {
                folder in
                #expect(throws: InputError.self) { try Catalogue.model(named: folder) }
            }
        }
    }

    @Test func aFolderWithoutConfigIsOneClearError() throws {
        try withFolder([:]) { folder in
            let error = #expect(throws: InputError.self) { try Catalogue.model(named: folder) }
            #expect(error?.problem == "is a folder without config.json or Mistral's params.json")
        }
    }
}

/// Files that the engine does not serve, or that nobody knows.
@Suite struct RefusalTests {
    private func model(_ json: String) throws -> TransformerModel {
        try HuggingFaceConfig.model(Data(json.utf8), place: "c.json")
    }

    private let sizes = #"""
        "hidden_size": 64, "num_hidden_layers": 2, "vocab_size": 128, "num_attention_heads": 4,
         "num_key_value_heads": 4, "intermediate_size": 128, "max_position_embeddings": 512}
        """#

    @Test func anUnknownFamilyIsRefusedThoughEveryFieldIsThere() {
        let json = #"{"model_type": "foo", "architectures": ["FooForCausalLM"], "# + sizes
        let error = #expect(throws: InputError.self) { try model(json) }
        #expect(error?.problem.contains("\"foo\" is not known (class FooForCausalLM)") == true)
        #expect(error?.description.contains("may describe it") == false)
    }

    @Test func aFormerClassIsReadAndNotServed() throws {
        let json =
            #"{"model_type": "arctic", "architectures": ["ArcticForCausalLM"], "#
            + #""num_local_experts": 8, "num_experts_per_tok": 2, "# + sizes
        let read = try model(json)
        #expect(read.unserved?.problem.contains("last to serve it is 0.28.0") == true)
    }

    @Test func aFileWithoutClassesIsReadAndNotServed() throws {
        let read = try model(#"{"model_type": "llama", "# + sizes)
        #expect(read.unserved?.problem.contains("without architectures") == true)
        #expect(
            try model(#"{"model_type": "llama", "architectures": ["LlamaForCausalLM"], "# + sizes)
                .unserved == nil)
    }

    @Test func aWrapperWithoutRuleSaysWhy() {
        let json =
            #"{"model_type": "whisper", "architectures": ["WhisperForConditionalGeneration"], "#
            + sizes
        let error = #expect(throws: InputError.self) { try model(json) }
        #expect(error?.problem.contains("nothing says how its layers are made") == true)
    }
}
