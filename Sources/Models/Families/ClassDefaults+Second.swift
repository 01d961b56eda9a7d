extension ClassDefaults {
    /// Types from "laguna" on, sorted.
    static let second = """
        laguna {vocab_size:100352,hidden_size:2048,intermediate_size:8192,num_hidden_layers:40,
          num_attention_heads:48,num_key_value_heads:8,max_position_embeddings:131072,
          tie_word_embeddings:false,sliding_window:512,moe_intermediate_size:512,
          shared_expert_intermediate_size:512,num_experts_per_tok:8,num_experts:256,
          head_dim:128,attention_bias:false,gating:true}
        lfm2 {vocab_size:65536,hidden_size:2560,intermediate_size:12288,num_hidden_layers:32,
          num_attention_heads:32,num_key_value_heads:8,max_position_embeddings:128000,
          tie_word_embeddings:true,conv_bias:false,conv_L_cache:3,block_multiple_of:256,
          block_auto_adjust_ff_dim:true}
        lfm2_moe {vocab_size:65536,hidden_size:2048,intermediate_size:7168,
          moe_intermediate_size:1792,num_hidden_layers:32,tie_word_embeddings:true,
          max_position_embeddings:128000,num_attention_heads:32,num_key_value_heads:8,
          conv_bias:false,conv_L_cache:3,num_dense_layers:2,num_experts_per_tok:4,
          num_experts:32,use_expert_bias:true}
        lfm2_vl {text:"lfm2",tie_word_embeddings:true}
        llama {vocab_size:32000,hidden_size:4096,intermediate_size:11008,num_hidden_layers:32,
          num_attention_heads:32,max_position_embeddings:2048,tie_word_embeddings:false,
          attention_bias:false,mlp_bias:false}
        llama4 {text:"llama4_text",tie_word_embeddings:false}
        llama4_text {vocab_size:202048,hidden_size:5120,intermediate_size:8192,
          intermediate_size_mlp:16384,num_hidden_layers:48,num_attention_heads:40,
          num_key_value_heads:8,max_position_embeddings:131072,tie_word_embeddings:false,
          num_experts_per_tok:1,num_local_experts:16,interleave_moe_layer_step:1,
          use_qk_norm:true,attention_chunk_size:8192,attention_bias:false}
        llava {text:"llama",tie_word_embeddings:false}
        llava_next {text:"llama",tie_word_embeddings:false}
        llava_next_video {text:"llama",tie_word_embeddings:false}
        llava_onevision {text:"qwen2",tie_word_embeddings:false}
        longcat_flash {vocab_size:131072,hidden_size:6144,num_layers:28,num_attention_heads:64,
          max_position_embeddings:131072,tie_word_embeddings:false,attention_bias:false,
          ffn_hidden_size:12288,q_lora_rank:1536,kv_lora_rank:512,qk_nope_head_dim:128,
          qk_rope_head_dim:64,head_dim:64,v_head_dim:128,qk_head_dim:192,moe_topk:12,
          n_routed_experts:512,zero_expert_num:256,expert_ffn_hidden_size:2048}
        mamba {vocab_size:50280,hidden_size:768,state_size:16,num_hidden_layers:32,expand:2,
          conv_kernel:4,use_bias:false,use_conv_bias:true,tie_word_embeddings:true}
        mamba2 {num_heads:128,head_dim:64,vocab_size:32768,hidden_size:4096,state_size:128,
          num_hidden_layers:64,expand:2,conv_kernel:4,n_groups:8,use_bias:false,
          use_conv_bias:true,tie_word_embeddings:false}
        midashenglm {text:"qwen2_5_omni_text",subsample_factor:5}
        mimo_v2_flash {vocab_size:152576,hidden_size:4096,intermediate_size:16384,
          num_hidden_layers:48,num_attention_heads:64,num_key_value_heads:4,
          max_position_embeddings:131072,tie_word_embeddings:false,attention_bias:false,
          moe_intermediate_size:2048,num_experts_per_tok:8,n_routed_experts:256,head_dim:192,
          v_head_dim:128,sliding_window:129}
        minicpm3 {vocab_size:73448,hidden_size:2560,intermediate_size:6400,num_hidden_layers:62,
          num_attention_heads:40,max_position_embeddings:32768,tie_word_embeddings:true,
          attention_bias:false,mlp_bias:false,head_dim:32,kv_lora_rank:256,q_lora_rank:768,
          qk_nope_head_dim:64,qk_rope_head_dim:32,v_head_dim:64,dim_model_base:256,
          qk_head_dim:96}
        minicpmv4_6 {text:"qwen3_5_text",tie_word_embeddings:false,patch_size:16}
        minicpmv4_7 {text:"qwen3_5_text",tie_word_embeddings:false,patch_size:16}
        minimax_m2 {vocab_size:200064,hidden_size:3072,intermediate_size:1536,
          num_hidden_layers:62,num_attention_heads:48,num_key_value_heads:8,head_dim:128,
          max_position_embeddings:196608,tie_word_embeddings:false,num_experts_per_tok:8,
          num_local_experts:256}
        minimax_m3_mtp {vocab_size:200064,hidden_size:6144,intermediate_size:3072,
          dense_intermediate_size:12288,shared_intermediate_size:3072,num_hidden_layers:1,
          num_attention_heads:64,num_key_value_heads:4,head_dim:128,
          max_position_embeddings:524288,use_gemma_norm:true,attention_output_gate:false,
          use_qk_norm:true,qk_norm_type:"per_head",num_local_experts:128,num_experts_per_tok:4,
          n_shared_experts:1,use_routing_bias:true,
          sparse_attention_config:{use_sparse_attention:true,sparse_index_dim:128,
          sparse_num_index_heads:4,sparse_topk_blocks:16,sparse_block_size:128,
          sparse_local_block:1},tie_word_embeddings:false}
        minimax_m3_vl {text:"minimax_m3_vl_text",tie_word_embeddings:false}
        minimax_m3_vl_text {vocab_size:200064,hidden_size:6144,intermediate_size:3072,
          num_hidden_layers:60,num_attention_heads:64,num_key_value_heads:4,head_dim:128,
          max_position_embeddings:524288,tie_word_embeddings:false,num_experts_per_tok:4,
          num_local_experts:128,dense_intermediate_size:12288,shared_intermediate_size:3072,
          index_n_heads:4,index_head_dim:128,index_block_size:128,index_topk_blocks:16,
          index_local_blocks:1}
        ministral3 {vocab_size:131072,hidden_size:4096,intermediate_size:14336,
          num_hidden_layers:34,num_attention_heads:32,num_key_value_heads:8,
          max_position_embeddings:262144,tie_word_embeddings:false,
          rope_parameters:{rope_type:"yarn",factor:16,original_max_position_embeddings:16384}}
        mistral {vocab_size:32000,hidden_size:4096,intermediate_size:14336,num_hidden_layers:32,
          num_attention_heads:32,num_key_value_heads:8,max_position_embeddings:131072,
          tie_word_embeddings:false,sliding_window:4096}
        mistral3 {text:"mistral",tie_word_embeddings:true}
        mixtral {vocab_size:32000,hidden_size:4096,intermediate_size:14336,num_hidden_layers:32,
          num_attention_heads:32,num_key_value_heads:8,max_position_embeddings:131072,
          tie_word_embeddings:false,num_experts_per_tok:2,num_local_experts:8}
        molmo2 {text:"molmo2_text",tie_word_embeddings:false}
        molmo2_text {hidden_size:4096,num_attention_heads:32,num_key_value_heads:8,
          vocab_size:151936,additional_vocab_size:128,attention_bias:false,qk_norm_type:"qwen3",
          num_hidden_layers:36,intermediate_size:12288,max_position_embeddings:36864,
          norm_after:false,tie_word_embeddings:false}
        moondream3 {text:"moondream3_text",hidden_size:2048,num_attention_heads:32,
          num_hidden_layers:24,vocab_size:51200,intermediate_size:8192}
        moondream3_text {dim:2048,ff_dim:8192,n_layers:24,n_heads:32,n_kv_heads:32,
          prefix_attn:730,max_context:4096,moe_start_layer:4,moe_num_experts:64,
          moe_expert_inner_dim:1024,hidden_size:2048,num_attention_heads:32,
          num_hidden_layers:24,intermediate_size:8192,vocab_size:51200,
          max_position_embeddings:4096,num_local_experts:64,num_experts_per_tok:8}
        moss_transcribe_diarize {text:"qwen3",tie_word_embeddings:true}
        muse_glimmer {text:"muse_glimmer_text",out_hidden_size:6144}
        muse_glimmer_text {vocab_size:202048,hidden_size:6656,intermediate_size:19968,
          num_hidden_layers:52,num_attention_heads:32,num_key_value_heads:2,head_dim:128,
          max_position_embeddings:131072,tie_word_embeddings:false,attention_bias:false,
          sliding_window:2048}
        muse_spark {text:"muse_spark_text",out_hidden_size:6144}
        muse_spark_dspark {tie_word_embeddings:false,use_sqrt_attn_scaling:false,
          vocab_size:202048,max_position_embeddings:131072,hidden_size:5120,
          num_hidden_layers:48,num_attention_heads:40,num_key_value_heads:8,norm_affine:true,
          post_norm_affine:true,norm_zero_centered_gamma:false,use_qk_norm:true,
          use_attn_o_gate:false,use_attn_o_norm:false,gated_delta_net:{enable:false,
          use_gate:true,use_short_conv:true,conv_size:4,gated_delta_net_use_low_rank_proj:false,
          low_rank_compression_ratio:4},intermediate_size_mlp:5120,
          intermediate_size_shared_experts:5120,intermediate_size_routed_experts:5120,
          num_local_experts:8,draft_vocab_size:202048}
        muse_spark_text {vocab_size:202048,hidden_size:8192,intermediate_size:16384,
          num_hidden_layers:62,num_attention_heads:128,num_key_value_heads:16,head_dim:64,
          max_position_embeddings:1048576,tie_word_embeddings:false,attention_bias:false,
          sliding_window:2048,moe_intermediate_size:4096,num_local_experts:256,
          num_experts_per_tok:8,moe_hidden_size:4096}
        musespark1x_text {tie_word_embeddings:false,use_sqrt_attn_scaling:false,
          vocab_size:202048,max_position_embeddings:131072,hidden_size:5120,
          num_hidden_layers:48,num_attention_heads:40,num_key_value_heads:8,norm_affine:true,
          post_norm_affine:true,norm_zero_centered_gamma:false,use_qk_norm:true,
          use_attn_o_gate:false,use_attn_o_norm:false,gated_delta_net:{enable:false,
          use_gate:true,use_short_conv:true,conv_size:4,gated_delta_net_use_low_rank_proj:false,
          low_rank_compression_ratio:4},intermediate_size_mlp:5120,
          intermediate_size_shared_experts:5120,intermediate_size_routed_experts:5120,
          num_local_experts:8}
        nemotron {vocab_size:256000,hidden_size:6144,intermediate_size:24576,
          num_hidden_layers:32,num_attention_heads:48,max_position_embeddings:4096,
          tie_word_embeddings:false,attention_bias:false,mlp_bias:false}
        nemotron_h {vocab_size:131072,hidden_size:4096,layers_block_type:["linear_attention",
          "moe","full_attention","mlp"],tie_word_embeddings:false,num_attention_heads:32,
          num_key_value_heads:8,max_position_embeddings:4096,attention_bias:false,
          intermediate_size:21504,mlp_bias:false,ssm_state_size:128,mamba_num_heads:128,
          mamba_head_dim:64,n_groups:8,conv_kernel:4,expand:2,use_conv_bias:true,
          mamba_proj_bias:false,mamba_ssm_cache_dtype:"float32",n_routed_experts:8,
          n_shared_experts:1,moe_intermediate_size:7688,
          moe_shared_expert_intermediate_size:7688,moe_shared_expert_overlap:true,
          num_experts_per_tok:2,num_nextn_predict_layers:0,use_bias:false}
        nemotron_h_omni {text:"nemotron_h"}
        olmo {vocab_size:50304,hidden_size:4096,intermediate_size:11008,num_hidden_layers:32,
          num_attention_heads:32,max_position_embeddings:2048,tie_word_embeddings:false,
          attention_bias:false}
        olmo2 {vocab_size:50304,hidden_size:4096,intermediate_size:11008,num_hidden_layers:32,
          num_attention_heads:32,max_position_embeddings:2048,tie_word_embeddings:false,
          attention_bias:false}
        olmo3 {vocab_size:50304,hidden_size:4096,intermediate_size:11008,num_hidden_layers:32,
          num_attention_heads:32,max_position_embeddings:2048,tie_word_embeddings:false,
          attention_bias:false,sliding_window:4096}
        olmo_hybrid {vocab_size:100352,hidden_size:3840,intermediate_size:11008,
          num_hidden_layers:32,num_attention_heads:30,max_position_embeddings:65536,
          tie_word_embeddings:false,attention_bias:false,linear_num_key_heads:30,
          linear_num_value_heads:30,linear_key_head_dim:96,linear_value_head_dim:192,
          linear_a_log_min:0,linear_a_log_max:16,linear_dt_min:0.001,linear_dt_max:0.1,
          linear_conv_kernel_dim:4,linear_allow_neg_eigval:true}
        olmoe {vocab_size:50304,hidden_size:2048,intermediate_size:2048,num_hidden_layers:16,
          num_attention_heads:16,max_position_embeddings:4096,tie_word_embeddings:false,
          attention_bias:false,num_experts_per_tok:8,num_experts:64}
        openvla {text:"llama",timm_model_ids:["vit_large_patch14_reg4_dinov2.lvd142m",
          "vit_so400m_patch14_siglip_224"],timm_override_act_layers:[null,null],
          n_action_bins:256}
        ops_colqwen3 {text:"qwen3_vl_text",tie_word_embeddings:false}
        opt {vocab_size:50272,hidden_size:768,num_hidden_layers:12,ffn_dim:3072,
          max_position_embeddings:2048,do_layer_norm_before:true,word_embed_proj_dim:768,
          num_attention_heads:12,layerdrop:0,enable_bias:true,
          layer_norm_elementwise_affine:true,tie_word_embeddings:true}
        ovis {multimodal_max_length:8192,disable_tie_weight:false}
        paddleocr_vl {text:"paddleocr_vl_text",tie_word_embeddings:true}
        paddleocr_vl_text {vocab_size:103424,hidden_size:1024,intermediate_size:3072,
          num_hidden_layers:18,num_attention_heads:16,num_key_value_heads:2,
          max_position_embeddings:131072,tie_word_embeddings:true,use_bias:false,head_dim:128}
        paligemma {text:"gemma",vocab_size:257152,projection_dim:2048,hidden_size:2048,
          tie_word_embeddings:true}
        phi {vocab_size:51200,hidden_size:2048,intermediate_size:8192,num_hidden_layers:24,
          num_attention_heads:32,max_position_embeddings:2048,tie_word_embeddings:false,
          qk_layernorm:false}
        phi3 {vocab_size:32064,hidden_size:3072,intermediate_size:8192,num_hidden_layers:32,
          num_attention_heads:32,max_position_embeddings:4096,
          original_max_position_embeddings:4096,tie_word_embeddings:false}
        qianfan_ocr {text:"qwen3",tie_word_embeddings:false}
        qwen2 {vocab_size:151936,hidden_size:4096,intermediate_size:22016,num_hidden_layers:32,
          num_attention_heads:32,max_position_embeddings:32768,tie_word_embeddings:false,
          use_sliding_window:false,max_window_layers:28}
        qwen2_5_omni {text:"qwen2_5_omni_text"}
        qwen2_5_omni_text {vocab_size:152064,hidden_size:3584,intermediate_size:18944,
          num_hidden_layers:28,num_attention_heads:28,num_key_value_heads:4,
          max_position_embeddings:32768,use_sliding_window:false,max_window_layers:28,
          tie_word_embeddings:true}
        qwen2_5_vl {text:"qwen2_5_vl_text",tie_word_embeddings:false}
        qwen2_5_vl_text {vocab_size:152064,hidden_size:8192,intermediate_size:29568,
          num_hidden_layers:80,num_attention_heads:64,num_key_value_heads:8,
          max_position_embeddings:32768,use_sliding_window:false,max_window_layers:80}
        qwen2_audio {text:"qwen2"}
        qwen2_moe {vocab_size:151936,hidden_size:2048,intermediate_size:5632,
          num_hidden_layers:24,num_attention_heads:16,max_position_embeddings:32768,
          tie_word_embeddings:false,use_sliding_window:false,sliding_window:0,
          max_window_layers:28,decoder_sparse_step:1,moe_intermediate_size:1408,
          shared_expert_intermediate_size:5632,num_experts_per_tok:4,num_experts:60,
          mlp_only_layers:[],qkv_bias:true}
        qwen2_vl {text:"qwen2_vl_text",tie_word_embeddings:false}
        qwen2_vl_text {vocab_size:152064,hidden_size:8192,intermediate_size:29568,
          num_hidden_layers:80,num_attention_heads:64,num_key_value_heads:8,
          max_position_embeddings:32768,use_sliding_window:false,max_window_layers:80}
        qwen3 {vocab_size:151936,hidden_size:4096,intermediate_size:22016,num_hidden_layers:32,
          num_attention_heads:32,max_position_embeddings:32768,tie_word_embeddings:false,
          attention_bias:false,use_sliding_window:false,max_window_layers:28}
        qwen3_5 {text:"qwen3_5_text",tie_word_embeddings:false}
        qwen3_5_moe {text:"qwen3_5_moe_text",tie_word_embeddings:false}
        qwen3_5_moe_text {vocab_size:248320,hidden_size:2048,num_hidden_layers:40,
          num_attention_heads:16,num_key_value_heads:2,max_position_embeddings:32768,
          tie_word_embeddings:false,attention_bias:false,head_dim:256,linear_conv_kernel_dim:4,
          linear_key_head_dim:128,linear_value_head_dim:128,linear_num_key_heads:16,
          linear_num_value_heads:32,moe_intermediate_size:512,
          shared_expert_intermediate_size:512,num_experts_per_tok:8,num_experts:256}
        qwen3_5_text {vocab_size:248320,hidden_size:4096,intermediate_size:12288,
          num_hidden_layers:32,num_attention_heads:16,num_key_value_heads:4,
          max_position_embeddings:32768,tie_word_embeddings:false,attention_bias:false,
          linear_conv_kernel_dim:4,linear_key_head_dim:128,linear_value_head_dim:128,
          linear_num_key_heads:16,linear_num_value_heads:32}
        qwen3_asr {text:"qwen3"}
        qwen3_moe {vocab_size:151936,hidden_size:2048,intermediate_size:6144,
          num_hidden_layers:24,num_attention_heads:32,num_key_value_heads:4,
          max_position_embeddings:32768,tie_word_embeddings:false,attention_bias:false,
          use_sliding_window:false,decoder_sparse_step:1,moe_intermediate_size:768,
          num_experts_per_tok:8,num_local_experts:128,mlp_only_layers:[]}
        qwen3_next {vocab_size:151936,hidden_size:2048,intermediate_size:5632,
          num_hidden_layers:48,num_attention_heads:16,num_key_value_heads:2,
          max_position_embeddings:32768,tie_word_embeddings:false,attention_bias:false,
          head_dim:256,linear_conv_kernel_dim:4,linear_key_head_dim:128,
          linear_value_head_dim:128,linear_num_key_heads:16,linear_num_value_heads:32,
          decoder_sparse_step:1,moe_intermediate_size:512,shared_expert_intermediate_size:512,
          num_experts_per_tok:10,num_experts:512,mlp_only_layers:[]}
        qwen3_omni_moe {text:"qwen3_omni_moe_text"}
        qwen3_vl {text:"qwen3_vl_text",tie_word_embeddings:false}
        qwen3_vl_moe {text:"qwen3_vl_moe_text",tie_word_embeddings:false}
        qwen3_vl_moe_text {vocab_size:151936,hidden_size:2048,intermediate_size:5632,
          num_hidden_layers:24,num_attention_heads:16,max_position_embeddings:128000,
          tie_word_embeddings:true,attention_bias:false,decoder_sparse_step:1,
          moe_intermediate_size:1408,num_experts_per_tok:4,num_local_experts:60,
          mlp_only_layers:[]}
        qwen3_vl_nemotron_embed {text:"qwen3_vl_text",tie_word_embeddings:false}
        qwen3_vl_text {vocab_size:151936,hidden_size:4096,intermediate_size:22016,
          num_hidden_layers:32,num_attention_heads:32,max_position_embeddings:128000,
          attention_bias:false}
        qwen4_exp {text:"qwen4_exp_text",tie_word_embeddings:false}
        qwen4_exp_text {vocab_size:248320,hidden_size:2048,num_hidden_layers:40,
          num_attention_heads:16,num_key_value_heads:2,max_position_embeddings:32768,
          tie_word_embeddings:false,attention_bias:false,head_dim:256,linear_conv_kernel_dim:4,
          linear_key_head_dim:128,linear_value_head_dim:128,linear_num_key_heads:16,
          linear_num_value_heads:32,moe_intermediate_size:512,
          shared_expert_intermediate_size:512,num_experts_per_tok:10,num_experts:512,
          ple_layer_ids:[],ple_conv_kernel_size:4,ngram_size:3,
          number_of_conv_states:1}
        seed_oss {vocab_size:155136,hidden_size:4096,intermediate_size:27648,
          num_hidden_layers:64,num_attention_heads:80,num_key_value_heads:8,
          max_position_embeddings:524288,tie_word_embeddings:false,attention_bias:true,
          attention_out_bias:false,mlp_bias:false,head_dim:128}
        shieldgemma2 {text:"gemma3_text",tie_word_embeddings:true}
        smollm3 {vocab_size:128256,hidden_size:2048,intermediate_size:11008,
          num_hidden_layers:36,num_attention_heads:16,num_key_value_heads:4,
          max_position_embeddings:32768,use_sliding_window:false,attention_bias:false,
          mlp_bias:false,tie_word_embeddings:true}
        smolvlm {text:"llama",tie_word_embeddings:false}
        speculators {}
        stablelm {vocab_size:50304,intermediate_size:6912,hidden_size:2560,num_hidden_layers:32,
          num_attention_heads:32,max_position_embeddings:4096,tie_word_embeddings:false,
          use_qkv_bias:false,qk_layernorm:false}
        starcoder2 {vocab_size:49152,hidden_size:3072,intermediate_size:12288,
          num_hidden_layers:30,num_attention_heads:24,num_key_value_heads:2,
          max_position_embeddings:4096,use_bias:true,tie_word_embeddings:true}
        step3_text {hidden_size:7168,intermediate_size:18432,num_attention_heads:64,
          num_attention_groups:1,num_hidden_layers:61,max_seq_len:65536,vocab_size:128815,
          moe_intermediate_size:5120,moe_num_experts:48,moe_top_k:3,
          max_position_embedding:65536,share_expert_dim:5120,share_q_dim:2048,head_dim:256,
          norm_expert_weight:false}
        step3_vl {text:"step3_text",hidden_size:7168}
        step3p5 {vocab_size:128815,hidden_size:4096,intermediate_size:11264,
          num_hidden_layers:45,num_attention_heads:64,num_key_value_heads:8,head_dim:128,
          max_position_embeddings:128000,tie_word_embeddings:false,num_experts_per_tok:8,
          n_routed_experts:288,moe_intermediate_size:1280,share_expert_dim:1280,
          num_sliding_attention_heads:64,attention_bias:false,mlp_bias:false,
          num_nextn_predict_layers:0}
        step3p7 {text:"step3p5"}
        step5 {hidden_size:5120,intermediate_size:13312,num_attention_heads:40,
          num_attention_groups:8,num_hidden_layers:48,max_seq_len:4096,vocab_size:65536,
          use_moe:false,moe_intermediate_size:10240,moe_num_experts:16,num_experts_per_tok:4,
          moe_top_k:4,share_expert_dim:40960,norm_expert_weight:true,
          use_moe_router_bias:false,use_head_wise_attn_gate:false,
          num_nextn_predict_layers:0,zero_centered:true,tie_word_embeddings:false}
        step5_vl {text:"step5",hidden_size:5120}
        ultrabert {vocab_size:49280,hidden_size:768,intermediate_size:1024,num_hidden_layers:24,
          num_attention_heads:6,max_position_embeddings:32768,attention_bias:false,
          mlp_bias:false,sliding_window:128}
        ultravbert {text:"ultrabert",pixel_shuffle_factor:4,connector_norm:true,hidden_size:768}
        ultravox {ignore_index:-100,hidden_size:4096}
        unlimited-ocr {text:"deepseek_v2",vocab_size:102400,rswa_window:128}
        unlimited_ocr {text:"deepseek_v2",vocab_size:102400,rswa_window:128}
        voxtral {text:"llama",hidden_size:3072}
        zamba2 {vocab_size:32000,max_position_embeddings:4096,hidden_size:2560,
          num_hidden_layers:54,mamba_d_state:64,mamba_d_conv:4,mamba_expand:2,mamba_ngroups:1,
          n_mamba_heads:8,use_conv_bias:true,add_bias_linear:false,intermediate_size:10240,
          num_attention_heads:32,num_mem_blocks:1,use_shared_attention_adapter:false,
          adapter_rank:128,use_long_context:false,tie_word_embeddings:true,hybrid_layer_ids:[6,
          12,18,24,30,36,42,47,51]}
        """
}
