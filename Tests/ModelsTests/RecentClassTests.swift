import Basics
import Foundation
import TestSupport
import Testing

@testable import Models

/// Classes of 2026 whose layers are of kinds of their own: published totals, what the engine
/// refuses, and files that are wrong.
@Suite struct RecentClassTests {
    private func corpus(_ name: String) throws -> [String: JSONField] {
        let file = packageRoot.appendingPathComponent(
            "Tests/Fuzz/corpus/config/Class-\(name).json")
        let value = try PythonJSON.value(Data(contentsOf: file), place: name)
        guard case .object(let fields) = value else { return [:] }
        return fields
    }

    private func model(_ json: String) throws -> TransformerModel {
        try HuggingFaceConfig.model(Data(json.utf8), place: "m/config.json")
    }

    /// The engine's class for Dory: 164,211,968 parameters; bytes a token with a cache for each of
    /// three loops, and with one for all. It takes one GPU.
    @Test(arguments: [("dory", 20_480), ("dory_one_cache", 8192)])
    func loopsShareWeights(name: String, bytesPerToken: Int64) throws {
        let file = packageRoot.appendingPathComponent(
            "Tests/Fuzz/corpus/config/Class-\(name).json")
        let model = try HuggingFaceConfig.model(file: file.path)
        #expect(model.totalParameters == 164_211_968)
        #expect(model.createdWeightBytesPerGPU(Deployment()) == 328_423_936)
        let bytes = model.layers.flatMap { $0.cacheSpecs(tensorParallel: 1, cache: .bf16) }
            .reduce(0) { $0 + $1.rowBytes }
        #expect(bytes == bytesPerToken)
        try Deployment().check(model)
        #expect(throws: InputError.self) { try Deployment(tensorParallel: 2).check(model) }
    }

    /// IFM/K2-Horizon-7B: 8,999,178,240 parameters in its safetensors files.
    @Test func k2HorizonIsThePublishers() throws {
        let model = try model(
            #"""
            {"architectures": ["K2HorizonForCausalLM"], "model_type": "k2_horizon",
             "auto_map": {"AutoConfig": "x"}, "hidden_size": 4096, "num_hidden_layers": 36,
             "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128,
             "intermediate_size": 12288, "vocab_size": 250624, "num_experts": 0,
             "mova_num_experts": 0, "layernorm_num_groups": 8, "query_key_norm": false,
             "attention_gate_func": null, "max_position_embeddings": 524288}
            """#)
        #expect(model.totalParameters == 8_999_178_240)
        #expect(model.activeParametersOfDecoder == model.totalParameters)
    }

    /// Qwen3.8-Flash-Next: about 180 billion parameters, 121 of them in experts and 51 in a table
    /// of n-grams. A token takes ten of 512 experts.
    @Test func qwenFlashNextIsThePublishers() throws {
        let model = try model(
            #"""
            {"architectures": ["Qwen4ExpForCausalLM"], "model_type": "qwen4_exp_text",
             "hidden_size": 2560, "num_hidden_layers": 48, "num_attention_heads": 24,
             "num_key_value_heads": 2, "head_dim": 256, "vocab_size": 248320,
             "linear_num_key_heads": 16, "linear_num_value_heads": 48, "hc_count": 4,
             "linear_key_head_dim": 128, "linear_value_head_dim": 128, "hc_lowrank": 320,
             "moe_intermediate_size": 640, "shared_expert_intermediate_size": 640,
             "num_experts": 512, "num_experts_per_tok": 10, "ple_layer_ids": [2],
             "ple_embed_dim": 2560, "ngram_vocab_size_base": 20000000, "eos_token_id": 2,
             "indexer_n_heads": 4, "indexer_kv_heads": 1, "indexer_head_dim": 128,
             "indexer_budget": 2048, "indexer_compress_ratio": 4,
             "max_position_embeddings": 262144, "mamba_ssm_dtype": "float32"}
            """#)
        let billions = Double(model.totalParameters) / 1e9
        #expect(abs(billions / 180 - 1) < 0.02, "\(billions)")
        #expect(abs(Double(model.hostParameters) / 51.2e9 - 1) < 0.01)
        // Twelve layers with two heads of 256, and a mean key of 128 for four tokens.
        let rows = model.layers.flatMap { $0.cacheSpecs(tensorParallel: 1, cache: .bf16) }
            .reduce(0.0) { $0 + Double($1.rowBytes) / Double($1.tokensPerRow) }
        #expect(rows == 12 * (2 * 2 * 256 * 2 + 128 * 2 / 4))
    }

    /// Inkling by hand: 64 layers of 258 experts, two dense ones, and 66 attentions with the
    /// distances' projections and the convolutions; its card says 975 billion with the layers that
    /// predict further tokens and its towers.
    @Test func inklingIsTheSumOfItsParts() throws {
        let local = (0..<66).filter { ($0 + 1) % 6 != 0 }
        let model = try model(
            #"""
            {"architectures": ["InklingForConditionalGeneration"],
             "model_type": "inkling_mm_model", "text_config": {
             "hidden_size": 6144, "num_hidden_layers": 66, "vocab_size": 201024,
             "unpadded_vocab_size": 200058, "num_attention_heads": 64,
             "num_key_value_heads": 8, "head_dim": 128, "swa_num_attention_heads": 64,
             "swa_num_key_value_heads": 16, "swa_head_dim": 128, "d_rel": 16,
             "rel_extent": 1024, "sliding_window_size": 512, "dense_mlp_idx": 2,
             "dense_intermediate_size": 24576, "intermediate_size": 3072,
             "n_routed_experts": 256, "num_experts_per_tok": 6, "n_shared_experts": 2,
             "use_global_scale": true, "use_gate_bias": true, "use_sconv": true,
             "use_embed_norm": true, "shared_expert_sink": true,
             "model_max_length": 1048576, "local_layer_ids": \#(local)}}
            """#)
        let experts = 64 * 258 * 3 * 6144 * 3072 + 2 * 3 * 6144 * 24_576
        let heads = 66 * 6144 * (2 * 8192 + 1024) + 6144 * 128 * 2 * (11 * 8 + 55 * 16)
        let words = 2 * 201_024 * 6144
        let sum = Double(experts + heads + words)
        #expect(abs(Double(model.totalParameters) / sum - 1) < 0.0005, "\(sum)")
        #expect(sum > 945e9 && sum < 948e9)
    }

    /// A field of a corpus file changed, and what the error names.
    @Test(arguments: [
        ("qwen4_indexer", "hc_count", "1", "hc_count"),
        ("qwen4_indexer", "hc_count", "-1", "hc_count"),
        ("qwen4_indexer", "indexer_kv_heads", "2", "indexer_kv_heads"),
        ("qwen4_indexer", "indexer_budget", "7", "indexer_budget"),
        ("qwen4_indexer", "indexer_head_dim", "null", "indexer_head_dim"),
        ("qwen4_ngrams", "ple_layer_ids", "[0]", "ple_layer_ids"),
        ("qwen4_ngrams", "ple_layer_ids", "[4]", "ple_layer_ids"),
        ("qwen4_ngrams", "ple_layer_ids", "3", "ple_layer_ids"),
        ("qwen4_ngrams", "ple_embed_dim", "500", "ple_embed_dim"),
        ("qwen4_ngrams", "ngram_size", "1", "ngram_size"),
        ("qwen4_ngrams", "ngram_vocab_size_base", "9223372036854775808", "ngram_vocab_size"),
        ("step5", "sparse_config", "null", "sparse_config"),
        ("step5", "sparse_config", "[]", "sparse_config"),
        ("step5", "sparse_config", "{\"num_provider_groups\": 3}", "sparse_config"),
        ("step5", "use_moe_router_bias", "false", "use_moe_router_bias"),
        ("step5", "head_dim", "128", "heads of 128"),
        ("step5", "layer_types", "[\"full_attention\"]", "layer_types"),
        ("inkling", "n_shared_experts", "0", "n_shared_experts"),
        ("inkling", "shared_expert_sink", "false", "shared_expert_sink"),
        ("inkling", "swa_num_key_value_heads", "3", "num_key_value_heads"),
        ("k2horizon_mova", "mova_num_experts_per_tok", "9", "mova_num_experts_per_tok"),
        ("k2horizon_mova", "attention_gate_func", "\"tanh\"", "attention_gate_func"),
        ("hrm", "num_layers_per_stack", "0", "num_layers_per_stack"),
        ("hrm", "H_cycles", "65", "H_cycles"),
        ("hrm", "num_layers_per_stack", "200", "too many"),
        ("dory", "n_input_layers", "3", "n_input_layers"),
        ("dory", "n_recurrent_loops", "9223372036854775808", "n_recurrent_loops"),
        ("alice", "linear_num_value_heads", "4", "linear_num_value_heads"),
        ("pangu_pro2", "v_channels", "0", "v_channels"),
        ("pangu_pro2", "param_sink_number", "\"many\"", "param_sink_number"),
        ("beam", "layer_types", "[]", "layer_types"),
        ("flint", "num_experts_per_tok", "17", "num_experts_per_tok"),
        ("glimmer", "sliding_window", "-1", "sliding_window"),
    ])
    func wrongFieldsAreRefused(name: String, field: String, value: String, named: String) throws {
        var fields = try corpus(name)
        fields[field] = try PythonJSON.value(Data(value.utf8), place: field)
        let error = #expect(throws: InputError.self) {
            let reader = try ConfigFields(fields, place: "m/config.json")
            let rule = try HuggingFaceConfig.choice(reader).rule
            _ = try Families.all[rule]?.model(reader)
        }
        #expect(error?.description.contains(named) == true, "\(error?.description ?? "none")")
    }

    /// One ring is one block, whatever the prefix cache, and no state of a recurrent layer.
    @Test func ringsAreNoStates() throws {
        let file = packageRoot.appendingPathComponent(
            "Tests/Fuzz/corpus/config/Class-step5.json")
        let model = try HuggingFaceConfig.model(file: file.path)
        let layout = try PoolLayout(
            model.layers.map { $0.cacheSpecs(tensorParallel: 1, cache: .bf16) },
            PoolOptions(maxModelLen: 4096))
        #expect(!layout.hasStates)
        let rings = zip(layout.groups, layout.blocks(ofRequest: 4096)).filter {
            if case .state = $0.0.kind { true } else { false }
        }
        #expect(!rings.isEmpty && rings.allSatisfy { $0.1 == 1 })
    }
}
