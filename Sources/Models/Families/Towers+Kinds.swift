import Basics

extension Towers {
    static func side(_ fields: ConfigFields, _ usual: Int) throws -> Int {
        try fields.size("patch_size", default: usual, most: 4096)
    }

    static func patches(_ fields: ConfigFields, image: Int, patch: Int) throws -> Int {
        let image = try fields.size("image_size", default: image, most: 1 << 16)
        let count = image / (try side(fields, patch))
        return count * count
    }

    /// Qwen2-VL: layer norms, patches over two frames, a merger of four neighbours.
    static let qwen2: Rule = { vision, _, hidden in
        var blocks = try TowerBlocks(vision, width: 1280, depth: 32, inner: 1)
        blocks.width = try vision.size("embed_dim", default: 1280)
        blocks.inner = 4 * blocks.width
        var tower = blocks.tower()
        let width = blocks.width
        tower.addPatches(side: try side(vision, 14), frames: 2, width: width, bias: false)
        tower.add("norm", 2 * width)
        addMerger(&tower, 4 * width, hidden)
        return tower
    }

    /// Qwen2.5-VL: the same with RMS norms and gates.
    static let qwen25: Rule = { vision, _, hidden in
        var blocks = try TowerBlocks(vision, width: 1280, depth: 32, inner: 3420)
        blocks.isGated = true
        blocks.widthVectors = 2
        var tower = blocks.tower()
        tower.addPatches(side: try side(vision, 14), frames: 2, width: blocks.width, bias: false)
        tower.add("norm", blocks.width)
        addMerger(
            &tower, 4 * blocks.width, try vision.size("out_hidden_size", default: hidden))
        return tower
    }

    /// Adds two layers over concatenated neighbouring patches.
    private static func addMerger(_ tower: inout Tower, _ width: Int, _ out: Int) {
        tower.add("merger.fc1", width, width)
        tower.add("merger.fc2", width, out, bias: true, .rows)
    }

    /// Qwen3-VL and Qwen3.5: learned positions, and mergers after some of the blocks.
    static let qwen3: Rule = { vision, _, hidden in
        let blocks = try TowerBlocks(vision, width: 1152, depth: 27, inner: 4304)
        var tower = blocks.tower()
        let width = blocks.width
        let merge = try vision.size("spatial_merge_size", default: 2, most: 8)
        let frames = try vision.size("temporal_patch_size", default: 2, most: 64)
        let out = try vision.size("out_hidden_size", default: hidden)
        tower.addPatches(side: try side(vision, 16), frames: frames, width: width, bias: true)
        let positions = try vision.size("num_position_embeddings", default: 2304, most: 1 << 20)
        tower.add("pos_embed", positions * width)
        let merged = merge * merge * width
        tower.add("merger.norm", 2 * width)
        addMerger(&tower, merged, out)
        for _ in 0..<min(blocks.depth, (vision.integers("deepstack_visual_indexes") ?? []).count) {
            tower.add("deepstack.norm", 2 * merged)
            addMerger(&tower, merged, out)
        }
        // An image of 16,384 tokens is profiled whatever the step's limit. Without it, logs of 0.19
        // to 0.28 with Qwen3.5 on seven servers lack 0.3 to 1.3 GiB.
        tower.profiledBytes = Int64(0.9 * 0x1p30)
        return tower
    }

    /// SigLIP with one projection.
    static let gemma3: Rule = { vision, _, hidden in
        let blocks = try TowerBlocks(vision, width: 1152, depth: 27, inner: 4304)
        var tower = try siglip(vision, blocks)
        tower.add("post_layernorm", 2 * blocks.width)
        tower.add("projector", blocks.width, hidden, bias: false, .replicated)
        tower.add("projector.norm", blocks.width)
        return tower
    }

    static func siglip(_ vision: ConfigFields, _ blocks: TowerBlocks) throws -> Tower {
        var tower = blocks.tower()
        tower.addPatches(side: try side(vision, 14), width: blocks.width, bias: true)
        tower.add(
            "pos_embed", try patches(vision, image: 896, patch: 14) * blocks.width)
        return tower
    }

    /// Gemma 4's own tower: gates, norms over heads, two tables of positions. It is Transformers'
    /// module, so every GPU holds all of it.
    static let gemma4: Rule = { vision, around, hidden in
        var blocks = try TowerBlocks(vision, width: 1152, depth: 27, inner: 4304)
        blocks.isGated = true
        blocks.attentionBias = false
        blocks.networkBias = false
        blocks.otherElements =
            2 * (try vision.size("head_dim", default: blocks.width / blocks.heads, most: 8192))
        var tower = blocks.tower()
        tower.addPatches(side: try side(vision, 16), width: blocks.width, bias: false)
        let positions = try vision.size("position_embedding_size", default: 10_240, most: 1 << 20)
        tower.add("pos_embed", 2 * positions * blocks.width)
        tower.add("embed_vision", blocks.width, hidden, bias: false)
        if around.has("audio_config") {
            try addGemma4Sound(to: &tower, around.inside("audio_config"), hidden)
        }
        for index in tower.matrices.indices {
            tower.matrices[index].projection.split = .replicated
        }
        // As servers log it: "max_tokens_per_mm_item (2496)".
        tower.largestItem = 2_496
        return tower
    }

    /// MobileNet-V5 and a conformer, counted from the engine's class with their default sizes. What
    /// embeds their outputs, 2,048 and 1,536 wide, is sharded like the decoder.
    static let gemma3n: Rule = { _, _, hidden in
        var tower = Tower(name: "vision and audio")
        tower.add("towers", 681_355_808)
        for (name, width) in [("embed_vision", 2048), ("embed_audio", 1536)] {
            tower.add(name, width, 128, bias: false)
            tower.add(name + ".proj", width, hidden, bias: false, .rows)
        }
        return tower
    }

    /// CLIP, SigLIP or Pixtral, by the vision config, and two layers into the decoder.
    static let llava: Rule = { vision, outer, hidden in
        let bias = try outer.flag("multimodal_projector_bias", default: true)
        var (tower, width) = try llavaTower(vision, outer)
        tower.takesFormat = true
        tower.add("projector.fc1", width, hidden, bias: bias)
        tower.add("projector.fc2", hidden, hidden, bias: bias, .rows)
        return tower
    }

    static func llavaTower(
        _ vision: ConfigFields, _ outer: ConfigFields, layer usual: Int = -2
    ) throws -> (Tower, Int) {
        if vision.type == "pixtral" || vision.word("model_type") == "pixtral" {
            let (tower, blocks) = try pixtral(vision)
            return (tower, blocks.width)
        }
        let isSiglip = vision.word("model_type") == "siglip_vision_model"
        var blocks = try TowerBlocks(
            vision, width: isSiglip ? 1152 : 1024, depth: isSiglip ? 27 : 24,
            inner: isSiglip ? 4304 : 4096)
        // Blocks after the feature layer are not built, and never the norm after them.
        let layer = outer["vision_feature_layer"]?.integer ?? usual
        guard layer <= blocks.depth else {
            throw InputError(
                outer.place, "vision_feature_layer is \(layer) of \(blocks.depth) layers",
                expected: "a layer of the tower, or one counted from its end (-2)")
        }
        if layer < 0 {
            blocks.depth = max(0, blocks.depth + layer + 1)
        } else {
            blocks.depth = layer
        }
        if isSiglip {
            return (try siglip(vision, blocks), blocks.width)
        }
        var tower = blocks.tower()
        tower.addPatches(side: try side(vision, 14), width: blocks.width, bias: false)
        let positions = try patches(vision, image: 336, patch: 14) + 1
        tower.add("embeddings", (positions + 1) * blocks.width)
        tower.add("norms", 2 * blocks.width)
        return (tower, blocks.width)
    }

    /// Pixtral: gates, RMS norms, no biases.
    private static func pixtral(_ vision: ConfigFields) throws -> (Tower, TowerBlocks) {
        var blocks = try TowerBlocks(vision, width: 1024, depth: 24, inner: 4096)
        blocks.isGated = true
        blocks.attentionBias = false
        blocks.networkBias = false
        blocks.widthVectors = 2
        var tower = blocks.tower()
        tower.addPatches(side: try side(vision, 16), width: blocks.width, bias: false)
        tower.add("ln_pre", blocks.width)
        return (tower, blocks)
    }

    /// Pixtral, a merger of neighbours, and two layers.
    static let mistral3: Rule = { vision, outer, hidden in
        var (tower, blocks) = try pixtral(vision)
        let merge = try outer.size("spatial_merge_size", default: 2, most: 8)
        let bias = try outer.flag("multimodal_projector_bias", default: false)
        tower.takesFormat = true
        tower.add("projector.norm", blocks.width)
        tower.add(
            "merger", merge * merge * blocks.width, blocks.width, bias: false, .replicated)
        tower.add("projector.fc1", blocks.width, hidden, bias: bias)
        tower.add("projector.fc2", hidden, hidden, bias: bias, .rows)
        return tower
    }

    /// Pixtral in Mistral's own form: a norm and a merger where it has them, two whole layers.
    static let mistralForm: Rule = { vision, _, hidden in
        var (tower, blocks) = try pixtral(vision)
        let bias = try vision.flag("adapter_bias", default: true)
        if try vision.flag("add_pre_mm_projector_layer_norm", default: false) {
            tower.add("projector.norm", blocks.width)
        }
        if vision.word("mm_projector_id") == "patch_merge" {
            let merge = try vision.size("spatial_merge_size", default: 1, most: 8)
            tower.add(
                "merger", merge * merge * blocks.width, blocks.width, bias: false, .replicated)
        }
        tower.add("adapter.w_in", blocks.width, hidden, bias: bias, .replicated)
        tower.add("adapter.w_out", hidden, hidden, bias: bias, .replicated)
        return tower
    }

    /// Llama 4: unfolded patches, a class token, pixel shuffle through two layers.
    static let llama4: Rule = { vision, _, hidden in
        let blocks = try TowerBlocks(vision, width: 768, depth: 34, inner: 5632)
        var tower = blocks.tower()
        let width = blocks.width
        // A linear layer over unfolded patches, sharded like others.
        let patch = try side(vision, 14)
        tower.add("patch_embed", 3 * patch * patch, width, bias: false)
        tower.add("embeddings", (try patches(vision, image: 448, patch: 14) + 2) * width)
        tower.add("norms", 4 * width)
        let middle = try vision.size("projector_input_dim", default: 4096)
        let out = try vision.size("projector_output_dim", default: 4096)
        tower.add("adapter.fc1", blocks.inner, middle, bias: false)
        tower.add("adapter.fc2", middle, out, bias: false, .rows)
        tower.add(
            "projector", try vision.size("vision_output_dim", default: 7680), hidden, bias: false)
        return tower
    }

    /// MoonViT: learned positions, a merger of neighbours.
    static let kimi: Rule = { vision, _, hidden in
        let blocks = try TowerBlocks(vision, width: 1152, depth: 27, inner: 4304)
        var tower = blocks.tower()
        let width = blocks.width
        tower.addPatches(side: try side(vision, 14), width: width, bias: true)
        let rows = try vision.size("init_pos_emb_height", default: 64, most: 4096)
        let columns = try vision.size("init_pos_emb_width", default: 64, most: 4096)
        tower.add("pos_embed", rows * columns * width)
        tower.add("norms", 4 * width)
        let out = try vision.size("text_hidden_size", default: hidden)
        tower.add("merger.fc1", 4 * width, 4 * width, bias: true, .replicated)
        tower.add("merger.fc2", 4 * width, out, bias: true, .replicated)
        return tower
    }

    /// Step-3: a class token, two convolutions that shrink the image, one projection.
    static let step3: Rule = { vision, outer, hidden in
        let blocks = try TowerBlocks(vision, width: 1792, depth: 63, inner: 15_360)
        var tower = blocks.tower()
        let width = blocks.width
        tower.addPatches(side: try side(vision, 14), width: width, bias: true)
        tower.add("embeddings", (try patches(vision, image: 728, patch: 14) + 2) * width)
        let out = try vision.size("output_hidden_size", default: 4096)
        tower.add("downsampler", 4 * width, out, bias: true, .replicated)
        tower.add("downsampler2", 9 * out, 2 * out, bias: true, .replicated)
        let bias = try outer.flag("projector_bias", default: true)
        tower.add("projector", 2 * out, hidden, bias: bias, .replicated)
        return tower
    }

    /// InternViT: a class token, scales after both parts, pixel shuffle into two layers.
    static let internVL: Rule = { vision, outer, hidden in
        var (tower, width) = try internViT(vision, outer)
        tower.add("mlp1.norm", 8 * width)
        tower.add("mlp1.fc1", 4 * width, hidden, bias: true, .replicated)
        tower.add("mlp1.fc2", hidden, hidden, bias: true, .replicated)
        return tower
    }

    /// InternVL's vision transformer up to the feature layer, and its width.
    static func internViT(
        _ vision: ConfigFields, _ outer: ConfigFields, idleHeads: Int = 0
    ) throws -> (tower: Tower, width: Int) {
        var blocks = try TowerBlocks(vision, width: 3200, depth: 45, inner: 12_800, heads: 25)
        let layer = outer["select_layer"]?.integer ?? -1
        blocks.depth = max(0, min(blocks.depth, layer < 0 ? blocks.depth + layer + 1 : layer + 1))
        blocks.attentionBias = try vision.flag("qkv_bias", default: false)
        blocks.widthVectors = vision.word("norm_type") == "layer_norm" ? 6 : 4
        blocks.idleHeads = idleHeads
        if try vision.flag("qk_normalization", default: true) {
            blocks.otherElements = 2 * blocks.wide
        }
        // The output projection always has a bias.
        if !blocks.attentionBias { blocks.otherElements += blocks.width }
        var tower = blocks.tower()
        tower.attentionHeads = blocks.heads + idleHeads
        let width = blocks.width
        tower.addPatches(side: try side(vision, 14), width: width, bias: true)
        tower.add("embeddings", (try patches(vision, image: 448, patch: 14) + 2) * width)
        return (tower, width)
    }
}
