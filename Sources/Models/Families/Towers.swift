import Basics

/// Vision and audio towers, by the type of the wrapper.
///
/// Sizes follow vLLM 0.33.0's classes; defaults are those of the configuration classes
/// (Transformers 5.20.2).
enum Towers {
    /// Builds one wrapper's tower.
    typealias Rule = @Sendable (ConfigFields, ConfigFields, Int) throws -> Tower

    /// Rules by the wrapper's model_type.
    static let rules: [String: Rule] = [
        "qwen2_vl": qwen2, "qwen2_5_vl": qwen25, "qwen3_vl": qwen3, "qwen3_vl_moe": qwen3,
        "qwen3_5": qwen3, "qwen3_5_moe": qwen3, "gemma3": gemma3, "gemma4": gemma4,
        "gemma3n": gemma3n, "llava": llava, "mistral3": mistral3, "llama4": llama4,
        "kimi_k25": kimi, "step3_vl": step3, "internvl_chat": internVL,
        "minimax_m3_vl": miniMax3, "kimi_k3": kimi3, "llava_next": llavaNext,
        "llava_onevision": llavaOneVision, "paligemma": paliGemma, "idefics3": idefics3,
        "kimi_vl": kimi, "shieldgemma2": gemma3, "llava_next_video": llava, "smolvlm": idefics3,
        "glm4v": glm4, "glm4v_moe": glm4, "glm_ocr": glmOCR, "exaone4_5": exaone45,
        "paddleocr_vl": paddle, "Keye": keye, "lfm2_vl": lfm2, "cohere2_vision": cohere2,
        "internvl": internHF, "interns1": internHF, "dots_ocr": dots, "minicpmv": miniCPM,
        "minicpmo": miniCPMOmni, "molmo": molmo, "molmo2": molmo2, "phi3_v": phi3, "aria": aria,
        "qwen2_5_omni": qwen25Omni, "qwen3_omni_moe": qwen3Omni, "qwen3_asr": qwen3Speech,
        "qwen2_audio": qwen2Audio, "glmasr": glmSpeech, "voxtral": voxtral,
        "moss_transcribe_diarize": moss, "granite_speech": graniteSpeech,
        "granite_speech_plus": graniteSpeech, "blip-2": blip2, "KeyeVL1_5": keye15,
        "ernie4_5_moe_vl": ernie, "ernie4_5_vl_moe": ernie, "phi4mm": phi4, "NVLM_D": nvlm,
        "skywork_chat": internVL, "h2ovl_chat": internVL, "ovis": ovis, "ovis2_5": ovis,
        "ultravox": ultravox, "NemotronH_Nano_VL_V2": nemotronVision,
        "Llama_Nemotron_Nano_VL": nemotronVision, "qwen4_exp": qwen3, "glm5_next": glm53,
        "muse_glimmer": glimmer, "step5_vl": perception, "step5": perception,
        "step3p7": perception, "hunyuan_vl": hunyuan, "pixtral": mistralForm,
        "gemma4_unified": gemma4Unified,
    ]

    /// Rules by the wrapper's class, where several classes share a type.
    static let rulesOfClasses: [String: Rule] = [
        "DeepseekVLV2ForCausalLM": deepSeek, "DeepseekOCRForCausalLM": deepSeekReader,
        "UnlimitedOCRForCausalLM": deepSeekReader, "DeepseekOCR2ForCausalLM": deepSeekReader2,
        "FunAudioChatForConditionalGeneration": funAudio, "MiMoV2OmniForCausalLM": mimoOmni,
        "NemotronH_Nano_Omni_Reasoning_V3": nemotronVision,
        "NemotronH_Omni_Reasoning_V3": nemotronVision,
        "NemotronH_Super_Omni_Reasoning_V3": nemotronVision,
        "OpenPanguVLForConditionalGeneration": openPangu,
        "DeepseekV4ForConditionalGeneration": deepSeek4,
        "BailingMoeV3VLForConditionalGeneration": bailing3, "HfMoondream": moondream,
        "Moondream3ForCausalLM": moondream, "InklingForConditionalGeneration": inkling,
        "BeeForConditionalGeneration": bee,
        "RForConditionalGeneration": rvl, "LightOnOCRForConditionalGeneration": mistral3,
        "OpenCUAForConditionalGeneration": qwen25, "HCXVisionV2ForCausalLM": hyperCLOVA,
        "Alpamayo2Super": qwen3, "Cosmos3ForConditionalGeneration": qwen3,
        "InternS2PreviewForConditionalGeneration": qwen3,
        "InternS1ProForConditionalGeneration": qwen3,
        "AudioFlamingo3ForConditionalGeneration": audioFlamingo,
        "Granite4VisionForConditionalGeneration": granite4,
        "IsaacForConditionalGeneration": isaac, "KananaVForConditionalGeneration": kanana,
        "Eagle2_5_VLForConditionalGeneration": eagle, "GLM4VForCausalLM": glm4V9B,
        "Phi4ForCausalLMV": phi4SigLIP, "MiniCPMV4_6ForConditionalGeneration": miniCPM46,
        "MiniCPMV4_7ForConditionalGeneration": miniCPM46,
        "MiniCPMOcrForConditionalGeneration": miniCPM46,
        "LlavaOnevision2ForConditionalGeneration": llavaOneVision2, "MiDashengLMModel": dasheng,
        "Ovis2_6ForCausalLM": ovis, "Ovis2_6_MoeForCausalLM": ovis,
        "StepVLForConditionalGeneration": perception,
        "QianfanOCRForConditionalGeneration": qianfan,
    ]

    /// Adds the tower of a wrapper, and a note on what is not modelled.
    static func add(to model: inout TransformerModel, _ fields: ConfigFields) throws {
        // Qwen's omni models nest their vision and audio settings in thinker_config.
        // Alpamayo's stand in vlm_config.
        let around =
            fields.outside.nested("thinker_config") ?? fields.outside.nested("vlm_config")
            ?? fields.outside
        guard
            let rule = rules[fields.outerType] ?? model.architecture.flatMap({ rulesOfClasses[$0] })
        else {
            model.notes.append(
                "images and sound are not modelled, and the weights of the tower of "
                    + "\(fields.outerType.echoed()) are not counted")
            return
        }
        let tower = try rule(around.inside("vision_config"), around, model.hiddenSize)
        let what =
            switch tower.name {
            case "vision": "images are"
            case "audio": "sound is"
            default: "images and sound are"
            }
        model.tower = tower
        model.notes.append("\(what) not modelled: the tower is weighed only")
        if let part = tower.unweighed {
            model.notes.append(
                "the sizes of \(part) stand in files of their own: its weights are not counted")
        }
    }
}

/// The equal blocks of a tower.
struct TowerBlocks {
    var width: Int
    var depth: Int
    var inner: Int
    var heads: Int
    var isGated = false
    var attentionBias = true
    var networkBias = true
    /// Vectors of the hidden width per block: norms, scales.
    var widthVectors = 4
    /// Other elements per block.
    var otherElements = 0
    /// Heads added to the model's own to make their number divisible (NVLM).
    var idleHeads = 0
    /// Elements of all heads, including idle ones.
    var wide: Int { width / max(1, heads) * (max(1, heads) + idleHeads) }

    /// The tower's blocks, as a tower to add to.
    func tower() -> Tower {
        var tower = Tower(name: "vision")
        let biased = attentionBias
        tower.matrices = [
            .init(
                Projection(
                    "qkv", width, 3 * wide, .columns(units: max(1, heads) + idleHeads),
                    hasBias: biased), depth),
            .init(Projection("proj", wide, width, .rows, hasBias: biased), depth),
            .init(
                Projection("fc1", width, inner, .columns(units: inner), hasBias: networkBias),
                isGated ? 2 * depth : depth),
            .init(Projection("fc2", inner, width, .rows, hasBias: networkBias), depth),
        ]
        // A format has separate scales for q, k and v.
        tower.matrices[0].projection.parts = 3
        tower.add("norms", depth * (widthVectors * width + otherElements))
        return tower
    }

    /// Blocks with a file's sizes; the parameters are its defaults.
    init(_ fields: ConfigFields, width: Int, depth: Int, inner: Int, heads: Int = 16) throws {
        self.width = try fields.size("hidden_size", "vt_hidden_size", "embed_dim", default: width)
        self.depth = try fields.size(
            "num_hidden_layers", "depth", "vt_num_hidden_layers", default: depth, most: 1024)
        self.inner = try fields.size(
            "intermediate_size", "vt_intermediate_size", default: inner)
        self.heads = try fields.size(
            "num_attention_heads", "num_heads", "vt_num_attention_heads", default: heads,
            most: 4096)
    }
}

extension Tower {
    /// Adds elements outside the matrices that tensor parallelism shards.
    mutating func add(_ name: String, _ elements: Int) {
        vectors.append(WeightVector(name, elements))
    }

    /// Adds a matrix.
    mutating func add(
        _ name: String, _ inputs: Int, _ outputs: Int, bias: Bool = true,
        _ split: Projection.Split? = nil
    ) {
        matrices.append(
            .init(
                Projection(
                    name, inputs, outputs, split ?? .columns(units: outputs), hasBias: bias,
                    isQuantized: split != .replicated)))
    }

    /// Adds the patch embedding: three channels of `side` x `side` pixels, over some frames.
    mutating func addPatches(side: Int, frames: Int = 1, width: Int, bias: Bool) {
        add("patch_embed", 3 * side * side * frames, width, bias: bias, .replicated)
    }
}
