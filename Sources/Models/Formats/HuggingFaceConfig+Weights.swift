import Basics
import Foundation

/// Reads how a checkpoint stores its weights from its quantization_config.
extension HuggingFaceConfig {
    /// Fields that may hold the settings; the first one found counts.
    private static let settingsNames = ["quantization_config", "compression_config"]

    /// Sets the model's formats, or the reason why they are unknown. Settings that are not
    /// understood never count as bf16.
    static func readWeights(_ fields: ConfigFields, into model: inout TransformerModel) throws {
        guard let name = settingsNames.first(where: { fields.has($0) }) else { return }
        guard let object = fields.object(name) else {
            throw InputError(
                fields.place, "\(name) is no object", expected: "quant_method and its settings")
        }
        let settings = QuantizationSettings(object, place: fields.place)
        if settings.has("quant_method") {
            try settings.check()
            read(settings, fields, into: &model)
        } else if settings.has("producer"), case .object? = object["quantization"] {
            // modelopt's own form, which the engine recognises by its producer.
            read(settings.named("modelopt"), fields, into: &model)
        } else {
            model.formatNotes = [
                "weights are taken as bf16: \(name) of \(fields.place) has no quant_method, and "
                    + "vLLM 0.33.0 then loads 16 bits"
            ]
        }
    }

    /// Reads the settings. An unknown method or scheme is kept as the reason.
    private static func read(
        _ settings: QuantizationSettings, _ fields: ConfigFields?,
        into model: inout TransformerModel
    ) {
        do {
            let reader = QuantizationReader(
                settings: settings, family: fields?.word("model_type") ?? "",
                expertType: fields?.word("expert_dtype"))
            model.take(try reader.quantization())
        } catch let error as InputError {
            model.unreadWeights = error
        } catch {
            model.unreadWeights = settings.unread("its quantisation")
        }
    }

    /// Reads modelopt's settings from hf_quant_config.json beside config.json, as the engine does
    /// if config.json has none.
    static func readNeighbour(of path: String, into model: inout TransformerModel) throws {
        guard model.quantization == nil, model.unreadWeights == nil, model.formatNotes.isEmpty
        else { return }
        let neighbour = path.containingFolder.appending(pathComponent: "hf_quant_config.json")
        guard FileSystem.exists(neighbour) else { return }
        let data = try Data(
            InputFile.contents(
                neighbour, atMost: 16_000_000, expected: "modelopt's hf_quant_config.json"))
        guard case .object(let object) = try PythonJSON.value(data, place: neighbour) else {
            throw InputError(
                neighbour, "is not a JSON object", expected: "modelopt's hf_quant_config.json")
        }
        let settings = QuantizationSettings(object, place: neighbour)
        if !settings.has("producer"), !settings.has("quant_method"),
            case .object? = object["quantization"]
        {
            model.formatNotes = [
                "weights are taken as bf16: \(neighbour) has no producer, and vLLM 0.33.0 then "
                    + "loads 16 bits"
            ]
            return
        }
        read(settings.named("modelopt"), nil, into: &model)
    }
}

extension QuantizationSettings {
    /// The same settings with a method.
    fileprivate func named(_ method: String) -> QuantizationSettings {
        var fields = fields
        fields["quant_method"] = .string(method)
        return QuantizationSettings(fields, place: place)
    }

    /// Throws for settings that no method could mean.
    fileprivate func check() throws {
        guard case .string? = fields["quant_method"] else {
            throw InputError(
                place, "quant_method is \(fields["quant_method"]?.description ?? "null")",
                expected: "a name")
        }
        _ = try block("weight_block_size")
    }
}
