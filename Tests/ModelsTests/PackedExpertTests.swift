import Basics
import Foundation
import Testing

@testable import Models

/// Experts in packed integers under tensor parallelism: the bytes that vLLM 0.33.0's own classes
/// create, without memory on a pretended H100, for one layer of 8 experts of 512 inputs and 384
/// columns; "-" where they refuse the size. Groups of 128 do not divide two GPUs' 192 columns.
@Suite struct PackedExpertTests {
    private static let table = """
        gptq 5125376 2585856 1335552 -
        gptq8 8166656 4093184 2063616 -
        gptq_one_group 5043456 2537344 1284288 657760
        awq 5104896 2604288 1353984 -
        awq_no_zeros 5217536 2614528 1340672 -
        round 5457472 2735680 1345088 -
        round_awq 5098832 2598224 1347920 -
        whole_4 5172594 2592114 - -
        whole_asym 5442930 2727282 1369458 -
        whole_channel 5016946 2518898 1269874 645362
        whole_static 5082482 - - -
        whole_w4a8 - - - -
        tiles - - - -
        quark_int4 5104904 2604296 1353992 -
        quark_uint4 5442824 2727176 1369352 -
        quark_int8 7937386 3986026 2010346 1022506
        quark_int8_moving 7876012 3943852 1977772 994732
        """

    private static func whole(_ rest: String, bits: Int = 4, inputs: String = "null") -> String {
        """
        "quant_method": "compressed-tensors", "format": "pack-quantized",
        "ignore": ["lm_head", "re:.*mlp.gate$"], "config_groups": {"group_0": {
        "targets": ["Linear"], "weights": {"num_bits": \(bits), "type": "int", \(rest)},
        "input_activations": \(inputs)}}
        """
    }

    private static func quark(_ weight: String, inputs: String = "null") -> String {
        """
        "quant_method": "quark", "exclude": ["lm_head", "re:.*mlp.gate$"],
        "global_quant_config": {"weight": {\(weight)}, "input_tensors": \(inputs)}
        """
    }

    private static func gptq(_ bits: Int, _ group: Int, _ order: Bool = false) -> String {
        #""quant_method": "gptq", "bits": \#(bits), "group_size": \#(group), "#
            + #""desc_act": \#(order), "sym": true"#
    }

    private static let group128 = #""strategy": "group", "group_size": 128"#
    private static let round = #""quant_method": "auto-round", "bits": 4, "#
    private static let int8 = #""dtype": "int8", "symmetric": true"#

    private static let settings = [
        "gptq": gptq(4, 128), "gptq8": gptq(8, 64), "gptq_one_group": gptq(4, -1, true),
        "awq": #""quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": true"#,
        "awq_no_zeros":
            #""quant_method": "awq", "bits": 4, "group_size": 64, "zero_point": false"#,
        "round": round + #""group_size": 32, "sym": true"#,
        "round_awq": round
            + #""group_size": 128, "sym": false, "packing_format": "auto_round:auto_awq""#,
        "whole_4": whole(#""strategy": "group", "group_size": 64"#),
        "whole_asym": whole(#""strategy": "group", "group_size": 32, "symmetric": false"#),
        "whole_channel": whole(#""strategy": "channel""#),
        "whole_static": whole(group128 + #", "actorder": "static""#),
        "whole_w4a8": whole(group128, inputs: #"{"num_bits": 8, "type": "int", "dynamic": true}"#),
        "tiles": whole(group128, inputs: #"{"num_bits": 8, "type": "float", "dynamic": true}"#),
        "quark_int4": quark(
            #""dtype": "int4", "qscheme": "per_group", "symmetric": true, "group_size": 128"#),
        "quark_uint4": quark(
            #""dtype": "uint4", "qscheme": "per_group", "symmetric": false, "group_size": 32"#),
        "quark_int8": quark(
            #""qscheme": "per_channel", "# + int8,
            inputs: #"{"qscheme": "per_tensor", "is_dynamic": false, \#(int8)}"#),
        "quark_int8_moving": quark(
            #""qscheme": "per_tensor", "# + int8,
            inputs: #"{"qscheme": "per_channel", "is_dynamic": true, \#(int8)}"#),
    ]

    private func model(_ settings: String) throws -> TransformerModel {
        try HuggingFaceConfig.model(
            Data(
                """
                {"architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe",
                "hidden_size": 512, "intermediate_size": 512, "moe_intermediate_size": 384,
                "num_hidden_layers": 1, "num_attention_heads": 8, "num_key_value_heads": 8,
                "head_dim": 64, "num_experts": 8, "num_experts_per_tok": 2, "vocab_size": 1024,
                "max_position_embeddings": 2048, "quantization_config": {\(settings)}}
                """.utf8), place: "c.json")
    }

    @Test(arguments: table.split(separator: "\n").map(String.init))
    func sharesAreTheEngines(row: String) throws {
        let words = row.split(separator: " ").map(String.init)
        let model = try model(try #require(Self.settings[words[0]]))
        #expect(model.unserved == nil && words.count == 5)
        for (place, size) in [1, 2, 4, 8].enumerated() {
            let deployment = Deployment(tensorParallel: size, weights: model.nativeWeights)
            guard let bytes = Int64(words[1 + place]) else {
                #expect(throws: InputError.self) { try deployment.check(model) }
                continue
            }
            try deployment.check(model)
            #expect(model.createdWeightBytesPerGPU(deployment) == bytes, "on one of \(size)")
        }
    }

    /// 48 columns: Marlin pads them to 64, or to whole groups; the biases that GPTQ creates go.
    @Test func loadingPadsAndDrops() {
        func bytes(_ format: StoredFormat, _ columns: Int, isLoaded: Bool) -> Int64 {
            format.expertBytes(
                width: 512, intermediate: columns, isGated: true, hasBias: false,
                isLoaded: isLoaded)
        }
        let whole = StoredFormat.wholePacked(bits: 4, group: nil)
        #expect(bytes(whole, 48, isLoaded: true) == bytes(whole, 64, isLoaded: false))
        let gptq = StoredFormat.gptq(bits: 4, group: 32)
        let biases: Int64 = 2 * (2 * 128 + 512)
        #expect(
            bytes(gptq, 128, isLoaded: false) - biases == bytes(gptq, 128, isLoaded: true))
        #expect(bytes(gptq, 96, isLoaded: true) == bytes(gptq, 128, isLoaded: true))
    }

    /// What 0.33.0 no longer takes, and the last release that does.
    @Test(arguments: [
        (gptq(4, 128, true), "desc_act", "0.29.0"),
        (gptq(4, 256), "groups of 256", "0.21.0"),
        (gptq(4, 128).replacing("true", with: "false"), "asymmetric", "0.21.0"),
        (gptq(4, 128) + #", "dynamic": {"+:.*up.*": {"desc_act": true}}"#, "desc_act", "0.29.0"),
        (whole(group128 + #", "actorder": "group""#), "actorder", "0.29.0"),
        (#""quant_method": "gptq", "bits": 4, "group_size": 128, "desc_act": false"#, "sym", nil),
        (#""quant_method": "awq", "bits": 4, "group_size": 128"#, "zero_point", nil),
        (round + #""group_size": 128, "sym": false"#, "asymmetric", nil),
    ])
    func whatTheEngineLeftBehindIsNamed(
        settings: String, reason: String, last: String?
    ) throws {
        let model = try model(settings)
        #expect(model.unserved?.problem.contains(reason) == true)
        #expect(model.lastRelease == last)
    }

    /// The engine has no scheme for these: no kind of 8-bit inputs, or asymmetric weights.
    @Test(arguments: [
        quark(
            #""qscheme": "per_channel", "# + int8,
            inputs: #"{"qscheme": "per_token", "is_dynamic": true, \#(int8)}"#),
        quark(#""qscheme": "per_channel", "# + int8),
        quark(#""dtype": "int4", "qscheme": "per_group""#),
    ])
    func quarkSchemesThatNothingReadsAreRefused(settings: String) throws {
        #expect(try model(settings).unreadWeights != nil)
    }
}
