import Basics
import Foundation
import TestSupport
import Testing

@testable import Scenario

@Suite("A configuration as a line of vLLM's server")
struct ServerWritingTests {
    private func resolved(_ changes: [String]) throws -> ResolvedConfiguration {
        try Configuration.read(file: nil, changes: changes).resolved()
    }

    private func last(_ text: String) -> String {
        String(text.split(separator: "\n").last ?? "")
    }

    @Test("has the flags that differ from the server's defaults, and no others")
    func flags() throws {
        #expect(
            try resolved([]).serverLine() == """
                # vLLM 0.33.0 on h100-sxm
                # llama-3.1-8b is a name of the catalogue here: the server needs the checkpoint's
                # cluster.replicas=8: so many servers behind a router
                vllm serve llama-3.1-8b
                """)
        // What is given and is the default anyway is left out; so is what is derived.
        let line = try resolved([
            "engine.tensor_parallel_size=4", "engine.max_num_seqs=1024",
            "engine.max_num_batched_tokens=8192", "engine.kv_cache_dtype=fp8",
            "model.name=llama-3.1-70b", "engine.enable_prefix_caching=false",
            "engine.max_model_len=4096", "engine.cudagraph_capture_sizes=1,2,4",
        ]).serverLine()
        #expect(
            last(line) == "vllm serve llama-3.1-70b --max-model-len 4096 --tensor-parallel-size 4 "
                + "--kv-cache-dtype fp8 --no-enable-prefix-caching --cudagraph-capture-sizes 1 2 4")
    }

    @Test("says what no flag sets")
    func comments() throws {
        let line = try resolved([
            "engine.advance=step", "engine.scheduling_policy=decode_first",
            "engine.host.schedule_us=7", "model.weights=int4",
        ]).serverLine()
        for key in [
            "engine.advance=\"step\"", "engine.scheduling_policy=\"decode_first\"",
            "engine.host.schedule_us=7", "model.weights=\"int4\"",
        ] {
            #expect(line.contains("# no flag sets " + key), "\(line)")
        }
        #expect(last(line) == "vllm serve llama-3.1-8b")
    }

    @Test("a pool that follows from weights which no flag sets is not the server's")
    func derivedPool() throws {
        for weights in ["int8", "mxfp4", "int4", "nvfp4"] {
            let line = try resolved(["model.weights=\(weights)"]).serverLine()
            #expect(!line.contains("num_gpu_blocks") && !line.contains("num-gpu-blocks"))
        }
        // A flag that the checkpoint refuses is a comment.
        let own = try resolved(["model.name=gpt-oss-20b", "model.weights=fp8"]).serverLine()
        #expect(own.contains("# no flag sets model.weights=\"fp8\""))
        #expect(last(own) == "vllm serve gpt-oss-20b")
        #expect(ServerFlag.says("engine.async_scheduling=false"))
        #expect(!ServerFlag.says("engine.prefix_cache_retention_interval=null"))
    }

    @Test("a flag is given where the server's default for the model is another one")
    func ownDefault() throws {
        let line = try resolved([
            "model.name=qwen3-next-80b-a3b", "engine.tensor_parallel_size=4",
            "engine.version=0.24.0", "engine.enable_prefix_caching=true",
        ]).serverLine()
        #expect(last(line).hasSuffix("--enable-prefix-caching") && !line.contains("no flag sets"))
    }

    @Test("experts shared in a model that has none are refused, as the server's flag is")
    func noExperts() {
        #expect(throws: InputError.self) {
            try resolved(["engine.tensor_parallel_size=4", "engine.expert_parallel_size=4"])
        }
    }

    @Test(
        "read back, gives the same engine",
        arguments: [
            [], ["engine.max_num_seqs=64", "engine.block_size=32", "engine.watermark=0.02"],
            ["engine.num_gpu_blocks=3000", "engine.max_model_len=9999"],
            ["engine.num_gpu_blocks_override=2000", "engine.max_model_len=20000"],
            ["engine.kv_cache_memory_bytes=20000000000", "engine.enforce_eager=true"],
            ["engine.gpu_memory_utilization=0.85", "engine.async_scheduling=false"],
            [
                "model.name=mixtral-8x7b", "engine.tensor_parallel_size=4",
                "engine.expert_parallel_size=4",
            ],
            [
                "model.name=qwen3-next-80b-a3b", "engine.tensor_parallel_size=4",
                "engine.gdn_prefill_backend=triton", "engine.mamba_ssm_cache_dtype=float32",
            ],
            ["model.weights=fp8", "engine.kv_cache_dtype=fp8", "engine.max_model_len=9999"],
            ["engine.version=0.20.0", "engine.max_num_batched_tokens=4096"],
            [
                "engine.enable_chunked_prefill=false", "engine.scheduling_policy=priority",
                "engine.long_prefill_token_threshold=100",
                "engine.scheduler_reserve_full_isl=false", "engine.prefill_schedule_interval=2",
            ],
        ])
    func roundTrip(_ changes: [String]) throws {
        let wanted = try resolved(changes)
        let text = try wanted.serverLine()
        var read = try Configuration.read(
            file: nil, serve: ServerLine(last(text)),
            changes: ["cluster.replicas=\(wanted.plan.replicas)"])
        read.select(wanted.configuration.engine.version)
        let again = try read.resolved()
        var (a, b) = (again.configuration.engine, wanted.configuration.engine)
        #expect(again.memory.blocks == wanted.memory.blocks)
        // Blocks by either key are the same pool.
        for engine in [\Configuration.EngineSection.numGPUBlocks, \.numGPUBlocksOverride] {
            a[keyPath: engine] = nil
            b[keyPath: engine] = nil
        }
        #expect(a == b, "\(text)")
        #expect(again.configuration.model == wanted.configuration.model)
        #expect(!text.contains("no flag sets"), "\(text)")
        // Writing what was written changes nothing.
        #expect(try last(again.serverLine()) == last(text))
        // From a run's own file, everything derived is given.
        let file = try Configuration.read(
            file: nil, changes: ["cluster.replicas=1"])
        var whole = file
        try whole.apply(wanted.configuration.asValue, place: "config.resolved.json")
        #expect(try last(whole.resolved().serverLine()) == last(text))
    }
}
