import Basics

/// Towers that vLLM 0.33.0's wrappers compose of others' parts: SigLIP, Qwen's and InternVL's
/// transformers, with their own way into the decoder.
extension Towers {
    /// Bee: LLaVA-OneVision's SigLIP, a norm, and two layers with a middle of four hidden sizes.
    static let bee: Rule = { vision, outer, hidden in
        try normedProjector(vision, outer, hidden, middle: 4 * hidden)
    }

    /// R-4B: the same with a middle of one hidden size.
    static let rvl: Rule = { vision, outer, hidden in
        try normedProjector(vision, outer, hidden, middle: hidden)
    }

    private static func normedProjector(
        _ vision: ConfigFields, _ outer: ConfigFields, _ hidden: Int, middle: Int
    ) throws -> Tower {
        var (tower, width) = try llavaTower(vision, outer, layer: -1)
        tower.takesFormat = true
        tower.add("projector.norm", 2 * width)
        tower.add("projector.fc1", width, middle, bias: true, .replicated)
        tower.add("projector.fc2", middle, hidden, bias: true, .replicated)
        tower.add("image_newline", hidden)
        return tower
    }

    /// HyperCLOVA X Vision 2: Qwen2.5-VL's, and one linear layer.
    static let hyperCLOVA: Rule = { vision, outer, hidden in
        var tower = try qwen25(vision, outer, hidden)
        let width = try vision.size("hidden_size", default: 1280)
        let out = try vision.size("out_hidden_size", default: width)
        tower.add("mm_projector", out, hidden, bias: true, .replicated)
        return tower
    }

    /// Eagle 2.5: SigLIP up to the selected layer, with its norm where that is the last; pixel
    /// shuffle into two layers.
    static let eagle: Rule = { vision, outer, hidden in
        var blocks = try TowerBlocks(vision, width: 1152, depth: 27, inner: 4304)
        let depth = blocks.depth
        let layer = outer["select_layer"]?.integer ?? -1
        blocks.depth = max(0, min(depth, layer < 0 ? depth + layer + 1 : layer + 1))
        var tower = try siglip(vision, blocks)
        if blocks.depth == depth { tower.add("post_layernorm", 2 * blocks.width) }
        let scale = shuffle(outer)
        let merged = scale * scale * blocks.width
        tower.add("mlp1.norm", 2 * merged)
        tower.add("mlp1.fc1", merged, hidden, bias: true, .replicated)
        tower.add("mlp1.fc2", hidden, hidden, bias: true, .replicated)
        return tower
    }

    /// Neighbours along a side that pixel shuffle joins, by `downsample_ratio`.
    private static func shuffle(_ outer: ConfigFields) -> Int {
        guard case .number(let ratio)? = outer["downsample_ratio"], ratio > 0.01, ratio <= 1
        else { return 2 }
        return Int(1 / ratio)
    }

    /// Granite 4 Vision: SigLIP without its last norm; for each layer of the decoder that takes
    /// features, and for four offsets of the grid, one block of a query transformer over windows.
    static let granite4: Rule = { vision, outer, hidden in
        let blocks = try TowerBlocks(vision, width: 1152, depth: 27, inner: 4304)
        var tower = try siglip(vision, blocks)
        let width = blocks.width
        let sides = (outer.word("downsample_rate") ?? "4/8").split(separator: "/")
            .compactMap { Int($0) }
        guard sides.count == 2, sides.allSatisfy({ (1...256).contains($0) }) else {
            throw InputError(
                outer.place, "downsample_rate is \(outer["downsample_rate"]?.description ?? "")",
                expected: "two sides in patches, such as 4/8")
        }
        var layers = 0
        if case .array(let pairs)? = outer["deepstack_layer_map"] { layers = pairs.count }
        for _ in 0..<(min(layers, 1024) + 4) {
            tower.addQueryTransformer(
                width: width, depth: 1, inner: 3072, outside: width, every: 1)
            tower.add("queries", (sides[0] * sides[0] + sides[1] * sides[1]) * width)
            tower.add("norm", 2 * width)
            tower.add("out_linear", width, hidden, bias: true, .replicated)
        }
        tower.add("image_newline", hidden)
        return tower
    }

    /// Isaac: SigLIP 2 over patches of any grid, pixel shuffle into two layers without biases.
    static let isaac: Rule = { vision, _, hidden in
        let blocks = try TowerBlocks(vision, width: 1152, depth: 27, inner: 4304)
        var tower = blocks.tower()
        tower.addPatches(side: try side(vision, 16), width: blocks.width, bias: true)
        tower.add("pos_embed", try vision.size("num_patches", default: 256) * blocks.width)
        tower.add("post_layernorm", 2 * blocks.width)
        let scale = try vision.size("pixel_shuffle_scale_factor", default: 1, most: 64)
        let merged = scale * scale * blocks.width
        tower.add("fc1", merged, 4 * merged, bias: false)
        tower.add("fc2", 4 * merged, hidden, bias: false, .rows)
        return tower
    }

    /// Phi-4 Reasoning Vision: SigLIP 2 without its last layer and norm, two layers.
    static let phi4SigLIP: Rule = { vision, outer, hidden in
        var blocks = try TowerBlocks(vision, width: 768, depth: 12, inner: 3072, heads: 12)
        blocks.depth = max(0, blocks.depth - 1)
        var tower = blocks.tower()
        tower.takesFormat = true
        tower.addPatches(side: try side(vision, 16), width: blocks.width, bias: true)
        tower.add("pos_embed", try vision.size("num_patches", default: 256) * blocks.width)
        let width = try outer.size("mm_hidden_size", default: blocks.width)
        tower.add("projector.fc1", width, hidden)
        tower.add("projector.fc2", hidden, hidden, bias: true, .rows)
        return tower
    }

    /// GLM-4V: EVA2-CLIP, a convolution that halves the grid, and a gated network as wide as the
    /// decoder's.
    static let glm4V9B: Rule = { vision, outer, hidden in
        let blocks = try TowerBlocks(vision, width: 1792, depth: 63, inner: 15_360)
        var tower = blocks.tower()
        let width = blocks.width
        tower.takesFormat = true
        tower.addPatches(side: try side(vision, 14), width: width, bias: true)
        let positions = try vision.size("num_positions", default: 6401, most: 1 << 20)
        tower.add("embeddings", (positions + 1) * width)
        tower.add("conv", 4 * width, hidden, bias: true, .replicated)
        tower.add("linear_proj", hidden, hidden, bias: false, .replicated)
        // One norm, and the vectors around an image.
        tower.add("norm1", 4 * hidden)
        let inner = try outer.size("ffn_hidden_size")
        tower.add("merged_proj", hidden, 2 * inner, bias: false)
        tower.add("dense_4h_to_h", inner, hidden, bias: false, .rows)
        return tower
    }

    /// MiniCPM-V 4.6 and later: SigLIP, a merger of windows inside it, and one after it.
    static let miniCPM46: Rule = { vision, outer, hidden in
        var blocks = try TowerBlocks(vision, width: 1152, depth: 27, inner: 4304)
        if try outer.flag("drop_vision_last_layer", default: false) {
            blocks.depth = max(1, blocks.depth - 1)
        }
        var tower = try siglip(vision, blocks)
        let width = blocks.width
        tower.add("post_layernorm", 2 * width)
        tower.add("vit_merger.qkv", width, 3 * width)
        tower.add("vit_merger.proj", width, width, bias: true, .rows)
        tower.add("vit_merger.norms", 2 * width + 8 * width)
        tower.add("vit_merger.fc1", 4 * width, 4 * blocks.inner, bias: true, .replicated)
        tower.add("vit_merger.fc2", 4 * blocks.inner, width, bias: true, .replicated)
        tower.add("merger.norm", 8 * width)
        tower.add("merger.fc1", 4 * width, 4 * width, bias: true, .replicated)
        tower.add("merger.fc2", 4 * width, hidden, bias: true, .replicated)
        return tower
    }

    /// LLaVA-OneVision 2: blocks with biases over patches without, a norm before them, a merger.
    static let llavaOneVision2: Rule = { vision, _, hidden in
        let blocks = try TowerBlocks(vision, width: 1024, depth: 24, inner: 4096)
        var tower = blocks.tower()
        let width = blocks.width
        tower.addPatches(side: try side(vision, 14), width: width, bias: false)
        let merge = try vision.size("spatial_merge_size", default: 2, most: 8)
        tower.add("norms", 4 * width)
        let merged = merge * merge * width
        tower.add("merger.fc1", merged, merged)
        tower.add("merger.fc2", merged, hidden, bias: true, .rows)
        return tower
    }

    /// openPangu-VL: gated blocks with biases, a norm, a merger for each of the layers that it
    /// reads, one linear layer. A network's width is rounded up to a multiple of the GPUs'.
    static let openPangu: Rule = { vision, _, hidden in
        var blocks = try TowerBlocks(vision, width: 1280, depth: 32, inner: 3420)
        blocks.isGated = vision.word("hidden_act") ?? "silu" == "silu"
        blocks.widthVectors = 2
        var tower = blocks.tower()
        let width = blocks.width
        let frames = try vision.size("temporal_patch_size", default: 2, most: 64)
        tower.addPatches(side: try side(vision, 14), frames: frames, width: width, bias: false)
        tower.add("final_layernorm", width)
        let merge = try vision.size("spatial_merge_size", default: 2, most: 8)
        let merged = merge * merge * width
        let out = try vision.size("out_hidden_size", default: hidden)
        for _ in vision.integers("mm_unit_vision_select_layer") ?? [-1, -3] {
            tower.add("merger.norm", width)
            tower.add("merger.fc1", merged, merged)
            tower.add("merger.fc2", merged, out, bias: true, .rows)
        }
        tower.add("vision_projection", out, hidden, bias: true, .replicated)
        return tower
    }

    /// MiDashengLM: patches of a spectrogram, blocks with scales, five frames into two layers.
    static let dasheng: Rule = { _, around, hidden in
        let audio = around.inside("audio_encoder_config")
        let width = try audio.size("embed_dim", default: 768)
        var blocks = try TowerBlocks(
            ConfigFields(place: around.place, type: around.type, fields: [:]), width: width,
            depth: audio.size("depth", default: 12, most: 1024), inner: 4 * width,
            heads: audio.size("num_heads", default: 12, most: 4096))
        if case .number(let ratio)? = audio["mlp_ratio"], ratio > 0, ratio < 64 {
            blocks.inner = max(1, Int(Double(width) * ratio))
        }
        // Without an own value of the scales there are none.
        if audio.has("init_values") { blocks.widthVectors = 6 }
        blocks.attentionBias = try audio.flag("qkv_bias", default: true)
        if !blocks.attentionBias { blocks.otherElements = width }
        var tower = blocks.tower()
        tower.name = "audio"
        let bands = try audio.size("n_mels", default: 64, most: 4096)
        let patch = pair(audio, "patch_size", 16)
        let stride = pair(audio, "patch_stride", 16)
        let channels = try audio.size("input_channels", default: 1, most: 64)
        tower.add(
            "patch_embed", patch.0 * patch.1 * channels, width, bias: true, .replicated)
        let frames = try audio.size("target_length", default: 1012, most: 1 << 20)
        tower.add("pos_embed", (frames / stride.1 + bands / stride.0) * width)
        tower.add("norms", 2 * bands + 2 * width)
        let joined = try around.size("subsample_factor", default: 5, most: 1024)
        tower.add("projector.fc1", joined * width, hidden)
        tower.add("projector.fc2", hidden, hidden, bias: true, .rows)
        return tower
    }

    /// A number for both axes, or one for each.
    private static func pair(_ fields: ConfigFields, _ name: String, _ usual: Int) -> (Int, Int) {
        let both =
            fields.integers(name) ?? Array(repeating: fields[name]?.integer ?? usual, count: 2)
        guard both.count == 2, both.allSatisfy({ (1...4096).contains($0) }) else {
            return (usual, usual)
        }
        return (both[0], both[1])
    }

    /// Audio Flamingo 3: Whisper as Transformers has it, and two layers.
    static let audioFlamingo: Rule = { _, around, hidden in
        var (tower, width) = try whisper(around.inside("audio_config"), isWhole: true)
        let bias = try around.flag("projector_bias", default: true)
        tower.add("projector.fc1", width, hidden, bias: bias, .replicated)
        tower.add("projector.fc2", hidden, hidden, bias: bias, .replicated)
        return tower
    }

    /// Kanana-V: Qwen2-VL's without its merger, two stages of convolutions around a merging of
    /// neighbours, two layers into the decoder.
    static let kanana: Rule = { vision, around, hidden in
        var blocks = try TowerBlocks(vision, width: 1280, depth: 32, inner: 1)
        blocks.width = try vision.size("embed_dim", default: 1280)
        blocks.inner = blocks.width * (try vision.size("mlp_ratio", default: 4, most: 64))
        var tower = blocks.tower()
        let frames = try vision.size("temporal_patch_size", default: 2, most: 64)
        tower.addPatches(
            side: try side(vision, 14), frames: frames, width: blocks.width, bias: false)
        let settings = around.inside("projector_config")
        let outside = try settings.size("encoder_hidden_size", default: blocks.width)
        let width = try settings.size("hidden_size", default: 1024)
        let out = try settings.size("output_hidden_size", default: hidden)
        let merge = try settings.size("merge_size", default: 2, most: 64)
        let depth = try settings.size("depth", default: 3, most: 1024)
        if try settings.flag("pos_emb", default: true) {
            let positions = try settings.size("pos_emb_size", default: 576, most: 1 << 20)
            tower.add("abstractor.pos_emb", positions * outside)
        }
        for inputs in [outside, merge * merge * width] {
            tower.add(
                "abstractor.net",
                convolutions(inputs, width)
                    + (depth - 1) * convolutions(width, width))
        }
        tower.add("abstractor.readout", width, out, bias: true, .replicated)
        for _ in 1..<max(1, try settings.size("mlp_depth", default: 2, most: 64)) {
            tower.add("abstractor.readout", out, out, bias: true, .replicated)
        }
        return tower
    }

    /// Elements of one of RegNet's blocks: three convolutions with norms, the middle one a channel
    /// at a time, a gate of a quarter of the inputs, and a way around where the widths differ.
    private static func convolutions(_ inputs: Int, _ width: Int) -> Int {
        let gate = Int((Double(inputs) / 4).rounded(.toNearestOrEven))
        let around = inputs == width ? 0 : (inputs + 2) * width
        return inputs * width + 9 * width + width * width + 6 * width
            + (2 * width + 1) * gate + width + around
    }
}
