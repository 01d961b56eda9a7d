import Basics
import Foundation
import TestSupport
import Testing

@testable import Models

/// What drafts beside a model: prediction layers of published checkpoints, EAGLE heads, draft
/// models.
@Suite struct DraftTests {
    private static func model(_ folder: String) throws -> TransformerModel {
        let path = evidence!.appendingPathComponent("cases/models/\(folder)/config.json").path
        return try HuggingFaceConfig.model(file: path)
    }

    private static func deployment(
        _ model: TransformerModel, tensorParallel: Int = 1, _ draft: Draft? = nil
    ) -> Deployment {
        var deployment = Deployment(tensorParallel: tensorParallel, weights: model.nativeWeights)
        deployment.draft = draft
        return deployment
    }

    /// Elements of prediction layers as publishers count them, within their rounding.
    ///
    /// DeepSeek-V3's README_WEIGHTS: 11.5 B unique parameters. GLM-4.5-Air's checkpoint has
    /// 110,468,824,832 elements; the model's own, the layer, and the layer's copies of embedding
    /// and head make them all.
    @Test(.enabled(if: evidence != nil)) func predictionLayersHaveThePublishedSizes() throws {
        let deepSeek = try Self.model("deepseek-ai--DeepSeek-V3")
        let layer = try #require(deepSeek.predictor)
        #expect(layer.modules == 1)
        let size = Double(layer.parameters(hidden: deepSeek.hiddenSize))
        #expect(abs(size / 11.5e9 - 1) < 0.011)
        let glm = try Self.model("zai-org--GLM-4.5-Air")
        let whole =
            glm.totalParameters + (try #require(glm.predictor)).parameters(hidden: glm.hiddenSize)
            + glm.embeddingParameters + glm.headParameters
        #expect(whole == 110_468_824_832)
    }

    /// The catalogue's models have the layers that their published files have.
    @Test(.enabled(if: evidence != nil)) func theCataloguesAreTheFiles() throws {
        for (name, folder) in [
            ("deepseek-v3", "deepseek-ai--DeepSeek-V3"),
            ("qwen3-next-80b-a3b", "Qwen--Qwen3-Next-80B-A3B-Instruct"),
        ] {
            let (known, read) = (try Catalogue.model(named: name), try Self.model(folder))
            let (a, b) = (try #require(known.predictor), try #require(read.predictor))
            #expect(a.modules == b.modules)
            #expect(a.matrices == b.matrices)
            let sizes = [a, b].map { $0.parameters(hidden: known.hiddenSize) }
            // The catalogue leaves correction biases and gates out.
            #expect(abs(Double(sizes[0]) / Double(sizes[1]) - 1) < 1e-3)
        }
    }

    /// With a draft the layers are loaded, cut by TP and cached, each as some layer of the model.
    @Test(
        .enabled(if: evidence != nil),
        arguments: [
            ("deepseek-ai--DeepSeek-V3", 1), ("deepseek-ai--DeepSeek-V3.2", 1),
            ("zai-org--GLM-4.5-Air", 1), ("zai-org--GLM-5", 1), ("zai-org--GLM-5.2", 1),
            ("XiaomiMiMo--MiMo-7B-Base", 1), ("XiaomiMiMo--MiMo-V2-Flash", 1),
            ("baidu--ERNIE-4.5-21B-A3B-PT", 1), ("Qwen--Qwen3-Next-80B-A3B-Instruct", 1),
            ("Qwen--Qwen3.5-27B", 1), ("Qwen--Qwen3.5-35B-A3B", 1),
            ("nvidia--Qwen3.6-27B-NVFP4", 1),
            ("nvidia--NVIDIA-Nemotron-3-Ultra-550B-A55B-FP8", 1), ("nvidia--GLM-5-NVFP4", 1),
            ("nvidia--DeepSeek-V3.1-NVFP4", 1), ("meituan-longcat--LongCat-Flash-Chat", 1),
        ])
    func layersAreLoadedWithADraftOnly(folder: String, modules: Int) throws {
        let model = try Self.model(folder)
        #expect(model.unreadPredictor == nil)
        let draft = try Draft.ownLayers(of: model, tokens: 2)
        #expect(model.predictor?.modules == modules)
        var before: Int64 = .max
        for size in [1, 2, 4, 8] {
            let plain = Self.deployment(model, tensorParallel: size)
            let with = Self.deployment(model, tensorParallel: size, draft)
            let bytes = draft.weightBytes(beside: with)
            #expect(bytes > 0)
            #expect(bytes <= before)
            before = bytes
            let further = Array(model.poolCaches(with).dropFirst(model.caches(plain).count))
            let cached = further.filter { !$0.isEmpty }
            #expect(cached.count == modules)
            #expect(cached.joined().allSatisfy { $0.isDraft })
            // A prediction layer keeps what some layer of the model keeps.
            let own = model.caches(plain)
            for layer in cached {
                let like = layer.map {
                    var spec = $0
                    spec.isDraft = false
                    return spec
                }
                let isKnown = own.contains { other in like.allSatisfy(other.contains) }
                #expect(isKnown)
            }
        }
    }

    /// Models without such layers, with unread ones, and with numbers that do not fit are refused.
    @Test(.enabled(if: evidence != nil)) func whatHasNoLayersIsRefused() throws {
        for folder in [
            "meta-llama--Meta-Llama-3.1-8B", "moonshotai--Kimi-K2-Instruct",
            "MiniMaxAI--MiniMax-M2.5", "openai--gpt-oss-20b", "nvidia--Kimi-K2.5-NVFP4",
            "mistralai--Mistral-Large-3-675B-Instruct-2512", "moonshotai--Kimi-K3",
        ] {
            let model = try Self.model(folder)
            let error = try #require(throws: InputError.self) {
                try Draft.ownLayers(of: model, tokens: 1)
            }
            #expect(error.place == "engine.spec_method", "\(folder): \(error)")
        }
        let unread = try Self.model("MiniMaxAI--MiniMax-M3")
        let error = try #require(throws: InputError.self) {
            try Draft.ownLayers(of: unread, tokens: 1)
        }
        #expect(error.problem.contains("read by no rule"), "\(error)")
    }

    /// What vLLM 0.33.0's classes for prediction layers create, without memory and without
    /// embedding and head: bytes on one GPU and on one of two, and bytes a token on each. A file
    /// without a number of them is given one.
    @Test(arguments: [
        (
            "Tower-Exaone4_5_ForConditionalGeneration", 604_021_248 as Int64,
            302_031_360 as Int64, 16_384, 8_192
        ),
        (
            "MiniMaxM3SparseForConditionalGeneration", 14_984_738_304, 7_570_257_408, 2_304, 1_280
        ),
        ("Class-bailing25", 73_609_792, 40_317_504, 1_152, 1_152),
        ("Tower-GlmOcrForConditionalGeneration", 35_665_920, 19_937_280, 2_048, 1_024),
    ])
    func predictionLayersAreTheEngines(
        name: String, whole: Int64, half: Int64, cached: Int, halfCached: Int
    ) throws {
        let file = packageRoot.appendingPathComponent("Tests/Fuzz/corpus/config/\(name).json")
        var text = try String(contentsOf: file, encoding: .utf8)
        text = text.replacing(#""num_nextn_predict_layers":0"#, with: #""unused":0"#)
        text.replace(
            #""num_hidden_layers""#, with: #""num_nextn_predict_layers": 1, "num_hidden_layers""#)
        let model = try HuggingFaceConfig.model(Data(text.utf8), place: "c.json")
        let draft = try Draft.ownLayers(of: model, tokens: 1)
        for (size, bytes, row) in [(1, whole, cached), (2, half, halfCached)] {
            let deployment = Self.deployment(model, tensorParallel: size, draft)
            #expect(draft.weightBytes(beside: deployment) == bytes, "on one of \(size)")
            let rows = draft.caches(beside: deployment).joined().map { Int($0.rowBytes) }
            #expect(rows.reduce(0, +) == row, "on one of \(size)")
        }
    }

    /// MiMo-V2-Flash's class keeps its output projection in 16 bits, and NVIDIA's files of
    /// DeepSeek-V4 the prediction layer's experts in MXFP4 (vLLM 0.33.0's classes).
    @Test(.enabled(if: evidence != nil)) func predictionLayersHaveFormatsOfTheirOwn() throws {
        let model = try Self.model("XiaomiMiMo--MiMo-V2-Flash")
        let draft = try Draft.ownLayers(of: model, tokens: 1)
        for (size, bytes) in [(1, 396_466_824), (2, 231_808_328)] {
            let deployment = Self.deployment(model, tensorParallel: size, draft)
            #expect(draft.weightBytes(beside: deployment) == Int64(bytes))
        }
        let file = evidence!.appendingPathComponent(
            "cases/models/deepseek-ai--DeepSeek-V4-Flash/config.json")
        let text = try String(contentsOf: file, encoding: .utf8)
        let nvidia = try HuggingFaceConfig.model(
            Data(
                text.replacing(
                    #""quant_method""#, with: #""moe_quant_algo": "NVFP4", "quant_method""#
                ).utf8),
            place: "c.json")
        #expect(nvidia.layers.last?.formats?.experts.name == "nvfp4")
        let own = try Draft.ownLayers(of: nvidia, tokens: 1)
        #expect(own.weightBytes(beside: Self.deployment(nvidia, own)) == 3_593_787_756)
    }

    /// DeepSeek-V4-Flash: a 44th layer, which keeps its window alone (compress_ratios ends in 0),
    /// two square matrices in fp8, hyper-connections before its head.
    @Test(.enabled(if: evidence != nil)) func deepSeek4HasALayerOfWindows() throws {
        let model = try Self.model("deepseek-ai--DeepSeek-V4-Flash")
        let draft = try Draft.ownLayers(of: model, tokens: 1)
        let deployment = Self.deployment(model, draft)
        let caches = draft.caches(beside: deployment)
        #expect(caches.count == 1 && caches[0].count == 1)
        #expect(caches[0][0].kind == .sliding(window: 128))
        let predictor = try #require(model.predictor)
        #expect(predictor.matrices.map(\.name) == ["e_proj", "h_proj"])
        #expect(predictor.matrices.allSatisfy { $0.inputs == 4096 && $0.outputs == 4096 })
        #expect(predictor.vectors.elements == 4 * 4 * 4096 + 5)
        // 257 experts of 3 x 4,096 x 2,048 and a little of attention.
        #expect((6.46e9...6.65e9).contains(Double(predictor.parameters(hidden: 4096))))
        var options = PoolOptions(maxModelLen: 65_536)
        options.drafts = 1
        options.marksDrafts = true
        let layout = try PoolLayout(model.poolCaches(deployment), options)
        let plain = try PoolLayout(model.caches(deployment), PoolOptions(maxModelLen: 65_536))
        #expect(layout.groups.count == plain.groups.count)
        #expect(layout.groups.map(\.draftLayers).reduce(0, +) == 1)
    }

    /// K-EXAONE's class: the lists of prediction layers say their attention.
    @Test func listsSayThePredictionLayers() throws {
        func read(_ more: String) throws -> TransformerModel {
            let text = """
                {"model_type": "exaone_moe", "architectures": ["ExaoneMoEForCausalLM"],
                 "num_hidden_layers": 4, "hidden_size": 512, "moe_intermediate_size": 128,
                 "intermediate_size": 1024, "vocab_size": 1024, "num_attention_heads": 8,
                 "num_key_value_heads": 2, "head_dim": 64, "num_experts": 8,
                 "num_experts_per_tok": 2, "num_shared_experts": 1, "sliding_window": 128,
                 "layer_types": ["sliding_attention", "sliding_attention", "sliding_attention",
                 "full_attention"], "mlp_layer_types": ["dense", "sparse", "sparse", "sparse"]
                 \(more)}
                """
            return try HuggingFaceConfig.model(Data(text.utf8), place: "config.json")
        }
        let windowed = try read(", \"mtp_layer_types\": [\"sliding_attention\"]")
        #expect(windowed.unreadPredictor == nil)
        let draft = try Draft.ownLayers(of: windowed, tokens: 1)
        #expect(
            draft.caches(beside: Deployment()).joined().map(\.kind) == [.sliding(window: 128)])
        let full = try read(", \"mtp_layer_types\": [\"full_attention\"]")
        #expect(full.predictor?.layers.first?.attention.reachesAll == true)
        #expect(try read("").unreadPredictor != nil)
        #expect(try read(", \"num_nextn_predict_layers\": 0").predictor == nil)
    }

    /// A number of tokens beyond several modules must be a multiple of them.
    @Test func modulesDivideTheTokens() throws {
        var model = try Catalogue.model(named: "deepseek-v3")
        let rule = try #require(PredictorRule.rules["deepseek_v3"])
        let layer = try #require(model.layers.last)
        model.predictor = rule.predictor([[layer], [layer], [layer]], of: model)
        for tokens in 1...9 {
            if tokens <= 3 || tokens % 3 == 0 {
                #expect(try Draft.ownLayers(of: model, tokens: tokens).tokens == tokens)
            } else {
                #expect(throws: InputError.self) {
                    try Draft.ownLayers(of: model, tokens: tokens)
                }
            }
        }
    }

    /// A number of layers that is no number matters only to a server that drafts with them.
    @Test func badNumbersAreKeptForTheDraft() throws {
        let good = """
            {"model_type": "deepseek_v3", "architectures": ["DeepseekV3ForCausalLM"],
             "num_hidden_layers": 4, "hidden_size": 512, "moe_intermediate_size": 128,
             "intermediate_size": 1024, "vocab_size": 1024, "num_attention_heads": 8,
             "num_key_value_heads": 8, "n_routed_experts": 8, "num_experts_per_tok": 2,
             "n_group": 1, "topk_group": 1, "num_nextn_predict_layers": N}
            """
        func read(_ number: String) throws -> TransformerModel {
            try HuggingFaceConfig.model(
                Data(good.replacing("N}", with: number + "}").utf8), place: "config.json")
        }
        #expect(try read("1").predictor?.modules == 1)
        #expect(try read("3").predictor?.layers.count == 3)
        #expect(try read("0").predictor == nil)
        // Null is none, as in Python.
        #expect(try read("null").predictor == nil)
        for bad in ["\"two\"", "-1", "1.5", "1e300", "9223372036854775808", "[1, 2]", "65"] {
            let model = try read(bad)
            #expect(model.predictor == nil, "\(bad)")
            #expect(model.unreadPredictor != nil, "\(bad)")
            #expect(throws: InputError.self) { try Draft.ownLayers(of: model, tokens: 1) }
            #expect(model.weightBytesPerGPU(Deployment()) > 0)
        }
    }
}
