import Basics
import Scenario
import TestSupport
import Testing

/// What servers on other GPUs than the H100 logged: rows of `h100/validation/kv_logs.csv` in which
/// no more than the release or the card's name is missing.
@Suite("The pool of other GPUs") struct OtherGPUTests {
    private struct Server: Sendable {
        var model: String
        var keys: [String]
        var tokens: Int
    }

    private static let servers = [
        Server(
            model: "meta-llama--Meta-Llama-3.1-8B",
            keys: ["hardware.gpu=a100", "engine.version=0.31.0"], tokens: 460_496),
        Server(
            model: "meta-llama--Meta-Llama-3.1-8B",
            keys: [
                "hardware.gpu=rtx-a5000", "engine.version=0.28.0", "engine.enforce_eager=true",
                "engine.gpu_memory_utilization=0.9", "engine.max_model_len=2048",
            ], tokens: 43_296),
        Server(
            model: "Zyphra--Zamba2-2.7B",
            keys: [
                "hardware.gpu=rtx", "hardware.gpu_memory_gib=15.93", "engine.version=0.19.0",
                "engine.gpu_memory_utilization=0.75", "engine.max_model_len=2048",
                "engine.max_num_seqs=8",
            ], tokens: 5088),
        Server(
            model: "Qwen--Qwen3-14B",
            keys: [
                "hardware.gpu=l40s", "hardware.gpu_memory_gib=44.5", "engine.version=0.28.0",
                "engine.gpu_memory_utilization=0.9", "engine.max_model_len=40960",
            ], tokens: 75_824),
        Server(
            model: "Qwen--Qwen2.5-7B-Instruct",
            keys: [
                "hardware.gpu=rtx-5090", "engine.version=0.18.0", "engine.enforce_eager=true",
                "engine.gpu_memory_utilization=0.9", "engine.max_model_len=32768",
            ], tokens: 245_360),
        Server(
            model: "Qwen--Qwen3.5-27B",
            keys: [
                "hardware.gpu=h20", "hardware.gpu_memory_gib=139.8", "engine.version=0.19.0",
                "engine.gpu_memory_utilization=0.9", "engine.max_model_len=32768",
                "engine.max_num_seqs=16", "engine.max_num_batched_tokens=16384",
            ], tokens: 290_864),
        Server(
            model: "Qwen--Qwen3-14B",
            keys: [
                "hardware.gpu=l40s", "hardware.gpu_memory_gib=44.5", "engine.version=0.27.0",
                "engine.gpu_memory_utilization=0.9", "engine.max_model_len=40960",
            ], tokens: 72_064),
    ]

    @Test("is within five percent of the logs", .enabled(if: evidence != nil))
    func poolsOfTheLogs() throws {
        var errors: [Double] = []
        for server in Self.servers {
            let folder = evidence!.appendingPathComponent("cases/models/" + server.model)
            let keys = ["model.name=\(folder.path)", "step_time.kind=linear"] + server.keys
            let resolved = try Configuration.read(file: nil, changes: keys).resolved()
            let error = 100 * (Double(resolved.memory.tokens) / Double(server.tokens) - 1)
            #expect(abs(error) < 5, "\(server.model) on \(server.keys[0]): \(error) %")
            errors.append(abs(error))
        }
        errors.sort()
        #expect(errors[errors.count / 2] < 1.5, "\(errors)")
    }

    private func resolve(_ changes: String...) throws -> ResolvedConfiguration {
        try Configuration.read(file: nil, changes: changes).resolved()
    }

    @Test("takes the memory that is given, of a GPU that no table has, too")
    func givenMemory() throws {
        let named = try resolve("hardware.gpu=rtx-3090", "engine.max_model_len=8192")
        let given = try resolve(
            "hardware.gpu=some-card", "hardware.gpu_memory_gib=23.5595703125",
            "step_time.kind=linear", "engine.max_model_len=8192")
        #expect(given.memory.blocks == named.memory.blocks)
        #expect(given.configuration.engine.maxNumBatchedTokens == 2048)
        #expect(given.warnings.contains { $0.contains("fitted on H100s") })
        let error = #expect(throws: InputError.self) {
            try resolve("hardware.gpu=some-card", "step_time.kind=linear")
        }
        #expect(error?.description.contains("hardware.gpu_memory_gib") == true)
    }

    @Test("is larger over several GPUs without NVLink, whose all-reduce has no buffers")
    func withoutNVLink() throws {
        func reserve(_ gpu: String) throws -> Int64 {
            let keys = ["hardware.gpu=\(gpu)", "engine.tensor_parallel_size=2"]
            let budget = try Configuration.read(file: nil, changes: keys).resolved().memory.budget
            return try #require(budget).nonTorchBytes
        }
        #expect(try reserve("l40s") < 700_000_000)
        #expect(try reserve("a100") > 2_000_000_000)
    }

    @Test("holds the longest context that fits, where the server is told to find it")
    func fittedContext() throws {
        let resolved = try resolve(
            "engine.fit_max_model_len=true", "engine.kv_cache_memory_bytes=4294967296")
        #expect(resolved.configuration.engine.maxModelLen == 32_752)
        #expect(
            resolved.memory.line
                == "GPU KV cache size: 32,768 tokens, Maximum concurrency for 32,752 tokens per "
                + "request: 1.00x")
        #expect(resolved.warnings.contains { $0.contains("in place of the model's 131072") })
        let whole = try resolve("engine.fit_max_model_len=true")
        #expect(whole.configuration.engine.maxModelLen == 131_072)
    }

    @Test("follows the layers of each stage that are given")
    func partition() throws {
        let even = try resolve("engine.pipeline_parallel_size=2")
        let line = try ServerLine(
            "VLLM_PP_LAYER_PARTITION=20,12 vllm serve meta-llama/Llama-3.1-8B -pp 2")
        #expect(line.changes.contains("engine.pp_layer_partition=20,12"))
        // A container has an environment of its own.
        let image = "vllm/vllm-openai:v0.33.0 --model llama-3.1-8b -pp 2"
        for option in ["-e V=20,12", "--env=V=20,12", "--env V=20,12"] {
            let given = option.replacing("V=", with: "VLLM_PP_LAYER_PARTITION=")
            let inside = try ServerLine("docker run \(given) \(image)")
            #expect(inside.changes.contains("engine.pp_layer_partition=20,12"), "\(option)")
        }
        for line in [
            "VLLM_PP_LAYER_PARTITION=20,12 docker run \(image)",
            "docker run -e VLLM_PP_LAYER_PARTITION \(image)",
        ] {
            let outside = try ServerLine(line)
            #expect(!outside.changes.contains { $0.contains("pp_layer_partition") }, "\(line)")
        }
        let given = try resolve(
            "engine.pipeline_parallel_size=2", "engine.pp_layer_partition=20, 12")
        #expect(given.memory.layout.bytesPerBlock == [1_310_720, 786_432])
        // Written back as the variable, without blocks of its own.
        let back = try given.serverLine().split(separator: "\n").last.map(String.init)
        #expect(
            back == "VLLM_PP_LAYER_PARTITION=20,12 vllm serve llama-3.1-8b "
                + "--pipeline-parallel-size 2")
        #expect(even.memory.layout.bytesPerBlock == [1_048_576, 1_048_576])
        #expect(
            try resolve("engine.pipeline_parallel_size=2", "engine.pp_layer_partition=16,16")
                .memory.blocks == even.memory.blocks)
        for wrong in ["20,11", "32", "20,0,12", "x,1", "", "1,99999999999999999999"] {
            let error = #expect(throws: InputError.self) {
                try resolve(
                    "engine.pipeline_parallel_size=2", "engine.pp_layer_partition=\(wrong)")
            }
            #expect(error?.place.hasSuffix("engine.pp_layer_partition") == true, "\(wrong)")
        }
    }
}
