import Basics

/// Towers of wrappers that came after LLaVA.
extension Towers {
    /// GLM-4.1V and 4.5V: gates, no biases, a convolution that shrinks the image, a gated merger.
    static let glm4: Rule = { vision, _, hidden in
        var blocks = try TowerBlocks(vision, width: 1536, depth: 24, inner: 13_696, heads: 12)
        let out = try vision.size("out_hidden_size", default: hidden)
        let inner = blocks.inner
        blocks.inner = out
        blocks.isGated = true
        blocks.attentionBias = try vision.flag("attention_bias", default: false)
        blocks.networkBias = false
        blocks.widthVectors = 2
        var tower = blocks.tower()
        let width = blocks.width
        tower.addPatches(side: try side(vision, 14), frames: 2, width: width, bias: true)
        tower.add("pos_embed", try patches(vision, image: 336, patch: 14) * width)
        tower.add("norms", 2 * width)
        let merge = try vision.size("spatial_merge_size", default: 2, most: 8)
        tower.add("downsample", merge * merge * width, out, bias: true, .replicated)
        addGatedMerger(&tower, out, inner)
        return tower
    }

    private static func addGatedMerger(_ tower: inout Tower, _ width: Int, _ inner: Int) {
        tower.add("merger.proj", width, width, bias: false)
        tower.add("merger.norm", 2 * width)
        tower.add("merger.gate_up", width, 2 * inner, bias: false)
        tower.add("merger.down", inner, width, bias: false, .rows)
    }

    /// GLM-OCR: the same with biases and norms over heads, without positions.
    static let glmOCR: Rule = { vision, _, hidden in
        var blocks = try TowerBlocks(vision, width: 1024, depth: 24, inner: 4096)
        let out = try vision.size("out_hidden_size", default: hidden)
        blocks.isGated = true
        blocks.widthVectors = 2
        blocks.attentionBias = try vision.flag("attention_bias", default: true)
        blocks.networkBias = blocks.attentionBias
        blocks.otherElements = 2 * (blocks.width / blocks.heads)
        var tower = blocks.tower()
        let width = blocks.width
        tower.addPatches(side: try side(vision, 14), frames: 2, width: width, bias: true)
        tower.add("norms", width)
        let merge = try vision.size("spatial_merge_size", default: 2, most: 8)
        tower.add("downsample", merge * merge * width, out, bias: true, .replicated)
        addGatedMerger(&tower, out, blocks.inner)
        return tower
    }

    /// EXAONE 4.5: Qwen2.5-VL's with fewer KV heads.
    static let exaone45: Rule = { vision, around, hidden in
        var tower = try qwen25(vision, around, hidden)
        let blocks = try TowerBlocks(vision, width: 3584, depth: 32, inner: 3420)
        let keys = try vision.size("num_key_value_heads", default: blocks.heads, most: 4096)
        let head = blocks.width / blocks.heads
        tower.matrices[0].projection.outputs = head * (blocks.heads + 2 * keys)
        tower.matrices[0].projection.split = .columns(units: max(1, keys))
        return tower
    }

    /// SigLIP with neighbouring patches through a norm and two layers (PaddleOCR-VL). Keye has a
    /// second table of positions.
    static let paddle: Rule = { vision, _, hidden in
        let blocks = try TowerBlocks(vision, width: 1152, depth: 27, inner: 4304)
        var tower = blocks.tower()
        let width = blocks.width
        tower.addPatches(side: try side(vision, 14), width: width, bias: true)
        tower.add("pos_embed", try patches(vision, image: 384, patch: 14) * width)
        let merge = try vision.size("spatial_merge_size", default: 2, most: 8)
        tower.add("norms", 4 * width)
        let merged = merge * merge * width
        tower.add("projector.fc1", merged, merged, bias: true, .replicated)
        tower.add("projector.fc2", merged, hidden, bias: true, .replicated)
        return tower
    }

    /// Keye 1.5: like Keye, with its norm over merged patches.
    static let keye15: Rule = { vision, around, hidden in
        var tower = try keye(vision, around, hidden)
        let width = try vision.size("hidden_size", default: 1152)
        let merge = try vision.size("spatial_merge_size", default: 2, most: 8)
        tower.add("projector.norm", 2 * (merge * merge - 1) * width)
        return tower
    }

    static let keye: Rule = { vision, around, hidden in
        var tower = try paddle(vision, around, hidden)
        let width = try vision.size("hidden_size", default: 1152)
        tower.add("packing_position_embedding", 32_768 * width)
        // Its projector is sharded, PaddleOCR's is not.
        let last = tower.matrices.count - 1
        let merged = tower.matrices[last].projection.inputs
        tower.matrices[last - 1].projection.split = .columns(units: merged)
        tower.matrices[last].projection.split = .rows
        return tower
    }

    /// LFM2-VL: SigLIP 2, an optional norm, and two layers over merged patches.
    static let lfm2: Rule = { vision, around, hidden in
        let blocks = try TowerBlocks(vision, width: 1152, depth: 27, inner: 4304)
        var tower = blocks.tower()
        let width = blocks.width
        tower.addPatches(side: try side(vision, 16), width: width, bias: true)
        tower.add("pos_embed", try vision.size("num_patches", default: 256) * width)
        tower.add("post_layernorm", 2 * width)
        let merge = try around.size("downsample_factor", default: 2, most: 64)
        let merged = merge * merge * width
        let middle = try around.size("projector_hidden_size", default: 2560)
        let bias = try around.flag("projector_bias", default: true)
        if try around.flag("projector_use_layernorm", default: true) {
            tower.add("projector.norm", 2 * merged)
        }
        tower.add("projector.fc1", merged, middle, bias: bias, .replicated)
        tower.add("projector.fc2", middle, hidden, bias: bias, .replicated)
        return tower
    }

    /// Command A Vision: SigLIP, merged patches through a gated layer.
    static let cohere2: Rule = { vision, around, hidden in
        let blocks = try TowerBlocks(vision, width: 1152, depth: 27, inner: 3072)
        var tower = blocks.tower()
        tower.addPatches(side: try side(vision, 16), width: blocks.width, bias: true)
        tower.add("pos_embed", try patches(vision, image: 512, patch: 16) * blocks.width)
        tower.add("post_layernorm", 2 * blocks.width)
        let merge = try around.size("downsample_factor", default: 2, most: 64)
        let middle = try around.size("alignment_intermediate_size", default: 36_864)
        tower.add("projector.fc1", merge * merge * blocks.width, middle)
        tower.add("projector.fc2", middle / 2, hidden, bias: true, .rows)
        return tower
    }

    /// Transformers' InternVL and Intern-S1: like InternViT, with separate q, k and v.
    static let internHF: Rule = { vision, around, hidden in
        var blocks = try TowerBlocks(vision, width: 1024, depth: 24, inner: 4096)
        blocks.attentionBias = try vision.flag("attention_bias", default: false)
        blocks.widthVectors = vision.word("norm_type") == "rms_norm" ? 4 : 6
        if try vision.flag("use_qk_norm", default: false) { blocks.widthVectors += 2 }
        // The output projection always has a bias.
        if !blocks.attentionBias { blocks.otherElements = blocks.width }
        var tower = blocks.tower()
        // Attention is replicated, networks are sharded.
        tower.matrices[0].projection.split = .replicated
        tower.matrices[1].projection.split = .replicated
        let width = blocks.width
        let patch = vision.integers("patch_size")?.first ?? 14
        let image = vision.integers("image_size")?.first ?? 448
        guard (1...4096).contains(patch), (patch...1 << 16).contains(image) else {
            throw InputError(
                vision.place, "patches of \(patch) in images of \(image)",
                expected: "patch_size and image_size in pixels")
        }
        let count = image / patch
        tower.addPatches(side: patch, width: width, bias: true)
        tower.add("embeddings", (count * count + 2) * width)
        tower.add("projector.norm", 8 * width)
        tower.add("projector.fc1", 4 * width, hidden, bias: true, .replicated)
        tower.add("projector.fc2", hidden, hidden, bias: true, .replicated)
        return tower
    }

    /// dots.ocr: gates, RMS norms, a merger of neighbours.
    static let dots: Rule = { vision, _, hidden in
        var blocks = try TowerBlocks(vision, width: 1536, depth: 42, inner: 4224, heads: 12)
        let width = try vision.size("embed_dim", "hidden_size", default: 1536)
        blocks.width = width
        blocks.isGated = true
        blocks.attentionBias = try vision.flag("use_bias", default: false)
        blocks.networkBias = blocks.attentionBias
        blocks.widthVectors = 2
        var tower = blocks.tower()
        tower.addPatches(side: try side(vision, 14), width: width, bias: true)
        tower.add("norms", width * (try vision.flag("post_norm", default: true) ? 2 : 1))
        let merge = try vision.size("spatial_merge_size", default: 2, most: 8)
        let merged = merge * merge * width
        tower.add("merger.norm", 2 * width)
        tower.add("merger.fc1", merged, merged)
        tower.add(
            "merger.fc2", merged, try vision.size("hidden_size", default: hidden), bias: true, .rows
        )
        return tower
    }
}
