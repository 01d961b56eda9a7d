import Basics
import Foundation
import Testing

@testable import Models

/// Formats of modules, from a checkpoint's settings.
@Suite struct QuantizationTests {
    private func quantization(_ json: String, family: String = "llama") throws -> Quantization {
        let field = try JSON5.decode(JSONField.self, from: Data(json.utf8), place: "c.json")
        guard case .object(let fields) = field else { throw InputError("c.json", "no object") }
        return try QuantizationReader(
            settings: QuantizationSettings(fields, place: "c.json"), family: family
        ).quantization()
    }

    private func scheme(_ weights: String, inputs: String = "null", targets: String = "Linear")
        -> String
    {
        """
        {"targets": ["\(targets)"], "weights": \(weights), "input_activations": \(inputs)}
        """
    }

    private func compressed(_ groups: String..., rest: String = "") -> String {
        let named = groups.enumerated().map { "\"group_\($0)\": \($1)" }.joined(separator: ", ")
        return """
            {"quant_method": "compressed-tensors", "config_groups": {\(named)},
             "ignore": ["lm_head", "re:.*layers\\\\.(0|35)\\\\..*"]\(rest)}
            """
    }

    private let fp8 = #"{"num_bits": 8, "type": "float", "strategy": "channel"}"#
    private let nvfp4 =
        #"{"num_bits": 4, "type": "float", "strategy": "tensor_group", "group_size": 16}"#

    @Test func targetsAndIgnoredModulesDecideEachFormat() throws {
        let read = try quantization(
            compressed(
                scheme(nvfp4, inputs: nvfp4, targets: "re:.*mlp.*"),
                scheme(fp8, targets: "re:.*self_attn.*")))
        func name(_ path: String) -> String { read.format(of: path, .linear).name }
        #expect(name("model.layers.1.mlp.gate_proj") == "nvfp4")
        #expect(name("language_model.model.layers.1.mlp.down_proj") == "nvfp4")
        #expect(name("model.layers.1.self_attn.q_proj") == "fp8")
        #expect(name("model.layers.0.mlp.gate_proj") == "16 bit")
        #expect(name("model.layers.35.self_attn.o_proj") == "16 bit")
        #expect(name("model.layers.1.linear_attn.out_proj") == "16 bit")
        #expect(read.format(of: "lm_head", .head) == .plain)
        #expect(read.format(of: "model.layers.1.mlp.experts", .experts).name == "nvfp4")
    }

    /// Weight bytes of a matrix of 4,096 × 1,024 beside what the scheme adds.
    @Test func bytesFollowTheScheme() throws {
        func bytes(_ settings: String) throws -> Int64 {
            try quantization(settings).format(of: "model.layers.1.mlp.up_proj", .linear)
                .bytes(inputs: 4096, outputs: 1024)
        }
        let all: Int64 = 4096 * 1024
        #expect(try bytes(compressed(scheme(fp8))) == all + 4 * 1024)
        let tensor = #"{"num_bits": 8, "type": "float", "strategy": "tensor"}"#
        let still = #"{"num_bits": 8, "type": "float", "strategy": "tensor", "dynamic": false}"#
        #expect(try bytes(compressed(scheme(tensor, inputs: still))) == all + 8)
        let block =
            #"{"num_bits": 8, "type": "float", "strategy": "block", "block_structure": [128, 128]}"#
        #expect(try bytes(compressed(scheme(block))) == all + 4 * 32 * 8)
        let w8a8 = #"{"num_bits": 8, "type": "int", "strategy": "channel"}"#
        let moving = #"{"num_bits": 8, "type": "int", "dynamic": true}"#
        #expect(try bytes(compressed(scheme(w8a8, inputs: moving))) == all + 4 * 1024)
        let w4 = #"{"num_bits": 4, "type": "int", "strategy": "group", "group_size": 128}"#
        #expect(try bytes(compressed(scheme(w4))) == all / 2 + all / 128 * 2)
        let zeros =
            #"{"num_bits": 4, "type": "int", "strategy": "group", "group_size": 128, "#
            + #""symmetric": false}"#
        #expect(try bytes(compressed(scheme(zeros))) == all / 2 + all / 128 * 5 / 2)
        #expect(try bytes(compressed(scheme(nvfp4, inputs: nvfp4))) == all / 2 + all / 16 + 8)
        #expect(try bytes(compressed(scheme(nvfp4))) == all / 2 + all / 16 + 4)
        let fp8Method = #"{"quant_method": "fp8", "activation_scheme": "dynamic"}"#
        #expect(try bytes(fp8Method) == all + 4)
        let gptq = #"{"quant_method": "gptq", "bits": 4, "group_size": 128, "desc_act": true}"#
        #expect(try bytes(gptq) == all / 2 + all / 128 * 5 / 2 + 4 * 4096)
        let quark = """
            {"quant_method": "quark", "global_quant_config": {"weight": {"dtype": "fp4",
             "qscheme": "per_group"}}}
            """
        #expect(try bytes(quark) == all / 2 + all / 32)
        let torch = """
            {"quant_method": "torchao",
             "quant_type": {"default": {"_type": "Int8WeightOnlyConfig"}}}
            """
        #expect(try bytes(torch) == 2 * all)
    }

    @Test func modelOptNamesWhatItExcludesAndItsCache() throws {
        let read = try quantization(
            #"""
            {"quant_method": "modelopt", "quantization": {"quant_algo": "NVFP4", "group_size": 16,
             "kv_cache_quant_algo": "FP8",
             "exclude_modules": ["lm_head", "model.layers.0.self_attn*",
             "*.mlp.shared_expert.*", "model.layers.2.mlp.gate_proj"]}}
            """#)
        func name(_ path: String) -> String { read.format(of: path, .linear).name }
        #expect(read.method == "modelopt_fp4" && read.cache == .fp8)
        #expect(name("model.layers.0.self_attn.q_proj") == "16 bit")
        #expect(name("language_model.model.layers.0.self_attn.q_proj") == "16 bit")
        #expect(name("model.layers.10.self_attn.q_proj") == "nvfp4")
        #expect(name("model.layers.3.mlp.shared_expert.up_proj") == "16 bit")
        #expect(name("model.layers.2.mlp.gate_proj") == "16 bit")
        #expect(name("model.layers.2.mlp.down_proj") == "nvfp4")
        #expect(name("model.vision_tower.layers.0.self_attn.q_proj") == "nvfp4")
    }

    @Test func modelOptMixesByLayer() throws {
        let read = try quantization(
            #"""
            {"quant_method": "modelopt", "quant_algo": "MIXED_PRECISION", "kv_cache_scheme": "FP8",
             "quantized_layers": {"model.layers.0.linear_attn.in_proj_qkv": {"quant_algo": "FP8"},
             "model.layers.0.mlp.gate_proj": {"quant_algo": "W4A16_NVFP4", "group_size": 16},
             "lm_head": {"quant_algo": "W4A16_NVFP4"}}, "ignore": ["mtp*"]}
            """#)
        #expect(read.cache == .fp8)
        #expect(read.format(of: "model.layers.0.linear_attn.in_proj_qkvz", .linear).name == "fp8")
        #expect(read.format(of: "model.layers.0.mlp.gate_proj", .linear).bits == 4)
        #expect(read.format(of: "model.layers.0.mlp.down_proj", .linear) == .plain)
        #expect(read.format(of: "lm_head", .head).bits == 4)
        #expect(read.attentionBytes > 0)
    }

    /// nvidia/Qwen3.6-35B-A3B-NVFP4 and MiniMax-M3-NVFP4 by vLLM 0.33.0's classes: experts keep a
    /// float32 scale for inputs that are not quantised, and without an 8-bit cache attention keeps
    /// no scales.
    @Test func unusedScalesAreCountedWhereTheEngineCreatesThem() throws {
        let read = try quantization(
            #"""
            {"quant_method": "modelopt", "quant_algo": "MIXED_PRECISION",
             "quantized_layers": {"model.layers.0.mlp.experts": {"quant_algo": "W4A16_NVFP4"},
             "model.layers.0.mlp.shared_expert.up_proj": {"quant_algo": "W4A16_NVFP4"}}}
            """#)
        #expect(read.attentionBytes == 0 && read.latentAttentionBytes == 0)
        let weights: Int64 = 3 * 2048 * 512 * 9 / 16
        let experts = read.format(of: "model.layers.0.mlp.experts", .experts)
        let each = experts.expertBytes(
            width: 2048, intermediate: 512, isGated: true, hasBias: false, isLoaded: false)
        #expect(each == weights + 3 * 8)
        let shared = read.format(of: "model.layers.0.mlp.shared_expert.up_proj", .linear)
        #expect(shared.bytes(inputs: 2048, outputs: 512) == weights / 3 + 6)
    }

    @Test func listsOfOlderMethodsKeepModulesIn16Bits() throws {
        let awq = try quantization(
            #"{"quant_method": "awq", "bits": 4, "modules_to_not_convert": ["visual", "o_proj"]}"#)
        #expect(awq.format(of: "visual.blocks.0.attn.qkv", .linear) == .plain)
        #expect(awq.format(of: "model.layers.0.self_attn.o_proj", .linear) == .plain)
        #expect(awq.format(of: "model.layers.0.self_attn.q_proj", .linear).bits == 4)
        let gptq = try quantization(
            #"""
            {"quant_method": "gptq", "bits": 4, "lm_head": true, "dynamic": {"-:.*down_proj": {},
             "+:.*layers\\.1\\..*": {"bits": 8}}}
            """#)
        #expect(gptq.format(of: "model.layers.0.mlp.down_proj", .linear) == .plain)
        #expect(gptq.format(of: "model.layers.1.mlp.up_proj", .linear).bits == 8)
        #expect(gptq.format(of: "lm_head", .head).bits == 4)
        let round = try quantization(
            #"""
            {"quant_method": "auto-round", "bits": 4, "block_name_to_quantize": "model.layers",
             "extra_config": {"model.layers.0.mlp.up_proj": {"bits": 16}}}
            """#)
        #expect(round.method == "inc")
        #expect(round.format(of: "model.layers.0.mlp.up_proj", .linear) == .plain)
        #expect(round.format(of: "model.layers.1.mlp.up_proj", .linear).bits == 4)
        #expect(round.format(of: "visual.merger.mlp.0", .linear) == .plain)
    }

    @Test(arguments: [
        (#"{"quant_method": "squeezed", "bits": 4}"#, "squeezed"),
        (#"{"quant_method": "modelopt", "quant_algo": "W4A8_AWQ"}"#, "W4A8_AWQ"),
        (
            #"{"quant_method": "quark", "global_quant_config": {"weight": {"dtype": "uint4"}}}"#,
            "uint4"
        ),
        (
            #"{"quant_method": "torchao", "quant_type": {"default": {"_type": "Mystery"}}}"#,
            "Mystery"
        ),
        (#"{"quant_method": "auto-round", "bits": 4, "data_type": "nv_fp"}"#, "nv_fp"),
        (#"{"quant_method": "fp8", "activation_scheme": "odd"}"#, "odd"),
        (#"{"quant_method": "compressed-tensors", "format": "marlin-24"}"#, "config_groups"),
        (#"{"quant_method": "gptq", "bits": 5}"#, "5 bits"),
        (
            #"{"quant_method": "compressed-tensors", "format": "marlin-24", "config_groups": {}}"#,
            "2:4 sparse"
        ),
        (
            #"{"quant_method": "compressed-tensors", "config_groups": {}, "#
                + #""sparsity_config": {"format": "sparse-24-bitmask"}}"#,
            "sparse-24-bitmask"
        ),
    ])
    func whatIsNotKnownIsRefusedByName(settings: String, named: String) {
        let error = #expect(throws: InputError.self) { try quantization(settings) }
        #expect(error?.problem.contains(named) == true)
        #expect(error?.expected.contains("model.weights") == true)
    }

    @Test(arguments: [
        (#"{"quant_method": "bitsandbytes", "load_in_4bit": true}"#, "bitsandbytes"),
        (#"{"quant_method": "gptq", "bits": 3}"#, "3 bits"),
        (#"{"quant_method": "fbgemm_fp8"}"#, "deprecated"),
    ])
    func whatTheEngineRefusesIsReadWithTheReason(settings: String, reason: String) throws {
        let read = try quantization(settings)
        #expect(read.unserved?.problem.contains(reason) == true)
        #expect(read.format(of: "model.layers.0.mlp.up_proj", .linear).bits < 16)
    }

    /// 0.33.0's own expert parameters at 192 and 96 columns, and gpt-oss's padding.
    @Test func expertsAreScaledAndPaddedAsTheEngineDoes() {
        let block = StoredFormat.fp8(.block(.usual))
        func scales(_ columns: Int) -> Int64 {
            let all = block.expertBytes(
                width: 2048, intermediate: columns, isGated: true, hasBias: false, isLoaded: false)
            return (all - 3 * 2048 * Int64(columns)) / 4
        }
        #expect(scales(768) == 3 * 16 * 6)
        #expect(scales(192) == 3 * 32 * 3)
        #expect(scales(96) == 3 * 64 * 3)
        func oss(_ columns: Int, _ isLoaded: Bool) -> Int64 {
            StoredFormat.mxfp4Experts.expertBytes(
                width: 2880, intermediate: columns, isGated: true, hasBias: true,
                isLoaded: isLoaded)
        }
        let weights: Int64 = 3 * 2880 * 2880 * 17 / 32
        #expect(oss(2880, false) == weights + 2 * 3 * 2880)
        #expect(oss(2880, true) == weights * 16 / 15 + 2 * 3 * 2880)
        #expect(oss(360, false) == oss(384, false))
    }
}

/// Names of the catalogue that end in a format.
@Suite struct PublishedFormatTests {
    @Test(arguments: [
        ("RedHatAI/Llama-3.1-70B-Instruct-FP8", "compressed-tensors", WeightFormat.fp8),
        ("RedHatAI/Llama-3.1-70B-Instruct-FP8-dynamic", "compressed-tensors", .fp8),
        ("nvidia/Llama-3.1-70B-Instruct-FP8", "modelopt", .fp8),
        ("nvidia/Llama-3.1-70B-Instruct-NVFP4", "modelopt_fp4", .nvfp4),
        ("RedHatAI/Qwen3-8B-NVFP4", "compressed-tensors", .nvfp4),
        ("Qwen/Qwen3-32B-FP8", "fp8", .fp8), ("qwen3-32b-fp8", "fp8", .fp8),
        ("Qwen/Qwen3-32B-AWQ", "auto_awq", .int4),
        ("Qwen/Qwen3-32B-GPTQ-Int8", "auto_gptq", .int8),
        ("RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w4a16", "compressed-tensors", .int4),
        ("RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w8a8", "compressed-tensors", .fp8),
        ("llama-3.1-8b-w4a16", "compressed-tensors", .int4),
        ("Intel/Qwen3-8B-int4-AutoRound", "inc", .int4),
        ("amd/Llama-3.1-8B-Instruct-MXFP4", "quark", .mxfp4),
        ("deepseek-v3", "fp8", .fp8), ("deepseek-ai/DeepSeek-V3-FP8", "fp8", .fp8),
        ("nvidia/DeepSeek-V3-NVFP4", "modelopt_fp4", .nvfp4),
        ("gpt-oss-20b", "gpt_oss_mxfp4", .mxfp4),
    ])
    func aNameSelectsTheFormat(name: String, method: String, format: WeightFormat) throws {
        let model = try Catalogue.model(named: name)
        #expect(model.quantization?.method == method)
        #expect(try model.weights(nil) == format)
    }

    /// bitsandbytes is read and not served; what a name cannot tell is refused.
    @Test func someFormatsAreRefusedByName() throws {
        let model = try Catalogue.model(named: "unsloth/Meta-Llama-3.1-8B-Instruct-bnb-4bit")
        #expect(model.unserved?.problem == "vLLM 0.33.0 has no method bitsandbytes")
        #expect(model.quantization?.method == "bitsandbytes")
        for (name, problem) in [
            ("unsloth/Qwen3-4B-GGUF", "format of another engine (gguf)"),
            ("nvidia/Qwen3.6-27B-NVFP4", "mixes formats"),
        ] {
            let error = #expect(throws: InputError.self) { try Catalogue.model(named: name) }
            #expect(error?.problem.contains(problem) == true)
            #expect(Catalogue.knows(name))
        }
    }

    @Test func sixteenBitsAreASuffixToo() throws {
        let model = try Catalogue.model(named: "deepseek-v3-bf16")
        #expect(model.quantization == nil)
        #expect(model.nativeWeights == .bf16)
    }

    /// `cases/models`: weight_bytes_tp1 of the same formats on the same shapes.
    @Test(arguments: [
        ("RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8", 9_081_203_008),
        ("RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w4a16", 5_700_594_240),
        ("RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w8a8", 9_086_706_240),
        ("nvidia/Llama-3.1-70B-Instruct-FP8", 72_656_376_832),
        ("RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic", 72_683_242_912),
        ("Qwen/Qwen3-32B-FP8", 34_326_243_840), ("RedHatAI/Qwen3-8B-NVFP4", 6_396_932_712),
        ("amd/Llama-3.1-8B-Instruct-MXFP4", 5_809_643_776),
        ("gpt-oss-20b", 13_761_264_768), ("gpt-oss-120b", 65_248_815_744),
        ("Llama-3.1-8B", 16_060_522_496),
    ])
    func bytesAreThePublishedOnes(name: String, bytes: Int64) throws {
        let model = try Catalogue.model(named: name)
        var deployment = Deployment()
        deployment.weights = try model.weights(nil)
        #expect(model.createdWeightBytesPerGPU(deployment) == bytes)
    }

    /// Logs of 0.26 and 0.28: 13.47 and 64.38 GiB, rope tables in.
    @Test(arguments: [("gpt-oss-20b", 13.45), ("gpt-oss-120b", 64.55)])
    func gptOSSTakesWhatTritonPads(name: String, gibibytes: Double) throws {
        let model = try Catalogue.model(named: name)
        let loaded = model.weightBytesPerGPU(Deployment(weights: .mxfp4))
        #expect(abs(Double(loaded) / 1_073_741_824 - gibibytes) < 0.006)
    }
}
