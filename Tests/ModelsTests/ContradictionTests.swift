import Basics
import Foundation
import Testing

@testable import Models

/// Fields of a config.json that contradict one another, or are of a wrong type.
@Suite struct ContradictionTests {
    private let llama = #"""
        "model_type": "llama", "hidden_size": 256, "num_hidden_layers": 2, "vocab_size": 512,
        "num_attention_heads": 4, "num_key_value_heads": 4, "intermediate_size": 448,
        "max_position_embeddings": 512
        """#
    private let classes = #""architectures": ["LlamaForCausalLM"], "#

    private func model(_ json: String) throws -> TransformerModel {
        try HuggingFaceConfig.model(Data(json.utf8), place: "m/config.json")
    }

    private func complaint(_ rest: String) -> String {
        let error = #expect(throws: InputError.self) {
            try model("{" + classes + llama + ", " + rest + "}")
        }
        return error?.description ?? ""
    }

    @Test(arguments: [
        (#""text_config": [1]"#, "text_config is a list"),
        (#""layer_types": "x""#, "layer_types is"),
        (#""layer_types": {}"#, "layer_types is an object"),
        (#""torch_dtype": "foo""#, "torch_dtype is \"foo\""),
        (#""dtype": 16"#, "dtype is 16"),
        (#""rope_scaling": {"rope_type": "foo", "factor": 2}"#, "rope_type is \"foo\""),
        (#""rope_scaling": {"rope_type": "linear"}"#, "without factor"),
    ])
    func wrongFieldsAreRefusedByName(rest: String, named: String) {
        #expect(complaint(rest).contains(named), "\(complaint(rest))")
    }

    @Test(arguments: [#""LlamaForCausalLM""#, "[1]", "{}", "7"])
    func architecturesAreAListOfNames(value: String) {
        let error = #expect(throws: InputError.self) {
            try model("{\"architectures\": \(value), " + llama + "}")
        }
        #expect(error?.problem.hasPrefix("architectures ") == true)
    }

    private let deepSeek = #"""
        {"architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3",
         "hidden_size": 512, "num_hidden_layers": 4, "n_routed_experts": 16,
         "num_experts_per_tok": 2, "vocab_size": 512, "moe_intermediate_size": 128
        """#

    @Test(arguments: [
        (#""n_group": 7, "topk_group": 4"#, "n_group is 7"),
        (#""n_group": 8, "topk_group": 9"#, "topk_group is 9"),
        (#""first_k_dense_replace": 99"#, "first_k_dense_replace is 99"),
    ])
    func expertsContradict(rest: String, named: String) {
        let error = #expect(throws: InputError.self) { try model(deepSeek + ", " + rest + "}") }
        #expect(error?.problem.contains(named) == true, "\(error?.description ?? "")")
    }

    /// 448 inputs of down_proj are 3.5 groups of 128.
    @Test func sharesOfPackedIntegersAreWholeGroups() throws {
        func packed(_ group: Int) throws -> TransformerModel {
            try model(
                "{" + classes + llama + ", \"quantization_config\": "
                    + "{\"quant_method\": \"awq\", \"bits\": 4, \"group_size\": \(group)}}")
        }
        let whole = try packed(64)
        let weights = try whole.weights(nil)
        try Deployment(weights: weights).check(whole)
        let error = #expect(throws: InputError.self) {
            try Deployment(tensorParallel: 2, weights: weights).check(whole)
        }
        #expect(error?.description.contains("engine.tensor_parallel_size: 2 GPUs get 224") == true)
        let odd = try packed(128)
        let other = #expect(throws: InputError.self) {
            try Deployment(weights: weights).check(odd)
        }
        #expect(other?.description.contains("448 inputs") == true)
        #expect(try packed(0).unreadWeights?.problem.contains("group_size") == true)
    }

    /// 6 heads and 8 columns: 2 divides both, 4 and 8 do not.
    @Test func divisorsAreThoseThatDo() throws {
        let read = try model(
            #"""
            {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 384,
             "num_hidden_layers": 2, "vocab_size": 512, "num_attention_heads": 6,
             "intermediate_size": 1024, "max_position_embeddings": 512}
            """#)
        let error = #expect(throws: InputError.self) {
            try Deployment(tensorParallel: 5).check(read)
        }
        #expect(error?.expected == "a divisor such as 1, 2")
    }
}
