import Basics
import Foundation
import Simulator
import Testing

@testable import Scenario

/// A model that the engine does not serve runs only where a key says so.
@Suite struct UnservedTests {
    @Test func aKeyAllowsIt() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("headway-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let json = #"""
            {"model_type": "llama", "hidden_size": 1024, "num_hidden_layers": 4,
             "vocab_size": 32000, "num_attention_heads": 8, "intermediate_size": 2048}
            """#
        try Data(json.utf8).write(to: folder.appendingPathComponent("config.json"))
        let name = "model.name=\(folder.path)"
        let plain = try Configuration.read(file: nil, changes: [name])
        let error = #expect(throws: InputError.self) { try plain.resolved() }
        #expect(error?.expected.contains("model.allow_unserved") == true)
        let allowed = try Configuration.read(
            file: nil, changes: [name, "model.allow_unserved=true"])
        let resolved = try allowed.resolved()
        #expect(resolved.warnings.contains { $0.contains("without architectures") })
    }

    private func withModel(
        _ json: String, _ body: (String) throws -> Void
    ) throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("headway-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(json.utf8).write(to: folder.appendingPathComponent("config.json"))
        try body("model.name=\(folder.path)")
    }

    /// A model of states alone has no limit of 65,536 tokens a block: its one block is a request.
    @Test func statesAloneRunBeyondTheLargestBlock() throws {
        let json = #"""
            {"architectures": ["MambaForCausalLM"], "model_type": "mamba", "hidden_size": 256,
             "intermediate_size": 512, "num_hidden_layers": 2, "state_size": 16, "conv_kernel": 4,
             "expand": 2, "time_step_rank": 16, "vocab_size": 512,
             "max_position_embeddings": 262144}
            """#
        try withModel(json) { name in
            let changes = [
                name, "trace.limit=20", "cluster.replicas=1", "step_time.kind=linear",
            ]
            let resolved = try Configuration.read(file: nil, changes: changes).resolved()
            #expect(resolved.plan.engine.blockSize == 262_144)
            let source = try resolved.configuration.openTrace().source
            let result = try simulate(resolved.plan, source: source)
            #expect(result.counters.finished == 20)
        }
    }

    /// A class that a release has dropped is served by the releases before.
    @Test func aFormerClassIsServedByItsReleases() throws {
        let json = #"""
            {"model_type": "mpt", "architectures": ["MPTForCausalLM"], "d_model": 1024,
             "n_layers": 4, "n_heads": 8, "expansion_ratio": 4, "max_seq_len": 2048,
             "vocab_size": 32000}
            """#
        try withModel(json) { name in
            func resolved(_ version: String) throws -> ResolvedConfiguration {
                try Configuration.read(
                    file: nil, changes: [name, "engine.version=\(version)"]
                ).resolved()
            }
            let served = try resolved("0.24.0")
            #expect(served.warnings.allSatisfy { !$0.contains("last to serve") })
            let error = #expect(throws: InputError.self) { try resolved("0.31.0") }
            #expect(error?.problem.contains("the last to serve it is 0.28.0") == true)
        }
    }

    /// The page does not call a schedule the engine's own where a note says that it is not.
    @Test func theTrustLineFollowsTheNotes() throws {
        func trust(_ changes: String...) throws -> String {
            try Configuration.read(file: nil, changes: changes).resolved().trust(RunResult())
        }
        #expect(try trust().contains("step for step"))
        let hybrid = try trust(
            "model.name=qwen3-next-80b-a3b", "engine.tensor_parallel_size=4")
        #expect(hybrid.contains("is not yet its own: recurrent states"))
        #expect(!hybrid.contains("step for step"))
        let json = #"""
            {"model_type": "llama", "hidden_size": 1024, "num_hidden_layers": 4,
             "vocab_size": 32000, "num_attention_heads": 8, "intermediate_size": 2048}
            """#
        try withModel(json) { name in
            let unserved = try trust(name, "model.allow_unserved=true")
            #expect(unserved.contains("does not serve this model"))
        }
    }

    private func error(_ changes: String...) throws -> InputError? {
        let configuration = try Configuration.read(file: nil, changes: changes)
        return #expect(throws: InputError.self) { try configuration.resolved() }
    }

    private func llama(_ name: String) -> String {
        """
        {"model_type": "llama", "architectures": ["\(name)"], "hidden_size": 1024,
         "num_hidden_layers": 4, "vocab_size": 32000, "num_attention_heads": 8,
         "intermediate_size": 2048}
        """
    }

    /// A release does not run models that are younger than it. AXK1's class came with 0.17.0,
    /// Step1's with 0.16.0, and 0.15.0's registry was not read.
    @Test func aReleaseIsOlderThanAModel() throws {
        try withModel(llama("IQuestCoderForCausalLM")) { name in
            let error = try error(name, "engine.version=0.13.0")
            #expect(error?.place == "engine.version")
            #expect(
                error?.problem
                    == "vLLM 0.13.0 has no class IQuestCoderForCausalLM (the first release to "
                    + "serve it is 0.14.0)")
            #expect(error?.expected == "0.14.0 or later, or model.allow_unserved=true")
            for version in ["0.14.0", "0.33.0"] {
                let changes = [name, "engine.version=\(version)"]
                let resolved = try Configuration.read(file: nil, changes: changes).resolved()
                #expect(!resolved.warnings.contains { $0.contains("IQuestCoder") })
            }
            let changes = [name, "engine.version=0.13.0", "model.allow_unserved=true"]
            let resolved = try Configuration.read(file: nil, changes: changes).resolved()
            #expect(resolved.warnings.contains { $0.contains("has no class IQuestCoder") })
        }
        try withModel(llama("TeleChat3ForCausalLM")) { name in
            #expect(try error(name, "engine.version=0.19.0") != nil)
            let changes = [name, "engine.version=0.19.1"]
            let resolved = try Configuration.read(file: nil, changes: changes).resolved()
            #expect(
                resolved.warnings.contains(
                    "it is not known whether vLLM 0.19.1 serves TeleChat3ForCausalLM: 0.19.0 does "
                        + "not, 0.20.0 does"))
        }
    }

    /// A refusal names the release that was chosen.
    @Test func aRefusalNamesTheRelease() throws {
        try withModel(llama("InternLMForCausalLM")) { name in
            let late = try error(name, "engine.version=0.25.0")
            #expect(
                late?.problem
                    == "InternLMForCausalLM is not served by vLLM 0.25.0 (the last to serve it is "
                    + "0.23.0)")
            let early = [name, "engine.version=0.20.0"]
            #expect(throws: Never.self) {
                try Configuration.read(file: nil, changes: early).resolved()
            }
        }
    }
}
