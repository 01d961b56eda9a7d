import Basics

/// Towers of 2026's wrappers that are made otherwise than any before (vLLM 0.33.0's classes).
extension Towers {
    /// DeepSeek-OCR 2: SAM, then Qwen 2's layers over its patches and learned queries, one linear
    /// layer. Every GPU holds all of it.
    static let deepSeekReader2: Rule = { _, around, hidden in
        let width = 896
        var tower = try sam(around, last: width)
        tower.name = "vision"
        // The class's own sizes: 24 layers, 14 heads of 64 with 2 for keys and values, networks of
        // 4,864; queries for images of 768 and of 1,024 pixels.
        let keys = 2 * 64
        let attention = 2 * width * width + width + 2 * (width + 1) * keys
        let layer = attention + 3 * width * 4864 + 2 * width
        tower.add("qwen2_model", 24 * layer + width)
        tower.add("queries", (144 + 256) * width)
        let projector = around.inside("projector_config")
        let out = try projector.size("n_embed", default: hidden)
        let inputs = try projector.size("input_dim", default: width)
        tower.add("projector", inputs, out, bias: true, .replicated)
        tower.add("view_separator", out)
        return tower
    }

    /// Fun-Audio-Chat: Whisper without positions, networks replicated; a table of discrete sounds
    /// with two square matrices.
    static let funAudio: Rule = { _, around, hidden in
        let audio = around.inside("audio_config")
        var (tower, width) = try whisper(audio, hasPositions: false, isWhole: false)
        for index in tower.matrices.indices
        where ["fc1", "fc2"].contains(tower.matrices[index].projection.name) {
            tower.matrices[index].projection.split = .replicated
        }
        let out = try audio.size("output_dim", default: hidden)
        tower.add("proj", width, out, bias: true, .replicated)
        let sounds = try audio.size("codebook_size", default: 6565)
        tower.add("audio_bos_eos_token", 2 * out)
        tower.add("audio_tower", (sounds + 2 * out) * out)
        return tower
    }

    /// MiMo-V2-Omni: gated blocks with few KV heads, keys and values of their own widths, and sinks
    /// in windowed blocks; a merger without biases.
    static let mimoOmni: Rule = { vision, around, hidden in
        var blocks = try TowerBlocks(vision, width: 1280, depth: 32, inner: 3420)
        blocks.isGated = true
        blocks.widthVectors = 2
        var tower = blocks.tower()
        let heads = blocks.heads
        let keyHeads = try vision.size("num_key_value_heads", default: heads, most: 4096)
        let keys = try vision.size("qk_channels", default: 64, most: 8192)
        let values = try vision.size("kv_channels", default: 64, most: 8192)
        tower.matrices[0].projection.outputs = (heads + keyHeads) * keys + keyHeads * values
        tower.matrices[0].projection.split = .columns(units: keyHeads)
        tower.matrices[1].projection.inputs = heads * values
        let frames = try vision.size("temporal_patch_size", default: 2, most: 64)
        tower.addPatches(
            side: try side(vision, 14), frames: frames, width: blocks.width, bias: false)
        if try vision.flag("use_sink", default: false) {
            let full = Set(vision.integers("fullatt_block_indexes") ?? [])
            tower.add("sinks", heads * (0..<blocks.depth).count { !full.contains($0) })
        }
        tower.add("norm", blocks.width)
        let merge = try vision.size("spatial_merge_size", default: 2, most: 8)
        let merged = merge * merge * blocks.width
        tower.add("merger.fc1", merged, merged, bias: false)
        tower.add(
            "merger.fc2", merged, try vision.size("out_hidden_size", default: hidden), bias: false,
            .rows)
        if around.has("audio_config") { tower.unweighed = "the audio tower" }
        return tower
    }

    /// Qianfan-OCR: InternVL's, under Transformers' names.
    static let qianfan: Rule = { vision, around, hidden in
        var fields = vision.outer
        for (name, other) in [("qkv_bias", "attention_bias"), ("qk_normalization", "use_qk_norm")]
        where fields[name] == nil {
            fields[name] = vision[other] ?? .bool(name == "qkv_bias")
        }
        for name in ["image_size", "patch_size"] {
            if let side = vision.integers(name)?.first { fields[name] = .number(Double(side)) }
        }
        return try internVL(
            ConfigFields(place: vision.place, type: vision.type, fields: fields), around, hidden)
    }

    /// Ling 3 with eyes: Qwen3-VL's blocks without mergers, a norm, and two layers.
    static let bailing3: Rule = { vision, around, hidden in
        let blocks = try TowerBlocks(vision, width: 1152, depth: 27, inner: 4304)
        var tower = blocks.tower()
        let width = blocks.width
        let frames = try vision.size("temporal_patch_size", default: 2, most: 64)
        tower.addPatches(side: try side(vision, 16), frames: frames, width: width, bias: true)
        let positions = try vision.size("num_position_embeddings", default: 2304, most: 1 << 20)
        tower.add("pos_embed", positions * width)
        tower.add("norm", 2 * width)
        let merge = try vision.size("spatial_merge_size", default: 2, most: 8)
        tower.add("linear_proj.fc1", merge * merge * width, hidden)
        tower.add("linear_proj.fc2", hidden, hidden, bias: true, .rows)
        return tower
    }

    /// Moondream 3: blocks over crops, two layers over a crop beside the whole image.
    static let moondream: Rule = { _, around, hidden in
        let vision = around.inside("config").inside("vision")
        let none = ConfigFields(place: around.place, type: around.type, fields: [:])
        let width = try vision.size("enc_dim", default: 1152)
        let blocks = try TowerBlocks(
            none, width: width, depth: vision.size("enc_n_layers", default: 27, most: 1024),
            inner: vision.size("enc_ff_dim", default: 4304),
            heads: vision.size("enc_n_heads", default: 16, most: 4096))
        var tower = blocks.tower()
        let patch = try vision.size("enc_patch_size", default: 14, most: 4096)
        tower.addPatches(side: patch, width: width, bias: true)
        let crop = try vision.size("crop_size", default: 378, most: 1 << 16) / patch
        tower.add("pos_emb", crop * crop * width)
        tower.add("post_ln", 2 * width)
        let inner = try vision.size("proj_inner_dim", default: 8192)
        tower.add("vision_proj.fc1", 2 * width, inner)
        tower.add("vision_proj.fc2", inner, hidden, bias: true, .rows)
        return tower
    }

    /// DeepSeek-V4 with eyes: gated blocks with biases in attention alone, two layers over merged
    /// patches, and float32 vectors around an image.
    static let deepSeek4: Rule = { _, around, hidden in
        let layers = try around.count("vision_n_layers", default: 0)
        guard layers > 0 else { return Tower(name: "vision") }
        let none = ConfigFields(place: around.place, type: around.type, fields: [:])
        let width = try around.size("vision_dim")
        var blocks = try TowerBlocks(
            none, width: width, depth: min(layers, 1024),
            inner: around.size("vision_inter_dim"), heads: around.size("vision_n_heads", most: 4096)
        )
        blocks.isGated = true
        blocks.networkBias = false
        blocks.widthVectors = 2
        var tower = blocks.tower()
        let patch = try around.size("vision_patch_size", most: 4096)
        tower.addPatches(side: patch, width: width, bias: true)
        tower.add("norm", width)
        let merge = try around.size("vision_downsample_ratio", most: 64)
        tower.add("aligner.w1", merge * merge * width, hidden)
        tower.add("aligner.w2", hidden, hidden, bias: true, .rows)
        tower.vectors.append(WeightVector("image_vectors", 4 * hidden, isWide: true))
        return tower
    }

    /// Inkling: patches merged step by step through linear layers, and a table of the mel bands'
    /// levels. A tower without its width is not built.
    static let inkling: Rule = { vision, around, _ in
        var tower = Tower(name: "vision and audio")
        if vision.has("decoder_dmodel") {
            let out = try vision.size("decoder_dmodel")
            let scales = try mergeScales(vision)
            for (index, (from, to)) in zip(scales, scales.dropFirst()).enumerated() {
                let joined =
                    (to.frames / from.frames) * (to.side / from.side)
                    * (to.side / from.side)
                let isLast = index == scales.count - 2
                tower.add(
                    "linear", from.width * joined, isLast ? out : to.width, bias: false,
                    .replicated)
                if !isLast { tower.add("norm", to.width) }
            }
            if try vision.flag("use_vision_norm", default: false) { tower.add("final_norm", out) }
        }
        let audio = around.inside("audio_config")
        if audio.has("decoder_dmodel") {
            let out = try audio.size("decoder_dmodel")
            let bands = try audio.size("n_mel_bins", most: 4096)
            tower.add("encoder", bands * (try audio.size("mel_vocab_size")) * out)
            if try audio.flag("use_audio_norm", default: false) { tower.add("final_norm", out) }
        }
        return tower
    }
}

extension Tower {
    /// Adds Parakeet, which every GPU holds whole: convolutions that thin out the frames, a
    /// conformer without biases in attention and networks, two layers into the decoder.
    mutating func addParakeet(_ sound: ConfigFields, _ hidden: Int) throws {
        let width = try sound.size("hidden_size", default: 1024)
        let depth = try sound.size("num_hidden_layers", default: 24, most: 1024)
        let inner = try sound.size("intermediate_size", default: 4096)
        let taps = try sound.size("conv_kernel_size", default: 9, most: 4096)
        let bias = try sound.flag("convolution_bias", default: true) ? 1 : 0
        let factor = try sound.size("subsampling_factor", default: 8, most: 1024)
        let channels = try sound.size("subsampling_conv_channels", default: 256, most: 1 << 16)
        let bands = try sound.size("num_mel_bins", default: 80, most: 1 << 16)
        let side = try sound.size("subsampling_conv_kernel_size", default: 3, most: 64)
        var halvings = 0
        while 2 << halvings <= factor { halvings += 1 }
        let thinning = (side * side + 1) * channels
        add(
            "sound.subsampling",
            thinning + max(0, halvings - 1) * (thinning + (channels + 1) * channels))
        add("sound.linear", bands / factor * channels, width, bias: true, .replicated)
        let attention = 5 * width * width + 2 * width
        let convolution = (width + bias) * 3 * width + (taps + bias + 2) * width
        add(
            "sound.layers",
            depth * (4 * width * inner + attention + convolution + 10 * width))
        let middle = try sound.size("projection_hidden_size", default: 4096)
        let isBiased = try sound.flag("projection_bias", default: false)
        add("sound.norm", width)
        add("sound.projection.fc1", width, middle, bias: isBiased, .replicated)
        add("sound.projection.fc2", middle, hidden, bias: isBiased, .replicated)
        name = "vision and audio"
    }
}

/// The steps in which Inkling's tower merges an image's patches.
extension Towers {
    /// A grid: frames, pixels along a side, and channels of each merged patch.
    private struct Scale {
        var frames: Int
        var side: Int
        var width: Int
        var pixels: Double { Double(frames * side * side) }
    }

    /// The scales between the tower's layers: of all products of prime factors, sides before
    /// frames, those nearest to equal steps (`plan_out_scales`).
    private static func mergeScales(_ vision: ConfigFields) throws -> [Scale] {
        let side = try vision.size("patch_size", most: 1024)
        let frames = try vision.size("temporal_patch_size", most: 64)
        let channels = try vision.size("n_channels", most: 64)
        let layers = try vision.size("n_layers", most: 64)
        var scales = [Scale(frames: 1, side: 1, width: channels)]
        func step(_ name: WritableKeyPath<Scale, Int>, _ factor: Int) {
            guard var next = scales.last else { return }
            next[keyPath: name] *= factor
            next.width = (Int(next.pixels) * channels + 63) / 64 * 64
            scales.append(next)
        }
        for factor in primeFactors(side).reversed() { step(\.side, factor) }
        for factor in primeFactors(frames).reversed() { step(\.frames, factor) }
        let last = PortableMath.log(Double(channels * frames) * Double(side * side))
        let costs = (0...layers).map { row in
            scales.map {
                (last * Double(row) / Double(layers) - PortableMath.log($0.pixels)).magnitude
            }
        }
        var chosen = layers >= scales.count ? costs.map(\.least) : nearest(costs)
        chosen[0] = 0
        chosen[layers] = scales.count - 1
        return chosen.map { scales[$0] }
    }

    /// A rising column for every row, at the least total cost.
    private static func nearest(_ costs: [[Double]]) -> [Int] {
        let columns = costs[0].count
        // Of the rows from one on, with columns from one on: the least cost and its first column.
        var best = Array(repeating: (cost: 0.0, column: 0), count: columns + 1)
        var choices: [[Int]] = []
        for row in costs.reversed() {
            var next = Array(repeating: (cost: Double.infinity, column: 0), count: columns + 1)
            for column in (0..<columns).reversed() {
                let here = row[column] + best[column + 1].cost
                next[column] = here <= next[column + 1].cost ? (here, column) : next[column + 1]
            }
            choices.insert(next.map(\.column), at: 0)
            best = next
        }
        var from = 0
        return choices.map { row in
            defer { from = row[from] + 1 }
            return row[from]
        }
    }

    private static func primeFactors(_ number: Int) -> [Int] {
        var (rest, factor, found) = (number, 2, [Int]())
        while rest > 1 {
            while rest % factor == 0 {
                found.append(factor)
                rest /= factor
            }
            factor += 1
        }
        return found
    }
}

extension [Double] {
    /// The place of the first smallest number.
    fileprivate var least: Int { indices.min { self[$0] < self[$1] } ?? 0 }
}
