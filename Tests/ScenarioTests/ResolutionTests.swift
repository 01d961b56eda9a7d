import Basics
import Foundation
import Scenario
import Simulator
import StepTime
import TestSupport
import Testing

@Suite("Resolving a configuration")
struct ResolutionTests {
    private func resolve(_ changes: String...) throws -> ResolvedConfiguration {
        try Configuration.read(file: nil, changes: changes).resolved()
    }

    private func complaint(_ changes: String...) throws -> String {
        let error = #expect(throws: InputError.self) {
            try Configuration.read(file: nil, changes: changes).resolved()
        }
        return try #require(error).description
    }

    @Test("puts as many replicas on the nodes as they hold")
    func placement() throws {
        #expect(try resolve().plan.replicas == 8)
        #expect(try resolve("engine.tensor_parallel_size=2").plan.replicas == 4)
        #expect(try resolve("hardware.nodes=3", "engine.tensor_parallel_size=4").plan.replicas == 6)
        // Two GPUs of each node of six stay idle: a group of four does not span nodes.
        #expect(
            try resolve(
                "hardware.nodes=2", "hardware.gpus_per_node=6", "engine.tensor_parallel_size=4"
            ).plan.replicas == 2)
        #expect(try resolve("cluster.replicas=3").plan.replicas == 3)
    }

    @Test("says by how much the GPUs are too few")
    func tooFewGPUs() throws {
        #expect(
            try complaint("cluster.replicas=9")
                == "cluster.replicas: 9 replicas need 9 GPUs, the cluster has 8; "
                + "use at most 8 or --set hardware.nodes=2")
        #expect(
            try complaint("engine.tensor_parallel_size=16")
                == "engine.tensor_parallel_size: a group of 16 GPUs does not fit a node of 8; "
                + "expected at most hardware.gpus_per_node = 8")
    }

    @Test("refuses a model that does not fit, with the arithmetic")
    func tooLargeModel() throws {
        let message = try complaint("model.name=llama-3-70b")
        #expect(message.hasPrefix("model: llama-3-70b does not fit: 141"), "\(message)")
    }

    @Test("derives the number of blocks from the memory")
    func blocks() throws {
        let resolved = try resolve()
        let budget = try #require(resolved.memory.budget)
        // 0.92 x 85.0 GB - 16.06 GB of weights, over 16 x 131,072 bytes a block; what a server
        // profiles besides is 2.0 GB of activations, 0.27 GB of context and 0.84 GB of graphs.
        let free = 78_216_094_024 - 16_060_522_496 - budget.reserveBytes
        #expect((3_050_000_000...3_200_000_000).contains(budget.reserveBytes))
        #expect(abs(resolved.plan.engine.numGPUBlocks - Int(free / (16 * 131_072))) <= 20)
        #expect(try resolve("engine.num_gpu_blocks=500").plan.engine.numGPUBlocks == 500)
        let half = try resolve("engine.kv_cache_dtype=fp8").plan.engine.numGPUBlocks
        #expect(half >= 2 * resolved.plan.engine.numGPUBlocks)
    }

    @Test("prints the pool as the engine of each release logs it")
    func poolLines() throws {
        #expect(
            try resolve("engine.num_gpu_blocks_override=9000").memory.line
                == "GPU KV cache size: 144,000 tokens, Maximum concurrency for 131,072 tokens per "
                + "request: 1.10x")
        // Two groups of 12 layers: before 0.21 a group's share of the blocks is printed.
        let old = try resolve(
            "model.name=gpt-oss-20b", "engine.version=0.19.0", "engine.num_gpu_blocks=40000")
        #expect(old.memory.line.hasPrefix("GPU KV cache size: 320,000 tokens, "))
        let new = try resolve("model.name=gpt-oss-20b", "engine.num_gpu_blocks=136533")
        #expect(
            new.memory.line
                == "GPU KV cache size: 1,939,908 tokens, Maximum concurrency for 131,072 tokens "
                + "per request: 14.80x")
    }

    @Test("memory keys change the pool as the server's flags do")
    func memoryKeys() throws {
        func blocks(_ changes: String...) throws -> Int {
            try Configuration.read(file: nil, changes: changes).resolved().plan.engine.numGPUBlocks
        }
        let usual = try blocks()
        #expect(try blocks("engine.enforce_eager=true") > usual)
        #expect(try blocks("engine.cudagraph_capture_sizes=1,2,4") > usual)
        #expect(try blocks("engine.max_num_batched_tokens=65536") <= usual - 1200)
        #expect(try blocks("engine.kv_cache_memory_bytes=21474836480") == 10_240)
        #expect(try blocks("engine.version=0.16.0") < usual)
        #expect(throws: InputError.self) { try blocks("engine.cudagraph_capture_sizes=1,x") }
        #expect(throws: InputError.self) {
            try blocks("engine.kv_cache_memory_bytes=17179869184")
        }
        #expect(throws: InputError.self) { try blocks("engine.num_gpu_blocks_override=8192") }
        #expect(throws: InputError.self) {
            try blocks("engine.num_gpu_blocks_override=9000", "engine.num_gpu_blocks=8999")
        }
        #expect(throws: InputError.self) {
            try blocks("engine.tensor_parallel_size=2", "engine.decode_context_parallel_size=2")
        }
        let shared = try resolve(
            "model.name=deepseek-v3", "engine.tensor_parallel_size=8",
            "engine.decode_context_parallel_size=8", "engine.num_gpu_blocks=28649")
        #expect(
            shared.memory.line
                == "GPU KV cache size: 3,667,072 tokens, Maximum concurrency for 163,840 tokens "
                + "per request: 22.38x")
        #expect(shared.plan.engine.blockSize == 128)
    }

    @Test("models of states alone take a block a request, without prefix caching")
    func statesAlone() throws {
        let mamba = try resolve("model.name=falcon-mamba-7b")
        #expect(mamba.plan.engine.groups == [.full])
        #expect(mamba.plan.engine.blockSize == mamba.plan.engine.maxModelLen)
        #expect(!mamba.configuration.engine.enablePrefixCaching)
        #expect(mamba.warnings.allSatisfy { $0.hasPrefix("the price of mamba is reckoned") })
        let hybrid = try resolve("model.name=qwen3-next-80b-a3b", "engine.tensor_parallel_size=4")
        #expect(hybrid.plan.engine.blockSize == 320)
        #expect(hybrid.configuration.engine.enablePrefixCaching)
        #expect(hybrid.warnings.contains { $0.contains("schedule is not yet") })
        // What is resolved resolves to itself.
        let again = try hybrid.configuration.resolved()
        #expect(again.plan.engine == hybrid.plan.engine)
    }

    @Test("derives the limits as vLLM's API server does on an H100")
    func limits() throws {
        let engine = try resolve().plan.engine
        #expect(engine.maxNumBatchedTokens == 8192)
        #expect(engine.maxNumSeqs == 1024)
        #expect(engine.maxModelLen == 131_072)
        #expect(engine.asyncScheduling && engine.stopsAtUnforeseenToken)
        #expect(try resolve("engine.max_num_batched_tokens=512").plan.engine.maxNumSeqs == 512)
        let unchunked = try resolve(
            "engine.enable_chunked_prefill=false", "engine.max_model_len=32768")
        #expect(unchunked.plan.engine.maxNumBatchedTokens == 32_768)
        // No step holds more than every sequence at its longest.
        let few = try resolve("engine.max_num_seqs=2", "engine.max_model_len=1000").plan.engine
        #expect(few.maxNumBatchedTokens == 2000 && few.maxNumSeqs == 2)
        let short = try resolve("engine.max_model_len=4").plan.engine
        #expect(short.maxNumBatchedTokens == 4096 && short.maxNumSeqs == 1024)
    }

    @Test("takes another GPU's limits where its step times are given")
    func otherGPUs() throws {
        func tokens(_ gpu: String) throws -> ResolvedConfiguration {
            try resolve(
                "hardware.gpu=\(gpu)", "step_time.kind=linear", "engine.num_gpu_blocks=1000",
                "engine.max_model_len=8192")
        }
        #expect(try tokens("b200").plan.engine.maxNumBatchedTokens == 16_384)
        #expect(try tokens("a100-80gb").plan.engine.maxNumSeqs == 256)
        let unknown = try tokens("abacus")
        #expect(unknown.plan.engine.maxNumBatchedTokens == 8192)
        #expect(unknown.warnings.contains { $0.contains("abacus") })
    }

    @Test("refuses more context than the model takes")
    func context() throws {
        #expect(
            try complaint("engine.max_model_len=131073")
                == "engine.max_model_len: 131073 tokens are beyond the limit of llama-3.1-8b, "
                + "131072; expected at most 131072, or engine.allow_long_max_model_len")
        #expect(try resolve("engine.max_model_len=131072").plan.engine.maxModelLen == 131_072)
        let mamba = try resolve("model.name=falcon-mamba-7b", "engine.max_model_len=500000")
        #expect(mamba.plan.engine.maxModelLen == 500_000)
    }

    @Test("bounds the replicas that nodes derive")
    func derivedReplicas() throws {
        #expect(
            try complaint("hardware.nodes=100000", "hardware.gpus_per_node=1024")
                == "cluster.replicas: 100000 x 1024 GPUs hold 102400000 replicas of 1 GPU; "
                + "expected cluster.replicas of at most 100000, or fewer nodes")
        let given = try resolve("hardware.nodes=100000", "cluster.replicas=3")
        #expect(given.plan.replicas == 3)
    }

    @Test("a changed clock says what changed it, and names no errors")
    func changedClock() throws {
        let plain = try resolve().clockDescription
        #expect(plain.contains("off by (median)"))
        for (change, words) in [
            ("step_time.scale=2", "times 2.0"),
            ("step_time.attention_kernel=naive", "without FlashAttention"),
            ("step_time.kv_cache=false", "without a KV cache"),
        ] {
            let changed = try resolve(change)
            #expect(changed.clockDescription.contains(words), "\(change)")
            #expect(!changed.clockDescription.contains("off by"), "\(change)")
            #expect(changed.trust(aborted: 0).contains(words), "\(change)")
        }
        // vLLM's host stands in for SGLang's, with the errors that it has there.
        let trust = try resolve("step_time.profile=sglang").trust(aborted: 0)
        #expect(trust.contains("taken for SGLang's") && trust.contains("29 to 69 %"))
    }

    @Test("the factor of a fitted host scales a measured clock beside its own key")
    func fittedScale() throws {
        let scratch = try ScratchFolder()
        var host = HostProfile.vllmAsync
        host.gpuScale = 1.5
        let file = try scratch.write("fitted.json", JSONEncoder().encode(host))
        func clock(_ scale: String) throws -> String {
            try resolve("engine.host.profile=\(file)", "step_time.scale=\(scale)")
                .clockDescription
        }
        #expect(try clock("1").contains("times 1.5,"))
        #expect(try clock("2").contains("times 3.0,"))
        #expect(throws: InputError.self) { try clock("900") }
        host.gpuScale = 0
        let bad = try scratch.write("bad.json", JSONEncoder().encode(host))
        #expect(throws: InputError.self) { try resolve("engine.host.profile=\(bad)") }
    }

    @Test("prices the hops of stages that lie on different nodes")
    func nodes() throws {
        func run(_ gpusPerNode: Int, _ nodes: Int, stages: Int = 2) throws -> ResolvedConfiguration
        {
            try resolve(
                "model.name=llama-3.1-70b", "engine.tensor_parallel_size=4",
                "engine.pipeline_parallel_size=\(stages)",
                "hardware.gpus_per_node=\(gpusPerNode)", "hardware.nodes=\(nodes)")
        }
        let (one, two) = (try run(8, 1), try run(4, 2))
        #expect(one.deployment.hopsBetweenNodes == 0 && two.deployment.hopsBetweenNodes == 1)
        #expect(!one.clockDescription.contains("cross nodes"))
        #expect(two.clockDescription.contains("1 of 1 hops"))
        // Three groups a node: the second replica of five stages lies on three nodes.
        #expect(try run(12, 4, stages: 5).deployment.hopsBetweenNodes == 2)
        #expect(try run(12, 2, stages: 5).deployment.hopsBetweenNodes == 1)
    }

    @Test("refuses experts on more GPUs than a tensor-parallel group has")
    func experts() throws {
        let message = try complaint(
            "model.name=qwen3-30b-a3b", "engine.expert_parallel_size=8",
            "engine.tensor_parallel_size=2")
        #expect(message.hasPrefix("engine.expert_parallel_size: 8 exceeds"), "\(message)")
    }

    @Test(
        "refuses limits that contradict one another",
        arguments: [
            ["engine.max_num_batched_tokens=16", "engine.max_num_seqs=17"],
            ["engine.enable_chunked_prefill=false", "engine.max_num_batched_tokens=8192"],
            ["engine.max_num_seqs=8", "engine.max_num_active_seqs=9"],
            ["engine.max_num_batched_tokens=64", "engine.max_num_scheduled_tokens=65"],
            ["trace.start_s=5", "trace.end_s=5"],
        ])
    func contradictions(changes: [String]) {
        #expect(throws: InputError.self) {
            let configuration = try Configuration.read(file: nil, changes: changes)
            _ = try configuration.resolved()
            _ = try configuration.trace.options(seed: 0)
        }
    }

    @Test("refuses a server that would not start")
    func warnings() throws {
        #expect(try resolve().warnings.isEmpty)
        let tight = try resolve(
            "model.name=llama-3-70b", "model.weights=fp8",
            "engine.tensor_parallel_size=2")
        #expect(tight.warnings.isEmpty)
        let error = #expect(throws: InputError.self) {
            try resolve("engine.gpu_memory_utilization=0.24")
        }
        #expect(error?.place == "engine.max_model_len")
        #expect(error?.expected.hasPrefix("at most ") == true)
    }

    @Test("says that a policy beside a program has no effect")
    func policyBesideProgram() throws {
        let notes = try resolve(
            "engine.scheduler=exec:true", "engine.scheduling_policy=priority"
        ).warnings
        #expect(notes.count == 1)
        #expect(notes.first?.contains("scheduling_policy=priority has no effect") == true)
        #expect(try resolve("engine.scheduler=exec:true").warnings.isEmpty)
        let random = ["trace.random_input_len=1000", "trace.random_output_len=200"]
        func saysExact(_ more: String...) throws -> Bool {
            try Configuration.read(file: nil, changes: random + more).resolved().warnings
                .contains { $0.hasPrefix("a closed loop of exact lengths") }
        }
        #expect(try saysExact("trace.concurrency=64") && saysExact("trace.max_concurrency=64"))
        #expect(try !saysExact() && !saysExact("trace.request_rate=4", "trace.max_concurrency=8"))
        #expect(try !saysExact("trace.concurrency=64", "trace.random_range_ratio=0.02"))
        #expect(try resolve("engine.scheduling_policy=priority").warnings.isEmpty)
    }

    @Test("passes objective, router and host times on in picoseconds")
    func units() throws {
        let plan = try resolve(
            "slo.ttft_ms=250.5", "slo.tpot_ms=null", "slo.e2e_ms=1250",
            "cluster.router_staleness_ms=5",
            "engine.host_us.fixed=1.5", "engine.host_us.per_request=2"
        ).plan
        #expect(plan.objective.timeToFirstToken == 250_500_000_000)
        #expect(plan.objective.timePerOutputToken == nil)
        #expect(plan.objective.endToEnd == 1_250_000_000_000)
        #expect(plan.router.staleness == 5_000_000_000)
        #expect(plan.engine.host.schedule == 1_500_000)
        #expect(plan.engine.host.schedulePerRequest == 2_000_000)
    }

    @Test("every wait of the GPU can be taken away by its key")
    func noWait() throws {
        let plain = try resolve("engine.host=none").plan.stepTime
        let waits = ["gpu_wait_us=0", "gpu_wait_per_request_us=0", "gpu_wait_per_first_us=0"]
        var configuration = try Configuration.read(
            file: nil, changes: waits.map { "engine.host." + $0 })
        let without = try configuration.resolved().plan.stepTime
        configuration.engine.host.gpuWaitPerFirst = 25
        let some = try configuration.resolved().plan.stepTime
        for decodes in [1, 8, 100] {
            let price = try #require(plain.decodeLine(decodes: decodes))
            #expect(without.decodeLine(decodes: decodes) == price)
            let first = try #require(some.decodeLine(decodes: decodes))
            #expect(first.base - price.base == Int64(min(decodes, 8)) * 25_000_000)
        }
    }
}
