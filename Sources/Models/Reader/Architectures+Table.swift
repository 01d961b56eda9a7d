extension Architectures {
    /// Text-generating classes of the engine (vLLM 0.33.0's registry, and the classes that its
    /// Transformers backend takes), by the rule in `Families` that reads them.
    static let readText = """
        afmoe: AfmoeForCausalLM
        apertus: ApertusForCausalLM
        axk1: AXK1ForCausalLM
        deepseek_v2: DeepseekV2ForCausalLM DeepseekV3ForCausalLM
          MistralLarge3ForCausalLM
        bailing_moe: BailingMoeForCausalLM BailingMoeV2ForCausalLM SarvamMoEForCausalLM
        bloom: BloomForCausalLM
        chatglm: ChatGLMModel ChatGLMForConditionalGeneration
        cohere: CohereForCausalLM
        cohere2: Cohere2ForCausalLM
        cohere2_moe: Cohere2MoeForCausalLM
        dbrx: DbrxForCausalLM
        nemotron_nas: DeciLMForCausalLM
        deepseek_v1: DeepseekForCausalLM
        deepseek_v32: DeepseekV32ForCausalLM
        deepseek_v4: DeepseekV4ForCausalLM
        domyn_edge: DomynEdgeForCausalLM
        llama: Ernie4_5ForCausalLM ExaoneForCausalLM GemmaForCausalLM InternLM3ForCausalLM
          IQuestCoderForCausalLM LlamaForCausalLM LLaMAForCausalLM Ministral3ForCausalLM
          MistralForCausalLM PanguEmbeddedForCausalLM Phi3ForCausalLM SolarForCausalLM
          TeleChat3ForCausalLM TeleFLMForCausalLM NanbeigeForCausalLM SmolLM3ForCausalLM
        ernie4_5_moe: Ernie4_5_MoeForCausalLM
        exaone4: Exaone4ForCausalLM
        exaone_moe: ExaoneMoeForCausalLM ExaoneMoEForCausalLM
        falcon: FalconForCausalLM
        mamba: FalconMambaForCausalLM MambaForCausalLM
        falcon_h1: FalconH1ForCausalLM
        gemma2: Gemma2ForCausalLM
        gemma3: Gemma3ForCausalLM
        rnj1: Rnj1ForCausalLM
        gemma3n: Gemma3nForCausalLM
        gemma4: Gemma4ForCausalLM
        qwen3_next: Qwen3NextForCausalLM
        glm4: Glm4ForCausalLM
        glm4_moe: Glm4MoeForCausalLM
        glm4_moe_lite: Glm4MoeLiteForCausalLM
        glm_moe_dsa: GlmMoeDsaForCausalLM
        glm5_next: Glm5NextForCausalLM
        gpt_oss: GptOssForCausalLM
        gpt2: GPT2LMHeadModel
        gpt_j: GPTJForCausalLM
        granite: GraniteForCausalLM
        granitemoe: GraniteMoeForCausalLM GraniteMoeSharedForCausalLM
        granitemoehybrid: GraniteMoeHybridForCausalLM
        granitemoe_swa: GraniteMoeSWAForCausalLM
        granite_swa: GraniteSWAForCausalLM
        hy_v3: HYV3ForCausalLM
        hy_v4: HYV4ForCausalLM
        hyperclovax: HyperCLOVAXForCausalLM
        internlm2: InternLM2ForCausalLM
        iquest_loop: IQuestLoopCoderForCausalLM
        jamba: JambaForCausalLM
        kimi_linear: KimiLinearForCausalLM
        lfm2: Lfm2ForCausalLM
        lfm2_moe: Lfm2MoeForCausalLM
        laguna: LagunaForCausalLM
        llama4: Llama4ForCausalLM
        longcat_flash: LongcatFlashForCausalLM LongcatFlashNgramForCausalLM
        mamba2: Mamba2ForCausalLM
        minicpm: MiniCPMForCausalLM
        minicpm3: MiniCPM3ForCausalLM
        minimax_m2: MiniMaxM2ForCausalLM
        minimax_m3: MiniMaxM3SparseForCausalLM
        mixtral: MixtralForCausalLM
        qwen2: MiMoForCausalLM Qwen2ForCausalLM
        mimo_v2: MiMoV2FlashForCausalLM MiMoV2ForCausalLM
        nemotron: NemotronForCausalLM
        nemotron_h: NemotronHForCausalLM NemotronHPuzzleForCausalLM
        olmo_hybrid: OlmoHybridForCausalLM
        olmoe: OlmoeForCausalLM
        opt: OPTForCausalLM
        orion: OrionForCausalLM
        pangu_ultra_moe: PanguUltraMoEForCausalLM
        param2moe: Param2MoEForCausalLM
        phimoe: PhiMoEForCausalLM
        plamo3: Plamo3ForCausalLM
        qwen2_moe: Qwen2MoeForCausalLM
        qwen3: Qwen3ForCausalLM
        qwen3_moe: Qwen3MoeForCausalLM
        qwen3_5: Qwen3_5ForCausalLM
        qwen3_5_moe: Qwen3_5MoeForCausalLM
        sarvam_mla: SarvamMLAForCausalLM
        step1: Step1ForCausalLM
        step3: Step3TextForCausalLM
        step3p5: Step3p5ForCausalLM
        stablelm: StableLmForCausalLM
        telechat2: TeleChat2ForCausalLM
        zamba2: Zamba2ForCausalLM
        arcee: ArceeForCausalLM
        cwm: CwmForCausalLM
        flex_olmo: FlexOlmoForCausalLM
        glm: GlmForCausalLM
        gpt_bigcode: GPTBigCodeForCausalLM
        gpt_neox: GPTNeoXForCausalLM
        hunyuan_dense: HunYuanDenseV1ForCausalLM
        hunyuan_moe: HunYuanMoEV1ForCausalLM
        jais2: Jais2ForCausalLM
        kolibri1: Kolibri1ForCausalLM
        mellum: MellumForCausalLM
        olmo: OlmoForCausalLM
        olmo2: Olmo2ForCausalLM Olmo3ForCausalLM
        phi: PhiForCausalLM
        seed_oss: SeedOssForCausalLM
        starcoder2: Starcoder2ForCausalLM
        vaultgemma: VaultGemmaForCausalLM
        dots1: Dots1ForCausalLM
        bailing_linear: BailingMoeV2_5ForCausalLM
        bailing_delta: BailingMoeV3ForCausalLM
        alice_ai: AliceAIForCausalLM
        beam: BeamForCausalLM
        dory: DoryForCausalLM
        flint: FlintForCausalLM
        hrm_text: HrmTextForCausalLM
        inkling: InklingForCausalLM
        k2_horizon: K2HorizonForCausalLM
        muse_glimmer: MuseGlimmerForCausalLM
        pangu_pro_moe: PanguProMoEV2ForCausalLM
        qwen4_exp: Qwen4ExpForCausalLM
        step5: Step5ForCausalLM
        """

    /// Vision and audio classes. The type of the wrapped decoder decides the rule.
    static let wrappersText = """
        wrapper: HCXVisionV2ForCausalLM Alpamayo2Super AriaForConditionalGeneration
          AudioFlamingo3ForConditionalGeneration BagelForConditionalGeneration
          BailingMoeV3VLForConditionalGeneration BeeForConditionalGeneration
          Blip2ForConditionalGeneration Cohere2VisionForConditionalGeneration
          CohereCompassForConditionalGeneration Cosmos3ForConditionalGeneration
          Cosmos3EdgeForConditionalGeneration DeepseekVLV2ForCausalLM DeepseekOCRForCausalLM
          DeepseekOCR2ForCausalLM DeepseekV4ForConditionalGeneration DeepseekV41ForCausalLM
          Dots3NoteForCausalLM UnlimitedOCRForCausalLM DotsOCRForCausalLM
          Eagle2_5_VLForConditionalGeneration Ernie4_5_VLMoeForConditionalGeneration
          Exaone4_5_ForConditionalGeneration FireRedASR2ForConditionalGeneration
          FunASRForConditionalGeneration FunAudioChatForConditionalGeneration
          Gemma3ForConditionalGeneration Gemma3nForConditionalGeneration
          DiffusionGemmaForBlockDiffusion Gemma4ForConditionalGeneration
          Gemma4UnifiedForConditionalGeneration GlmAsrForConditionalGeneration GLM4VForCausalLM
          Glm4vForConditionalGeneration Glm4vMoeForConditionalGeneration
          GlmOcrForConditionalGeneration Glm5NextForConditionalGeneration
          GraniteSpeechForConditionalGeneration GraniteSpeechPlusForConditionalGeneration
          Granite4VisionForConditionalGeneration H2OVLChatModel InternVLChatModel
          InternS1ForConditionalGeneration InternVLForConditionalGeneration
          InternS1ProForConditionalGeneration InternS2MobiusForConditionalGeneration
          InternS2PreviewForConditionalGeneration Idefics3ForConditionalGeneration
          IsaacForConditionalGeneration KananaVForConditionalGeneration
          KeyeForConditionalGeneration KeyeVL1_5ForConditionalGeneration
          KimiVLForConditionalGeneration KimiK25ForConditionalGeneration
          KimiK3ForConditionalGeneration MoonshotKimiaForCausalLM
          MossTranscribeDiarizeForConditionalGeneration LightOnOCRForConditionalGeneration
          Lfm2VlForConditionalGeneration Llama4ForConditionalGeneration Llama_Nemotron_Nano_VL
          LlavaForConditionalGeneration LlavaNextForConditionalGeneration
          LlavaNextVideoForConditionalGeneration LlavaOnevisionForConditionalGeneration
          LlavaOnevision2ForConditionalGeneration MiDashengLMModel MiMoV2OmniForCausalLM
          MiniMaxM3SparseForConditionalGeneration MiniCPMO MiniCPMOcrForConditionalGeneration
          MiniCPMV MiniCPMV4_6ForConditionalGeneration MiniCPMV4_7ForConditionalGeneration
          Mistral3ForConditionalGeneration MolmoForCausalLM Molmo2ForConditionalGeneration
          Moondream3ForCausalLM MossAudioModel HfMoondream NemotronH_Nano_VL_V2
          NemotronH_Nano_Omni_Reasoning_V3 NemotronH_Super_Omni_Reasoning_V3
          NemotronH_Omni_Reasoning_V3 NVLM_D MuseGlimmerForConditionalGeneration
          MuseSparkForConditionalGeneration OpenCUAForConditionalGeneration
          OpenPanguVLForConditionalGeneration OpenVLAForActionPrediction Ovis Ovis2_5
          Ovis2_6ForCausalLM Ovis2_6_MoeForCausalLM PaddleOCRVLForConditionalGeneration
          PaliGemmaForConditionalGeneration Phi3VForCausalLM Phi4ForCausalLMV Phi4MMForCausalLM
          PixtralForConditionalGeneration QianfanOCRForConditionalGeneration
          Qwen2VLForConditionalGeneration Qwen2_5_VLForConditionalGeneration
          Qwen2AudioForConditionalGeneration Qwen2_5OmniModel
          Qwen2_5OmniForConditionalGeneration Qwen3OmniMoeForConditionalGeneration
          Qwen3ASRForConditionalGeneration Qwen3ASRRealtimeGeneration
          Qwen3VLForConditionalGeneration Qwen3VLMoeForConditionalGeneration
          Qwen3_5ForConditionalGeneration Qwen3_5MoeForConditionalGeneration
          Qwen4ExpForConditionalGeneration RForConditionalGeneration SkyworkR1VChatModel
          SmolVLMForConditionalGeneration StepVLForConditionalGeneration
          Step3VLForConditionalGeneration Step3p7ForConditionalGeneration
          Step5ForConditionalGeneration UltravoxModel VoxtralForConditionalGeneration
          VoxtralRealtimeGeneration CohereAsrForConditionalGeneration
          NemotronParseForConditionalGeneration RadioMBartPrefixForCausalLM
          WhisperForConditionalGeneration Emu3ForConditionalGeneration
          HunYuanVLForConditionalGeneration VibeVoiceAsrForConditionalGeneration
          InklingForConditionalGeneration
        """

    /// Classes that the engine no longer serves, by the last version that did.
    static let removedText = """
        0.10.2: MotifForCausalLM Phi4FlashForCausalLM DonutForConditionalGeneration
          MllamaForConditionalGeneration
        0.9.2: Phi3SmallForCausalLM
        0.12.0: Phi4MultimodalForCausalLM
        0.22.0: JAISLMHeadModel
        0.23.0: ErnieModel ErnieForSequenceClassification ErnieForTokenClassification
          InternLM2VEForCausalLM QWenLMHeadModel QwenVLForConditionalGeneration
          InternLMForCausalLM XverseForCausalLM BambaForCausalLM MiniMaxForCausalLM
          MiniMaxText01ForCausalLM MiniMaxM1ForCausalLM MiniMaxVL01ForConditionalGeneration
          BaiChuanForCausalLM BaichuanForCausalLM Tarsier2ForConditionalGeneration
        0.24.0: AquilaModel AquilaForCausalLM Grok1ModelForCausalLM Grok1ForCausalLM
          TarsierForConditionalGeneration MantisForConditionalGeneration
          MusicFlamingoForConditionalGeneration AyaVisionForConditionalGeneration
        0.25.0: TeleChatForCausalLM PersimmonForCausalLM FuyuForCausalLM
        0.26.0: Plamo2ForCausalLM OuroForCausalLM
        0.28.0: ArcticForCausalLM ChameleonForConditionalGeneration Cheers
          CheersForConditionalGeneration Fairseq2LlamaForCausalLM
          FireRedLIDForConditionalGeneration GritLM HCXVisionForCausalLM MPTForCausalLM
          MptForCausalLM RWForCausalLM StableLMEpochForCausalLM PrithviGeoSpatialMAE
        """

    /// Classes that need a plug-in for the engine.
    static let plugInText = """
        plug-in: BartModel BartForConditionalGeneration Florence2ForConditionalGeneration
          MBartForConditionalGeneration Nemotron3_5AsrForRNNT
        """
}
