import Models

extension EngineProfile {
    /// vLLM: kernels of 0.24 (FlashAttention 3, cuBLAS, CUTLASS fp8, Triton experts). Host time
    /// is fitted end to end: asynchronous on 2025-10 servers of Llama-3.1-70B, synchronous on
    /// vLLM 0.12 with Qwen3-32B at TP 2.
    public static let vllm = EngineProfile(
        name: "vllm",
        provenance: "vLLM 0.24 kernels, host time of 2025-10 servers (0.12 when synchronous)",
        gemm: [
            .bf16: GEMMCoefficients(
                rate: 8.08e14, bandwidth: 3.011e12, launch: 3.38e-6, exponent: 3.5,
                perInput: 1.148e-10),
            // Per-token fp8, CUTLASS.
            .fp8: GEMMCoefficients(
                rate: 940e12, bandwidth: 3.08e12, launch: 5.53e-6, exponent: 2.416,
                perInput: 3.622e-10, growth: 0.699, inputQuantizingBandwidth: 1.48e12),
        ],
        decode: [
            .bf16: DecodeCoefficients(fixed: 1.167e-5, perHead: 1.795e-8, bandwidth: 3.1e12),
            .fp8: DecodeCoefficients(fixed: 15e-6, perHead: 24.15e-9, bandwidth: 2.817e12),
        ],
        prefill: [
            .bf16: PrefillCoefficients(
                fixed: 12.85e-6, rate: 685e12, perQueryHead: 0.337e-9, perKeyHead: 0.592e-9),
            .fp8: PrefillCoefficients(
                fixed: 16.6e-6, rate: 662e12, perQueryHead: 0.483e-9, perKeyHead: 0.971e-9),
        ],
        latentDecode: [
            .bf16: LatentDecodeCoefficients(
                fixed: 1.24e-5, perSequence: 4.65e-8, bandwidth: 3.04e12, rate: 7.03e14,
                exponent: 2.53),
            .fp8: LatentDecodeCoefficients(
                fixed: 1.36e-5, perSequence: 7.35e-8, bandwidth: 2.88e12, rate: 7.36e14,
                exponent: 5.07),
        ],
        allReduce: [
            2: AllReduceCoefficients((4.28e-6, 2.585e11)),
            4: AllReduceCoefficients((4.76e-6, 1.515e11), (2.45e-5, 2.258e11)),
            8: AllReduceCoefficients((4.92e-6, 44.6e9), (9.5e-6, 202.4e9), (95e-6, 269e9)),
        ],
        experts: [
            // Triton, balanced routing: 4.6 % at EP 1; bias under 4 % at EP 2 to 8.
            .bf16: ExpertCoefficients(
                fixed: 3.643e-5, bandwidth: 2.85e12, rate: 5.229e14, exponent: 2.042, padding: 0,
                activationBandwidth: 5.278e12, skippingBandwidth: 2.594e12),
            // Block-scaled fp8, Triton at EP 1 and CUTLASS beyond: 3.9 %; bias under 4 %.
            .fp8: ExpertCoefficients(
                fixed: 3.743e-5, bandwidth: 2.766e12, rate: 6.906e14, exponent: 1.991, padding: 0,
                activationBandwidth: 2.096e12, skippingBandwidth: 7.542e12),
            // gpt-oss on Triton, EP 1 at TP 1 and 2, EP 2 to 8: 8 %.
            .mxfp4: ExpertCoefficients(
                fixed: 7.248e-5, bandwidth: 2.555e12, rate: 6.422e14, exponent: 1.576,
                padding: 1.242, activationBandwidth: 2.956e12, skippingBandwidth: 1.613e13),
            // Marlin, W4A16: 10 %.
            .int4: ExpertCoefficients(
                fixed: 4.158e-5, bandwidth: 2.219e12, rate: 3.252e14, exponent: 2.154,
                padding: 4.178, activationBandwidth: 1.901e12, skippingBandwidth: 2.012e12),
        ],
        elementwise: assumedElementwise,
        host: HostCoefficients(fixed: 34e-6, perGPU: 98e-6, perSequence: 22.4e-6),
        synchronousHost: HostCoefficients(fixed: 1.1e-3, perSequence: 60e-6),
        hostIsFitted: true)
}
