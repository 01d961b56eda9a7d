import Basics
import TestSupport
import Testing

@testable import Scenario

/// What a server refuses, or chooses by its GPU, beyond the model's own files.
@Suite struct ServerChoiceTests {
    private func resolved(_ changes: String...) throws -> ResolvedConfiguration {
        try Configuration.read(file: nil, changes: ["cluster.replicas=1"] + changes).resolved()
    }

    @Test("more sequences than blocks for their states are refused where graphs are captured")
    func states() throws {
        let server = ["model.name=falcon-mamba-7b", "engine.kv_cache_memory_bytes=2000000000"]
        func blocks(_ changes: String...) throws -> (Int, Int) {
            let run = try Configuration.read(file: nil, changes: server + changes).resolved()
            return (run.plan.engine.numGPUBlocks, run.plan.engine.maxNumSeqs)
        }
        let (few, _) = try blocks("engine.enforce_eager=true")
        #expect(few > 1 && few < 1_024)
        let text = refusal { _ = try blocks() }
        #expect(text.hasPrefix("engine.max_num_seqs: 1024 sequences need a block each"))
        #expect(text.contains("at most \(few)"))
        #expect(try blocks("engine.max_num_seqs=\(few)").0 >= few)
        #expect(try blocks("engine.version=0.19.0").0 < 1_024)
        // A pool of a given size is the user's: it is said, not refused.
        let given = try resolved(
            "model.name=falcon-mamba-7b", "engine.num_gpu_blocks=100", "engine.max_num_seqs=101")
        #expect(given.warnings.contains { $0.contains("101 sequences need a block each") })
    }

    @Test("a context beyond the model's is taken where the server is told to")
    func longContexts() throws {
        let line = "vllm serve Qwen/Qwen3-8B --max-model-len 131072"
        func length(_ line: String) throws -> Int {
            var configuration = Configuration()
            try configuration.apply(ServerLine(line))
            return try configuration.resolved().plan.engine.maxModelLen
        }
        let text = refusal { _ = try length(line) }
        #expect(text.contains("engine.allow_long_max_model_len"), "\(text)")
        #expect(throws: InputError.self) { try length("VLLM_ALLOW_LONG_MAX_MODEL_LEN=0 " + line) }
        for more in [
            "VLLM_ALLOW_LONG_MAX_MODEL_LEN=1 " + line,
            line + " --hf-overrides '{\"max_position_embeddings\":131072}'",
            line + " --hf-overrides '{\"text_config\":{\"rope_parameters\":{\"factor\":4}}}'",
        ] { #expect(try length(more) == 131_072, "\(more)") }
        #expect(throws: InputError.self) {
            try length(line + " --hf-overrides '{\"num_hidden_layers\":4}'")
        }
        // The config's own number is the limit, and the length where the line gives none.
        let override = " --hf-overrides '{\"max_position_embeddings\":65536}'"
        #expect(throws: InputError.self) { try length(line + override) }
        #expect(try length("vllm serve Qwen/Qwen3-8B" + override) == 65_536)
        let idle = try resolved("engine.allow_long_max_model_len=true")
        #expect(idle.warnings.contains { $0.contains("allow_long_max_model_len has no effect") })
        var configuration = Configuration()
        try configuration.apply(ServerLine("VLLM_ALLOW_LONG_MAX_MODEL_LEN=1 " + line))
        let written = try configuration.resolved().serverLine()
        #expect(written.contains("VLLM_ALLOW_LONG_MAX_MODEL_LEN=1 vllm serve"))
    }

    @Test("the kernel of sparse latents chooses the cache's format")
    func sparseLatents() {
        func latents(_ minor: Int, _ capability: Int, _ name: String) -> SparseLatents {
            SparseLatents(minor: minor, capability: capability, architecture: name)
        }
        let (glm, deepSeek) = ("GlmMoeDsaForCausalLM", "DeepseekV32ForCausalLM")
        #expect(latents(33, 10, glm).usualFormat == .fp8)
        #expect(latents(32, 10, glm).usualFormat == nil)
        #expect(latents(33, 10, deepSeek).usualFormat == nil)
        #expect(latents(33, 12, deepSeek).usualFormat == .fp8)
        #expect(latents(33, 9, glm).usualFormat == nil)
        #expect(latents(33, 9, glm).packs(isAsked: true))
        #expect(!latents(33, 9, glm).packs(isAsked: false))
        #expect(!latents(18, 10, deepSeek).packs(isAsked: true))
        #expect(latents(17, 10, deepSeek).packs(isAsked: true))
        #expect(latents(33, 12, deepSeek).packs(isAsked: false))
    }

    @Test("GLM-5.2's pool on B200s is fp8 without a word", .enabled(if: evidence != nil))
    func glm() throws {
        let folder = try #require(evidence).appendingPathComponent("cases/models/zai-org--GLM-5.2")
        let run = try resolved(
            "model.name=\(folder.path)", "model.weights=fp8", "hardware.gpu=b200-sxm",
            "engine.tensor_parallel_size=8", "engine.max_model_len=32768")
        // 576 B a token and layer, and the indexers' rows.
        #expect(run.memory.layout.bytesPerBlock == [3_052_800])
        #expect(run.warnings.contains { $0.hasPrefix("engine.kv_cache_dtype auto is fp8 for") })
    }

    @Test("a step holds the largest item of Gemma 4", .enabled(if: evidence != nil))
    func items() throws {
        let folder = try #require(evidence)
            .appendingPathComponent("cases/models/google--gemma-4-26B-A4B")
        func tokens(_ changes: String...) throws -> Int {
            let base = [
                "model.name=\(folder.path)", "model.weights=fp8", "engine.max_model_len=32768",
                "cluster.replicas=1",
            ]
            return try Configuration.read(file: nil, changes: base + changes).resolved()
                .plan.engine.maxNumBatchedTokens
        }
        #expect(try tokens("hardware.gpu=l40s") == 2_496)
        #expect(try tokens("hardware.gpu=l40s", "engine.version=0.21.0") == 2_048)
        #expect(try tokens("hardware.gpu=l40s", "engine.max_num_batched_tokens=2048") == 2_048)
        #expect(try tokens() == 8_192)
    }

    @Test("a published name that is not known gets no other model's in its place")
    func names() {
        let text = refusal {
            _ = try Configuration.read(
                file: nil, serve: ServerLine("vllm serve Qwen/Qwen9-VL-8B-Instruct"))
        }
        #expect(text.contains("the folder of its config.json"), "\(text)")
        #expect(!text.contains("did you mean"), "\(text)")
    }
}
