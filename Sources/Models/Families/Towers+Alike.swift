import Basics

/// Towers built from parts of others: CLIP or SigLIP, and what projects into the decoder.
extension Towers {
    /// LLaVA with a vector that marks the end of a row.
    static let llavaNext: Rule = { vision, outer, hidden in
        var tower = try llava(vision, outer, hidden)
        tower.add("image_newline", hidden)
        return tower
    }

    /// The same around all blocks of SigLIP.
    static let llavaOneVision: Rule = { vision, outer, hidden in
        let bias = try outer.flag("multimodal_projector_bias", default: true)
        var (tower, width) = try llavaTower(vision, outer, layer: -1)
        tower.takesFormat = true
        tower.add("projector.fc1", width, hidden, bias: bias, .replicated)
        tower.add("projector.fc2", hidden, hidden, bias: bias, .replicated)
        tower.add("image_newline", hidden)
        return tower
    }

    /// SigLIP and one linear layer.
    static let paliGemma: Rule = { vision, outer, hidden in
        let blocks = try TowerBlocks(vision, width: 1152, depth: 27, inner: 4304)
        var tower = try siglip(vision, blocks)
        tower.add("post_layernorm", 2 * blocks.width)
        let out = try vision.size(
            "projection_dim", default: outer.size("projection_dim", default: hidden))
        tower.add("projector", blocks.width, out, bias: true, .replicated)
        return tower
    }

    /// SigLIP, neighbours concatenated, one linear layer without bias.
    static let idefics3: Rule = { vision, outer, hidden in
        let blocks = try TowerBlocks(vision, width: 1152, depth: 12, inner: 3072)
        var tower = try siglip(vision, blocks)
        tower.add("post_layernorm", 2 * blocks.width)
        let scale = try outer.size("scale_factor", default: 2, most: 64)
        tower.add(
            "connector", scale * scale * blocks.width, hidden, bias: false, .replicated)
        return tower
    }
}
