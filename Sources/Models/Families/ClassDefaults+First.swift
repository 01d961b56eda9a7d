extension ClassDefaults {
    /// Types sorted before "laguna".
    static let first = """
        RefinedWeb {vocab_size:250880,hidden_size:64,n_layer:2,n_head:8,multi_query:true,
          alibi:false,bias:false,parallel_attn:false,new_decoder_architecture:false}
        RefinedWebModel {vocab_size:250880,hidden_size:64,n_layer:2,n_head:8,multi_query:true,
          alibi:false,bias:false,parallel_attn:false,new_decoder_architecture:false}
        afmoe {vocab_size:200192,hidden_size:2048,intermediate_size:6144,
          moe_intermediate_size:1408,num_hidden_layers:32,num_dense_layers:1,
          num_attention_heads:16,max_position_embeddings:16384,tie_word_embeddings:false,
          num_experts:64,num_experts_per_tok:6,num_shared_experts:2,
          global_attn_every_n_layers:4,sliding_window:1024,attention_bias:false}
        alpamayo2_super {text:"qwen3_vl_text",tie_word_embeddings:false,history_vocab_size:1000,
          future_vocab_size:3000,traj_vocab_size:4000,tokens_per_history_traj:45,
          include_camera_ids:true,min_pixels:163840,max_pixels:196608}
        apertus {vocab_size:131072,hidden_size:4096,intermediate_size:14336,
          num_hidden_layers:32,num_attention_heads:32,max_position_embeddings:65536,
          tie_word_embeddings:false,rope_parameters:{rope_type:"llama3",factor:8,
          original_max_position_embeddings:8192},attention_bias:false}
        aria {text:"aria_text",tie_word_embeddings:false}
        aria_text {vocab_size:32000,hidden_size:4096,intermediate_size:4096,
          num_hidden_layers:32,num_attention_heads:32,max_position_embeddings:2048,
          tie_word_embeddings:false,attention_bias:false,mlp_bias:false,moe_num_experts:8,
          moe_topk:2,moe_num_shared_experts:2}
        axk1 {vocab_size:163840,hidden_size:7168,intermediate_size:18432,
          moe_intermediate_size:2048,num_hidden_layers:61,num_attention_heads:64,
          n_shared_experts:1,n_routed_experts:192,kv_lora_rank:512,q_lora_rank:1536,
          qk_rope_head_dim:64,v_head_dim:128,qk_nope_head_dim:128,num_experts_per_tok:8,
          max_position_embeddings:32768,tie_word_embeddings:false,attention_bias:false,
          first_k_dense_replace:1,qk_head_dim:192}
        bagel {text:"qwen2",visual_gen:true,visual_und:true,latent_patch_size:2,
          max_latent_size:32,vit_max_num_patch_per_side:70,interpolate_pos:false,
          timestep_shift:1}
        bailing_hybrid {vocab_size:157184,hidden_size:2048,intermediate_size:5120,
          num_hidden_layers:20,num_attention_heads:16,num_key_value_heads:4,use_qkv_bias:false,
          use_bias:false,max_position_embeddings:32768,max_window_layers:20,num_experts:256,
          num_shared_experts:1,num_experts_per_tok:8,moe_intermediate_size:512,
          moe_shared_expert_intermediate_size:512,first_k_dense_replace:1,use_qk_norm:true,
          num_nextn_predict_layers:0,moe_router_enable_expert_bias:true,layer_group_size:5,
          kv_lora_rank:512,qk_rope_head_dim:64,v_head_dim:128,qk_nope_head_dim:128,
          qk_head_dim:192,seq_aux:true,topk_method:"noaux_tc",no_kda_lora:false,
          kda_safe_gate:false,short_conv_kernel_size:4,tie_word_embeddings:false}
        bailing_moe_v3_vl {text:"bailing_hybrid",mrope_section:[12,10,10],
          tie_word_embeddings:false}
        beam {vocab_size:151936,hidden_size:5120,intermediate_size:20480,num_hidden_layers:52,
          num_attention_heads:48,num_key_value_heads:8,max_position_embeddings:8192,
          tie_word_embeddings:false,attention_bias:false,sliding_window:512,
          moe_intermediate_size:2560,num_experts_per_tok:8,num_experts:256,head_dim:128}
        blip-2 {text:"opt",use_decoder_only_language_model:true}
        bloom {vocab_size:250880,hidden_size:64,n_layer:2,n_head:8,tie_word_embeddings:true}
        chatglm {num_layers:28,vocab_size:65024,padded_vocab_size:65024,hidden_size:4096,
          ffn_hidden_size:13696,kv_channels:128,num_attention_heads:32,seq_length:2048,
          rmsnorm:true,post_layer_norm:true,add_bias_linear:false,add_qkv_bias:false,
          multi_query_attention:false,multi_query_group_num:1,
          apply_query_key_layer_scaling:true,quantization_bit:0,prefix_projection:false,
          interleaved_qkv:false}
        cohere {vocab_size:256000,hidden_size:8192,intermediate_size:22528,num_hidden_layers:40,
          num_attention_heads:64,max_position_embeddings:8192,tie_word_embeddings:true,
          attention_bias:false,use_qk_norm:false}
        cohere2 {vocab_size:256000,hidden_size:8192,intermediate_size:22528,
          num_hidden_layers:40,num_attention_heads:64,max_position_embeddings:8192,
          tie_word_embeddings:true,attention_bias:false,sliding_window:4096}
        cohere2_moe {vocab_size:256000,hidden_size:8192,intermediate_size:22528,
          num_hidden_layers:40,num_attention_heads:64,max_position_embeddings:8192,
          tie_word_embeddings:true,attention_bias:false,sliding_window:4096,
          num_experts_per_tok:2,num_experts:8,num_shared_experts:0,
          prefix_dense_sliding_window_pattern:1,sliding_window_pattern:4}
        cohere2_vision {text:"cohere2",alignment_intermediate_size:36864,
          tie_word_embeddings:true}
        cohere_compass {text:"cohere_compass_text",tie_word_embeddings:false}
        cohere_compass_text {vocab_size:256000,hidden_size:8192,intermediate_size:22528,
          num_hidden_layers:40,num_attention_heads:64,max_position_embeddings:8192,
          tie_word_embeddings:true,attention_bias:false,sliding_window:4096}
        colqwen3 {text:"qwen3_vl_text",tie_word_embeddings:false}
        cosmos3_edge {text:"cosmos3_edge_text",tie_word_embeddings:false}
        cosmos3_edge_text {vocab_size:131072,hidden_size:2048,intermediate_size:9216,
          num_hidden_layers:28,num_attention_heads:16,num_key_value_heads:8,
          max_position_embeddings:131072,tie_word_embeddings:false,attention_bias:false,
          mlp_bias:false}
        dbrx {d_model:2048,n_heads:16,n_layers:24,max_seq_len:2048,vocab_size:32000,
          attn_config:{kv_n_heads:1},ffn_config:{hidden_size:2048,ffn_hidden_size:3584,
          moe_num_experts:4,moe_top_k:1},tie_word_embeddings:false,num_key_value_heads:1}
        deepseek_v2 {vocab_size:102400,hidden_size:4096,intermediate_size:11008,
          num_hidden_layers:32,num_attention_heads:32,max_position_embeddings:2048,
          tie_word_embeddings:false,attention_bias:false,mlp_bias:false,first_k_dense_replace:0,
          kv_lora_rank:512,q_lora_rank:1536,n_routed_experts:64,n_shared_experts:2,
          qk_nope_head_dim:128,qk_rope_head_dim:64,topk_method:"greedy",v_head_dim:128,
          moe_intermediate_size:1407,qk_head_dim:192}
        deepseek_v3 {vocab_size:129280,hidden_size:7168,intermediate_size:18432,
          moe_intermediate_size:2048,num_hidden_layers:61,num_attention_heads:128,
          n_shared_experts:1,n_routed_experts:256,kv_lora_rank:512,q_lora_rank:1536,
          qk_rope_head_dim:64,v_head_dim:128,qk_nope_head_dim:128,num_experts_per_tok:8,
          first_k_dense_replace:3,max_position_embeddings:4096,tie_word_embeddings:false,
          attention_bias:false,num_nextn_predict_layers:1,qk_head_dim:192}
        deepseek_v32 {vocab_size:129280,hidden_size:7168,intermediate_size:18432,
          moe_intermediate_size:2048,num_hidden_layers:61,num_attention_heads:128,
          n_shared_experts:1,n_routed_experts:256,kv_lora_rank:512,q_lora_rank:1536,
          qk_rope_head_dim:64,v_head_dim:128,qk_nope_head_dim:128,num_experts_per_tok:8,
          max_position_embeddings:163840,tie_word_embeddings:false,attention_bias:false,
          index_topk:2048,index_head_dim:128,index_n_heads:64,mlp_bias:false,
          first_k_dense_replace:3,qk_head_dim:192}
        deepseek_v4 {vocab_size:129280,hidden_size:4096,moe_intermediate_size:2048,
          num_hidden_layers:43,num_attention_heads:64,num_key_value_heads:1,q_lora_rank:1024,
          num_experts_per_tok:6,n_routed_experts:256,n_shared_experts:1,
          max_position_embeddings:1048576,compress_rates:{compressed_sparse_attention:4,
          heavily_compressed_attention:128},sliding_window:128,o_groups:8,o_lora_rank:1024,
          index_n_heads:64,index_head_dim:128,index_topk:512,num_nextn_predict_layers:1,
          tie_word_embeddings:false,attention_bias:false,mlp_bias:false,qk_rope_head_dim:64}
        deepseek_v41 {}
        deepseek_vl_v2 {text:"deepseek_v2",vocab_size:102400}
        diffusion_gemma {text:"diffusion_gemma_text",tie_word_embeddings:true}
        diffusion_gemma_text {vocab_size:262144,hidden_size:2304,intermediate_size:9216,
          num_hidden_layers:30,num_attention_heads:8,num_key_value_heads:4,head_dim:256,
          max_position_embeddings:131072,tie_word_embeddings:true,attention_bias:false,
          sliding_window:512}
        dory {vocab_size:131072,hidden_size:2560,num_hidden_layers:72,intermediate_size:7168,
          num_attention_heads:16,num_key_value_heads:4,head_dim:256,
          max_position_embeddings:8192,tie_word_embeddings:false,sliding_window:1024,
          mlp_bias:false,attention_bias:false,n_input_layers:0,n_recurrent_layers:72,
          n_output_layers:0,n_recurrent_loops:1}
        dots1 {vocab_size:152064,hidden_size:4608,intermediate_size:10944,
          moe_intermediate_size:1408,num_hidden_layers:62,num_attention_heads:32,
          first_k_dense_replace:0,max_position_embeddings:2048,tie_word_embeddings:false,
          attention_bias:false,sliding_window:4096,max_window_layers:62}
        dots3_note {vocab_size:129280,hidden_size:7168,intermediate_size:18432,
          moe_intermediate_size:2048,num_hidden_layers:61,num_attention_heads:128,
          num_key_value_heads:128,n_shared_experts:1,n_routed_experts:256,kv_lora_rank:512,
          q_lora_rank:1536,qk_rope_head_dim:64,v_head_dim:128,qk_nope_head_dim:128,
          num_experts_per_tok:8,first_k_dense_replace:3,max_position_embeddings:4096,
          tie_word_embeddings:false,attention_bias:false,num_nextn_predict_layers:1,
          qk_head_dim:192,head_dim:64}
        ernie4_5 {vocab_size:103424,hidden_size:1024,intermediate_size:3072,
          num_hidden_layers:18,num_attention_heads:16,num_key_value_heads:2,
          max_position_embeddings:131072,tie_word_embeddings:true,use_bias:false,head_dim:128}
        ernie4_5_moe {vocab_size:103424,hidden_size:2560,intermediate_size:12288,
          num_hidden_layers:28,num_attention_heads:20,num_key_value_heads:4,
          max_position_embeddings:131072,tie_word_embeddings:true,use_bias:false,
          moe_intermediate_size:1536,moe_k:6,moe_num_experts:64,moe_num_shared_experts:2,
          moe_layer_start_index:1,moe_layer_interval:1}
        ernie4_5_vl_moe {text:"ernie4_5_vl_moe_text",tie_word_embeddings:true}
        ernie4_5_vl_moe_text {vocab_size:103424,hidden_size:2560,intermediate_size:12288,
          num_hidden_layers:28,num_attention_heads:20,num_key_value_heads:4,
          max_position_embeddings:131072,tie_word_embeddings:true,use_bias:false,
          moe_intermediate_size:[1536,512],moe_k:6,moe_num_experts:64,moe_num_shared_experts:2}
        exaone4 {vocab_size:102400,hidden_size:4096,intermediate_size:16384,
          num_hidden_layers:32,num_attention_heads:32,max_position_embeddings:2048,
          tie_word_embeddings:false,sliding_window:4096,sliding_window_pattern:4}
        exaone4_5 {text:"exaone4",tie_word_embeddings:false}
        exaone_moe {vocab_size:102400,hidden_size:4096,intermediate_size:16384,
          num_hidden_layers:32,num_attention_heads:32,max_position_embeddings:2048,
          tie_word_embeddings:false,sliding_window:4096,sliding_window_pattern:4,
          first_k_dense_replace:1,moe_intermediate_size:1024,num_experts:64,
          num_experts_per_tok:8,num_shared_experts:1}
        falcon {vocab_size:65024,hidden_size:4544,num_hidden_layers:32,num_attention_heads:71,
          alibi:false,new_decoder_architecture:false,multi_query:true,parallel_attn:true,
          bias:false,max_position_embeddings:2048,tie_word_embeddings:true}
        falcon_h1 {vocab_size:128000,tie_word_embeddings:false,hidden_size:4096,
          intermediate_size:14336,num_hidden_layers:32,num_attention_heads:32,
          num_key_value_heads:8,max_position_embeddings:8192,mamba_d_ssm:1024,mamba_n_heads:128,
          mamba_d_head:8,mamba_n_groups:1,mamba_d_state:256,mamba_d_conv:4,mamba_expand:2,
          mamba_conv_bias:true,mamba_proj_bias:false,mamba_norm_before_gate:true,
          mamba_rms_norm:false,attention_bias:false,mlp_bias:false}
        falcon_mamba {vocab_size:50280,hidden_size:768,state_size:16,num_hidden_layers:32,
          expand:2,conv_kernel:4,use_bias:false,use_conv_bias:true,tie_word_embeddings:true}
        flint {vocab_size:150144,hidden_size:2048,intermediate_size:6144,num_hidden_layers:49,
          num_attention_heads:32,num_key_value_heads:4,head_dim:128,
          max_position_embeddings:262144,attention_bias:false,use_sliding_window:true,
          sliding_window:513,moe_intermediate_size:512,shared_expert_intermediate_size:1024,
          num_experts_per_tok:6,num_experts:256,mlp_only_layers:[],tie_word_embeddings:false}
        funaudiochat {text:"qwen2",ignore_index:-100,hidden_size:4096}
        gemma {vocab_size:256000,hidden_size:3072,intermediate_size:24576,num_hidden_layers:28,
          num_attention_heads:16,head_dim:256,max_position_embeddings:8192,
          tie_word_embeddings:true,attention_bias:false}
        gemma2 {vocab_size:256000,hidden_size:2304,intermediate_size:9216,num_hidden_layers:26,
          num_attention_heads:8,num_key_value_heads:4,head_dim:256,max_position_embeddings:8192,
          tie_word_embeddings:true,attention_bias:false,sliding_window:4096}
        gemma3 {text:"gemma3_text",tie_word_embeddings:true}
        gemma3_text {vocab_size:262208,hidden_size:2304,intermediate_size:9216,
          num_hidden_layers:26,num_attention_heads:8,num_key_value_heads:4,head_dim:256,
          max_position_embeddings:131072,tie_word_embeddings:true,attention_bias:false,
          sliding_window:4096}
        gemma3n {text:"gemma3n_text",tie_word_embeddings:true}
        gemma3n_text {vocab_size:262400,hidden_size:2048,num_hidden_layers:35,
          num_attention_heads:8,num_key_value_heads:2,max_position_embeddings:32768,
          tie_word_embeddings:true,attention_bias:false,sliding_window:512,
          vocab_size_per_layer_input:262144,hidden_size_per_layer_input:256,altup_num_inputs:4,
          num_kv_shared_layers:15,laurel_rank:64}
        gemma4 {text:"gemma4_text",tie_word_embeddings:true}
        gemma4_text {vocab_size:262144,hidden_size:2304,intermediate_size:9216,
          num_hidden_layers:30,num_attention_heads:8,num_key_value_heads:4,head_dim:256,
          global_head_dim:512,
          max_position_embeddings:131072,tie_word_embeddings:true,attention_bias:false,
          sliding_window:512,vocab_size_per_layer_input:262144,hidden_size_per_layer_input:256,
          attention_k_eq_v:false,num_kv_shared_layers:0,enable_moe_block:false,
          use_double_wide_mlp:false}
        gemma4_unified {text:"gemma4_unified_text",tie_word_embeddings:true}
        gemma4_unified_text {vocab_size:262144,hidden_size:2304,intermediate_size:9216,
          num_hidden_layers:30,num_attention_heads:8,num_key_value_heads:4,head_dim:256,
          global_head_dim:512,
          max_position_embeddings:262144,tie_word_embeddings:true,attention_bias:false,
          sliding_window:1024,attention_k_eq_v:false,num_kv_shared_layers:0,
          use_double_wide_mlp:false}
        glm {vocab_size:151552,hidden_size:4096,intermediate_size:13696,num_hidden_layers:40,
          num_attention_heads:32,num_key_value_heads:2,max_position_embeddings:131072,
          tie_word_embeddings:false,attention_bias:true}
        glm4 {vocab_size:151552,hidden_size:4096,intermediate_size:13696,num_hidden_layers:40,
          num_attention_heads:32,num_key_value_heads:2,max_position_embeddings:131072,
          tie_word_embeddings:false,attention_bias:true}
        glm4_moe {vocab_size:151552,hidden_size:4096,intermediate_size:10944,
          num_hidden_layers:46,num_attention_heads:96,num_key_value_heads:8,
          max_position_embeddings:131072,tie_word_embeddings:false,attention_bias:false,
          moe_intermediate_size:1408,num_experts_per_tok:8,n_shared_experts:1,
          n_routed_experts:128,first_k_dense_replace:1,use_qk_norm:false,
          num_nextn_predict_layers:1}
        glm4_moe_lite {vocab_size:154880,hidden_size:2048,intermediate_size:10240,
          moe_intermediate_size:1536,num_hidden_layers:47,num_attention_heads:20,
          n_shared_experts:1,n_routed_experts:64,kv_lora_rank:512,q_lora_rank:768,
          qk_rope_head_dim:64,v_head_dim:256,qk_nope_head_dim:192,num_experts_per_tok:4,
          max_position_embeddings:202752,tie_word_embeddings:false,attention_bias:false,
          qk_head_dim:256}
        glm4v {text:"glm4v_text",tie_word_embeddings:false}
        glm4v_moe {text:"glm4v_moe_text",tie_word_embeddings:false}
        glm4v_moe_text {vocab_size:151424,hidden_size:4096,intermediate_size:10944,
          num_hidden_layers:46,num_attention_heads:96,num_key_value_heads:8,
          max_position_embeddings:65536,tie_word_embeddings:false,attention_bias:true,
          moe_intermediate_size:1408,num_experts_per_tok:8,n_shared_experts:1,
          n_routed_experts:128,first_k_dense_replace:1}
        glm4v_text {vocab_size:151552,hidden_size:4096,intermediate_size:13696,
          num_hidden_layers:40,num_attention_heads:32,num_key_value_heads:2,
          max_position_embeddings:32768}
        glm5_next {text:"glm5_next_text",tie_word_embeddings:false}
        glm5_next_text {vocab_size:154880,hidden_size:4096,intermediate_size:12288,
          moe_intermediate_size:2048,num_hidden_layers:45,num_attention_heads:64,
          n_shared_experts:1,n_routed_experts:288,kv_lora_rank:512,q_lora_rank:1536,
          qk_rope_head_dim:0,v_head_dim:256,qk_nope_head_dim:256,num_experts_per_tok:8,
          max_position_embeddings:1048576,tie_word_embeddings:false,attention_bias:false,
          index_topk:2048,index_head_dim:128,index_n_heads:32,head_dim:0,linear_head_dim:128,
          linear_num_heads:64,linear_conv_kernel_dim:4,linear_lower_bound:-5,qk_head_dim:256}
        glm_moe_dsa {vocab_size:154880,hidden_size:6144,intermediate_size:12288,
          moe_intermediate_size:2048,num_hidden_layers:78,num_attention_heads:64,
          n_shared_experts:1,n_routed_experts:256,kv_lora_rank:512,q_lora_rank:2048,
          qk_rope_head_dim:64,v_head_dim:256,qk_nope_head_dim:192,num_experts_per_tok:8,
          max_position_embeddings:202752,tie_word_embeddings:false,attention_bias:false,
          index_topk:2048,index_head_dim:128,index_n_heads:32,mlp_bias:false,
          first_k_dense_replace:3,qk_head_dim:256}
        glm_ocr {text:"glm_ocr_text",tie_word_embeddings:false}
        glm_ocr_text {vocab_size:59392,hidden_size:1024,intermediate_size:4096,
          num_hidden_layers:16,num_attention_heads:16,num_key_value_heads:8,
          max_position_embeddings:131072}
        glmasr {text:"llama",tie_word_embeddings:true}
        gpt-sw3 {vocab_size:50257,n_positions:1024,n_embd:768,n_layer:12,n_head:12,
          tie_word_embeddings:true}
        gpt2 {vocab_size:50257,n_positions:1024,n_embd:768,n_layer:12,n_head:12,
          tie_word_embeddings:true}
        gpt_bigcode {vocab_size:50257,n_positions:1024,n_embd:768,n_layer:12,n_head:12,
          multi_query:true,tie_word_embeddings:true,num_key_value_heads:1}
        gpt_neox {vocab_size:50432,hidden_size:6144,num_hidden_layers:44,num_attention_heads:64,
          intermediate_size:24576,max_position_embeddings:2048,tie_word_embeddings:false,
          attention_bias:true,is_decoder:false}
        gpt_oss {num_hidden_layers:36,num_local_experts:128,vocab_size:201088,hidden_size:2880,
          intermediate_size:2880,head_dim:64,num_attention_heads:64,num_key_value_heads:8,
          sliding_window:128,tie_word_embeddings:false,max_position_embeddings:131072,
          rope_parameters:{rope_type:"yarn",factor:32,original_max_position_embeddings:4096},
          num_experts_per_tok:4,attention_bias:true}
        gptj {vocab_size:50400,n_positions:2048,n_embd:4096,n_layer:28,n_head:16,
          tie_word_embeddings:false}
        granite {vocab_size:32000,hidden_size:4096,intermediate_size:11008,num_hidden_layers:32,
          num_attention_heads:32,max_position_embeddings:2048,tie_word_embeddings:false,
          attention_bias:false,mlp_bias:false}
        granite4_vision {text:"granite4_vision_text",tie_word_embeddings:false}
        granite4_vision_text {vocab_size:32000,hidden_size:4096,intermediate_size:11008,
          num_hidden_layers:32,num_attention_heads:32,max_position_embeddings:2048,
          tie_word_embeddings:false,attention_bias:false,mlp_bias:false}
        granite_speech {text:"granite",window_size:15,tie_word_embeddings:true}
        granite_speech_plus {text:"granite",window_size:15,tie_word_embeddings:true}
        granite_swa {vocab_size:100352,hidden_size:2560,intermediate_size:8192,
          num_hidden_layers:24,num_attention_heads:20,num_key_value_heads:4,
          max_position_embeddings:8192,tie_word_embeddings:true,attention_bias:false,
          mlp_bias:false,sliding_window:128}
        granitemoe {vocab_size:32000,hidden_size:4096,intermediate_size:11008,
          num_hidden_layers:32,num_attention_heads:32,max_position_embeddings:2048,
          tie_word_embeddings:false,attention_bias:false,num_local_experts:8,
          num_experts_per_tok:2}
        granitemoe_swa {vocab_size:32000,hidden_size:4096,intermediate_size:11008,
          num_hidden_layers:32,num_attention_heads:32,max_position_embeddings:2048,
          tie_word_embeddings:false,attention_bias:false,num_local_experts:8,
          num_experts_per_tok:2,shared_intermediate_size:0,sliding_window:128}
        granitemoehybrid {vocab_size:32000,hidden_size:4096,intermediate_size:11008,
          num_hidden_layers:32,num_attention_heads:32,max_position_embeddings:2048,
          tie_word_embeddings:false,attention_bias:false,num_local_experts:8,
          num_experts_per_tok:2,shared_intermediate_size:1024,mamba_n_heads:128,
          mamba_n_groups:1,mamba_d_state:256,mamba_d_head:64,mamba_d_conv:4,mamba_expand:2,
          mamba_conv_bias:true,mamba_proj_bias:false}
        granitemoeshared {vocab_size:32000,hidden_size:4096,intermediate_size:11008,
          num_hidden_layers:32,num_attention_heads:32,max_position_embeddings:2048,
          tie_word_embeddings:false,attention_bias:false,num_local_experts:8,
          num_experts_per_tok:2,shared_intermediate_size:0}
        hrm_text {vocab_size:151808,hidden_size:1536,intermediate_size:4096,
          num_hidden_layers:128,num_attention_heads:12,max_position_embeddings:2048,
          tie_word_embeddings:false,attention_bias:false,mlp_bias:false}
        hunyuan_v1_moe {vocab_size:290943,hidden_size:4096,intermediate_size:11008,
          num_hidden_layers:32,num_attention_heads:32,max_position_embeddings:2048,
          tie_word_embeddings:false,attention_bias:false,num_experts:1,moe_topk:1}
        hy_v3 {vocab_size:120832,hidden_size:4096,intermediate_size:13312,num_hidden_layers:80,
          num_attention_heads:64,num_key_value_heads:8,head_dim:128,
          max_position_embeddings:131072,tie_word_embeddings:false,attention_bias:false,
          mlp_bias:false,num_experts:192,num_experts_per_tok:8,num_shared_experts:1,
          moe_intermediate_size:1536}
        hy_v4 {vocab_size:120832,hidden_size:2816,intermediate_size:6912,
          moe_intermediate_size:768,num_hidden_layers:34,num_attention_heads:32,head_dim:64,
          max_position_embeddings:262144,tie_word_embeddings:false,attention_bias:false,
          n_routed_experts:256,n_shared_experts:1,num_experts_per_tok:8,q_lora_rank:1536,
          kv_lora_rank:512,qk_nope_head_dim:192,qk_rope_head_dim:64,v_head_dim:256,
          index_topk:2048,index_head_dim:128,index_n_heads:16,qk_head_dim:256}
        hyperclovax {vocab_size:32000,hidden_size:4096,intermediate_size:11008,
          num_hidden_layers:32,num_attention_heads:32,max_position_embeddings:2048,
          tie_word_embeddings:false,attention_bias:false,mlp_bias:false,use_post_norm:true}
        idefics3 {text:"llama",tie_word_embeddings:false}
        inkling_mm_model {text:"inkling_model"}
        inkling_model {vocab_size:201024,padded_vocab_size:201024,hidden_size:1536,
          intermediate_size:768,dense_intermediate_size:768,num_hidden_layers:16,
          num_attention_heads:12,num_key_value_heads:4,v_head_dim:128,d_rel:16,rel_extent:1024,
          local_layer_ids:[],sliding_window_size:512,swa_num_attention_heads:12,
          swa_num_key_value_heads:4,swa_head_dim:128,swa_v_head_dim:128,q_bias:false,
          o_bias:false,use_embed_norm:false,use_sconv:false,sconv_kernel_size:4,dense_mlp_idx:0,
          n_routed_experts:0,num_experts:0,n_shared_experts:0,num_shared_experts:0,
          num_experts_per_tok:1,use_gate_bias:false,norm_after_topk:true,
          shared_expert_sink:false,shared_experts_size:1,inference_moe_w13_interleaved:true,
          unpadded_vocab_size:201024,num_nextn_predict_layers:0,chain_hidden_post_norm:false,
          tie_word_embeddings:false}
        inkling_text {vocab_size:201024,hidden_size:6144,num_hidden_layers:66,
          num_attention_heads:64,num_key_value_heads:8,head_dim:128,swa_num_attention_heads:64,
          swa_num_key_value_heads:16,swa_head_dim:128,sliding_window_size:512,d_rel:16,
          rel_extent:1024,max_position_embeddings:131072,conv_kernel_size:4,
          intermediate_size:24576,moe_intermediate_size:3072,n_routed_experts:256,
          num_experts_per_tok:6,n_shared_experts:2,shared_expert_sink:true,
          rms_norm_eps_moe_gate:1e-06,chain_hidden_post_norm:false,number_of_conv_states:4}
        internvl {text:"qwen2",tie_word_embeddings:true}
        isaac {text:"qwen3",max_sequence_length:16384,vocab_size:151936,hidden_size:4096,
          intermediate_size:22016,num_hidden_layers:32,num_attention_heads:32,
          num_key_value_heads:32,head_dim:128,max_position_embeddings:32768,
          tie_word_embeddings:false,attention_bias:false,use_sliding_window:false,
          max_window_layers:28}
        jamba {vocab_size:65536,tie_word_embeddings:false,hidden_size:4096,
          intermediate_size:14336,num_hidden_layers:32,num_attention_heads:32,
          num_key_value_heads:8,max_position_embeddings:262144,num_experts_per_tok:2,
          num_experts:16,expert_layer_period:2,expert_layer_offset:1,attn_layer_period:8,
          attn_layer_offset:4,mamba_d_state:16,mamba_d_conv:4,mamba_expand:2,mamba_dt_rank:256,
          mamba_conv_bias:true,mamba_proj_bias:false}
        kimi_k2 {vocab_size:129280,hidden_size:7168,intermediate_size:18432,
          moe_intermediate_size:2048,num_hidden_layers:61,num_attention_heads:128,
          num_key_value_heads:128,n_shared_experts:1,n_routed_experts:256,kv_lora_rank:512,
          q_lora_rank:1536,qk_rope_head_dim:64,v_head_dim:128,qk_nope_head_dim:128,
          num_experts_per_tok:8,first_k_dense_replace:3,max_position_embeddings:4096,
          tie_word_embeddings:false,attention_bias:false,num_nextn_predict_layers:1,
          qk_head_dim:192}
        kimi_k25 {text:"deepseek_v3",projection_hidden_size:1152,tie_word_embeddings:true}
        kimi_k3 {text:"kimi_linear",ignore_index:-100}
        kimi_linear {vocab_size:163840,hidden_size:2304,intermediate_size:9216,
          moe_intermediate_size:1024,num_hidden_layers:27,num_attention_heads:32,
          num_shared_experts:1,num_experts_per_token:8,kv_lora_rank:512,qk_rope_head_dim:64,
          v_head_dim:128,
          qk_nope_head_dim:128,num_expert_group:1,model_max_length:1048576,
          tie_word_embeddings:false,attention_bias:false,num_experts:256,linear_head_dim:128,
          linear_num_heads:32,linear_conv_kernel_dim:4,qk_head_dim:192,head_dim:64}
        kimi_vl {text:"deepseek_v2",ignore_index:-100}
        """
}
