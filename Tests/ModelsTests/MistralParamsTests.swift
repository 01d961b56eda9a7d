import Basics
import Foundation
import TestSupport
import Testing

@testable import Models

/// Mistral's params.json, against vLLM 0.33.0's classes built without memory on a pretended H100
/// (`config_format` mistral): bytes on one GPU and on one of two, bytes a token of all caches and
/// of those without a window, and the longest context.
@Suite struct MistralParamsTests {
    private static let base = """
        "dim": 5120, "n_layers": 40, "head_dim": 128, "n_heads": 32, "n_kv_heads": 8,
        "rope_theta": 1e9, "norm_eps": 1e-5, "vocab_size": 131072
        """
    private static let vision = """
        "hidden_size": 1024, "num_channels": 3, "image_size": 1540, "rope_theta": 1e4,
        "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16,
        "image_token_id": 10
        """
    private static let merger = """
        "vision_encoder": {\(vision), "patch_size": 14, "adapter_bias": false,
        "mm_projector_id": "patch_merge", "spatial_merge_size": 2,
        "add_pre_mm_projector_layer_norm": true}
        """
    private static let fp8 =
        #""quantization": {"qformat_weight": "fp8_e4m3", "qscheme_act": "TENSOR"}"#
    private static let latent = """
        "dim": 7168, "n_layers": 61, "head_dim": 192, "hidden_dim": 16384, "n_heads": 128,
        "n_kv_heads": 128, "vocab_size": 131072, "tied_embeddings": false,
        "max_position_embeddings": 294912, "q_lora_rank": 1536, "qk_rope_head_dim": 64,
        "qk_nope_head_dim": 128, "kv_lora_rank": 512, "v_head_dim": 128, \(fp8),
        "yarn": {"original_max_position_embeddings": 8192, "factor": 36, "beta": 32, "alpha": 1},
        "llama_4_scaling": {"original_max_position_embeddings": 8192, "beta": 0.1},
        "moe": {"route_every_n": 1, "first_k_dense_replace": 3, "num_experts": 128,
        "num_experts_per_tok": 4, "num_expert_groups": 1, "num_expert_groups_per_tok": 1,
        "routed_scale": 1.0, "expert_hidden_dim": 4096, "num_shared_experts": 1}
        """
    private static let dense = """
        "dim": 2048, "n_layers": 4, "head_dim": 192, "hidden_dim": 4096, "n_heads": 16,
        "n_kv_heads": 16, "vocab_size": 4096, "q_lora_rank": 512, "qk_rope_head_dim": 64,
        "qk_nope_head_dim": 128, "kv_lora_rank": 512, "v_head_dim": 128
        """
    private static let speech = """
        "dim": 3072, "n_layers": 30, "head_dim": 128, "hidden_dim": 8192, "n_heads": 32,
        "n_kv_heads": 8, "vocab_size": 131072, "max_position_embeddings": 32768, "multimodal":
        {"whisper_model_args": {"encoder_args": {"audio_encoding_args": {"num_mel_bins": 128},
        "dim": 1280, "n_layers": 32, "head_dim": 64, "hidden_dim": 5120, "n_heads": 20,
        "vocab_size": 51866, "max_source_positions": 1500},
        "downsample_args": {"downsample_factor": 4}}}
        """

    struct Row: CustomTestStringConvertible {
        var testDescription: String
        var fields: String
        var numbers: [Int]
    }

    private static let rows = [
        Row(
            testDescription: "Pixtral-12B",
            fields: base + #", "hidden_dim": 14336, "vision_encoder": {"patch_size": 16, "#
                + vision + "}",
            numbers: [25_365_479_424, 12_715_458_560, 163_840, 163_840, 128_000]),
        Row(
            testDescription: "Mistral-Small-3.1",
            fields: base + #", "hidden_dim": 32768, "max_position_embeddings": 131072, "# + merger,
            numbers: [48_022_722_560, 24_048_080_896, 163_840, 163_840, 131_072]),
        Row(
            testDescription: "the same in fp8",
            fields: base + #", "hidden_dim": 32768, "max_position_embeddings": 262144, "# + merger
                + ", " + fp8,
            numbers: [25_792_913_920, 12_933_177_856, 163_840, 163_840, 262_144]),
        Row(
            testDescription: "windows that repeat",
            fields: """
                "dim": 4096, "n_layers": 36, "head_dim": 128, "hidden_dim": 12288, "n_heads": 32,
                "n_kv_heads": 8, "vocab_size": 131072, "max_position_embeddings": 131072,
                "sliding_window": [null, 32768, 32768, 32768]
                """,
            numbers: [16_039_616_512, 8_020_107_264, 147_456, 36_864, 131_072]),
        Row(
            testDescription: "Mistral-Large-3",
            fields: latent + ", "
                + merger.replacing("1024", with: "1664").replacing("24,", with: "48,")
                .replacing("4096", with: "8192"),
            numbers: [680_494_686_528, 340_838_900_032, 70_272, 70_272, 294_912]),
        Row(
            testDescription: "latent, without experts", fields: dense,
            numbers: [315_666_432, 166_768_640, 4_608, 4_608, 128_000]),
        Row(
            testDescription: "Voxtral-Mini", fields: speech,
            numbers: [9_356_464_128, 4_713_082_880, 122_880, 122_880, 32_768]),
    ]

    @Test(arguments: rows)
    func formsAreTheEngines(row: Row) throws {
        let model = try HuggingFaceConfig.model(Data("{\(row.fields)}".utf8), place: "params.json")
        #expect(model.unserved == nil)
        func weights(_ size: Int) -> Int {
            Int(
                model.createdWeightBytesPerGPU(
                    Deployment(tensorParallel: size, weights: model.nativeWeights)))
        }
        var (all, unwindowed) = (0, 0)
        for spec in model.layers.flatMap({ $0.cacheSpecs(tensorParallel: 1, cache: .bf16) }) {
            all += Int(spec.rowBytes)
            if spec.window == nil { unwindowed += Int(spec.rowBytes) }
        }
        #expect([weights(1), weights(2), all, unwindowed, model.maxContext] == row.numbers)
    }

    @Test(arguments: [
        (#""dim": 512, "n_layers": 4"#, "vocab_size is missing"),
        (#""dim": 512, "n_layers": 4, "model_type": "mamba""#, "model_type \"mamba\" is not read"),
        (base + #", "hidden_dim": 9, "moe": {"num_experts": 8}"#, "moe without"),
        (base + #", "hidden_dim": 9, "quantization": {"qformat_weight": "int3"}"#, "quantization"),
        (base + #", "hidden_dim": 9, "sliding_window": []"#, "sliding_window"),
        (base + #", "hidden_dim": 9, "vision_encoder": 5"#, "vision_encoder is 5"),
        (base + #", "hidden_dim": 9, "multimodal": {}"#, "multimodal"),
    ])
    func whatIsNotReadIsNamed(fields: String, named: String) {
        let message = refusal {
            _ = try HuggingFaceConfig.model(Data("{\(fields)}".utf8), place: "params.json")
        }
        #expect(message.contains(named))
    }

    /// A folder's config.json comes first.
    @Test func aFolderMayHoldParamsAlone() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "params-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let text = "{\(Self.dense)}"
        try text.write(
            to: folder.appendingPathComponent("params.json"), atomically: true, encoding: .utf8)
        let model = try Catalogue.model(named: folder.path)
        #expect(model.architecture == "MistralLarge3ForCausalLM" && model.layers.count == 4)
        try "{}".write(
            to: folder.appendingPathComponent("config.json"), atomically: true, encoding: .utf8)
        #expect(throws: InputError.self) { try Catalogue.model(named: folder.path) }
    }
}
