import Basics
import Foundation
import Models
import TestSupport
import Testing

@testable import Scenario

@Suite("Drafts of speculative decoding, in the memory")
struct DraftKeyTests {
    private static let head = """
        {"architectures": ["LlamaForCausalLMEagle3"], "model_type": "llama",
         "num_hidden_layers": 1, "hidden_size": 4096, "intermediate_size": 14336,
         "vocab_size": 128256, "num_attention_heads": 32, "num_key_value_heads": 8,
         "max_position_embeddings": 131072, "draft_vocab_size": 32000}
        """
    private static let small = """
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama",
         "num_hidden_layers": 16, "hidden_size": 2048, "intermediate_size": 8192,
         "vocab_size": 128256, "num_attention_heads": 32, "num_key_value_heads": 8,
         "max_position_embeddings": 65536, "tie_word_embeddings": true, "head_dim": 64}
        """

    /// A folder with a head and a small model in it.
    private func withDrafts(_ body: (_ head: String, _ small: String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "drafts-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in [("head", Self.head), ("small", Self.small)] {
            let inside = folder.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: inside, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: inside.appendingPathComponent("config.json"))
        }
        try body(folder.path + "/head", folder.path + "/small")
    }

    private func resolved(_ changes: [String]) throws -> ResolvedConfiguration {
        try Configuration.read(file: nil, changes: changes).resolved()
    }

    private func served(_ flags: String) throws -> Configuration {
        try Configuration.read(file: nil, serve: ServerLine("vllm serve llama-3.1-8b " + flags))
    }

    private func refusal(_ flags: String) -> String {
        let error = #expect(throws: InputError.self) { _ = try served(flags).resolved() }
        return error?.description ?? ""
    }

    @Test("take weights, buffers and a share of each block")
    func memory() throws {
        try withDrafts { head, small in
            let plain = try resolved([])
            let eagle = try resolved([
                "engine.spec_method=eagle3", "engine.spec_model=\(head)", "engine.spec_tokens=3",
            ])
            let (before, after) = (plain.memory.budget!, eagle.memory.budget!)
            let draft = try #require(eagle.deployment.draft)
            #expect(after.draftBytes == draft.weightBytes(beside: eagle.deployment))
            #expect(after.weightBytes == before.weightBytes + after.draftBytes)
            // The hidden states of a step stay allocated.
            #expect(after.activationBytes >= before.activationBytes + 2 * 8192 * 4096)
            #expect(after.layout.bytesPerBlock == [33 * 65_536])
            #expect(after.layout.groups.map(\.draftLayers) == [1])
            #expect(
                eagle.memory.line
                    == "GPU KV cache size: 430,016 tokens, Maximum concurrency "
                    + "for 131,072 tokens per request: 3.28x")
            #expect(eagle.memory.comments[0].contains("(0.8 GB the draft's)"))
            #expect(eagle.memory.comments[1].contains("33 x FullAttention (1 the draft's)"))
            #expect(eagle.warnings.contains { $0.hasPrefix("drafts by eagle3, 3 tokens a step") })
            #expect(eagle.trust(aborted: 0).contains("a server without drafts"))
            // Kept logits of S sequences, k tokens and all words are float32.
            let drawn = try resolved([
                "engine.spec_method=eagle3", "engine.spec_model=\(head)", "engine.spec_tokens=3",
                "engine.draft_sample_method=probabilistic",
            ]).memory.budget!
            #expect(drawn.activationBytes - after.activationBytes == 4 * 1024 * 3 * 128_256)
            // A draft model shares nothing, and its context is the server's.
            let model = try resolved([
                "engine.spec_model=\(small)", "engine.spec_tokens=4",
            ])
            #expect(model.deployment.draft?.method == .draftModel)
            #expect(model.configuration.engine.maxModelLen == 65_536)
            #expect(model.memory.layout.bytesPerBlock == [32 * 65_536 + 16 * 32_768])
            #expect(model.memory.layout.groups.map(\.isMarked) == [false])
            // The request's own text takes nothing.
            let ngram = try resolved(["engine.spec_method=ngram", "engine.spec_tokens=5"])
            #expect(ngram.memory.line == plain.memory.line)
        }
    }

    @Test("by the checkpoint's own layers keep states for each token")
    func states() throws {
        func line(_ more: [String]) throws -> PoolLayout {
            try resolved(
                [
                    "model.name=qwen3-next-80b-a3b", "engine.tensor_parallel_size=4",
                    "cluster.replicas=1",
                ] + more
            ).memory.layout
        }
        let plain = try line([])
        let with = try line(["engine.spec_method=mtp", "engine.spec_tokens=2"])
        #expect(with.groups.map(\.layers) == [12, 12, 12, 13])
        #expect(with.groups.map(\.isMarked) == [false, false, false, true])
        #expect(
            with.blocks(ofRequest: 262_144).prefix(3).map { $0 }
                == plain.blocks(ofRequest: 262_144).prefix(3).map { $0 + 2 })
        // Without a model beside it, the request's own text adds states too.
        let ngram = try line(["engine.spec_method=ngram", "engine.spec_tokens=2"])
        #expect(ngram.groups.map(\.layers) == [12, 12, 12, 12])
        #expect(ngram.blocks(ofRequest: 262_144)[0] == plain.blocks(ofRequest: 262_144)[0] + 2)
    }

    @Test("are read from the server's flags, whole and in parts")
    func flags() throws {
        try withDrafts { head, _ in
            let whole = try served(
                "-sc '{\"method\": \"eagle3\", \"model\": \"\(head)\", "
                    + "\"num_speculative_tokens\": 3, \"rejection_sample_method\": \"block\"}'")
            let parts = try served(
                "--speculative_config.method eagle3 --speculative-config.model=\(head) "
                    + "--speculative-config.num_speculative_tokens 3")
            let short = try served("--spec-method eagle3 --spec-model \(head) --spec-tokens 3")
            for one in [whole, parts, short] {
                #expect(one.engine.specMethod == .eagle3)
                #expect(one.engine.specModel == head)
                #expect(one.engine.specTokens == 3)
            }
            #expect(try whole.resolved().memory.line == short.resolved().memory.line)
        }
        // Older words for the checkpoint's own layers.
        let line = try ServerLine(
            "vllm serve deepseek-v3 -tp 8 -sc.method deepseek_mtp -sc.num_speculative_tokens 1")
        #expect(line.changes.contains("engine.spec_method=mtp"))
        #expect(
            line.notes == ["--serve: -sc.method deepseek_mtp is taken as mtp, as by the server"])
        // Null members are not given.
        let null = try served(
            "-sc '{\"method\": \"ngram\", \"num_speculative_tokens\": 2, \"quantization\": null}'")
        #expect(null.engine.specMethod == .ngram && null.engine.specTokens == 2)
    }

    @Test("are written back as the server's setting, and read again")
    func writing() throws {
        try withDrafts { head, _ in
            let first = try served(
                "--spec-method eagle3 --spec-model \(head) --spec-tokens 3 "
                    + "--max-num-seqs 64"
            ).resolved()
            let text = try first.serverLine()
            let line = String(text.split(separator: "\n").last!)
            #expect(
                line.contains(
                    "--speculative-config '{\"method\": \"eagle3\", \"model\": \"\(head)\", "
                        + "\"num_speculative_tokens\": 3}'"))
            #expect(!text.contains("no flag sets"), "\(text)")
            let again = try Configuration.read(file: nil, serve: ServerLine(line)).resolved()
            #expect(again.memory.line == first.memory.line)
            #expect(again.deployment.draft == first.deployment.draft)
        }
    }

    @Test(
        "that the server or Headway does not take are refused in one line",
        arguments: [
            ("{\"method\": \"ngram\"}", "-sc has no num_speculative_tokens"),
            ("{}", "-sc has no num_speculative_tokens"),
            ("[]", "-sc is a list"), ("3", "-sc is 3"), ("nope", "-sc is \"nope\""),
            ("{\"num_speculative_tokens\": 3}", "-sc has neither method nor model"),
            ("{\"method\": \"ngram\", \"num_speculative_tokens\": 0}", "tokens is 0"),
            ("{\"method\": \"ngram\", \"num_speculative_tokens\": -1}", "tokens is -1"),
            ("{\"method\": \"ngram\", \"num_speculative_tokens\": 1.5}", "tokens is 1.5"),
            ("{\"method\": \"ngram\", \"num_speculative_tokens\": 1e99}", "tokens is"),
            ("{\"method\": \"ngram\", \"num_speculative_tokens\": true}", "tokens is true"),
            (
                "{\"method\": \"ngram\", \"num_speculative_tokens\": 9223372036854775807}",
                "tokens is 9223372036854775807"
            ),
            ("{\"method\": \"ngrm\", \"num_speculative_tokens\": 1}", "did you mean ngram?"),
            ("{\"method\": \"medusa\", \"num_speculative_tokens\": 1}", "medusa is not served"),
            ("{\"method\": \"dflash\", \"num_speculative_tokens\": 1}", "dflash drafts all"),
            ("{\"method\": \"suffix\", \"num_speculative_tokens\": 1}", "older model runner"),
            ("{\"method\": 7, \"num_speculative_tokens\": 1}", "-sc.method is 7"),
            ("{\"method\": \"eagle\", \"num_speculative_tokens\": 1}", "-sc has no model"),
            ("{\"method\": \"mtp\", \"num_speculative_tokens\": 1}", "no prediction layers"),
            (
                "{\"method\": \"eagle3\", \"model\": \"/nowhere\", \"num_speculative_tokens\": 1}",
                "no folder of one"
            ),
            ("{\"model\": \"qwen3-8b\", \"num_speculative_tokens\": 1}", "vocabulary of 151936"),
            ("{\"model\": \"\", \"num_speculative_tokens\": 1}", "-sc.model is \"\""),
            ("{\"method\": \"ngram\", \"num_speculative_tokens\": 1, \"k\": 1}", "-sc.k is no"),
            (
                "{\"method\": \"ngram\", \"num_speculative_tokens\": 1, \"quantization\": \"fp8\"}",
                "a format other than its"
            ),
            (
                "{\"method\": \"ngram\", \"num_speculative_tokens\": 1, "
                    + "\"parallel_drafting\": true}",
                "older model runner"
            ),
            (
                "{\"method\": \"ngram\", \"num_speculative_tokens\": 1, "
                    + "\"tensor_parallel_size\": 1}",
                "expected draft_tensor_parallel_size"
            ),
            (
                "{\"method\": \"ngram\", \"num_speculative_tokens\": 1, "
                    + "\"draft_tensor_parallel_size\": 4}", "tensor-parallel size is 1"
            ),
            (
                "{\"method\": \"ngram\", \"num_speculative_tokens\": 1, "
                    + "\"prompt_lookup_min\": 5, \"prompt_lookup_max\": 2}", "prompt_lookup_min 5"
            ),
        ])
    func refused(setting: String, words: String) throws {
        let said = refusal("-sc '\(setting)'")
        #expect(said.contains(words), "\(said)")
        #expect(!said.contains("\n"))
    }

    @Test("that contradict other keys are refused")
    func contradictions() throws {
        for (flags, words) in [
            ("--spec-tokens 3", "engine.spec_method"),
            ("--spec-method ngram", "engine.spec_tokens"),
            ("--spec-method ngram --spec-tokens 3 -sc '{\"method\": \"ngram\"}'", "one of them"),
            ("--spec-method ngram --spec-tokens 0", "--spec-tokens"),
            ("--spec-method nothing --spec-tokens 1", "--spec-method is \"nothing\""),
        ] {
            let said = refusal(flags)
            #expect(said.contains(words), "\(flags): \(said)")
        }
        try withDrafts { head, _ in
            let error = try #require(throws: InputError.self) {
                _ = try resolved([
                    "engine.spec_method=eagle3", "engine.spec_model=\(head)",
                    "engine.spec_tokens=8", "engine.max_num_batched_tokens=8",
                    "engine.max_num_seqs=8",
                ])
            }
            #expect(error.place == "engine.max_num_batched_tokens")
            #expect(throws: InputError.self) {
                _ = try resolved([
                    "engine.spec_method=eagle3", "engine.spec_model=\(head)",
                    "engine.spec_tokens=3", "engine.tensor_parallel_size=8",
                    "model.name=gpt-oss-20b", "engine.draft_sample_method=sometimes",
                ])
            }
        }
    }

    /// Odd settings, and settings with a broken letter: read as what they say, or refused with an
    /// `InputError`; never a trap.
    @Test("of odd and broken settings are read or refused")
    func fuzz() throws {
        let odd = [
            "null", "true", "0", "1", "3", "1024", "1025", "-1", "1.5", "1e99", "NaN", "Infinity",
            "9223372036854775808", "\"\"", "\"mtp\"", "\"ngram\"", "\"3\"", "[]", "[1]", "{}",
        ]
        let names = [
            "method", "model", "num_speculative_tokens", "draft_sample_method",
            "draft_tensor_parallel_size", "prompt_lookup_min", "quantization", "other",
        ]
        var random = SeededRandom(seed: 290)
        func pick(_ list: [String]) -> String { list[Int(random.next() % UInt64(list.count))] }
        var read = 0
        for turn in 0..<600 {
            var members = ["method": "\"ngram\"", "num_speculative_tokens": "3"]
            for _ in 0..<Int(random.next() % 3) { members[pick(names)] = pick(odd) }
            let pairs = members.keys.sorted().map { "\"\($0)\": \(members[$0]!)" }
            var text = "{" + pairs.joined(separator: ", ") + "}"
            if turn % 3 == 0 {
                var bytes = Array(text.utf8)
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(32 + random.next() % 95)
                text = String(decoding: bytes, as: UTF8.self).replacing("'", with: "")
            }
            do {
                let configuration = try served("-sc '\(text)'")
                read += 1
                guard configuration.engine.specMethod == .ngram else { continue }
                let tokens = configuration.engine.specTokens
                #expect((1...1024).contains(tokens ?? 0), "turn \(turn): \(text)")
            } catch is InputError {}
        }
        #expect((100..<500).contains(read))
    }
}
