import Basics
import Testing

@testable import Models

/// A published size in billions: from the model card, paper or checkpoint index named beside it.
struct Published: Sendable, CustomTestStringConvertible {
    var name: String
    var total: Double
    var active: Double?
    /// Bytes of a token's cache.
    var cache: Int64?
    var testDescription: String { name }

    init(_ name: String, _ total: Double, active: Double? = nil, cache: Int64? = nil) {
        self.name = name
        self.total = total
        self.active = active
        self.cache = cache
    }
}

@Suite struct CatalogueTests {
    static let published = [
        // Checkpoint indices (total_size / 2) on the publishers' model pages.
        Published("llama-2-7b", 6.738), Published("llama-2-13b", 13.016),
        Published("llama-2-70b", 68.977), Published("codellama-34b", 33.744),
        Published("llama-3-8b", 8.030), Published("llama-3-70b", 70.554),
        Published("llama-3.1-8b", 8.030), Published("llama-3.1-70b", 70.554),
        Published("llama-3.1-405b", 405.85), Published("mistral-7b-v0.1", 7.242),
        Published("mistral-7b-v0.3", 7.248), Published("qwen2.5-7b", 7.616),
        Published("qwen2.5-32b", 32.764), Published("qwen2.5-72b", 72.706),
        Published("qwen3-8b", 8.191), Published("qwen3-14b", 14.768),
        Published("qwen3-32b", 32.762), Published("gemma-2-27b", 27.227),
        // arXiv 2503.19786, table 1: 417 M vision, 1,416 M embedding and 25,600 M others.
        Published("gemma-3-27b", 27.433), Published("phi-4", 14.66),
        Published("falcon-mamba-7b", 7.27),
        // Mistral's model documentation: 46.7B and 12.9B; 140.6B and 39.1B.
        Published("mixtral-8x7b", 46.7, active: 12.9),
        Published("mixtral-8x22b", 140.6, active: 39.1),
        // Model cards: 30.5B, 235B and 22B. "3.3B active" of the first is cut off, see below.
        Published("qwen3-30b-a3b", 30.53), Published("qwen3-235b-a22b", 235, active: 22),
        Published("qwen3-next-80b-a3b", 80),
        // Model card's table: 20.91B and 3.61B; 116.83B and 5.13B.
        Published("gpt-oss-20b", 20.91, active: 3.61),
        Published("gpt-oss-120b", 116.83, active: 5.13),
        // arXiv 2405.04434; README_WEIGHTS of V3 (671B and 36.7B, 37B in its paper); arXiv
        // 2507.20534 (1.04T with rounding, 32B).
        Published("deepseek-v2", 236, active: 21), Published("deepseek-v3", 671, active: 36.7),
        Published("deepseek-r1", 671, active: 36.7), Published("kimi-k2", 1026, active: 32),
        Published("kimi-k2-thinking", 1026, active: 32),
        Published("minimax-m2.5", 230), Published("jamba-1.5-mini", 52, active: 12),
        Published("gpt-3-175b", 175),
    ]

    @Test(arguments: published + configured)
    func parameterCountsAreThePublishedOnes(expected: Published) throws {
        let model = try Catalogue.model(named: expected.name)
        if let cache = expected.cache {
            #expect(KVCacheLayout(model, Deployment()).bytesPerToken == cache)
        }
        let total = Double(model.totalParameters) * 1e-9
        #expect(abs(total / expected.total - 1) < 0.01)
        guard let active = expected.active else {
            #expect(model.activeParameters <= model.totalParameters)
            return
        }
        #expect(abs(Double(model.activeParameters) * 1e-9 / active - 1) < 0.01)
    }

    /// Names that round further than a hundredth: the count must round to the name.
    @Test(arguments: [("qwen3-30b-a3b", 3.3..<3.4), ("minimax-m2.5", 9.5..<10.5)])
    func coarselyPublishedActiveCountsRoundToTheirs(name: String, range: Range<Double>) throws {
        let active = Double(try Catalogue.model(named: name).activeParameters) * 1e-9
        #expect(range.contains(active))
    }

    @Test func everyNameHasAPublishedSize() {
        #expect((Self.published + Self.configured).map(\.name).sorted() == Catalogue.names)
    }

    /// Two entries of one spelling would hide each other, and a spelling that is not written as
    /// names are compared would never be found.
    @Test func everySpellingFindsItsEntry() throws {
        for entry in Catalogue.entries {
            for spelling in entry.spellings {
                #expect(try Catalogue.model(named: spelling).name == entry.name, "\(spelling)")
            }
        }
    }

    /// A word picks models by any of their spellings, or all of a family.
    @Test func aWordPicksModels() {
        func picked(_ word: String) -> [String] {
            Catalogue.groups.flatMap { $0.names(with: word) }
        }
        #expect(picked("QwQ") == ["qwen2.5-32b"])
        #expect(picked("nemotron-super") == [] && picked("granite").count == 5)
        #expect(picked("").count == Catalogue.names.count)
    }

    @Test(arguments: Catalogue.names)
    func everyModelDividesOverEightGPUsOrSaysWhyNot(name: String) throws {
        let model = try Catalogue.model(named: name)
        for size in [1, 2, 4, 8] {
            do {
                let deployment = Deployment(tensorParallel: size)
                try deployment.check(model)
                let layout = KVCacheLayout(model, deployment)
                #expect(layout.bytesPerToken > 0 || layout.stateBytesPerSequence > 0)
                #expect(model.weightBytesPerGPU(deployment) * Int64(size) > model.totalParameters)
            } catch let error as InputError {
                #expect(error.description.contains("\(size)"))
            }
        }
    }

    @Test(arguments: [
        ("Llama-3.1-8B", "llama-3.1-8b"), ("meta-llama/Llama-3.1-8B-Instruct", "llama-3.1-8b"),
        ("meta-llama/Meta-Llama-3-8B", "llama-3-8b"), ("Qwen/Qwen3-32B", "qwen3-32b"),
        ("nvidia/Llama-3.3-70B-Instruct-FP8", "llama-3.1-70b"), ("llama_3_8b", "llama-3-8b"),
        ("mistralai/Mistral-7B-Instruct-v0.3", "mistral-7b-v0.3"),
        ("Qwen/Qwen3-235B-A22B-Instruct-2507-FP8", "qwen3-235b-a22b"),
        ("google/gemma-3-27b-it", "gemma-3-27b"), ("meta-llama/Llama-2-7b-chat-hf", "llama-2-7b"),
        ("Qwen/Qwen3-4B", "qwen3-4b"), ("meta-llama/Llama-3.2-3B-Instruct", "llama-3.2-3b"),
        ("unsloth/Qwen3-4B-unsloth-bnb-4bit", "qwen3-4b"),
        ("meta-llama/Llama-4-Scout-17B-16E-Instruct", "llama-4-scout-17b-16e"),
        ("RedHatAI/Mistral-Small-3.2-24B-Instruct-2506-FP8", "mistral-small-3.1-24b-2503"),
        ("mistralai/Mistral-Nemo-Instruct-2407", "mistral-nemo-12b"),
        ("nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "nemotron-3-nano-30b-a3b"),
        ("nvidia/Llama-3.1-Nemotron-70B-Instruct-HF", "llama-3.1-70b"),
        ("TinyLlama/TinyLlama-1.1B-Chat-v1.0", "tinyllama-1.1b"),
        ("internlm/internlm2_5-7b-chat", "internlm2.5-7b"), ("zai-org/GLM-4.6-FP8", "glm-4.5"),
        ("CohereLabs/c4ai-command-r-plus-08-2024", "command-r-plus-104b"),
        ("microsoft/Phi-3-medium-128k-instruct", "phi-3-medium-128k"),
        ("ByteDance-Seed/Seed-OSS-36B-Base-woSyn", "seed-oss-36b"),
        ("deepseek-ai/DeepSeek-V3.2-Exp", "deepseek-v3.2"), ("lmsys/vicuna-7b-v1.5", "llama-2-7b"),
    ])
    func commonSpellingsFindTheirModel(spelling: String, name: String) throws {
        #expect(try Catalogue.model(named: spelling).name == name)
    }

    /// `max_position_embeddings` of the published config.json files.
    @Test(arguments: [
        ("Qwen/Qwen2.5-7B", 131_072), ("Qwen/Qwen2.5-7B-Instruct", 32_768),
        ("Qwen/Qwen2.5-72B-Instruct-AWQ", 32_768), ("Qwen/Qwen3-8B", 40_960),
        ("Qwen/Qwen3-8B-Base", 32_768), ("Qwen/Qwen3-30B-A3B", 40_960),
        ("Qwen/Qwen3-30B-A3B-Base", 32_768), ("Qwen/Qwen3-30B-A3B-Instruct-2507-FP8", 262_144),
        ("Qwen/Qwen3-235B-A22B-Thinking-2507", 262_144),
        ("moonshotai/Kimi-K2-Instruct", 131_072), ("moonshotai/Kimi-K2-Instruct-0905", 262_144),
        ("moonshotai/Kimi-K2-Thinking", 262_144), ("Qwen/QwQ-32B-AWQ", 40_960),
        ("Qwen/Qwen3-4B-Instruct-2507-FP8", 262_144), ("Qwen/Qwen3-4B", 40_960),
        ("Qwen/Qwen2.5-Math-7B-Instruct", 4096), ("zai-org/GLM-4.6", 202_752),
        ("zai-org/GLM-4.5", 131_072), ("Qwen/Qwen3-Coder-30B-A3B-Instruct-FP8", 262_144),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", 131_072),
    ])
    func aPublishedNameHasItsOwnContext(name: String, context: Int) throws {
        let model = try Catalogue.model(named: name)
        #expect(model.maxContext == context && model.contextLimit == context)
    }

    /// Bytes on one GPU as vLLM 0.33.0 loads them (shared/cases/models/expected.csv).
    @Test(
        arguments: [
            ("google/gemma-3-27b-it", 54_864_813_280), ("MiniMaxAI/MiniMax-M2.5", 230_121_631_216),
            ("nvidia/MiniMax-M2.5-NVFP4", 134_499_275_248),
            ("nvidia/DeepSeek-V3.1-NVFP4", 386_380_142_984),
            ("nvidia/Qwen3-235B-A22B-NVFP4", 134_101_652_144),
            ("nvidia/GLM-5-NVFP4", 440_911_330_752), ("zai-org/GLM-5-FP8", 746_191_421_568),
            ("nvidia/Qwen3.5-397B-A17B-NVFP4", 237_944_070_872),
            ("nvidia/Gemma-4-31B-IT-NVFP4", 32_853_451_744),
            ("nvidia/Kimi-K2.5-NVFP4", 590_779_958_144),
            ("deepseek-ai/DeepSeek-V3.2", 674_086_322_528),
            ("Qwen/Qwen3-32B-FP8-Static-PerTensor", 34_318_628_864),
        ] as [(String, Int64)])
    func aPublishedNameWeighsWhatItsFilesDo(name: String, bytes: Int64) throws {
        let model = try Catalogue.model(named: name)
        #expect(model.weightBytesPerGPU(Deployment(weights: model.nativeWeights)) == bytes)
    }

    /// The published list keeps the tower in 16 bits, which the name does not say: 0.7 % less.
    @Test func scoutWeighsNearlyWhatItsFilesDo() throws {
        let name = "RedHatAI/Llama-4-Scout-17B-16E-Instruct-FP8-dynamic"
        let model = try Catalogue.model(named: name)
        let bytes = model.weightBytesPerGPU(Deployment(weights: model.nativeWeights))
        #expect(abs(Double(bytes) / 114_677_215_072 - 1) < 0.01)
    }

    /// Kimi-K2.5 as vLLM 0.33 loads it is the same decoder beside a tower of 471,143,920
    /// parameters of 16 bits (shared/cases/models/expected.csv).
    @Test func kimiThinksInFourBits() throws {
        let model = try Catalogue.model(named: "moonshotai/Kimi-K2-Thinking")
        let loaded = Deployment(weights: model.nativeWeights)
        #expect(model.weightBytesPerGPU(loaded) == 595_147_824_096 - 2 * 471_143_920)
    }

    @Test func anUnknownNameSuggestsTheNearest() {
        let error = #expect(throws: InputError.self) {
            try Catalogue.model(named: "lama-3.1-8b")
        }
        #expect(error?.suggestion.hasPrefix("llama-3.1-8b, ") == true)
        #expect(error?.suggestion.hasSuffix(", or the path of its config.json") == true)
        #expect(throws: InputError.self) { try Catalogue.model(named: "") }
        let far = #expect(throws: InputError.self) { try Catalogue.model(named: "x/zzzzzzzzzzzz") }
        #expect(far?.expected == "a name of explain --list-models, or the path of its config.json")
    }
}
