import Foundation
import TestSupport

@testable import Models

/// A layout that vLLM 0.33.0 made itself: layers, flags and bytes in, groups and blocks out.
struct PoolCase {
    let name: String
    private let flags: [String]
    private let modelType: String
    private let positions: Int
    let result: [String: Any]
    /// The config.json that the engine was given, and its draft's.
    let config: Data
    let draftConfig: Data?

    static let folder = evidence?.appendingPathComponent("oracle/vllm-0.33.0-features/pool")

    static let names: [String] = {
        guard let folder else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".json") }.sorted()
    }()

    init(_ name: String) throws {
        let data = try Data(contentsOf: Self.folder!.appendingPathComponent(name))
        let fields = try JSONSerialization.jsonObject(with: data) as! [String: Any]
        let config = fields["config"] as! [String: Any]
        let text = config["text_config"] as? [String: Any] ?? config
        self.name = name
        self.config = try JSONSerialization.data(withJSONObject: config)
        draftConfig = try (fields["draft_config"] as? [String: Any]).map {
            try JSONSerialization.data(withJSONObject: $0)
        }
        flags = fields["flags"] as! [String]
        modelType = (text["model_type"] ?? config["model_type"]) as! String
        positions = text["max_position_embeddings"] as? Int ?? 8192
        result = fields["result"] as! [String: Any]
    }

    func value(of names: String...) -> String? {
        flags.indices.dropLast().first { names.contains(flags[$0]) }.map { flags[$0 + 1] }
    }

    func has(_ flag: String) -> Bool { flags.contains(flag) }

    /// Who drafts, by the server's setting.
    var draftMethod: Draft.Method? {
        guard let text = value(of: "--speculative-config"),
            let members = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        else { return nil }
        return (members["method"] as? String).flatMap(Draft.Method.init)
    }

    /// What drafts beside a model, from its config.json.
    func draft(of model: TransformerModel) throws -> Draft? {
        guard let method = draftMethod else { return nil }
        let tokens = options.drafts
        switch method {
        case .ngram: return Draft(.ngram, tokens: tokens)
        case .mtp: return try .ownLayers(of: model, tokens: tokens)
        case .eagle, .eagle3:
            let file = FileManager.default.temporaryDirectory.appendingPathComponent(
                "draft-\(name)-\(UUID().uuidString).json")
            try draftConfig!.write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            return try .head(method, tokens: tokens, path: file.path, served: model)
        case .draftModel:
            return Draft(
                method, tokens: tokens,
                model: try HuggingFaceConfig.model(draftConfig!, place: "draft.json"))
        }
    }

    var runs: [[String: Any]] { result["runs"] as! [[String: Any]] }

    private var layerRows: [[String: Any]] { result["layers"] as! [[String: Any]] }

    /// The flags as the pool takes them.
    var options: PoolOptions {
        let lengths = runs.compactMap { $0["max_model_len"] as? Int }
        let asked = value(of: "--max-model-len").flatMap(Int.init)
        var options = PoolOptions(
            maxModelLen: asked ?? (has("auto") ? positions : lengths.max() ?? positions))
        options.blockSize = value(of: "--block-size").flatMap(Int.init)
        options.maxNumBatchedTokens = result["max_num_batched_tokens"] as! Int
        options.pipelineParallel = value(of: "-pp").flatMap(Int.init) ?? 1
        options.batchesInFlight = options.pipelineParallel + 1
        options.decodeContextParallel = value(of: "-dcp").flatMap(Int.init) ?? 1
        options.drafts = result["num_speculative_tokens"] as! Int
        options.marksDrafts = draftMethod?.marksGroups ?? false
        options.disablesHybridManager = has("--disable-hybrid-kv-cache-manager")
        options.usesTritonGatedDelta = value(of: "--gdn-prefill-backend") == "triton"
        if value(of: "--mamba-ssm-cache-dtype") == "float32" { options.recurrenceBytes = 4 }
        let isStatesOnly = layers.allSatisfy { $0.allSatisfy { $0.state != nil } }
        options.enablesPrefixCaching =
            has("--enable-prefix-caching")
            || !has("--no-enable-prefix-caching") && !isStatesOnly
        return options
    }

    /// Each layer of the file with its caches, before pages are made equal.
    var layers: [[CacheSpec]] {
        let hasStates = layerRows.contains { $0["state_bytes"] != nil }
        return layerRows.flatMap { row in
            let spec = spec(row, hasStates: hasStates)
            return Array(repeating: [spec], count: row["count"] as! Int)
        }
    }

    private func spec(_ row: [String: Any], hasStates: Bool) -> CacheSpec {
        if row["state_bytes"] != nil { return CacheSpec(state(row)) }
        let block = row["block_size"] as! Int
        let bytes = Int64(row["unpadded"] as! Int / block)
        var kind: CacheSpec.Kind = row["kind"] as! String == "MLAAttention" ? .mla : .full
        if let window = row["sliding_window"] as? Int { kind = .sliding(window: window) }
        if let chunk = row["attention_chunk_size"] as? Int { kind = .chunked(chunk: chunk) }
        let isNatural = !hasStates && value(of: "--block-size") == nil
        var spec = CacheSpec(kind, rowBytes: bytes, blockSize: isNatural ? block : 16)
        spec.isDraft = row["draft"] != nil
        return spec
    }

    private func state(_ row: [String: Any]) -> StateSpec {
        let shapes = row["shapes"] as! [[Int]]
        let types = row["dtypes"] as! [String]
        let drafts = result["num_speculative_tokens"] as! Int
        let type = row["type"] as! String
        let parts = zip(shapes, types).enumerated().map { index, part in
            let (shape, dtype) = part
            let isRecurrence = index > 0
            let own = isRecurrence ? shape.reduce(1, *) : (shape[0] - drafts) * shape[1]
            // The flag's type is the option's to set, not the layer's.
            let isWide = dtype == "float32" && value(of: "--mamba-ssm-cache-dtype") == nil
            return StateSpec.Part(
                elements: own, elementBytes: isWide ? 4 : 2,
                elementsPerDraft: isRecurrence ? 0 : shape[1], isRecurrence: isRecurrence)
        }
        let checkpoint: StateSpec.Checkpoint =
            switch type {
            case "mamba2": .everyToken
            case "gdn_attn" where modelType != "kimi_linear": .blocks(of: 64)
            default: .none
            }
        return StateSpec(type: type, parts: parts, checkpoint: checkpoint)
    }
}
