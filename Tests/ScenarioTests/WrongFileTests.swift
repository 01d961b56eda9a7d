import Basics
import Foundation
import StepTime
import TestSupport
import Testing

@testable import Scenario

/// What the program says to a right thing at the wrong place.
@Suite("A mistake names the way that is right")
struct WrongFileTests {
    private func mistake(_ file: String, _ changes: [String] = []) throws -> String {
        let error = #expect(throws: InputError.self) {
            _ = try Configuration.read(file: file, changes: changes).resolved()
        }
        return error?.description ?? ""
    }

    private func shipped(_ name: String) -> String {
        packageRoot.appendingPathComponent(name).path
    }

    @Test("a space, a suite, a trace and a run's folder name their verbs and files")
    func files() throws {
        #expect(try mistake(shipped("configs/sweeps/batch.json5")).contains("headway sweep"))
        #expect(try mistake(shipped("configs/gate.json5")).contains("headway gate"))
        let trace = try mistake(shipped("traces/chat.jsonl.gz"))
        #expect(trace.contains("expected --set trace.file="))
        let scratch = try ScratchFolder()
        _ = try scratch.write("config.resolved.json", Array("{}".utf8))
        #expect(try mistake(scratch.path).contains("config.resolved.json, its own"))
    }

    @Test("a GPU's number is no misspelling, and an unknown one has a way out")
    func gpus() throws {
        for name in ["v100", "t4", "p100", "foo"] {
            let error = #expect(throws: InputError.self) { _ = try GPU.named(name) }
            #expect(error?.suggestion == "" && error?.expected.contains("h100-sxm") == true)
        }
        let near = #expect(throws: InputError.self) { _ = try GPU.named("h100-sxmm") }
        #expect(near?.suggestion == "h100-sxm")
        let priced = #expect(throws: InputError.self) {
            _ = try Configuration.read(
                file: nil, changes: ["hardware.gpu=foo", "hardware.gpu_memory_gib=40"]
            ).resolved()
        }
        #expect(priced?.expected.contains("step_time.kind=table") == true)
    }

    @Test("what a file leaves beside a server's line stands in the page's head")
    func besideServer() throws {
        let file = shipped("configs/chat-70b.json5")
        func head(_ line: String) throws -> String {
            try Configuration.read(file: file, serve: ServerLine(line)).resolved()
                .headline(trace: "t")
        }
        let kept = try head("vllm serve qwen3-8b")
        #expect(kept.contains("model.weights=\"fp8\"") && kept.contains("tensor_parallel_size=4"))
        let own = try head("vllm serve qwen3-8b -tp 4")
        #expect(!own.contains("tensor_parallel_size"))
        let alone = try Configuration.read(file: nil, serve: ServerLine("vllm serve qwen3-8b"))
        #expect(!(try alone.resolved().headline(trace: "t")).contains("Beside"))
    }

    @Test(
        "keys without effect: drafts' sampling, a seed of a recorded trace, a recipe's strictness")
    func idleKeys() throws {
        let warnings = try Configuration.read(
            file: nil, changes: ["engine.draft_sample_method=probabilistic", "trace.strict=true"]
        ).resolved().warnings
        for key in ["engine.draft_sample_method=", "trace.strict="] {
            #expect(warnings.contains { $0.hasPrefix(key) && $0.contains("has no effect") })
        }
        let trace = "trace.file=" + shipped("traces/retrieval.jsonl.gz")
        func remarks(_ changes: String...) throws -> [String] {
            try Configuration.read(file: nil, changes: [trace] + changes).openTrace().remarks
        }
        #expect(try remarks("seed=9").contains { $0.hasPrefix("seed=9 has no effect") })
        for drawn in ["trace.request_rate=2", "cluster.router=random"] {
            #expect(try !remarks("seed=9", drawn).contains { $0.hasPrefix("seed=") })
        }
        #expect(try !remarks().contains { $0.hasPrefix("seed=") })
    }
}
