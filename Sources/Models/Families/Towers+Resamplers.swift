import Basics

/// Towers whose patches are read by learned queries, or pooled with neighbours.
extension Towers {
    /// MiniCPM-V: SigLIP and a resampler as wide as the decoder.
    static let miniCPM: Rule = { vision, around, hidden in
        var blocks = try TowerBlocks(vision, width: 1152, depth: 27, inner: 4304)
        if try around.flag("drop_vision_last_layer", default: false) {
            blocks.depth = max(1, blocks.depth - 1)
        }
        var tower = blocks.tower()
        let width = blocks.width
        let side = try vision.size("patch_size", default: 14, most: 4096)
        let count = try vision.size("image_size", default: 980, most: 1 << 16) / side
        tower.addPatches(side: side, width: width, bias: true)
        tower.add("pos_embed", count * count * width)
        tower.add("post_layernorm", 2 * width)
        tower.add("resampler.query", hidden * (try around.size("query_num", default: 64)))
        tower.add("resampler.proj", hidden, hidden, bias: false, .replicated)
        tower.add("resampler.kv_proj", width, hidden, bias: false, .replicated)
        tower.add("resampler.attn.in", hidden, 3 * hidden, bias: true, .replicated)
        tower.add("resampler.attn.out", hidden, hidden, bias: true, .replicated)
        tower.add("resampler.norms", 6 * hidden)
        return tower
    }

    /// MiniCPM-o: the same, Whisper and two layers.
    static let miniCPMOmni: Rule = { vision, around, hidden in
        var tower = try miniCPM(vision, around, hidden)
        guard let audio = around.nested("audio_config"),
            try around.flag("init_audio", default: true)
        else { return tower }
        let usual = AudioSizes(width: 1024, depth: 24, inner: 4096, heads: 16)
        let (ears, width) = try whisper(audio, isWhole: true, bands: 80, usual: usual)
        tower.join(ears)
        tower.add("audio_projection.fc1", width, hidden, bias: true, .replicated)
        tower.add("audio_projection.fc2", hidden, hidden, bias: true, .replicated)
        return tower
    }

    /// Molmo: 23 blocks of CLIP over images of 336 pixels, two layers of it concatenated, four
    /// neighbours pooled by attention, a gated projector (the class's own sizes).
    static let molmo: Rule = { _, around, hidden in
        let none = ConfigFields(place: around.place, type: around.type, fields: [:])
        let blocks = try TowerBlocks(none, width: 1024, depth: 23, inner: 4096)
        var tower = blocks.tower()
        let width = blocks.width
        tower.addPatches(side: 14, width: width, bias: false)
        tower.add("embeddings", (577 + 1 + 4) * width)
        tower.add("pre_ln", 2 * width)
        tower.add("pooling.qkv", 2 * width, 3 * width)
        tower.add("pooling.wo", width, width, bias: true, .rows)
        let inner = try around.size("intermediate_size")
        tower.add("projector.gate_up", width, inner, bias: false)
        tower.add("projector.down", inner / 2, hidden, bias: false, .rows)
        return tower
    }

    /// Molmo 2: as many of SigLIP's blocks as its adapter reads, two of them concatenated, pooled
    /// by attention, a gated projector.
    static let molmo2: Rule = { _, around, hidden in
        let vision = around.inside("vit_config")
        let adapter = around.inside("adapter_config")
        var blocks = try TowerBlocks(vision, width: 1152, depth: 27, inner: 4304)
        let read = (adapter.integers("vit_layers") ?? [-3, -9]).map {
            $0 < 0 ? $0 + blocks.depth : $0
        }
        blocks.depth = min(blocks.depth, max(1, (read.max() ?? blocks.depth - 1) + 1))
        var tower = blocks.tower()
        let width = blocks.width
        let side = try vision.size("image_patch_size", default: 14, most: 4096)
        tower.addPatches(side: side, width: width, bias: true)
        tower.add("pos_embed", width * (try vision.size("image_num_pos", default: 577)))
        let own = try adapter.size("hidden_size", default: 1152)
        tower.add("pooling.qkv", max(1, read.count) * width, 3 * own)
        tower.add("pooling.wo", own, own, bias: true, .rows)
        let inner = try adapter.size("intermediate_size", default: 18_944)
        tower.add("projector.gate_up", own, 2 * inner, bias: false)
        tower.add("projector.down", inner, hidden, bias: false, .rows)
        return tower
    }

    /// Phi-3 Vision: 23 blocks of CLIP over images of 336 pixels, two layers, separators, and a
    /// second word embedding that the engine's class creates.
    static let phi3: Rule = { _, around, hidden in
        let none = ConfigFields(place: around.place, type: around.type, fields: [:])
        let blocks = try TowerBlocks(none, width: 1024, depth: 23, inner: 4096)
        var tower = blocks.tower()
        let width = blocks.width
        tower.addPatches(side: 14, width: width, bias: false)
        tower.add("embeddings", (577 + 1) * width)
        tower.add("pre_layrnorm", 2 * width)
        tower.add("separators", 8 * width)
        tower.add("projection.fc1", 4 * width, hidden, bias: true, .replicated)
        tower.add("projection.fc2", hidden, hidden, bias: true, .replicated)
        let rows = (try around.vocabularySize() + 63) / 64 * 64
        tower.add("embed_tokens", rows, hidden, bias: false, .rows)
        return tower
    }

    /// Aria: all blocks of SigLIP, learned queries that read them, a network into the decoder.
    static let aria: Rule = { vision, around, hidden in
        let blocks = try TowerBlocks(vision, width: 1152, depth: 12, inner: 3072)
        var tower = blocks.tower()
        let width = blocks.width
        let side = try vision.size("patch_size", default: 32, most: 4096)
        let count = try vision.size("image_size", default: 224, most: 1 << 16) / side
        tower.addPatches(side: side, width: width, bias: true)
        tower.add("pos_embed", count * count * width)
        let queries = try around.size(
            "max_value_projector_patch_to_query_dict", default: largestQueries(around))
        tower.add("projector.query", queries * width)
        tower.add("projector.qkv", width, 3 * width, bias: false, .replicated)
        tower.add("projector.attn.in", width, 3 * width, bias: true, .replicated)
        tower.add("projector.attn.out", width, width, bias: true, .replicated)
        tower.add("projector.linear", width, width, bias: true, .replicated)
        tower.add("projector.norms", 6 * width)
        tower.add("projector.fc1", width, hidden, bias: false)
        tower.add("projector.fc2", hidden, hidden, bias: false, .rows)
        return tower
    }

    private static func largestQueries(_ around: ConfigFields) -> Int {
        let counts = around.object("projector_patch_to_query_dict")?.values.compactMap(\.integer)
        return min(4096, max(1, counts?.max() ?? 256))
    }

    /// ERNIE 4.5 VL: a vision transformer, neighbours and pairs of frames merged, and experts that
    /// only its output passes.
    static let ernie: Rule = { vision, around, hidden in
        var blocks = try TowerBlocks(vision, width: 1280, depth: 32, inner: 1)
        blocks.inner = blocks.width * (try vision.size("mlp_ratio", default: 4, most: 64))
        var tower = blocks.tower()
        let width = blocks.width
        let side = try vision.size("patch_size", default: 14, most: 4096)
        tower.addPatches(side: side, width: width, bias: false)
        tower.add("ln", 2 * width)
        let merge = try around.size(
            "spatial_conv_size", default: vision.size("spatial_merge_size", default: 2, most: 8),
            most: 8)
        let merged = width * merge * merge
        let frames = try around.size("temporal_conv_size", default: 2, most: 64)
        tower.add("spatial.fc1", merged, merged)
        tower.add("spatial.fc2", merged, merged)
        tower.add("norms", 2 * merged + hidden)
        if try around.flag("use_temporal_conv", default: true) {
            tower.add("temporal.fc1", frames * merged, merged)
            tower.add("temporal.fc2", merged, merged)
            tower.add("temporal.norm", 2 * merged)
        }
        tower.add("mlp", merged, hidden)
        try tower.addExperts(around, hidden)
        return tower
    }

    /// Phi-4 Multimodal: 26 blocks of SigLIP over images of 448 pixels and a conformer, each with
    /// two layers into the decoder. LoRA adapters are loaded separately.
    static let phi4: Rule = { _, around, hidden in
        let none = ConfigFields(place: around.place, type: around.type, fields: [:])
        let blocks = try TowerBlocks(none, width: 1152, depth: 26, inner: 4304)
        var tower = blocks.tower()
        let width = blocks.width
        tower.addPatches(side: 14, width: width, bias: true)
        tower.add("pos_embed", 1024 * width)
        tower.add("separators", 2 * width)
        tower.addTwoLayers("image", width, hidden)
        guard let audio = around.nested("audio_processor")?.nested("config") else { return tower }
        let ears = try conformer(audio)
        tower.join(ears.tower)
        tower.addTwoLayers("audio", ears.width, hidden)
        tower.addTwoLayers("audio_for_vision", ears.width, hidden)
        return tower
    }

    /// Phi-4's conformer: three convolutions that halve the bands, half-step networks with gates.
    private static func conformer(_ audio: ConfigFields) throws -> (tower: Tower, width: Int) {
        let width = try audio.size("attention_dim", default: 1024)
        let depth = try audio.size("num_blocks", default: 24, most: 1024)
        let inner = try audio.size("linear_units", default: 1536)
        let taps = try audio.size("kernel_size", default: 3, most: 4096)
        let bands = try audio.size("input_size", default: 80, most: 4096)
        let heads = try audio.size("attention_heads", default: 16, most: 4096)
        var tower = Tower(name: "audio")
        tower.matrices = [
            .init(Projection("ff.up", width, 2 * inner, .replicated, hasBias: true), 2 * depth),
            .init(Projection("ff.down", inner, width, .replicated, hasBias: true), 2 * depth),
        ]
        let attention = 4 * (width + 1) * width
        let convolution =
            (width + 1) * 2 * width + 2 * width + (taps + 1) * width + 2 * (width + 1) * width
        tower.add("layers", depth * (attention + convolution + 10 * width))
        tower.add("embed.conv", 3 * 9 * width + 5 * width + 2 * width * width)
        let merged = bands / 8 * width
        tower.add("embed.out", merged, width, bias: true, .replicated)
        let settings = audio.nested("relative_attention_bias_args")
        let reach = try settings?.size("t5_bias_max_distance", default: 500) ?? 500
        tower.add("bias_values", 2 * reach * heads)
        tower.add("normalisation", 2 * bands)
        return (tower, width)
    }
}

extension Tower {
    /// Adds two replicated layers into the decoder.
    fileprivate mutating func addTwoLayers(_ name: String, _ width: Int, _ hidden: Int) {
        add(name + ".fc1", width, hidden, bias: true, .replicated)
        add(name + ".fc2", hidden, hidden, bias: true, .replicated)
    }

    /// Adds ERNIE's experts for the tower's output, by the second entries of the lists that count
    /// experts, with a router and its float32 correction.
    fileprivate mutating func addExperts(_ fields: ConfigFields, _ hidden: Int) throws {
        func second(_ name: String, most: Int) throws -> Int? {
            guard let list = fields.integers(name), list.count > 1 else { return nil }
            guard (0...most).contains(list[1]) else {
                throw InputError(
                    fields.place, "\(name) has \(list[1])", expected: "0 to \(most)")
            }
            return list[1]
        }
        guard let count = try second("moe_num_experts", most: 4096), count > 0,
            let width = try second("moe_intermediate_size", most: ConfigFields.largestSize)
        else { return }
        let layers = try fields.layerCount()
        let first = try second("moe_layer_start_index", most: 1024) ?? 0
        let last = try second("moe_layer_end_index", most: 1024) ?? layers - 1
        let sparse = max(0, min(last, layers - 1) - first + 1)
        guard sparse > 0, width > 0 else { return }
        let columns = Projection.Split.columns(units: width)
        var router = Projection("router", hidden, count, .replicated, isQuantized: false)
        router.isWide = true
        matrices += [
            .init(Projection("experts.gate_up", hidden, width, columns), 2 * count * sparse),
            .init(Projection("experts.down", width, hidden, .rows), count * sparse),
            .init(router, sparse),
        ]
        vectors.append(WeightVector("e_score_correction_bias", count * sparse, isWide: true))
    }
}
