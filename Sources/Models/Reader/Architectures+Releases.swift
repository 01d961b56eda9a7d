extension Architectures {
    /// The release with which the engine's registry first has a class.
    package struct FirstRelease: Equatable, Sendable {
        /// The first release that has it: "0.17.0".
        package var release: String
        /// The last release read that lacks it: "0.16.0". Nothing is known of those between the
        /// two.
        package var lacking: String
    }

    /// The first release of a class; nil if the oldest release here, 0.11.2, has it, or if it is
    /// not in the registry.
    static func firstRelease(of name: String) -> FirstRelease? { firstReleases[name] }

    /// The releases whose registries were read. 0.15.0 is in no package index.
    private static let releases =
        ["0.11.2"] + ([12, 13, 14] + Array(16...33)).map { "0.\($0).0" }

    private static let firstReleases: [String: FirstRelease] = {
        var found: [String: FirstRelease] = [:]
        var release = ""
        for word in firstText.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
            if word.hasSuffix(":") {
                release = String(word.dropLast())
            } else if let index = releases.firstIndex(of: release), index > 0 {
                found[String(word)] = FirstRelease(
                    release: release, lacking: releases[index - 1])
            }
        }
        return found
    }()

    /// The classes that 0.11.2 lacks, by the first release that has them. Source: the registries
    /// (`vllm/model_executor/models/registry.py`) in the source archives of these releases. Patch
    /// releases were not read.
    private static let firstText = """
        0.12.0: HunYuanVLForConditionalGeneration MistralLarge3ForCausalLM
          OpenCUAForConditionalGeneration Plamo3ForCausalLM
        0.13.0: AudioFlamingo3ForConditionalGeneration BagelForConditionalGeneration
          Jais2ForCausalLM
        0.14.0: ExaoneMoEForCausalLM GlmAsrForConditionalGeneration IQuestCoderForCausalLM
          IQuestLoopCoderForCausalLM IsaacForConditionalGeneration
          KananaVForConditionalGeneration Lfm2VlForConditionalGeneration
          MiMoV2FlashForCausalLM NemotronParseForConditionalGeneration
          PanguProMoEV2ForCausalLM
        0.16.0: DeepseekOCR2ForCausalLM Eagle2_5_VLForConditionalGeneration
          FunAudioChatForConditionalGeneration Glm4MoeLiteForCausalLM GlmMoeDsaForCausalLM
          GlmOcrForConditionalGeneration InternS1ProForConditionalGeneration
          KimiK25ForConditionalGeneration Molmo2ForConditionalGeneration
          NemotronHPuzzleForCausalLM OpenPanguVLForConditionalGeneration
          Qwen3ASRForConditionalGeneration Step1ForCausalLM Step3p5ForCausalLM
          StepVLForConditionalGeneration VoxtralRealtimeGeneration
        0.17.0: AXK1ForCausalLM BailingMoeV2_5ForCausalLM
          FireRedASR2ForConditionalGeneration FunASRForConditionalGeneration
          Ovis2_6ForCausalLM Ovis2_6_MoeForCausalLM Qwen3ASRRealtimeGeneration
          Qwen3_5ForConditionalGeneration Qwen3_5MoeForConditionalGeneration
        0.18.0: HCXVisionV2ForCausalLM HyperCLOVAXForCausalLM MoonshotKimiaForCausalLM
          OlmoHybridForCausalLM SarvamMLAForCausalLM SarvamMoEForCausalLM
        0.19.0: CohereAsrForConditionalGeneration Gemma4ForCausalLM
          Gemma4ForConditionalGeneration
        0.20.0: DeepseekV4ForCausalLM Exaone4_5_ForConditionalGeneration
          Granite4VisionForConditionalGeneration HYV3ForCausalLM Ministral3ForCausalLM
          NemotronH_Nano_Omni_Reasoning_V3 NemotronH_Super_Omni_Reasoning_V3
          Param2MoEForCausalLM Phi4ForCausalLMV Rnj1ForCausalLM TeleChat3ForCausalLM
        0.21.0: Cohere2MoeForCausalLM HfMoondream LagunaForCausalLM MiMoV2ForCausalLM
          MiMoV2OmniForCausalLM Moondream3ForCausalLM QianfanOCRForConditionalGeneration
        0.22.0: InternS2PreviewForConditionalGeneration
          MiniCPMV4_6ForConditionalGeneration OpenVLAForActionPrediction
        0.23.0: Cosmos3ForConditionalGeneration Gemma4UnifiedForConditionalGeneration
          GraniteSpeechPlusForConditionalGeneration MellumForCausalLM
          Step3p7ForConditionalGeneration
        0.24.0: DiffusionGemmaForBlockDiffusion HrmTextForCausalLM
          MiniMaxM3SparseForCausalLM MiniMaxM3SparseForConditionalGeneration
          MossAudioModel
        0.25.0: LlavaOnevision2ForConditionalGeneration
          MossTranscribeDiarizeForConditionalGeneration UnlimitedOCRForCausalLM
        0.26.0: Cosmos3EdgeForConditionalGeneration InklingForCausalLM
          InklingForConditionalGeneration LongcatFlashNgramForCausalLM
        0.27.0: ExaoneMoeForCausalLM KimiK3ForConditionalGeneration Qwen3_5ForCausalLM
          Qwen3_5MoeForCausalLM VaultGemmaForCausalLM VibeVoiceAsrForConditionalGeneration
        0.28.0: BailingMoeV3ForCausalLM Dots3NoteForCausalLM
          InternS2MobiusForConditionalGeneration MuseGlimmerForCausalLM
          MuseGlimmerForConditionalGeneration
        0.29.0: GraniteMoeSWAForCausalLM GraniteSWAForCausalLM HYV4ForCausalLM
          NemotronH_Omni_Reasoning_V3 Qwen4ExpForCausalLM Qwen4ExpForConditionalGeneration
        0.30.0: BailingMoeV3VLForConditionalGeneration
          CohereCompassForConditionalGeneration DeepseekV41ForCausalLM
          DeepseekV4ForConditionalGeneration Glm5NextForCausalLM
          Glm5NextForConditionalGeneration K2HorizonForCausalLM NanbeigeForCausalLM
        0.32.0: MiniCPMV4_7ForConditionalGeneration
        0.33.0: AliceAIForCausalLM Alpamayo2Super BeamForCausalLM DomynEdgeForCausalLM
          DoryForCausalLM FlintForCausalLM Kolibri1ForCausalLM
          MiniCPMOcrForConditionalGeneration MuseSparkForConditionalGeneration
          RadioMBartPrefixForCausalLM Step5ForCausalLM Step5ForConditionalGeneration
        """
}
