import Basics

/// How vLLM 0.33.0 treats each class that a config.json's `architectures` may name, and the rule
/// that reads it here.
///
/// The engine takes the first name that it knows. Without names it takes the bare class of the
/// model_type, which pools and generates nothing.
package enum Architectures {
    /// How a class is treated.
    enum Fate: Equatable, Sendable {
        /// Read by the rule of this name.
        case read(rule: String)
        /// A wrapper: the decoder's own type decides the rule.
        case wrapper
        /// No longer served.
        case removed(last: String)
        case plugIn
    }

    /// The fate of every class in the registry.
    static let fates: [String: Fate] = {
        var fates: [String: Fate] = [:]
        func add(_ text: String, _ fate: (String) -> Fate) {
            var key = ""
            for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
                if word.hasSuffix(":") {
                    key = String(word.dropLast())
                } else {
                    fates[String(word)] = fate(key)
                }
            }
        }
        add(plugInText) { _ in .plugIn }
        add(removedText) { .removed(last: $0) }
        add(wrappersText) { _ in .wrapper }
        add(readText) { .read(rule: $0) }
        return fates
    }()

    /// The rule for a model_type if no class decides: for a wrapper's decoder, or a file without
    /// architectures.
    static let rulesOfTypes: [String: String] = {
        var rules: [String: String] = [:]
        var key = ""
        for word in typesText.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
            if word.hasSuffix(":") {
                key = String(word.dropLast())
            } else {
                rules[String(word)] = key
            }
        }
        return rules
    }()

    /// Types by rule. Unlisted types are read by the rule of their own name, if there is one.
    private static let typesText = """
        llama: mistral ministral3 smollm3 exaone ernie4_5 phi3 gemma solar internlm3 teleflm
          iquestcoder nanbeige paddleocr_vl_text phi3_v phi4mm phi4_siglip pangu_embedded
        aria: aria_text
        qwen2: mimo qwen2_5_omni_text qwen2_vl_text qwen2_5_vl_text qwen2_5_vl qwen2_vl qwen2_audio
          dots_ocr
        qwen3: qwen3_vl_text Keye KeyeVL1_5 qwen3_asr_text
        qwen3_moe: qwen3_vl_moe_text qwen3_omni_moe_text
        olmo2: olmo3
        gemma3: gemma3_text
        granitemoe: granitemoeshared
        falcon: RefinedWeb RefinedWebModel
        stablelm: stablelm_epoch
        gpt_j: gptj
        gpt2: gpt-sw3
        hunyuan_moe: hunyuan_v1_moe
        hunyuan_dense: hunyuan_v1_dense
        bailing_moe: bailing_moe_v2
        deepseek_v1: deepseek
        ernie4_5_moe_vl: ernie4_5_vl_moe ernie4_5_vl_moe_text
        deepseek_v2: deepseek_v3 kimi_k2 deepseek_vl_v2 kimi_k25_text
        llama4: llama4_text
        exaone4: exaone4_5_text
        glm4: glm4v_text glm_ocr_text
        glm4_moe: glm4v_moe_text
        glm5_next: glm5_next_text
        gemma3n: gemma3n_text
        gemma4: gemma4_text gemma4_unified_text
        step3: step3_text
        mimo_v2: mimo_v2_flash
        nemotron_nas: nemotron-nas
        mllama: mllama_text_model
        step3p5: step3p7
        hy_v3: hunyuan_v3
        baichuan: xverse aquila aquila2
        mamba: falcon_mamba
        bailing_delta: bailing_hybrid
        bailing_linear: bailing_moe_linear
        minimax_text: minimax minimax_text_01 minimax_m1
        qwen3_5: qwen3_5_text
        qwen3_5_moe: qwen3_5_moe_text
        minimax_m3: minimax_m3_vl minimax_m3_vl_text
        linear_attention: linear_attn
        inkling: inkling_model inkling_text inkling_mm_model
        muse_glimmer: muse_glimmer_text
        qwen4_exp: qwen4_exp_text
        step5: step5_text step5_vl
        pangu_pro_moe: PanguProMoE pangu_pro_moe_v2
        gated_deltanet: gated_delta_net gated_delta
        """

    /// Types for files without model_type that name one of these classes (vLLM 0.33.0's list of
    /// checkpoints with only code).
    static let typesOfClasses = [
        "LongcatFlashForCausalLM": "longcat_flash",
        "LongcatFlashNgramForCausalLM": "longcat_flash",
    ]

    /// The rule of a wrapper's decoder where the engine's class names the decoder's class itself,
    /// whatever the file says of it (vLLM 0.33.0).
    static let decodersOfClasses = [
        "AudioFlamingo3ForConditionalGeneration": "qwen2",
        "FunAudioChatForConditionalGeneration": "qwen3",
        "Granite4VisionForConditionalGeneration": "granite",
        "InternS1ProForConditionalGeneration": "qwen3_moe",
        "IsaacForConditionalGeneration": "qwen3",
        "KananaVForConditionalGeneration": "llama",
        "LlavaOnevision2ForConditionalGeneration": "qwen3",
        "MiDashengLMModel": "qwen2",
        "MiMoV2OmniForCausalLM": "mimo_v2",
        "MiniCPMV4_6ForConditionalGeneration": "qwen3_5",
        "MiniCPMV4_7ForConditionalGeneration": "qwen3_5",
        "MiniCPMOcrForConditionalGeneration": "qwen3_5",
        "InternS2PreviewForConditionalGeneration": "qwen3_5_moe",
        "OpenCUAForConditionalGeneration": "qwen2",
        "OpenPanguVLForConditionalGeneration": "llama",
        "Phi4ForCausalLMV": "llama",
    ]

    /// Classes of whose files the engine takes the type of a recurrence's state
    /// (`mamba_ssm_dtype`, `mamba_ssm_cache_dtype`): others that wrap the same decoders keep states
    /// in the model's own type (vLLM 0.33.0's `MODELS_CONFIG_MAP`).
    static let classesWithStateType: Set = [
        "Qwen3_5ForCausalLM", "Qwen3_5ForConditionalGeneration", "Qwen3_5MoeForCausalLM",
        "Qwen3_5MoeForConditionalGeneration", "NemotronHForCausalLM",
        "NemotronHPuzzleForCausalLM", "NemotronH_Nano_VL_V2", "Qwen4ExpForCausalLM",
        "Qwen4ExpForConditionalGeneration",
    ]

    /// Types whose decoder depends on a version in the file, each with the first version of every
    /// decoder type (vLLM 0.33.0, `MiniCPMV` and `MiniCPMO`).
    private static let typesByVersion: [String: [(from: Double, type: String)]] = [
        "minicpmv": [(0, "minicpm"), (2.5, "llama"), (2.6, "qwen2"), (4, "llama"), (4.5, "qwen3")],
        "minicpmo": [(0, "qwen2"), (4.5, "qwen3")],
    ]

    /// The decoder type for a file's version; the type itself if it does not depend on one. Default
    /// version: 2.5, or 2 with MiniCPM's decoder of 2,304.
    static func type(_ type: String, _ fields: [String: JSONField]) -> String {
        guard let versions = typesByVersion[type] else { return type }
        var version = fields["hidden_size"]?.integer == 2304 ? 2 : 2.5
        if case .number(let number)? = fields["version"] { version = number }
        return versions.last { $0.from <= version }?.type ?? type
    }

    /// The rule for a model_type; nil if there is none.
    static func rule(ofType type: String) -> String? {
        if let rule = rulesOfTypes[type] { return rule }
        return Families.all[type] == nil ? nil : type
    }
}
