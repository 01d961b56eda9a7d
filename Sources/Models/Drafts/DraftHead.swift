import Basics
import Foundation

extension Draft {
    /// A draft head with a checkpoint of its own: EAGLE or EAGLE-3 with Llama-like layers.
    ///
    /// EAGLE joins a token's embedding with the model's last hidden state before its first layer,
    /// which has no input norm (arXiv 2401.15077). EAGLE-3 first joins three hidden states; its
    /// first layer also reads the token's embedding, so its projections have twice the inputs, and
    /// its output head may have a smaller vocabulary (arXiv 2503.01840). Sizes are those of vLLM
    /// 0.33.0's classes.
    ///
    /// - Parameter path: a config.json, or the folder of one.
    /// - Throws: `InputError` at `engine.spec_model`, or at the file and its field.
    package static func head(
        _ method: Method, tokens: Int, path: String, served: TransformerModel
    ) throws -> Draft {
        let fields = try headFields(path)
        var model = try HuggingFaceConfig.head(fields)
        guard !model.layers.isEmpty, model.layers.allSatisfy(\.isPlain) else {
            throw InputError(
                fields.place,
                "is no \(method.rawValue) head of Llama-like layers, the only "
                    + "kind that is read",
                expected: "layers of attention with heads and a dense network")
        }
        guard method == .eagle3 || model.hiddenSize == served.hiddenSize else {
            throw InputError(
                fields.place,
                "hidden_size is \(model.hiddenSize), and \(served.name) has \(served.hiddenSize)",
                expected: "an eagle head of the model that is served")
        }
        let words = try fields.optionalSize(["draft_vocab_size"]) ?? model.vocabularySize
        let isWide = method == .eagle3
        if isWide { try model.widen(fields) } else { try model.narrow(fields) }
        var draft = Draft(method, tokens: tokens, model: model)
        draft.weights = try model.weights(nil)
        draft.sharesEmbedding =
            model.hiddenSize == served.hiddenSize
            && model.vocabularySize == served.vocabularySize
        guard isWide else { return draft }
        draft.headRows = words.roundedUp(to: 64)
        draft.model?.outerVectors = [WeightVector("draft_id_to_target_id", 2 * words, isWide: true)]
        draft.auxiliaryWidth = 3 * served.hiddenSize
        return draft
    }

    /// The fields of a head's config.json. In the format of speculators, those of its decoder.
    private static func headFields(_ path: String) throws -> ConfigFields {
        let inside = path.appending(pathComponent: "config.json")
        let isFolder = !path.isEmpty && FileSystem.exists(inside)
        guard isFolder || path.hasSuffix(".json") else {
            throw InputError(
                "engine.spec_model", "\"\(path.echoed())\" is no config.json and no folder of one",
                expected: "the draft head's config.json, or its folder")
        }
        let file = isFolder ? inside : path
        let data = try Data(
            InputFile.contents(
                file, atMost: 16_000_000, expected: "a draft head's config.json"))
        return try ConfigFields(head: data, place: file)
    }
}

extension ConfigFields {
    /// Parses a draft head's config.json. Speculators write the decoder into
    /// `transformer_layer_config`, and the head's own fields beside it.
    init(head data: Data, place: String) throws {
        guard case .object(var top) = try PythonJSON.value(data, place: place) else {
            throw InputError(
                place, "is not a JSON object", expected: "a draft head's config.json")
        }
        if case .object(let inner)? = top["transformer_layer_config"] {
            top.merge(inner) { _, inner in inner }
            top["transformer_layer_config"] = nil
        }
        // The class names the head; the layers are those of the type.
        top["architectures"] = nil
        try self.init(top, place: place)
        guard !outerType.isEmpty else {
            throw InputError(place, "model_type is missing", expected: "llama or another family's")
        }
    }
}

extension HuggingFaceConfig {
    /// The layers of a draft head, built by its type's family.
    static func head(_ fields: ConfigFields) throws -> TransformerModel {
        guard let rule = Architectures.rule(ofType: fields.type), let family = Families.all[rule]
        else {
            throw InputError(
                fields.place, "model_type \"\(fields.type.echoed())\" of a draft is not known",
                expected: "llama or another family's")
        }
        var model = try family.model(fields)
        model.name = "the draft"
        try readWeights(fields, into: &model)
        return model
    }
}

extension Layer {
    /// Whether it is attention with heads and a dense network, like Llama's.
    fileprivate var isPlain: Bool {
        guard case .heads(let heads) = attention, case .dense = feedForward else { return false }
        switch heads.reach {
        case .full, .sliding: return heads.ownProjections == nil && !continues
        case .chunked, .compressed, .sparse: return false
        }
    }
}

extension TransformerModel {
    /// EAGLE: a matrix joins embedding and hidden state, without a norm before the first layer or
    /// after the last.
    fileprivate mutating func narrow(_ fields: ConfigFields) throws {
        layers[0].normWeights -= hiddenSize
        finalNormWeights = try fields.flag("add_para_norm", default: false) ? 2 * hiddenSize : 0
        outerMatrices = [
            Projection("fc", 2 * hiddenSize, hiddenSize, .replicated, isQuantized: false)
        ]
    }

    /// EAGLE-3: the first layer has twice the inputs, each layer has one more norm, and a matrix
    /// joins three hidden states of the served model.
    fileprivate mutating func widen(_ fields: ConfigFields) throws {
        for index in layers.indices { layers[index].normWeights += hiddenSize }
        if case .heads(var heads) = layers[0].attention {
            let plain = Attention.heads(heads)
            let inward = plain.projections(hidden: 2 * hiddenSize)[0]
            heads.ownProjections = [inward] + plain.projections(hidden: hiddenSize).dropFirst()
            layers[0].attention = .heads(heads)
        }
        let settings = fields.nested("eagle_config")
        guard try settings?.flag("use_aux_hidden_state", default: true) ?? true else {
            outerMatrices = []
            return
        }
        let width = try fields.optionalSize(["target_hidden_size"]) ?? hiddenSize
        outerMatrices = [
            Projection("fc", 3 * width, hiddenSize, .replicated, isQuantized: false)
        ]
    }
}
