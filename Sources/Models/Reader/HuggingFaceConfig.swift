import Basics
import Foundation

/// Reads a model's shape from a Hugging Face config.json.
///
///     let model = try HuggingFaceConfig.model(file: "models/Qwen3-8B/config.json")
///
/// The `model_type` chooses the family; every field that sizes the model must be there unless the
/// family's own configuration class has a default for it.
public enum HuggingFaceConfig {
    /// The model of a config.json file.
    ///
    /// - Throws: `InputError` naming the file and the field.
    public static func model(file path: String) throws -> TransformerModel {
        // Real ones are a few kilobytes; anything beyond this is another file.
        let data = try Data(
            InputFile.contents(
                path, atMost: 16_000_000, expected: "a Hugging Face config.json"))
        var model = try model(data, place: path)
        readNeighbour(of: path, into: &model)
        return model
    }

    /// The model of a config.json's bytes; `place` names it in errors.
    public static func model(_ data: Data, place: String) throws -> TransformerModel {
        let fields = try ConfigFields(data, place: place)
        guard let type = fields.word("model_type") else {
            throw InputError(place, "model_type is missing", expected: "a known family's name")
        }
        guard let family = families[type] else { throw unknownType(type, fields) }
        var model = try family(fields)
        model.name = folderName(place)
        try readWeights(fields, into: &model)
        return model
    }

    /// The families by model_type.
    static let families: [String: @Sendable (ConfigFields) throws -> TransformerModel] = [
        "llama": llama, "mistral": llama, "qwen2": qwen2, "qwen3": qwen3, "phi3": llama,
        "phi": phi, "mixtral": mixtral, "qwen2_moe": qwenExperts, "qwen3_moe": qwenExperts,
        "qwen3_next": qwenNext, "minimax_m2": minimax, "gemma": gemma, "gemma2": gemma2,
        "gemma3": gemma3, "gemma3_text": gemma3, "gpt_oss": gptOSS, "deepseek_v2": deepSeek,
        "deepseek_v3": deepSeek, "kimi_k2": deepSeek, "mamba": mamba, "falcon_mamba": mamba,
        "mamba2": mamba2, "jamba": jamba, "rwkv": rwkv, "gpt2": gpt2, "big_bird": bigBird,
        "longformer": longformer,
    ]

    /// An error that says what a family without reader lacks to be read as a plain decoder.
    private static func unknownType(_ type: String, _ fields: ConfigFields) -> InputError {
        let plain = [
            "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
            "intermediate_size", "vocab_size",
        ]
        let missing = fields.missing(plain)
        let lacking =
            missing.isEmpty
            ? "; it has a plain decoder's fields, so model_type \"llama\" may describe it"
            : "; fields missing for a plain decoder: " + missing.joined(separator: ", ")
        let known = families.keys.sorted()
        return InputError(
            fields.place, "model_type \"\(type)\" is not known" + lacking, word: type, among: known)
    }

    /// The folder a config.json stands in names the model.
    private static func folderName(_ place: String) -> String {
        let parts = place.split(separator: "/")
        return (parts.count > 1 ? parts[parts.count - 2] : place[...]).echoed()
    }
}

extension ConfigFields {
    /// Sizes every decoder has. `tied` is the family's default for tie_word_embeddings.
    func shape(tied: Bool, normsPerLayer: Int = 2) throws -> DecoderShape {
        let context = try context()
        return try DecoderShape(
            hidden: size("hidden_size", "n_embd", "d_model"),
            // Far more than any published depth; with the other bounds no count overflows.
            layers: size("num_hidden_layers", "n_layer", most: 1024),
            vocabulary: size("vocab_size", most: 1 << 24),
            context: context.usual, contextLimit: context.limit,
            tiesEmbeddings: flag("tie_word_embeddings", default: tied),
            normsPerLayer: normsPerLayer)
    }

    /// Heads with keys and values of their own.
    func heads() throws -> HeadAttention {
        let queries = try size("num_attention_heads", "n_head", most: 4096)
        let keyValues = try size("num_key_value_heads", default: queries, most: 4096)
        guard queries % keyValues == 0 else {
            throw InputError(
                place, "num_key_value_heads \(keyValues) does not divide num_attention_heads",
                expected: "a divisor of \(queries)")
        }
        let dim = try size("head_dim", default: headDimOfHidden(queries), most: 8192)
        return HeadAttention(queryHeads: queries, keyValueHeads: keyValues, headDim: dim)
    }

    private func headDimOfHidden(_ queries: Int) throws -> Int {
        let hidden = try size("hidden_size", "n_embd", "d_model")
        guard has("head_dim") || hidden % queries == 0 else {
            throw InputError(
                place, "num_attention_heads \(queries) does not divide hidden_size \(hidden)",
                expected: "a divisor, or head_dim")
        }
        return max(1, hidden / queries)
    }

    /// A mixture of routed experts.
    func experts(_ intermediate: Int, _ countNames: String...) throws -> ExpertFeedForward {
        let name = countNames.first { has($0) } ?? countNames[0]
        let count = try size(name, most: 4096)
        let chosen = try size("num_experts_per_tok", "num_experts_per_token", most: 4096)
        guard chosen <= count else {
            throw InputError(
                place, "num_experts_per_tok is \(chosen)", expected: "at most the \(count) experts")
        }
        return ExpertFeedForward(count: count, chosen: chosen, intermediate: intermediate)
    }
}
