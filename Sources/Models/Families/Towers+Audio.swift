import Basics

/// Audio towers, and wrappers with one beside their vision tower.
extension Towers {
    /// The sizes of an audio encoder, under whichever field names.
    private static func blocks(_ audio: ConfigFields, _ usual: AudioSizes) throws -> TowerBlocks {
        let width = try audio.size("d_model", "hidden_size", "hidden_dim", default: usual.width)
        var blocks = try TowerBlocks(
            ConfigFields(place: audio.place, type: audio.type, fields: [:]), width: width,
            depth: try audio.size(
                "encoder_layers", "num_hidden_layers", "num_layers", default: usual.depth,
                most: 1024),
            inner: try audio.size("encoder_ffn_dim", "intermediate_size", default: usual.inner))
        blocks.heads = try audio.size(
            "encoder_attention_heads", "num_attention_heads", default: usual.heads, most: 4096)
        return blocks
    }

    /// Whisper's sizes, for fields that a file leaves out.
    struct AudioSizes {
        var width = 1280
        var depth = 32
        var inner = 5120
        var heads = 20
    }

    /// Whisper's encoder: two convolutions over the mel bands, blocks with layer norms.
    ///
    /// - Parameters:
    ///   - hasPositions: whether it has a table of learned positions.
    ///   - isWhole: whether the engine uses Transformers' module, which every GPU holds whole and
    ///     whose keys have no bias.
    static func whisper(
        _ audio: ConfigFields, hasPositions: Bool = true, isWhole: Bool, bands: Int = 128,
        usual: AudioSizes = AudioSizes()
    ) throws -> (tower: Tower, width: Int) {
        let blocks = try blocks(audio, usual)
        let width = blocks.width
        var tower = blocks.tower()
        tower.name = "audio"
        if isWhole {
            tower.replicate()
            tower.takeKeyBias(blocks)
        }
        let bands = try audio.size("num_mel_bins", default: bands, most: 4096)
        tower.add("conv1", 3 * bands, width, bias: true, .replicated)
        tower.add("conv2", 3 * width, width, bias: true, .replicated)
        tower.add("layer_norm", 2 * width)
        if hasPositions {
            let positions = try audio.size("max_source_positions", default: 1500, most: 1 << 20)
            tower.add("embed_positions", positions * width)
        }
        return (tower, width)
    }

    /// Qwen 3's audio encoder: three convolutions over both axes, two layers into the decoder.
    static func qwenAudio(_ audio: ConfigFields, _ hidden: Int) throws -> Tower {
        let blocks = try blocks(audio, AudioSizes())
        var tower = blocks.tower()
        tower.name = "audio"
        let width = blocks.width
        let channels = try audio.size("downsample_hidden_size", default: 480)
        tower.add("conv2d1", 9, channels, bias: true, .replicated)
        tower.add("conv2d2", 9 * channels, channels, bias: true, .replicated)
        tower.add("conv2d3", 9 * channels, channels, bias: true, .replicated)
        var bands = try audio.size("num_mel_bins", default: 128, most: 4096)
        for _ in 0..<3 { bands = (bands + 1) / 2 }
        tower.add("conv_out", bands * channels, width, bias: false, .replicated)
        tower.add("ln_post", 2 * width)
        tower.add("proj1", width, width, bias: true, .replicated)
        let out = try audio.size("output_dim", default: hidden)
        tower.add("proj2", width, out, bias: true, .replicated)
        return tower
    }

    /// Qwen2.5-Omni's thinker: Qwen2.5-VL's vision and Whisper without positions.
    static let qwen25Omni: Rule = { vision, around, hidden in
        var tower = try qwen25(vision, around, hidden)
        guard let audio = around.nested("audio_config") else { return tower }
        let (ears, width) = try whisper(audio, hasPositions: false, isWhole: true)
        let out = try audio.size("output_dim", default: 3584)
        tower.join(ears)
        tower.add("audio_bos_eos_token", 2 * out)
        tower.add("audio_proj", width, out, bias: true, .replicated)
        return tower
    }

    /// Qwen3-Omni's thinker: Qwen3-VL's vision and Qwen 3's audio encoder.
    static let qwen3Omni: Rule = { vision, around, hidden in
        var tower = try qwen3(vision, around, hidden)
        guard let audio = around.nested("audio_config") else { return tower }
        tower.join(try qwenAudio(audio, hidden))
        return tower
    }

    /// Qwen3-ASR: the audio encoder alone.
    static let qwen3Speech: Rule = { _, around, hidden in
        try qwenAudio(around.inside("audio_config"), hidden)
    }

    /// Qwen2-Audio: Whisper and one linear layer.
    static let qwen2Audio: Rule = { _, around, hidden in
        var (tower, width) = try whisper(around.inside("audio_config"), isWhole: true)
        tower.add("projector", width, hidden, bias: true, .replicated)
        return tower
    }

    /// GLM-ASR: four frames concatenated into two layers.
    static let glmSpeech: Rule = { _, around, hidden in
        let audio = around.inside("audio_config")
        var (tower, _) = try whisper(audio, hasPositions: false, isWhole: false)
        let side = try audio.size("intermediate_size", default: 5120)
        tower.add("projector.fc1", side, 2 * hidden)
        tower.add("projector.fc2", 2 * hidden, hidden, bias: true, .rows)
        return tower
    }

    /// Voxtral: the same with positions, in float32, and without biases.
    static let voxtral: Rule = { _, around, hidden in
        let audio = around.inside("audio_config")
        var (tower, width) = try whisper(audio, hasPositions: false, isWhole: false)
        let positions = try audio.size("max_source_positions", default: 1500, most: 1 << 20)
        tower.vectors.append(WeightVector("embed_positions", positions * width, isWide: true))
        let frames = try around.size("downsample_factor", default: 4, most: 64)
        tower.add("projector.fc1", frames * width, hidden, bias: false, .replicated)
        tower.add("projector.fc2", hidden, hidden, bias: false, .replicated)
        return tower
    }

    /// MOSS: merged frames through two layers and a norm.
    static let moss: Rule = { _, around, hidden in
        let audio = around.inside("audio_config")
        let usual = AudioSizes(width: 1024, depth: 24, inner: 4096, heads: 16)
        var (tower, width) = try whisper(audio, isWhole: false, bands: 80, usual: usual)
        let side = try around.size("adaptor_input_dim", default: 4 * width)
        tower.add("adaptor.fc1", side, hidden, bias: true, .replicated)
        tower.add("adaptor.fc2", hidden, hidden, bias: true, .replicated)
        tower.add("adaptor.norm", 2 * hidden)
        return tower
    }

    /// Granite Speech: a conformer, then a query transformer into the decoder.
    static let graniteSpeech: Rule = { _, around, hidden in
        let audio = around.inside("encoder_config")
        let width = try audio.size("hidden_dim", default: 1024)
        let depth = try audio.size("num_layers", default: 10, most: 1024)
        let heads = try audio.size("num_heads", default: 8, most: 4096)
        let head = try audio.size("dim_head", default: 128, most: 8192)
        let wide = heads * head
        let inner = width * (try audio.size("feedforward_mult", default: 4, most: 64))
        let conv = width * (try audio.size("conv_expansion_factor", default: 2, most: 64))
        let taps = try audio.size("conv_kernel_size", default: 15, most: 4096)
        let reach = try audio.size("max_pos_emb", default: 512, most: 1 << 16)
        let bands = try audio.size("input_dim", default: 160, most: 1 << 16)
        let words = try audio.size("output_dim", default: 42, most: 1 << 16)
        var tower = Tower(name: "audio")
        tower.add("input", bands, width, bias: true, .replicated)
        // Two half-step networks, attention and a convolution, each after a norm. Only the networks
        // and the projection to words are sharded.
        let columns = Projection.Split.columns(units: inner)
        tower.matrices += [
            .init(Projection("ff.up", width, inner, columns, hasBias: true), 2 * depth),
            .init(Projection("ff.down", inner, width, .rows, hasBias: true), 2 * depth),
        ]
        let attention = 4 * width * wide + width + (2 * reach + 1) * head
        let convolution =
            (width + 1) * 2 * conv + conv * taps + 2 * conv + (conv + 1) * width
        tower.add("layers", depth * (attention + convolution + 10 * width))
        tower.add("out", width, words)
        tower.add("out_mid", words, width, bias: true, .rows)
        try tower.addQueryTransformer(around.inside("projector_config"))
        let own = try around.inside("projector_config").size("hidden_size", default: 768)
        let window = try around.size("window_size", default: 15, most: 1 << 16)
        let rate = try around.size("downsample_rate", default: 5, most: 1 << 16)
        tower.add("query", max(1, window / rate) * own)
        tower.add("projector", own, hidden, bias: true, .replicated)
        return tower
    }

    /// BLIP-2: a vision transformer, a query transformer, one linear layer.
    static let blip2: Rule = { vision, around, hidden in
        var blocks = try TowerBlocks(vision, width: 1408, depth: 39, inner: 6144)
        blocks.heads = try vision.size("num_attention_heads", default: 16, most: 4096)
        var tower = blocks.tower()
        let side = try vision.size("patch_size", default: 14, most: 4096)
        let count = (try vision.size("image_size", default: 224, most: 1 << 16)) / side
        tower.addPatches(side: side, width: blocks.width, bias: true)
        tower.add("embeddings", (count * count + 2) * blocks.width)
        tower.add("post_layernorm", 2 * blocks.width)
        let settings = around.inside("qformer_config")
        try tower.addQueryTransformer(settings)
        let own = try settings.size("hidden_size", default: 768)
        tower.add("query_tokens", own * (try around.size("num_query_tokens", default: 32)))
        tower.add("projection", own, hidden, bias: true, .replicated)
        return tower
    }
}

extension Tower {
    /// Adds BLIP-2's query transformer, with a file's sizes.
    fileprivate mutating func addQueryTransformer(_ fields: ConfigFields) throws {
        addQueryTransformer(
            width: try fields.size("hidden_size", default: 768),
            depth: try fields.size("num_hidden_layers", default: 12, most: 1024),
            inner: try fields.size("intermediate_size", default: 3072),
            outside: try fields.size("encoder_hidden_size", default: 1408),
            every: try fields.size("cross_attention_frequency", default: 2, most: 1024))
    }

    /// Adds a query transformer, replicated on every GPU. Queries attend to each other and, in
    /// every so many layers, to the encoder.
    mutating func addQueryTransformer(
        width: Int, depth: Int, inner: Int, outside: Int, every: Int
    ) {
        let own = 4 * (width + 1) * width + 2 * width
        let cross = 2 * (width + 1) * width + 2 * (outside + 1) * width + 2 * width
        let network = (width + 1) * inner + (inner + 1) * width + 2 * width
        let crossed = (depth + every - 1) / every
        add("qformer", depth * (own + network) + crossed * cross + 2 * width)
    }

    /// Replicates the whole tower on every GPU.
    mutating func replicate() {
        for index in matrices.indices { matrices[index].projection.split = .replicated }
    }

    /// Removes the keys' biases.
    fileprivate mutating func takeKeyBias(_ blocks: TowerBlocks) {
        matrices[0].projection.hasBias = false
        add("qkv.bias", 2 * blocks.depth * blocks.width)
    }

    /// Adds another tower's weights.
    mutating func join(_ other: Tower) {
        name += " and " + other.name
        matrices += other.matrices
        vectors += other.vectors
    }
}

extension ConfigFields {
    /// Fields of a nested object; empty if there is none.
    func inside(_ name: String) -> ConfigFields {
        nested(name) ?? ConfigFields(place: place, type: type, fields: [:])
    }
}
