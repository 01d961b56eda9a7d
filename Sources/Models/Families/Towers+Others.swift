import Basics

/// Towers of wrappers whose checkpoints bring their own code: DeepSeek's, NVIDIA's, Ovis and
/// Ultravox (vLLM 0.33.0's classes).
extension Towers {
    /// DeepSeek-VL2: 27 blocks of SigLIP over images of 384 pixels with a pooling head, then
    /// concatenated neighbours through two layers.
    static let deepSeek: Rule = { _, around, hidden in
        var tower = try pooledSigLIP(around)
        try tower.addDeepSeekProjector(around, hidden)
        return tower
    }

    /// DeepSeek-OCR: SAM and CLIP, and one linear layer.
    static let deepSeekReader: Rule = { _, around, hidden in
        var tower = try samAndCLIP(around)
        try tower.addDeepSeekProjector(around, hidden)
        return tower
    }

    /// Blocks with the class's fixed sizes.
    private static func fixed(
        _ around: ConfigFields, width: Int, depth: Int, inner: Int
    ) throws -> TowerBlocks {
        let none = ConfigFields(place: around.place, type: around.type, fields: [:])
        return try TowerBlocks(none, width: width, depth: depth, inner: inner)
    }

    /// SigLIP so400m as in timm: attention replicated, with a pooling head.
    private static func pooledSigLIP(_ around: ConfigFields) throws -> Tower {
        let blocks = try fixed(around, width: 1152, depth: 27, inner: 4304)
        var tower = blocks.tower()
        for index in tower.matrices.indices where tower.matrices[index].projection.name != "fc1" {
            guard tower.matrices[index].projection.name != "fc2" else { continue }
            tower.matrices[index].projection.split = .replicated
        }
        let width = blocks.width
        tower.addPatches(side: 14, width: width, bias: true)
        tower.add("pos_embed", 27 * 27 * width)
        tower.add("norms", 4 * width)
        tower.add("attn_pool.latent", width)
        tower.add("attn_pool.q", width, width, bias: true, .replicated)
        tower.add("attn_pool.kv", width, 2 * width, bias: true, .replicated)
        tower.add("attn_pool.proj", width, width, bias: true, .replicated)
        tower.add("attn_pool.fc1", width, blocks.inner)
        tower.add("attn_pool.fc2", blocks.inner, width, bias: true, .rows)
        return tower
    }

    /// SAM's ViT-B over images of 1,024 pixels followed by two convolutions, and CLIP-L without
    /// patches of its own.
    private static func samAndCLIP(_ around: ConfigFields) throws -> Tower {
        var tower = try fixed(around, width: 1024, depth: 24, inner: 4096).tower()
        tower.addPatches(side: 14, width: 1024, bias: false)
        tower.add("embeddings", (257 + 1 + 2) * 1024)
        tower.join(try sam(around, last: 1024))
        tower.name = "vision"
        return tower
    }

    /// SAM's ViT-B and two convolutions, the last of them so many channels wide.
    static func sam(_ around: ConfigFields, last: Int) throws -> Tower {
        var blocks = try fixed(around, width: 768, depth: 12, inner: 3072).tower()
        blocks.replicate()
        blocks.addPatches(side: 16, width: 768, bias: true)
        blocks.add("pos_embed", 64 * 64 * 768)
        // Relative positions: four of twelve blocks attend to all 64 x 64 patches, the others to 14
        // x 14.
        blocks.add("rel_pos", (4 * 127 + 8 * 27) * 2 * 64)
        blocks.add("neck", 768 * 256 + 9 * 256 * 256 + 4 * 256)
        blocks.add("net", 9 * (256 * 512 + 512 * last))
        return blocks
    }

    /// NVLM: InternViT, and a projector as wide inside as the decoder's network, without biases.
    static let nvlm: Rule = { vision, around, hidden in
        // Seven idle heads pad 25 to 32.
        var (tower, width) = try internViT(vision, around, idleHeads: 7)
        let inner = try around.inside("text_config").size(
            "intermediate_size",
            default: around.inside("llm_config").size(
                "intermediate_size", default: 4 * hidden))
        tower.add("mlp1.norm", 8 * width)
        tower.add("mlp1.fc1", 4 * width, inner, bias: false, .replicated)
        tower.add("mlp1.fc2", inner, hidden, bias: false, .replicated)
        return tower
    }

    /// Nemotron's RADIO: sizes by the model's name, one class token per teacher, positions for the
    /// largest image, two layers into the decoder.
    static let nemotronVision: Rule = { vision, around, hidden in
        let settings = vision.nested("args") ?? vision
        let name = settings.word("model") ?? "vit_huge_patch16_224"
        guard let sizes = radioSizes.first(where: { name.hasPrefix($0.name) }) else {
            throw InputError(
                around.place, "vision_config.args.model is \"\(name.echoed())\"",
                expected: radioSizes.map(\.name).joined(separator: ", "))
        }
        // Each block has both scales, and both norms have biases.
        var blocks = try fixed(
            around, width: sizes.width, depth: sizes.depth, inner: 4 * sizes.width)
        blocks.heads = 16
        blocks.widthVectors = 6
        var tower = blocks.tower()
        let width = blocks.width
        let side = try vision.size("patch_size", default: 16, most: 4096)
        tower.addPatches(side: side, width: width, bias: false)
        let frames = try vision.size("video_temporal_patch_size", default: 1, most: 64)
        if frames > 1 {
            tower.addPatches(side: side, frames: frames, width: width, bias: false)
        }
        let rows = try settings.size("cpe_max_size", default: 2048, most: 1 << 16) / side
        tower.add("pos_embed", rows * rows * width)
        let tokens = radioTokens(settings)
        let multiple = try settings.count("register_multiple", default: 0)
        let registers = multiple > 0 ? multiple - tokens % multiple : 0
        tower.add("cls_token", (tokens + registers) * width)
        let ratio = around["downsample_ratio"].flatMap { field -> Double? in
            if case .number(let number) = field { number } else { nil }
        }
        let scale = Int((1 / min(1, max(0.05, ratio ?? 0.5))).rounded())
        let inner = try around.size("projector_hidden_size", default: 4 * hidden)
        let merged = scale * scale * width
        let isFirst = around.type == "Llama_Nemotron_Nano_VL"
        tower.add("mlp1.norm", isFirst ? 2 * merged : merged)
        tower.add("mlp1.fc1", merged, inner, bias: isFirst, .replicated)
        tower.add("mlp1.fc2", inner, hidden, bias: isFirst, .replicated)
        guard !isFirst else { return tower }
        let text = around.nested("text_config") ?? around.inside("llm_config")
        if try text.count("num_nextn_predict_layers", default: 0) > 0 {
            tower.add("vision_final_layernorm", 2 * width)
        }
        if let sound = around.nested("sound_config") {
            try tower.addParakeet(sound, hidden)
        }
        return tower
    }

    /// Widths and depths by timm's names.
    private static let radioSizes: [(name: String, width: Int, depth: Int)] = [
        ("vit_small", 384, 12), ("vit_base", 768, 12), ("vit_large", 1024, 24),
        ("vit_huge", 1280, 32),
    ]

    /// Class tokens: one per distinctly named teacher, if the file says so.
    private static func radioTokens(_ settings: ConfigFields) -> Int {
        guard case .bool(true)? = settings["cls_token_per_teacher"],
            case .array(let teachers)? = settings["teachers"]
        else { return 1 }
        let names = teachers.compactMap { teacher -> String? in
            guard case .object(let fields) = teacher, case .string(let name)? = fields["name"]
            else { return nil }
            return name
        }
        return max(1, Set(names).count)
    }

    /// Ultravox: Whisper, concatenated frames, two layers with a gate between them.
    static let ultravox: Rule = { _, around, hidden in
        var (tower, width) = try whisper(
            around.inside("audio_config"), isWhole: false, bands: 80,
            usual: AudioSizes(width: 384, depth: 4, inner: 1536, heads: 6))
        let stacked = width * (try around.size("stack_factor", default: 8, most: 256))
        let inner = try around.size("hidden_size", default: 4096)
        let isGated = (around.word("projector_act") ?? "swiglu") == "swiglu"
        let middle = isGated ? inner / 2 : inner
        let isMiddle = try around.flag("projector_ln_mid", default: false)
        tower.add("projector.norms", stacked + (isMiddle ? middle : hidden))
        tower.add("projector.fc1", stacked, inner, bias: false, .replicated)
        tower.add("projector.fc2", middle, hidden, bias: false, .replicated)
        return tower
    }

    /// Ovis 2 and 2.5: a backbone that selects visual words, and their embedding.
    static let ovis: Rule = { _, around, hidden in
        let settings = around.nested("visual_tokenizer_config")
        let isFirst = settings != nil
        let vision = settings?.inside("backbone_config") ?? around.inside("vit_config")
        var blocks = try TowerBlocks(vision, width: 1152, depth: 27, inner: 4304)
        let isAIM = (vision.word("model_type") ?? "").hasPrefix("aimv2")
        if isAIM {
            blocks.isGated = true
            blocks.attentionBias = try vision.flag("qkv_bias", default: false)
            blocks.networkBias = try vision.flag("use_bias", default: false)
            blocks.widthVectors = 2
        }
        var tower = blocks.tower()
        let width = blocks.width
        let side = try vision.size("patch_size", default: 14, most: 4096)
        tower.addPatches(side: side, width: width, bias: true)
        let image = try vision.size("image_size", default: 512, most: 1 << 16) / side
        // -1 if the number of patches follows from the image.
        let own = max(0, min(1 << 20, vision["num_patches"]?.integer ?? 0))
        let patches = !isFirst && own > 0 ? own : image * image
        if try isFirst || vision.flag("preserve_original_pe", default: true) {
            tower.add("pos_embed", patches * width)
        }
        tower.add("norm", isAIM ? width : 2 * width)
        let stride = try (settings ?? vision).size("hidden_stride", default: 2, most: 64)
        let words =
            try settings?.size("vocab_size", default: 16_384)
            ?? around.size("visual_vocab_size", default: 65_536)
        // The last words mark the surroundings of an image.
        let head = max(1, words - (isFirst ? 5 : 4))
        tower.add("head", width * stride * stride, head, bias: false, .replicated)
        tower.add("head.norm", 2 * head)
        tower.add("vte", words * hidden)
        return tower
    }
}

extension Tower {
    /// Adds DeepSeek's layers into the decoder, and two vectors that separate rows and views.
    fileprivate mutating func addDeepSeekProjector(_ around: ConfigFields, _ hidden: Int) throws {
        let projector = around.inside("projector_config")
        let out = try projector.size("n_embed", default: 2048)
        let width = try projector.size("input_dim", default: 1152)
        add("separators", 2 * out)
        guard projector.word("projector_type") != "linear" else {
            return add("projector", width, out, bias: true, .replicated)
        }
        let side = try projector.size("downsample_ratio", default: 2, most: 16)
        let inner = out * (try projector.size("mlp_ratio", default: 1, most: 16))
        let depth = try projector.size("depth", default: 2, most: 16)
        add("projector.fc1", width * side * side, inner, bias: true, .replicated)
        for _ in 0..<max(0, depth - 2) {
            add("projector.fc", inner, inner, bias: true, .replicated)
        }
        add("projector.fc2", inner, out, bias: true, .replicated)
    }
}
