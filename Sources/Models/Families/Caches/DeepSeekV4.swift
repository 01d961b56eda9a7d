import Basics

/// DeepSeek-V4 (vLLM 0.33.0, `vllm.models.deepseek_v4`): one key of `head_dim` shared by all heads
/// and kept for a window. Layers with a compress ratio also keep one entry per `ratio` tokens;
/// those of ratio 4 have an indexer. Outputs pass through low-rank groups, hyper-connections mix
/// the residual streams in float32, and the first layers route by a table indexed by token.
extension Families {
    static let deepSeek4 = Family().with {
        $0.hasHeads = false
        $0.experts = ExpertRule(shared: .experts(["n_shared_experts"]))
        $0.activeCounting = .withoutEmbedding
        $0.layer = { fields, index, layer in
            let sizes = try fields.deepSeek4(layer: index)
            layer.attention = .heads(sizes.attention)
            layer.caches = sizes.caches
            layer.vectors += try fields.hyperConnections(["attn", "ffn"])
            guard case .experts(var experts) = layer.feedForward else { return }
            experts.path = "ffn.experts"
            experts.routerPath = "ffn.gate"
            experts.shared?.path = "ffn.shared_experts"
            if index < (try fields.count("num_hash_layers", default: 0)) {
                // Each table entry takes 4 bytes.
                let words = try fields.vocabularySize()
                experts.vectors.append(
                    WeightVector("ffn.gate.tid2eid", words * experts.chosen, isWide: true))
            } else if fields.word("topk_method") == "noaux_tc" {
                experts.vectors.append(
                    WeightVector(
                        "ffn.gate.e_score_correction_bias", experts.count, isWide: true))
            }
            layer.feedForward = .experts(experts)
        }
        $0.finish = { fields, model in
            let streams = try fields.size("hc_mult", default: 4, most: 64)
            model.outerVectors.append(
                WeightVector(
                    "hc_head", streams * streams * model.hiddenSize + streams + 1, isWide: true))
        }
    }
}

/// Sizes of one layer's attention.
private struct DeepSeek4Layer {
    var hidden: Int
    var heads: Int
    var width: Int
    var queryRank: Int
    var groups: Int
    var outputRank: Int
    var window: Int
    /// Tokens per compressed entry; 1: only the window is kept.
    var ratio: Int
    var indexHeads: Int
    var indexWidth: Int
    var chosen: Int
    var positions: Int

    /// Entries of ratio 4 overlap and are made from twice as many numbers.
    var overlap: Int { ratio == 4 ? 2 : 1 }
    var hasIndexer: Bool { ratio == 4 }

    /// The layer's attention. `caches` lists what it caches.
    var attention: HeadAttention {
        var attention = HeadAttention(queryHeads: heads, keyValueHeads: 1, headDim: width)
        attention.path = "attn"
        attention.reach = .compressed(
            window: window, ratio: ratio, chosen: hasIndexer ? chosen : nil,
            positions: positions)
        attention.ownProjections = projections
        attention.rowBytes = row
        // The kernel needs 64 heads, or a multiple of 128.
        let padded = heads <= 64 ? 64 : (heads + 127) / 128 * 128
        attention.vectors = [
            WeightVector("attn.q_norm", queryRank), WeightVector("attn.kv_norm", width),
            WeightVector(
                "attn.attn_sink", padded, units: padded > 64 ? padded / 64 : nil, isWide: true),
        ]
        if ratio > 1 { attention.vectors += compressor("attn.compressor", width) }
        if hasIndexer {
            attention.vectors += compressor("attn.indexer.compressor", indexWidth)
        }
        return attention
    }

    private func compressor(_ name: String, _ width: Int) -> [WeightVector] {
        [
            WeightVector(name + ".ape", ratio * overlap * width, isWide: true),
            WeightVector(name + ".norm", width),
        ]
    }

    private var projections: [[Projection]] {
        func whole(_ name: String, _ inputs: Int, _ outputs: Int) -> Projection {
            Projection.of("attn", name, inputs, outputs, .replicated)
        }
        var inward = [whole("wq_a", hidden, queryRank), whole("wkv", hidden, width)]
        if ratio > 1 {
            inward.append(whole("compressor.wkv_gate", hidden, 2 * overlap * width).plain())
        }
        var second = [
            Projection.of("attn", "wq_b", queryRank, heads * width, .columns(units: heads))
        ]
        if hasIndexer {
            inward.append(
                whole("indexer.compressor.wkv_gate", hidden, 2 * overlap * indexWidth).plain())
            inward.append(whole("indexer.weights_proj", hidden, indexHeads).plain())
            second.append(whole("indexer.wq_b", queryRank, indexHeads * indexWidth))
        }
        return [
            inward, second,
            [
                Projection.of(
                    "attn", "wo_a", heads * width / groups, groups * outputRank,
                    .columns(units: groups))
            ], [Projection.of("attn", "wo_b", groups * outputRank, hidden, .rows)],
        ]
    }

    /// Bytes of a row: 448 one-byte numbers, 64 two-byte ones with positions, and 8 bytes of
    /// scales. The compressors' states are float32. Pages are padded to multiples of 576 bytes.
    private var row: Int64 { Int64(width - 64 + 64 * 2 + 8) }

    /// The caches in the order in which the engine's layer creates them.
    var caches: [CacheSpec] {
        func spec(
            _ kind: CacheSpec.Kind, _ bytes: Int64, block: Int, tokens: Int = 1, isOwn: Bool
        ) -> CacheSpec {
            var spec = CacheSpec(kind, rowBytes: bytes, blockSize: block)
            spec.tokensPerRow = tokens
            spec.pageMultiple = 576
            spec.hasOwnBlockSize = isOwn
            return spec
        }
        func state(_ width: Int) -> CacheSpec {
            spec(
                .sliding(window: overlap * ratio), Int64(4 * 2 * overlap * width),
                block: ratio == 4 ? 4 : 8, isOwn: true)
        }
        var all: [CacheSpec] = []
        if ratio > 1 {
            all.append(spec(.mla, row, block: 256, tokens: ratio, isOwn: false))
        }
        if hasIndexer {
            let bytes = Int64(indexWidth + indexWidth / 128 * 4)
            all.append(spec(.mla, bytes, block: 256, tokens: ratio, isOwn: false))
            all.append(state(indexWidth))
        }
        all.append(spec(.sliding(window: window), row, block: 64, isOwn: true))
        if ratio > 1 { all.append(state(width)) }
        return all
    }
}

extension ConfigFields {
    fileprivate func deepSeek4(layer index: Int) throws -> DeepSeek4Layer {
        let layer = DeepSeek4Layer(
            hidden: try hiddenSize(), heads: try size("num_attention_heads", most: 4096),
            width: try size("head_dim", most: 8192), queryRank: try size("q_lora_rank"),
            groups: try size("o_groups", most: 4096), outputRank: try size("o_lora_rank"),
            window: try size("sliding_window", most: 1 << 30),
            ratio: try compressRatio(layer: index),
            indexHeads: try size("index_n_heads", most: 4096),
            indexWidth: try size("index_head_dim", most: 8192),
            chosen: try size("index_topk", most: 1 << 20), positions: try context().positions)
        guard try size("num_key_value_heads", default: 1) == 1 else {
            throw InputError(place, "num_key_value_heads is not 1", expected: "1")
        }
        _ = try evenly(
            layer.heads * layer.width, over: layer.groups, "the heads' width", "o_groups")
        guard layer.width > 64, layer.indexWidth % 128 == 0 else {
            throw InputError(
                place,
                "head_dim \(layer.width) and index_head_dim \(layer.indexWidth) are not "
                    + "the cache's",
                expected: "head_dim above 64, index_head_dim a multiple of 128")
        }
        return layer
    }

    /// Tokens per compressed entry of a layer: from compress_ratios, or from layer_types and
    /// compress_rates. If the file has neither, ratios alternate as in the class.
    private func compressRatio(layer index: Int) throws -> Int {
        let ratio: Int
        if let list = integers("compress_ratios") {
            let count = try layerCount()
            guard list.count >= count else {
                throw InputError(
                    place, "compress_ratios has \(list.count) entries",
                    expected: "one for each of \(count) layers")
            }
            ratio = max(1, list[index])
        } else {
            let types = words("layer_types")
            let usual = index > 2 && index % 2 == 1
            let type =
                types.flatMap { index < $0.count ? $0[index] : nil }
                ?? (usual ? "compressed_sparse_attention" : "heavily_compressed_attention")
            let rates = nested("compress_rates")
            switch type {
            case "compressed_sparse_attention": ratio = try rates?.size(type, default: 4) ?? 4
            case "heavily_compressed_attention":
                ratio = try rates?.size(type, default: 128) ?? 128
            default: ratio = 1
            }
        }
        guard [1, 4, 128].contains(ratio) else {
            throw InputError(
                place, "layer \(index) has compress ratio \(ratio)", expected: "0, 4 or 128")
        }
        return ratio
    }

    /// The float32 weights that mix the residual streams before each part.
    func hyperConnections(_ parts: [String]) throws -> [WeightVector] {
        let streams = try size("hc_mult", default: 4, most: 64)
        let mixes = (2 + streams) * streams
        let count = mixes * streams * (try hiddenSize()) + mixes + 3
        return parts.map { WeightVector("hc_\($0)", count, isWide: true) }
    }
}
