import Basics
import Foundation
import TestSupport
import Testing

@testable import Models

/// EAGLE heads, by their published sizes and by bad files.
@Suite struct DraftHeadTests {
    private static func head(
        _ text: String, _ method: Draft.Method = .eagle3, served: String = "llama-3.1-8b"
    ) throws -> Draft {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(
            "head-\(UUID().uuidString).json")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try .head(
            method, tokens: 3, path: file.path, served: try Catalogue.model(named: served))
    }

    private static func llama(_ hidden: Int, _ wide: Int, _ more: String = "") -> String {
        """
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "num_hidden_layers": 1,
         "hidden_size": \(hidden), "intermediate_size": \(wide), "vocab_size": 128256,
         "num_attention_heads": \(hidden / 128), "num_key_value_heads": 8,
         "max_position_embeddings": 2048\(more)}
        """
    }

    /// The EAGLE project's table: heads of 0.25 B and 0.99 B parameters beside Llama 3 of 8 B and
    /// 70 B; embedding and output head are the model's.
    @Test func eagleHeadsHaveThePublishedSizes() throws {
        for (hidden, wide, served, size) in [
            (4096, 14_336, "llama-3-8b", 0.25), (8192, 28_672, "llama-3-70b", 0.99),
        ] {
            let draft = try Self.head(Self.llama(hidden, wide), .eagle, served: served)
            #expect(draft.sharesEmbedding)
            let bytes = draft.weightBytes(beside: Deployment())
            #expect(abs(Double(bytes) / 2e9 - size) < 0.005)
        }
    }

    /// An EAGLE-3 head of Llama-3.1-8B by hand: queries and keys of twice the inputs, three hidden
    /// states joined, an output head of 32,000 words and its table of 8 bytes a word.
    @Test func eagle3HeadsHaveTheirSizes() throws {
        let draft = try Self.head(Self.llama(4096, 14_336, ", \"draft_vocab_size\": 32000"))
        let inward = 2 * 4096 * (4096 + 2 * 1024)
        let layer = inward + 4096 * 4096 + 3 * 4096 * 14_336 + 3 * 4096
        let rest = 3 * 4096 * 4096 + 4096 + 32_000 * 4096
        #expect(draft.weightBytes(beside: Deployment()) == Int64(2 * (layer + rest) + 8 * 32_000))
        var cut = Deployment(tensorParallel: 2)
        // The joining matrix, the norms and the table are on both.
        let whole = 2 * (3 * 4096 + 3 * 4096 * 4096 + 4096) + 8 * 32_000
        let shared = 2 * (layer - 3 * 4096 + 32_000 * 4096)
        #expect(draft.weightBytes(beside: cut) == Int64(whole + shared / 2))
        // With pipeline stages the model's embedding is on another GPU.
        cut.pipelineParallel = 2
        #expect(
            draft.weightBytes(beside: cut)
                == Int64(whole + shared / 2 + 2 * 128_256 / 2 * 4096))
    }

    /// Files of the speculators format have their decoder inside.
    @Test func speculatorsFilesAreRead() throws {
        let inner = Self.llama(4096, 14_336)
        let outer = """
            {"architectures": ["Eagle3Speculator"], "speculators_model_type": "eagle3",
             "draft_vocab_size": 32000, "transformer_layer_config": \(inner)}
            """
        let plain = try Self.head(Self.llama(4096, 14_336, ", \"draft_vocab_size\": 32000"))
        let wrapped = try Self.head(outer)
        let alone = Deployment()
        #expect(wrapped.weightBytes(beside: alone) == plain.weightBytes(beside: alone))
        #expect(wrapped.model?.layers == plain.model?.layers)
    }

    /// A head of the layers' kind that is not read, and every kind of broken file: one error, and
    /// never a trap.
    @Test func badFilesAreRefused() throws {
        let good = Self.llama(4096, 14_336)
        let bad = [
            "", "{", "[]", "null", "{}", "3", "{\"model_type\": \"nothing\"}",
            "{\"model_type\": 3}", "{\"transformer_layer_config\": 3}",
            good.replacing("\"hidden_size\": 4096", with: "\"hidden_size\": -1"),
            good.replacing("\"hidden_size\": 4096", with: "\"hidden_size\": 9223372036854775808"),
            good.replacing("\"hidden_size\": 4096", with: "\"hidden_size\": NaN"),
            good.replacing("\"num_hidden_layers\": 1", with: "\"num_hidden_layers\": 0"),
            good.replacing("\"num_key_value_heads\": 8", with: "\"num_key_value_heads\": 7"),
            Self.llama(4096, 14_336, ", \"draft_vocab_size\": \"many\""),
            Self.llama(4096, 14_336, ", \"draft_vocab_size\": 0"),
            Self.llama(4096, 14_336, ", \"eagle_config\": {\"use_aux_hidden_state\": 7}"),
            Self.llama(4096, 14_336, ", \"sliding_window\": 512, \"layer_types\": []"),
        ]
        for (index, text) in bad.enumerated() {
            #expect(throws: InputError.self, "file \(index)") { try Self.head(text) }
        }
        let mixture = """
            {"model_type": "mixtral", "num_hidden_layers": 1, "hidden_size": 4096,
             "num_local_experts": 8, "num_experts_per_tok": 2, "vocab_size": 128256}
            """
        #expect(throws: InputError.self) { try Self.head(mixture) }
        #expect(throws: InputError.self) { try Self.head(Self.llama(2048, 8192), .eagle) }
        for path in ["", "/", "nothing", "nothing.json", "/tmp"] {
            #expect(throws: InputError.self) {
                try Draft.head(
                    .eagle, tokens: 1, path: path, served: try Catalogue.model(named: "llama-3-8b"))
            }
        }
    }

    /// Mutated heads: an error or a head, never a trap. The seed is printed where it fails.
    @Test func mutatedFilesNeverTrap() throws {
        let good = Array(Self.llama(4096, 14_336, ", \"draft_vocab_size\": 32000").utf8)
        var random = SeededRandom(seed: 29)
        for turn in 0..<300 {
            var bytes = good
            for _ in 0...Int(random.next() % 4) {
                let place = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 3 {
                case 0: bytes[place] = UInt8(random.next() % 256)
                case 1: bytes.remove(at: place)
                default: bytes.insert(contentsOf: Array("99".utf8), at: place)
                }
            }
            do {
                let draft = try Self.head(String(decoding: bytes, as: UTF8.self))
                #expect(draft.weightBytes(beside: Deployment()) > 0, "turn \(turn)")
            } catch is InputError {}
        }
    }
}
