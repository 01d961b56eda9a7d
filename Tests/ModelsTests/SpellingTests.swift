import Basics
import Foundation
import Testing

@testable import Models

/// Fields under another spelling than the usual one.
@Suite struct SpellingTests {
    private func model(_ text: String) throws -> TransformerModel {
        try HuggingFaceConfig.model(Data(text.utf8), place: "config.json")
    }

    /// BLOOM's published files name the width n_embed alone. The publisher counts 559,214,592,
    /// 1,065,314,304, 1,722,408,960 and 3,002,557,440 parameters, and 176,247,271,424 of the
    /// largest.
    @Test(arguments: [
        (1024, 24, 16, 559_214_592), (1536, 24, 16, 1_065_314_304),
        (2048, 24, 16, 1_722_408_960), (2560, 30, 32, 3_002_557_440),
        (14336, 70, 112, 176_247_271_424),
    ])
    func bloom(_ width: Int, _ depth: Int, _ heads: Int, _ parameters: Int64) throws {
        let model = try model(
            """
            {"architectures":["BloomForCausalLM"],"model_type":"bloom","n_embed":\(width),
             "n_layer":\(depth),"num_attention_heads":\(heads),"vocab_size":250880,"n_inner":null}
            """)
        #expect(model.hiddenSize == width)
        #expect(model.totalParameters == parameters)
        let bytes = model.layers.map { $0.attention.cacheBytesPerToken(Deployment()) }
        #expect(bytes == Array(repeating: 4 * Int64(width), count: depth))
    }

    /// The class takes n_embed before hidden_size.
    @Test(arguments: ["bloom", "falcon", "RefinedWeb", "RefinedWebModel"])
    func precedence(_ type: String) throws {
        let both = """
            {"model_type":"\(type)","n_embed":512,"hidden_size":256,"n_layer":2,"n_head":8,
             "vocab_size":1024}
            """
        #expect(try model(both).hiddenSize == 512)
        let null = both.replacingOccurrences(of: "512", with: "null")
        #expect(try model(null).hiddenSize == 256)
    }

    /// A dimension under a name that the class does not read is refused, not replaced by the
    /// class's default.
    @Test(arguments: [
        ("hidden_size", "embedding_size", 1024), ("hidden_size", "n_embed", 1024),
        ("hidden_size", "model_dim", 1024), ("num_hidden_layers", "number_of_layers", 12),
        ("num_hidden_layers", "num_blocks", 12), ("num_attention_heads", "attention_heads", 8),
        ("vocab_size", "n_vocab", 32000), ("num_key_value_heads", "multi_query_group_num", 0),
        ("num_key_value_heads", "n_kv_heads", 2),
    ])
    func unread(_ name: String, _ other: String, _ value: Int) throws {
        var fields: [String: Any] = [
            "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 1024,
            "num_hidden_layers": 12, "num_attention_heads": 8, "vocab_size": 32000,
            "num_key_value_heads": 2, "intermediate_size": 4096,
        ]
        fields[name] = nil
        func read() throws -> TransformerModel {
            try HuggingFaceConfig.model(
                JSONSerialization.data(withJSONObject: fields), place: "config.json")
        }
        #expect(throws: Never.self) { try read() }
        fields[other] = value
        guard value > 0 else {
            #expect(throws: Never.self) { try read() }
            return
        }
        do {
            _ = try read()
            Issue.record("read without \(name)")
        } catch let error as InputError {
            #expect(
                error.problem
                    == "\(name) is missing, and the class of model_type \"llama\" does not read "
                    + "\(other) (\(value))")
        }
        // Beside the dimension itself another field is of no concern.
        fields[name] = name == "num_key_value_heads" ? 2 : 64
        #expect(throws: Never.self) { try read() }
    }
}
