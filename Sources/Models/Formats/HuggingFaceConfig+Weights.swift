import Basics
import Foundation

/// How a checkpoint stores its weights, from its quantization_config.
extension HuggingFaceConfig {
    /// Sets the model's format, or why it is not known: what is not understood never counts as
    /// bf16.
    static func readWeights(_ fields: ConfigFields, into model: inout TransformerModel) throws {
        let names = ["quantization_config", "compression_config"]
        guard let name = names.first(where: { fields.has($0) }) else { return }
        guard let settings = fields.object(name) else {
            throw InputError(
                fields.place, "\(name) is no object", expected: "quant_method and its settings")
        }
        guard let method = settings["quant_method"], method != .null else {
            noMethod(settings, name, fields, &model)
            return
        }
        guard case .string(let method) = method else {
            throw InputError(
                fields.place, "quant_method is \(method.description)", expected: "a name")
        }
        switch method {
        case "fp8":
            model.nativeWeights = .fp8
            model.scaleBlock = try scaleBlock(settings, fields)
        case "fbgemm_fp8": model.nativeWeights = .fp8
        case "mxfp4": model.nativeWeights = .mxfp4
        case "awq", "awq_marlin", "gptq", "gptq_marlin":
            switch bits(settings) {
            case 8:
                model.nativeWeights = .fp8
                model.weightsNote = "weights are taken as fp8: integers of 8 bits (\(method))"
            case nil, 4: model.nativeWeights = .int4
            case .some(let bits):
                model.unreadWeights = unread(
                    "weights of \(JSONField.number(bits).description) bits (\(method))", fields)
            }
        default: model.unreadWeights = unread("quant_method \"\(method.prefix(60))\"", fields)
        }
    }

    private static func bits(_ settings: [String: JSONField]) -> Double? {
        if case .number(let bits)? = settings["bits"] ?? settings["w_bit"] { return bits }
        return nil
    }

    /// modelopt's files nest their settings; without a method otherwise vLLM 0.33.0 loads 16 bits.
    private static func noMethod(
        _ settings: [String: JSONField], _ name: String, _ fields: ConfigFields,
        _ model: inout TransformerModel
    ) {
        if case .object? = settings["quantization"] {
            model.unreadWeights = unread("\(name) of modelopt's form", fields)
        } else {
            model.weightsNote =
                "weights are taken as bf16: \(name) of \(fields.place) has no quant_method, and "
                + "vLLM 0.33.0 then loads 16 bits"
        }
    }

    private static func unread(_ what: String, _ fields: ConfigFields) -> InputError {
        InputError(
            fields.place, "\(what) is not read",
            expected: "fp8, mxfp4, awq or gptq (4 or 8 bits), or the format of the weights: "
                + "model.weights (explain: --weights)")
    }

    /// weight_block_size: outputs × inputs.
    private static func scaleBlock(
        _ settings: [String: JSONField], _ fields: ConfigFields
    ) throws -> ScaleBlock? {
        guard let field = settings["weight_block_size"], field != .null else { return nil }
        if case .array(let items) = field, items.count == 2,
            case .number(let outputs) = items[0], case .number(let inputs) = items[1],
            let outputs = Int(exactly: outputs), let inputs = Int(exactly: inputs),
            (1...ConfigFields.largestSize).contains(outputs),
            (1...ConfigFields.largestSize).contains(inputs)
        {
            return ScaleBlock(outputs: outputs, inputs: inputs)
        }
        throw InputError(
            fields.place, "weight_block_size is \(field.description)",
            expected: "two integers, such as [128, 128]")
    }

    /// modelopt's settings may stand in a file of their own beside config.json, which the engine
    /// reads where config.json has none.
    static func readNeighbour(of path: String, into model: inout TransformerModel) {
        guard model.nativeWeights == .bf16, model.unreadWeights == nil,
            model.weightsNote == nil
        else { return }
        let neighbour = path.containingFolder.appending(pathComponent: "hf_quant_config.json")
        guard FileSystem.exists(neighbour) else { return }
        model.unreadWeights = InputError(
            path, "hf_quant_config.json beside it is not read",
            expected: "the format of the weights: model.weights (explain: --weights)")
    }
}
