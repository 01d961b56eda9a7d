import Basics

/// Qwen3.8-Flash-Next, `qwen4_exp` (vLLM 0.33.0, `vllm.models.qwen4_exp`): Qwen3.5's gated delta
/// networks beside gated attention, whose keys an indexer chooses: it keeps the mean key of
/// `indexer_compress_ratio` tokens, and a ring of as many raw keys. Several residual streams are
/// mixed through a low rank before each part. Layers in `ple_layer_ids` add embeddings of n-grams,
/// whose tables the engine keeps in host memory.
extension Families {
    static let qwen4 = qwen35Experts.with {
        $0.windows = WindowRule(isIgnored: true)
        $0.norms.perLayer = 0
        $0.norms.hasFinal = false
        $0.activeCounting = .withoutEmbedding
        $0.experts?.layers = .all
        $0.layer = { fields, index, layer in
            try fields.addStreams(to: &layer)
            try fields.addIndexer(to: &layer)
            try fields.addNgrams(at: index, to: &layer)
        }
        $0.finish = { fields, model in
            let (wide, rank) = try fields.streams()
            // The last mixer has no way back into the streams.
            model.outerVectors.append(WeightVector("hyper_connection_mixer.hc_norm", wide))
            model.outerMatrices += [
                Projection("mixer_down", wide, rank, .replicated, isQuantized: false),
                Projection("mixer_up", rank, wide, .replicated, isQuantized: false),
            ]
            try fields.addTables(to: &model)
        }
    }
}

extension ConfigFields {
    /// Width of all residual streams together, and the rank of their mixing.
    fileprivate func streams() throws -> (wide: Int, rank: Int) {
        let count = try size("hc_count", default: 4, most: 64)
        guard count > 1 else {
            throw InputError(place, "hc_count is \(count)", expected: "2 to 64")
        }
        return (count * (try hiddenSize()), try size("hc_lowrank", default: 320))
    }

    /// The mixing before both parts. Its down-projection has a row per stream beside the rank's,
    /// padded to a multiple of 16.
    fileprivate func addStreams(to layer: inout Layer) throws {
        let (wide, rank) = try streams()
        let rows = (rank + (try size("hc_count", default: 4, most: 64))).roundedUp(to: 16)
        for part in ["attn", "mlp"] {
            let path = part + "_hyper_connection"
            layer.vectors.append(WeightVector(path + ".hc_norm", wide))
            layer.others += [
                [Projection.of(path, "input_mix_weight_down", wide, rows, .replicated).plain()],
                [Projection.of(path, "input_mix_weight_up", rank, wide, .replicated).plain()],
            ]
        }
    }

    /// The indexer of an attention layer: queries and one key beside q, k and v, a norm over each,
    /// a cache of the groups' mean keys, and the ring of the open group's.
    fileprivate func addIndexer(to layer: inout Layer) throws {
        let names = [
            "indexer_n_heads", "indexer_kv_heads", "indexer_head_dim", "indexer_budget",
            "indexer_compress_ratio",
        ]
        guard case .heads(var heads) = layer.attention, names.contains(where: { has($0) })
        else { return }
        let queries = try size("indexer_n_heads", most: 4096)
        let width = try size("indexer_head_dim", most: 8192)
        let ratio = try size("indexer_compress_ratio", most: 4096)
        let chosen = try size("indexer_budget", most: 1 << 20)
        guard try size("indexer_kv_heads", most: 4096) == 1, chosen % ratio == 0 else {
            throw InputError(
                place, "indexer_kv_heads or indexer_budget \(chosen) are not the indexer's",
                expected: "1 key head, and a multiple of indexer_compress_ratio \(ratio)")
        }
        heads.vectors.append(WeightVector("self_attn.indexer.layernorms", 2 * width))
        layer.attention = .heads(heads)
        layer.others.append([
            Projection.of(
                "self_attn.indexer", "index_qk_proj", try hiddenSize(), (queries + 1) * width,
                .replicated)
        ])
        // Where images count, each raw key keeps its three positions of 8 bytes.
        let seesImages =
            isWrapped
            && ["rope_parameters", "rope_scaling"].contains {
                nested($0)?.has("mrope_section") == true
            }
        let row = seesImages ? width.roundedUp(to: 4) + 12 : width
        var means = CacheSpec(.mla, rowBytes: Int64(2 * width))
        means.tokensPerRow = ratio
        let ring = StateSpec(
            type: StateSpec.ring, parts: [.init(elements: row * ratio)], checkpoint: .none)
        layer.caches += [CacheSpec(ring), means]
    }

    /// Layers with n-grams, counted from 1 in the file.
    private func ngramLayers() throws -> [Int] {
        guard has("ple_layer_ids") else { return [] }
        guard let list = integers("ple_layer_ids") else {
            throw InputError(
                place, "ple_layer_ids is \(self["ple_layer_ids"]?.description ?? "null")",
                expected: "a list of layers, counted from 1")
        }
        let count = try layerCount()
        if let odd = list.first(where: { !(1...count).contains($0) }) {
            throw InputError(
                place, "ple_layer_ids has \(odd)", expected: "layers from 1 to \(count)")
        }
        return Set(list).sorted()
    }

    /// Tables of a layer's n-grams: heads per length of 2 to `ngram_size`.
    private func ngramHeads() throws -> Int {
        let longest = try size("ngram_size", default: 3, most: 64)
        return (longest - 1) * (try size("heads_per_ngram", default: 8, most: 64))
    }

    private func ngramWidth() throws -> Int {
        let width = try size("ple_embed_dim", default: hiddenSize())
        let heads = try ngramHeads()
        guard heads > 0 else {
            throw InputError(place, "ngram_size is 1", expected: "2 or more")
        }
        return try evenly(width, over: heads, "ple_embed_dim", "the n-grams' heads") * heads
    }

    fileprivate func addNgrams(at index: Int, to layer: inout Layer) throws {
        guard try ngramLayers().contains(index + 1) else { return }
        guard case .recurrent = layer.attention else {
            throw InputError(
                place, "ple_layer_ids has \(index + 1), a layer that attends",
                expected: "layers that keep a state")
        }
        let hidden = try hiddenSize()
        let wide = try streams().wide
        let taps = try size("ple_conv_kernel_size", default: 4, most: 64)
        let step = try size("ngram_size", default: 3, most: 64)
        layer.others.append([
            Projection.of("ple", "kv_proj", try ngramWidth(), wide + hidden, .replicated)
        ])
        layer.vectors.append(WeightVector("ple.norms", 3 * wide))
        layer.vectors.append(WeightVector("ple.conv1d", wide * taps))
        // The last inputs of a convolution whose taps lie `ngram_size` tokens apart.
        var inputs = StateSpec.Part(elements: (taps - 1) * step * wide)
        inputs.elementsPerDraft = wide
        layer.caches.append(
            CacheSpec(StateSpec(type: "short_conv", parts: [inputs], checkpoint: .everyToken)))
    }

    /// The tables themselves: each head's rows are a prime number of its own from
    /// `ngram_vocab_size_base` on, in order of layers; a layer's sum is rounded up.
    fileprivate func addTables(to model: inout TransformerModel) throws {
        let layers = try ngramLayers()
        guard !layers.isEmpty else { return }
        let heads = try ngramHeads()
        let width = try ngramWidth() / heads
        let base = try size("ngram_vocab_size_base", default: 20_000_000, most: 1 << 30)
        let multiple = try size("make_ngram_vocab_size_divisible_by", default: 128)
        var prime = base - 1
        for layer in layers {
            var rows = 0
            for _ in 0..<heads {
                prime = Self.prime(after: prime)
                rows += prime
            }
            rows = rows.roundedUp(to: multiple)
            model.hostTables.append(
                Projection(
                    "layers.\(layer - 1).ple.ngram_embedding", width, rows, .replicated,
                    isQuantized: false))
        }
        model.notes.append(
            "the n-gram tables, \(model.hostParameters / 1_000_000) million parameters, are in "
                + "host memory (the engine's default) and not weighed")
    }

    /// The first prime above `number`. O(square root) a step; gaps below 2^31 are under 300.
    private static func prime(after number: Int) -> Int {
        var next = number + 1
        while !isPrime(next) { next += 1 }
        return next
    }

    private static func isPrime(_ number: Int) -> Bool {
        if number < 4 { return number > 1 }
        if number % 2 == 0 { return false }
        var factor = 3
        while factor * factor <= number {
            if number % factor == 0 { return false }
            factor += 2
        }
        return true
    }
}
