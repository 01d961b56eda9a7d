import Basics
import Foundation
import Testing

@testable import Models

private func llama(_ fields: String, type: String = "llama") throws -> TransformerModel {
    let json = """
        {"model_type": "\(type)", "hidden_size": 2048, "num_hidden_layers": 16,
         "num_attention_heads": 16, "num_key_value_heads": 8, "vocab_size": 32000,
         "intermediate_size": 5632\(fields.isEmpty ? "" : ", " + fields)}
        """
    return try HuggingFaceConfig.model(Data(json.utf8), place: "m/config.json")
}

/// Lengths as vLLM 0.33.0 derives them (`_get_and_verify_max_len`).
@Suite struct ContextTests {
    private static func scaled(_ length: Int, _ rope: String) -> String {
        "\"max_position_embeddings\": \(length), \"rope_scaling\": \(rope)"
    }

    private static let lengths: [(String, Int)] = [
        (#""max_position_embeddings": 4096"#, 4096), (scaled(4096, "null"), 4096),
        (scaled(4096, #"{"type": "linear", "factor": 8}"#), 32_768),
        (scaled(4096, #"{"type": "dynamic", "factor": 2.0}"#), 8192),
        (scaled(4096, #"{"rope_type": "linear", "factor": 1.3}"#), 5324),
        (scaled(4096, #"{"rope_type": "default", "factor": 2}"#), 8192),
        (scaled(4096, #"{"type": "mrope", "mrope_section": [1]}"#), 4096),
        (scaled(4096, #"{"rope_type": "yarn", "factor": 4.0}"#), 4096),
        (scaled(131_072, #"{"rope_type": "llama3", "factor": 8.0}"#), 131_072),
        // The newer name, and one object for each kind of layers.
        (
            #""max_position_embeddings": 4096, "#
                + #""rope_parameters": {"rope_type": "linear", "factor": 2.0}"#, 8192
        ),
        (
            #""max_position_embeddings": 4096, "rope_parameters": {"full_attention": "#
                + #"{"rope_type": "linear", "factor": 2}, "sliding_attention": {}}"#, 8192
        ),
        (#""max_position_embeddings": 8192, "model_max_length": 131072"#, 131_072),
        (#""max_position_embeddings": 8192, "model_max_length": 4096"#, 4096),
        (#""max_position_embeddings": 8192, "seq_length": 2048"#, 2048),
        (#""n_positions": 1024"#, 1024), (#""max_sequence_length": 3000"#, 2048), ("", 2048),
    ]

    @Test(arguments: 0..<17)
    func lengthsAreTheEngines(index: Int) throws {
        let (fields, length) = Self.lengths[index]
        let model = try llama(fields)
        #expect(model.maxContext == length, "\(fields)")
        #expect(model.contextLimit >= length)
    }

    @Test func ropeWithoutRuleIsRefused() {
        for rope in [#"{"rope_type": "newest", "factor": 2}"#, #"{"type": "linear"}"#] {
            #expect(throws: InputError.self) { try llama(Self.scaled(4096, rope)) }
        }
    }

    @Test func longRopeStartsShort() throws {
        let rope = #""max_position_embeddings": 131072, "rope_scaling": {"type": "longrope"}"#
        let model = try llama(#""original_max_position_embeddings": 4096, "# + rope, type: "phi3")
        #expect(model.maxContext == 4096 && model.contextLimit == 131_072)
        // The class has 4,096 where the file says nothing.
        #expect(try llama(rope, type: "phi3").maxContext == 4096)
        let plain = #""max_position_embeddings": 16384, "original_max_position_embeddings": 4096"#
        #expect(try llama(plain, type: "phi3").maxContext == 16_384)
    }

    @Test func gemma3IsNotScaled() throws {
        let fields = Self.scaled(8192, #"{"rope_type": "linear", "factor": 8}"#)
        #expect(try llama(fields, type: "gemma3_text").maxContext == 8192)
    }

    @Test func aModelWithoutPositionsHasNoLimit() throws {
        let model = try Catalogue.model(named: "falcon-mamba-7b")
        #expect(model.maxContext == 2048 && model.contextLimit == .max)
        #expect(try Catalogue.model(named: "llama-3.1-8b").contextLimit == 131_072)
    }

    @Test(arguments: [
        #""rope_scaling": {"type": "linear", "factor": "8"}"#,
        #""rope_scaling": {"type": "linear", "factor": 0}"#,
        #""rope_scaling": {"type": "linear", "factor": -2}"#,
        #""max_position_embeddings": 1000000, "rope_scaling": {"type": "linear", "factor": 1e9}"#,
        #""rope_scaling": [1]"#, #""max_position_embeddings": 1e30"#,
    ])
    func lengthsThatMakeNoSenseAreRefused(fields: String) {
        let error = #expect(throws: InputError.self) { try llama(fields) }
        #expect(error?.place == "m/config.json")
    }
}

/// What a checkpoint's weights take, or that it is not known.
@Suite struct CheckpointTests {
    private static let known: [(String, WeightFormat)] = [
        (#"{"quant_method": "fp8", "activation_scheme": "static"}"#, .fp8),
        (#"{"quant_method": "fbgemm_fp8"}"#, .fp8),
        // The experts only, and a Llama has none.
        (#"{"quant_method": "mxfp4"}"#, .bf16),
        (#"{"quant_method": "awq", "bits": 4}"#, .int4),
        (#"{"quant_method": "awq_marlin", "bits": 4}"#, .int4),
        (#"{"quant_method": "gptq", "w_bit": 4}"#, .int4),
        (#"{"quant_method": "gptq", "bits": 8}"#, .int8),
        (#"{"quant_method": "modelopt", "quant_algo": "FP8"}"#, .fp8),
        (#"{"quant_method": "auto-round", "bits": 4}"#, .int4),
        (#"{"quantization": {"quant_algo": "FP8"}, "producer": {"name": "modelopt"}}"#, .fp8),
    ]

    @Test(arguments: 0..<10)
    func knownMethodsAreRead(index: Int) throws {
        let (settings, format) = Self.known[index]
        let model = try llama("\"quantization_config\": \(settings)")
        #expect(try model.weights(nil) == format)
        #expect(model.weightsNotes(nil).isEmpty)
    }

    @Test(arguments: [
        #"{"quant_method": "compressed-tensors", "format": "float-quantized"}"#,
        #"{"quant_method": "modelopt", "quant_algo": "W4A8_AWQ"}"#,
        #"{"quant_method": "squeezed", "bits": 4}"#, #"{"quant_method": "quark"}"#,
        #"{"quant_method": "torchao"}"#, #"{"quant_method": "gptq", "bits": 5}"#,
        #"{"quant_method": "awq", "bits": 2}"#,
    ])
    func unknownMethodsAreRefusedUnlessTheFormatIsGiven(settings: String) throws {
        for name in ["quantization_config", "compression_config"] {
            let model = try llama("\"\(name)\": \(settings)")
            let error = #expect(throws: InputError.self) { try model.weights(nil) }
            #expect(error?.expected.contains("model.weights") == true)
            #expect(try model.weights(.int4) == .int4)
            #expect(model.weightsNotes(.int4).first?.contains("taken as int4") == true)
        }
    }

    @Test func aPublishedNameEndsInItsFormat() throws {
        func format(_ name: String) throws -> WeightFormat {
            try Catalogue.model(named: name).weights(nil)
        }
        #expect(try format("RedHatAI/Llama-3.1-70B-Instruct-FP8") == .fp8)
        #expect(try format("meta-llama/Llama-3.1-70B-Instruct") == .bf16)
        #expect(try format("deepseek-v3") == .fp8)
        #expect(try format("deepseek-v3-bf16") == .bf16)
    }

    @Test func settingsWithoutAMethodAreNoted() throws {
        let model = try llama(#""quantization_config": {"quant_algo": "FP8"}"#)
        #expect(try model.weights(nil) == .bf16)
        #expect(model.weightsNotes(nil).first?.contains("no quant_method") == true)
        #expect(try llama(#""quantization_config": null"#).weightsNotes(nil).isEmpty)
    }

    @Test(arguments: [
        #""fp8""#, "[]", "8", #"{"quant_method": 8}"#,
        #"{"quant_method": "fp8", "weight_block_size": 128}"#,
        #"{"quant_method": "fp8", "weight_block_size": [0, 128]}"#,
        #"{"quant_method": "fp8", "weight_block_size": [1e30, 128]}"#,
    ])
    func settingsThatMakeNoSenseAreRefused(settings: String) {
        #expect(throws: InputError.self) { try llama("\"quantization_config\": \(settings)") }
    }

    @Test func settingsOfTheInnerConfigCount() throws {
        let inner = #"{"quantization_config": {"quant_method": "fp8"}}"#
        #expect(try llama("\"text_config\": \(inner)").weights(nil) == .fp8)
        // An inner null does not hide the outer one.
        let both = #""quantization_config": {"quant_method": "fp8"}, "text_config": "#
        #expect(try llama(both + #"{"quantization_config": null}"#).weights(nil) == .fp8)
    }

    @Test func aFileBesideTheConfigIsNotIgnored() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("headway-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let json = #"""
            {"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2, "vocab_size": 100,
             "num_attention_heads": 4, "intermediate_size": 128}
            """#
        let config = folder.appendingPathComponent("config.json")
        try Data(json.utf8).write(to: config)
        #expect(try HuggingFaceConfig.model(file: config.path).weights(nil) == .bf16)
        try Data("{}".utf8).write(to: folder.appendingPathComponent("hf_quant_config.json"))
        let model = try HuggingFaceConfig.model(file: config.path)
        #expect(throws: InputError.self) { try model.weights(nil) }
        // The engine knows modelopt's form by its producer.
        for (producer, format) in [("", WeightFormat.bf16), (#""producer": {}, "#, .nvfp4)] {
            let settings = "{\(producer)" + #""quantization": {"quant_algo": "NVFP4"}}"#
            try Data(settings.utf8).write(
                to: folder.appendingPathComponent("hf_quant_config.json"))
            let model = try HuggingFaceConfig.model(file: config.path)
            #expect(try model.weights(nil) == format)
            #expect(model.formatNotes.isEmpty == (format == .nvfp4))
        }
    }

    @Test func bytesThatAreNoTextAreRefused() {
        let junk = Data(#"{"model_type": "llama", "a"#.utf8) + [0xFF, 0xFE] + Data(#"": 1}"#.utf8)
        #expect(throws: InputError.self) { try HuggingFaceConfig.model(junk, place: "c.json") }
    }
}

/// Layouts that a model's shape or its checkpoint does not allow.
@Suite struct LayoutTests {
    private func check(
        _ model: TransformerModel, _ tensorParallel: Int, experts: Int = 1,
        weights: WeightFormat? = nil
    ) throws {
        var deployment = Deployment(
            tensorParallel: tensorParallel, weights: try model.weights(weights))
        deployment.expertParallel = experts
        try deployment.check(model)
    }

    private let block =
        #""quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]}"#

    @Test func sharesOfScaledBlocksAreWhole() throws {
        // 192 columns of an expert take blocks of 64: 0.33.0 serves it.
        for size in [1, 2, 4, 8] { try check(Catalogue.model(named: "minimax-m2.5"), size) }
        let json = #"""
            {"model_type": "qwen3_moe", "hidden_size": 2048, "moe_intermediate_size": 384,
             "head_dim": 128, "num_hidden_layers": 16, "num_attention_heads": 16, "num_experts": 16,
             "num_key_value_heads": 8, "num_experts_per_tok": 4, "vocab_size": 32000,
             "intermediate_size": 4096,
            """# + block + "}"
        let model = try HuggingFaceConfig.model(Data(json.utf8), place: "c.json")
        for size in [1, 2, 4] { try check(model, size) }
        let error = #expect(throws: InputError.self) { try check(model, 8) }
        #expect(error?.description.contains("48 of the 384") == true)
        #expect(error?.description.contains("block of 128") == true)
        // Whole experts, or weights without blocks, may be spread.
        try check(model, 8, experts: 8)
        try check(model, 8, weights: .bf16)
        for name in ["deepseek-v3", "kimi-k2"] {
            for size in [1, 2, 4, 8] { try check(Catalogue.model(named: name), size) }
        }
    }

    @Test func denseColumnsOfScaledBlocksAreWhole() throws {
        let json = #"""
            {"model_type": "qwen3", "hidden_size": 2048, "intermediate_size": 384, "head_dim": 128,
             "num_hidden_layers": 16, "num_attention_heads": 16, "num_key_value_heads": 8,
             "vocab_size": 32000,
            """# + block + "}"
        let model = try HuggingFaceConfig.model(Data(json.utf8), place: "c.json")
        try check(model, 1)
        let error = #expect(throws: InputError.self) { try check(model, 2) }
        #expect(error?.description.contains("192") == true)
        // Scales per tensor have no blocks to cut.
        let plain = json.replacing(#", "weight_block_size": [128, 128]"#, with: "")
        try check(HuggingFaceConfig.model(Data(plain.utf8), place: "c.json"), 2)
    }

    @Test func expertsStayInTheirGroup() throws {
        var deployment = Deployment(tensorParallel: 4)
        for size in [1, 2, 4] {
            deployment.expertParallel = size
            try deployment.checkRanks()
        }
        deployment.expertParallel = 8
        let error = #expect(throws: InputError.self) { try deployment.checkRanks() }
        #expect(error?.place == "engine.expert_parallel_size")
    }
}
