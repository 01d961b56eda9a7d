import Basics

/// The towers of Kimi-K3 and MiniMax-M3.
extension Towers {
    /// Kimi-K3: like Kimi-K2.5 without biases, with attention wider than the hidden state. The
    /// projector is replicated.
    static let kimi3: Rule = { vision, _, hidden in
        let width = try vision.size("vt_hidden_size", default: 1024)
        let depth = try vision.size("vt_num_hidden_layers", default: 27, most: 1024)
        let inner = try vision.size("vt_intermediate_size", default: 4096)
        let heads = try vision.size("vt_num_attention_heads", default: 12, most: 4096)
        let wide = try vision.size("qkv_hidden_size", default: width)
        var tower = Tower(name: "vision")
        tower.dividedHeads = heads
        func add(_ name: String, _ inputs: Int, _ outputs: Int, _ split: Projection.Split) {
            tower.matrices.append(.init(Projection(name, inputs, outputs, split), depth))
        }
        add("qkv", width, 3 * wide, .columns(units: heads))
        add("proj", wide, width, .rows)
        add("fc1", width, inner, .columns(units: inner))
        add("fc2", inner, width, .rows)
        let side = try vision.size("patch_size", default: 14, most: 4096)
        tower.addPatches(side: side, width: width, bias: false)
        let rows = try vision.size("init_pos_emb_height", default: 64, most: 4096)
        let columns = try vision.size("init_pos_emb_width", default: 64, most: 4096)
        tower.add("pos_embed", rows * columns * width)
        tower.add("norms", (2 * depth + 1) * width)
        let out = try vision.size("text_hidden_size", default: hidden)
        tower.add("projector.norm", out)
        tower.add("projector.fc1", 4 * width, 4 * width, bias: false, .replicated)
        tower.add("projector.fc2", 4 * width, out, bias: false, .replicated)
        return tower
    }

    /// MiniMax-M3: blocks with biases, a projector per patch, and a merger of neighbours.
    static let miniMax3: Rule = { vision, outside, hidden in
        let blocks = try TowerBlocks(vision, width: 1280, depth: 32, inner: 5120)
        var tower = blocks.tower()
        let width = blocks.width
        let side = try vision.size("patch_size", default: 14, most: 4096)
        let settings = vision.nested("img_token_compression_config")
        let frames = try settings?.size("temporal_patch_size", default: 2, most: 64) ?? 2
        let merge = try settings?.size("spatial_merge_size", default: 2, most: 8) ?? 2
        tower.addPatches(side: side, frames: frames, width: width, bias: false)
        tower.add("pre_norm", 2 * width)
        let middle = try outside.size("projector_hidden_size", default: hidden)
        tower.add("projector.fc1", width, middle)
        tower.add("projector.fc2", middle, hidden, bias: true, .rows)
        tower.add("merger.fc1", hidden * merge * merge, middle)
        tower.add("merger.fc2", middle, hidden, bias: true, .rows)
        return tower
    }
}
