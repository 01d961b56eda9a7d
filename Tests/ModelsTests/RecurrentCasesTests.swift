import Foundation
import TestSupport
import Testing

@testable import Models

/// Models with recurrent layers, mixes and caches of special shape, against vLLM 0.33.0's own
/// classes: `cases/models` and the configs of `oracle/vllm-0.33.0-features/pool`.
@Suite struct RecurrentCasesTests {
    /// Blocks, groups and blocks of one request of every published config.
    @Test(.enabled(if: evidence != nil), arguments: ["expected.csv", "expected_rules.csv"])
    func poolsAreTheEngines(table: String) throws {
        let file = evidence!.appendingPathComponent("cases/models/\(table)")
        var compared = 0
        for row in try CaseRow.all(file) where !(row.right["groups_tp1"] ?? "").isEmpty {
            guard let model = try? HuggingFaceConfig.model(file: row.config) else { continue }
            for size in [1, 2, 4, 8] {
                let bytes = row.right["block_bytes_tp\(size)"] ?? ""
                guard !bytes.isEmpty else { continue }
                var deployment = Deployment(tensorParallel: size)
                deployment.cache = model.checkpointCache(model.nativeWeights) ?? .bf16
                var options = PoolOptions(maxModelLen: Int(row.right["max_model_len"]!)!)
                options.enablesPrefixCaching = !model.keepsStatesOnly
                let pool = try PoolLayout(model.caches(deployment), options)
                #expect("\(pool.bytesPerBlock[0])" == bytes, "\(row.folder) at \(size)")
                compared += 1
                guard size == 1 else { continue }
                #expect(pool.groups.named == row.right["groups_tp1"], "\(row.folder)")
                #expect("\(pool.blockSize)" == row.right["block_size_tp1"], "\(row.folder)")
                #expect(
                    "\(pool.blocksOfOneRequest)" == row.right["blocks_of_one_request_tp1"],
                    "\(row.folder)")
            }
        }
        #expect(compared > 20)
    }

    /// The caches of each layer in the engine's 46 captured layouts, read from the same config.
    @Test(.enabled(if: evidence != nil), arguments: PoolCase.names)
    func cachesOfConfigsAreTheEngines(name: String) throws {
        let file = try PoolCase(name)
        // Drafts add layers of their own; the packed rows of one-byte sparse latents are asked
        // for by a flag, not by the file.
        guard file.options.drafts == 0, name != "deepseek-v3.2-tp8-fp8.json" else { return }
        let path = PoolCase.folder!.appendingPathComponent(name)
        let fields = try JSONSerialization.jsonObject(with: Data(contentsOf: path))
        var config = (fields as! [String: Any])["config"] as! [String: Any]
        if config["architectures"] == nil {
            config["architectures"] = [file.result["architecture"] as! String]
        }
        let data = try JSONSerialization.data(withJSONObject: config)
        let model = try HuggingFaceConfig.model(data, place: name)
        var deployment = Deployment(
            tensorParallel: file.value(of: "-tp").flatMap(Int.init) ?? 1)
        if (file.result["cache_dtype"] as! String).hasPrefix("fp8") { deployment.cache = .fp8 }
        let own = model.caches(deployment).joined().map { Self.size($0, file.options) }
        let engines = file.layers.joined().map { Self.size($0, file.options) }
        #expect(own.sorted() == engines.sorted())
    }

    /// What a cache keeps, as text to compare.
    private static func size(_ spec: CacheSpec, _ options: PoolOptions) -> String {
        guard let state = spec.state else { return "row \(spec.rowBytes) of \(spec.window ?? 0)" }
        let bytes = state.parts.reduce(0) { sum, part in
            let wide = part.isRecurrence ? options.recurrenceBytes : options.convolutionBytes
            return sum + part.elements * (wide ?? part.elementBytes)
        }
        return "state \(bytes)"
    }

    /// The literature's mixers: the sums of cases/models' README.
    @Test(
        .enabled(if: evidence != nil),
        arguments: [
            ("linear", 8_454_144), ("retnet", 16_777_216), ("rwkv6", 4_325_376),
            ("performer", 16_908_288), ("linformer", 33_554_432),
        ])
    func statesOfTheLiterature(name: String, bytes: Int) throws {
        let path = evidence!.appendingPathComponent(
            "cases/models/rule-recurrent-\(name)/config.json")
        let model = try HuggingFaceConfig.model(file: path.path)
        let layout = KVCacheLayout(model, Deployment())
        #expect(layout.stateBytesPerSequence == Int64(bytes))
        #expect(layout.bytesPerToken == 0)
        #expect(model.unserved != nil)
        // Twice as many GPUs keep half of what is cut by heads.
        let half = KVCacheLayout(model, Deployment(tensorParallel: 2)).stateBytesPerSequence
        #expect(half >= Int64(bytes / 2) && half < Int64(bytes))
    }
}

extension [PoolLayout.Group] {
    /// As the table of cases/models writes groups.
    fileprivate var named: String {
        map { group in
            "\(group.name):\(group.layers)x\(group.blockSize)"
        }.joined(separator: " ")
    }
}

extension PoolLayout.Group {
    /// The engine's name of its kind.
    fileprivate var name: String {
        if isMixed { return "UniformTypeKVCaches" }
        switch kind {
        case .full: return "FullAttention"
        case .mla: return "MLAAttention"
        case .sliding: return "SlidingWindow"
        case .chunked: return "ChunkedLocalAttention"
        case .state: return "Mamba"
        }
    }
}
