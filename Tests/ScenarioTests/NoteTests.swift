import Basics
import Scenario
import Testing

@Suite("What a configuration says of itself")
struct ConfigurationNoteTests {
    @Test("a trace that is shorter than trace.limit asks for is named")
    func endOfTrace() throws {
        let limited = try Configuration.read(file: nil, changes: ["trace.limit=50000"])
        #expect(
            limited.endOfTrace(after: 20_000)
                == "trace.limit is 50,000, and the trace ends after 20,000 requests")
        #expect(limited.endOfTrace(after: 50_000) == nil)
        #expect(try Configuration.read(file: nil, changes: []).endOfTrace(after: 3) == nil)
    }

    private func notes(_ changes: String...) throws -> [String] {
        try Configuration.read(file: nil, changes: changes).resolved().warnings
    }

    @Test(
        "names keys that are set and do nothing, with the reason",
        arguments: [
            ("step_time.file=x.csv", "step_time.kind is measured"),
            ("step_time.fixed_us=100", "step_time.kind is measured"),
            ("engine.prefill_quota_tokens=9", "engine.scheduling_policy is fcfs"),
            ("engine.scheduler_timeout_s=9", "engine.scheduler is not a program"),
            ("cluster.affinity_slack=1", "the router is least_outstanding"),
            ("trace.time_unit=ms", "the trace is a recipe"),
            ("trace.columns=a,b,c", "the trace is a recipe"),
            ("model.routing=balanced", "the model has no experts"),
            ("engine.language_model_only=true", "no tower of the model is weighed"),
            ("engine.mamba_cache_dtype=float32", "the model has no recurrent layers"),
            ("engine.gdn_prefill_backend=triton", "the model has no gated-delta layers"),
            ("engine.prefix_cache_retention_interval=64", "the model has no layers with windows"),
            (
                "engine.disable_hybrid_kv_cache_manager=true",
                "the model has no layers with windows"
            ),
            (
                "engine.long_prefill_token_threshold_adaptive=true",
                "engine.long_prefill_token_threshold is 0"
            ),
        ])
    func withoutEffect(change: String, reason: String) throws {
        let seen = try notes(change).map { $0.split(separator: "/").last.map(String.init) ?? $0 }
        let shown = change.split(separator: "=").last.map(String.init) ?? change
        let note = try #require(seen.first { $0.hasSuffix(" has no effect: " + reason) })
        #expect(note.contains(shown))
        #expect(seen.count == 1)
    }

    @Test("names sizes of a pool that is given otherwise")
    func sizesOfPools() throws {
        let blocks = "engine.num_gpu_blocks=1000"
        let reason = "has no effect: engine.num_gpu_blocks is taken as it is"
        #expect(
            try notes(blocks, "engine.gpu_memory_utilization=0.5")
                == ["engine.gpu_memory_utilization=0.5 " + reason])
        #expect(
            try notes(blocks, "engine.kv_cache_memory_bytes=9000000000")
                == ["engine.kv_cache_memory_bytes=9000000000 " + reason])
        let bytes = "engine.kv_cache_memory_bytes=40000000000"
        #expect(
            try notes(bytes, "engine.gpu_memory_utilization=0.5") == [
                "engine.gpu_memory_utilization=0.5 has no effect: "
                    + "engine.kv_cache_memory_bytes sizes the cache"
            ])
        #expect(try notes(bytes).isEmpty && notes(blocks, "engine.version=0.11.2").isEmpty)
        #expect(try notes(blocks, "engine.kv_cache_memory_bytes=null").isEmpty)
        // The run that a resolved file repeats: both, and they agree.
        let first = try Configuration.read(file: nil, changes: [bytes]).resolved()
        #expect(try first.configuration.resolved().warnings.isEmpty)
    }

    @Test("names what a single replica and a given clock do not read")
    func routersAndGraphs() throws {
        for change in [
            "cluster.router_staleness_ms=20", "cluster.router=random", "cluster.affinity_slack=1",
        ] {
            #expect(
                try notes("cluster.replicas=1", change)
                    == ["\(change) has no effect: there is one replica"])
        }
        #expect(try notes("cluster.replicas=2", "cluster.router_staleness_ms=20").isEmpty)
        let linear = ["step_time.kind=linear", "engine.num_gpu_blocks=1000"]
        for change in ["engine.enforce_eager=true", "engine.max_cudagraph_capture_size=64"] {
            let read = try Configuration.read(file: nil, changes: linear + [change])
            #expect(
                try read.resolved().warnings == [
                    "\(change) has no effect: step_time.kind is linear, "
                        + "and the pool's size is given"
                ])
            #expect(try notes("step_time.kind=linear", change).isEmpty)
            let hosted = linear + [change, "engine.host=vllm-0.23-async"]
            #expect(
                try Configuration.read(file: nil, changes: hosted).resolved().warnings
                    .allSatisfy { !$0.contains(change) })
        }
    }

    @Test("says nothing of keys that are read, or left as they are")
    func withEffect() throws {
        #expect(try notes().isEmpty)
        #expect(try notes("step_time.fixed_us=5000").isEmpty)
        #expect(try notes("step_time.kind=linear", "step_time.fixed_us=100").isEmpty)
        #expect(
            try notes(
                "engine.scheduling_policy=decode_first", "engine.prefill_quota_tokens=9"
            ).isEmpty)
        #expect(try notes("cluster.router=prefix_affinity", "cluster.affinity_slack=1").isEmpty)
    }

    @Test("says that a pool is larger than the memory")
    func poolBeyondMemory() throws {
        #expect(try notes("engine.num_gpu_blocks=28145").isEmpty)
        #expect(
            try notes("engine.num_gpu_blocks=28146")
                == [
                    "engine.num_gpu_blocks is 28146, and 28145 fit the memory of a h100-sxm: a "
                        + "server would not start"
                ])
        // The weights alone are ten times the memory.
        let large = try notes("model.name=llama-3.1-405b", "engine.num_gpu_blocks=9999")
        #expect(large.contains { $0.hasPrefix("engine.num_gpu_blocks is 9999, and 0 fit") })
    }

    @Test("suggests the word that was meant")
    func nearWords() throws {
        let error = #expect(throws: InputError.self) {
            try Configuration.read(file: nil, changes: ["cluster.router=roundrobin"])
        }
        #expect(
            try #require(error).description
                == "--set cluster.router: is \"roundrobin\"; did you mean round_robin?")
    }
}
