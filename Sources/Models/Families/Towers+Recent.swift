import Basics

/// Towers of 2026's wrappers (vLLM 0.33.0's classes; HunYuan-VL's of Transformers 5.20.2).
extension Towers {
    /// GLM-5.3: GLM-OCR's blocks; the merger's network has a width of its own.
    static let glm53: Rule = { vision, around, _ in
        var tower = try glmOCR(
            vision.adding("out_hidden_size", 1536), around, 1536)
        let out = try vision.size("out_hidden_size", default: 1536)
        let inner = try vision.size("projection_intermediate_size", default: 10_240)
        tower.resize("merger.gate_up", inputs: out, outputs: 2 * inner)
        tower.resize("merger.down", inputs: inner, outputs: out)
        return tower
    }

    /// Muse Glimmer: patches of two frames, positions on a grid, and an adapter of two layers.
    static let glimmer: Rule = { vision, around, hidden in
        let blocks = try TowerBlocks(vision, width: 1536, depth: 50, inner: 8960)
        var tower = blocks.tower()
        // The engine shards attention only.
        for index in tower.matrices.indices {
            guard ["fc1", "fc2"].contains(tower.matrices[index].projection.name) else { continue }
            tower.matrices[index].projection.split = .replicated
        }
        let width = blocks.width
        let frames = try vision.size("patch_temporal", default: 2, most: 64)
        tower.addPatches(side: try side(vision, 14), frames: frames, width: width, bias: false)
        let rows = try vision.size("pos_emb_height", default: 32, most: 4096)
        let columns = try vision.size("pos_emb_width", default: 32, most: 4096)
        tower.add("pos_embed", rows * columns * width)
        tower.add("norms", 4 * width)
        let merged = try around.size("out_hidden_size", default: 6144)
        let inner = try around.size("projector_hidden_size", default: 4096)
        tower.add("adapter.fc1", merged, inner, bias: false, .replicated)
        tower.add("adapter.fc2", inner, inner, bias: false, .replicated)
        tower.add("projection", inner, hidden, bias: false, .replicated)
        return tower
    }

    /// Gemma 4's sound (E2B, E4B): two convolutions that halve the bands, then a conformer: two
    /// half-step networks, attention with relative keys, and a gated convolution.
    static func addGemma4Sound(
        to tower: inout Tower, _ sound: ConfigFields, _ hidden: Int
    ) throws {
        tower.name = "vision and audio"
        let width = try sound.size("hidden_size", default: 1024)
        let depth = try sound.size("num_hidden_layers", default: 12, most: 1024)
        let heads = try sound.size("num_attention_heads", default: 8, most: 4096)
        let taps = try sound.size("conv_kernel_size", default: 5, most: 4096)
        let out = try sound.size("output_proj_dims", default: 1536)
        var channels = [128, 32]
        if case .array(let items)? = sound["subsampling_conv_channels"] {
            channels = items.compactMap(\.integer).filter {
                (1...ConfigFields.largestSize).contains($0)
            }
        }
        guard channels.count == 2 else {
            throw InputError(
                sound.place, "subsampling_conv_channels of audio_config is not read",
                expected: "two sizes")
        }
        // Bands of Transformers' feature extractor, halved twice.
        let bands = 128 / 4
        tower.add("audio.conv", 9 * channels[0] * (1 + channels[1]) + channels[0] + channels[1])
        tower.add("audio.input", channels[1] * bands, width, bias: false)
        // Two networks of four times the width; q, k, v, output and relative keys; the gated
        // convolution's two projections.
        let matrices = 2 * 8 + 5 + 3
        tower.add("audio.layers", depth * width * width * matrices)
        tower.add("audio.vectors", depth * ((9 + taps) * width + width / heads))
        tower.add("audio.output", width, out, bias: true)
        tower.add("embed_audio", out, hidden, bias: false)
    }

    /// Gemma 4 without encoders (12B): patches and sound are projected, and positions added.
    static let gemma4Unified: Rule = { vision, around, hidden in
        var tower = Tower(name: "vision and audio")
        let side = try vision.size("model_patch_size", default: 48, most: 4096)
        let width = try vision.size("mm_embed_dim", default: 3840)
        tower.add("patch_dense", 3 * side * side, width, bias: true)
        tower.add("norms", 2 * 3 * side * side + 4 * width)
        let positions = try vision.size("mm_posemb_size", default: 1120, most: 1 << 20)
        tower.add("pos_embed", 2 * positions * width)
        let out = try vision.size("output_proj_dims", "hidden_size", default: width)
        tower.add("embed_vision", out, hidden, bias: false, .replicated)
        guard around.has("audio_config") else { return tower }
        let sound = around.inside("audio_config")
        let heard = try sound.size("output_proj_dims", "hidden_size", default: 640)
        tower.add("embed_audio", heard, hidden, bias: false, .replicated)
        return tower
    }

    /// Step-3.7 and Step-5: Perception Encoder with scales after both parts, two convolutions of
    /// 3 x 3 that halve the grid, and one projection.
    static let perception: Rule = { vision, around, hidden in
        let width = try vision.size("width", default: 1536)
        var ratio = 8960.0 / 1536
        if case .number(let number)? = vision["mlp_ratio"], number > 0, number < 64 {
            ratio = number
        }
        var blocks = try TowerBlocks(
            ConfigFields(place: around.place, type: around.type, fields: [:]), width: width,
            depth: vision.size("layers", default: 47, most: 1024),
            inner: max(1, Int(Double(width) * ratio)),
            heads: vision.size("heads", default: 16, most: 4096))
        blocks.widthVectors = vision.has("ls_init_value") || !vision.gives("ls_init_value") ? 6 : 4
        var tower = blocks.tower()
        tower.addPatches(side: try side(vision, 14), width: width, bias: false)
        let classes = try vision.flag("use_cls_token", default: false) ? 1 : 0
        if try vision.flag("use_abs_posemb", default: true) {
            let grid = try patches(vision, image: 728, patch: 14)
            tower.add("pos_embed", (grid + classes) * width)
        }
        tower.add("class_embedding", classes * width)
        for (name, usual) in [("use_ln_pre", true), ("use_ln_post", false)]
        where try vision.flag(name, default: usual) {
            tower.add(name, 2 * width)
        }
        tower.add("downsampler1", 9 * width, 2 * width, bias: true, .replicated)
        tower.add("downsampler2", 9 * 2 * width, 4 * width, bias: true, .replicated)
        let bias = try around.flag("projector_bias", default: false)
        tower.add("projector", 4 * width, hidden, bias: bias)
        return tower
    }

    /// HunYuan-VL: positions for the largest image, neighbours merged by two convolutions, vectors
    /// around an image. Its tensor-parallel shards were not compared.
    static let hunyuan: Rule = { vision, _, hidden in
        let blocks = try TowerBlocks(vision, width: 1152, depth: 27, inner: 4304)
        var tower = blocks.tower()
        let width = blocks.width
        let patch = try side(vision, 16)
        tower.addPatches(side: patch, width: width, bias: true)
        let grid = try vision.size("max_image_size", default: 2048, most: 1 << 16) / patch
        tower.add("pos_embed", (grid * grid + 1) * width)
        let merge = try vision.size("spatial_merge_size", default: 2, most: 8)
        let out = try vision.size("text_hidden_size", "out_hidden_size", default: hidden)
        tower.add("merger.conv", merge * merge * width, 2 * width, bias: true, .replicated)
        tower.add("merger.out", 2 * width, 4 * width, bias: true, .replicated)
        tower.add("merger.mlp", 4 * width, out, bias: true, .replicated)
        tower.add("merger.vectors", 4 * width + 3 * out + width + out)
        return tower
    }
}

extension Tower {
    /// Gives the matrices of a name other sizes.
    fileprivate mutating func resize(_ name: String, inputs: Int, outputs: Int) {
        for index in matrices.indices where matrices[index].projection.name == name {
            matrices[index].projection.inputs = inputs
            matrices[index].projection.outputs = outputs
            if case .columns = matrices[index].projection.split {
                matrices[index].projection.split = .columns(units: outputs)
            }
        }
    }
}

extension ConfigFields {
    /// The same with a default for a field that the file leaves out.
    fileprivate func adding(_ name: String, _ number: Int) -> ConfigFields {
        guard !has(name) else { return self }
        var fields = outer
        fields[name] = .number(Double(number))
        return ConfigFields(place: place, type: type, fields: fields)
    }
}
