import Models

extension EngineProfile {
    /// vLLM: kernels of 0.24 (FlashAttention 3, cuBLAS, CUTLASS fp8, Triton experts). Host time:
    /// 2025-10 asynchronous vLLM on Llama-3.1-70B, end to end.
    public static let vllm = EngineProfile(
        name: "vllm",
        provenance: "vLLM 0.24 kernels, host time of 2025-10",
        gemm: [
            .bf16: GEMMCoefficients(
                rate: 8.08e14, bandwidth: 3.011e12, launch: 3.38e-6, exponent: 3.5,
                perInput: 1.148e-10),
            .fp8: GEMMCoefficients(
                rate: 1.16e15, bandwidth: 3.162e12, launch: 5.06e-6, exponent: 1.6,
                perInput: 4.609e-10, quantizingBandwidth: 1.794e12),
        ],
        decode: [
            .bf16: DecodeCoefficients(fixed: 1.167e-5, perHead: 1.795e-8, bandwidth: 3.1e12),
            .fp8: DecodeCoefficients(fixed: 1.313e-5, perHead: 2.493e-8, bandwidth: 2.765e12),
        ],
        prefill: [
            .bf16: PrefillCoefficients(
                fixed: 1.3e-5, rate: 6.86e14, perQueryHead: 3.41e-10, perKeyHead: 5.7e-10),
            .fp8: PrefillCoefficients(
                fixed: 1.45e-5, rate: 6.83e14, perQueryHead: 5.24e-10, perKeyHead: 7.27e-10),
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
            2: AllReduceCoefficients(
                short: (4.28e-6, 2.585e11), long: (4.28e-6, 2.585e11)),
            4: AllReduceCoefficients(
                short: (4.76e-6, 1.515e11), long: (2.45e-5, 2.258e11)),
            8: AllReduceCoefficients(
                short: (4.92e-6, 4.46e10), long: (9.5e-6, 2.024e11)),
        ],
        experts: [
            .bf16: ExpertCoefficients(
                fixed: 3.23e-5, bandwidth: 3.1e12, rate: 6.51e14, exponent: 2.16, padding: 46.9,
                activationBandwidth: 3.08e12),
            .fp8: ExpertCoefficients(
                fixed: 4.11e-5, bandwidth: 2.95e12, rate: 6.8e14, exponent: 2.11, padding: 17.4,
                activationBandwidth: 2.38e12),
        ],
        elementwise: assumedElementwise,
        host: HostCoefficients(fixed: 0.3e-3, perGPU: 0.08e-3))
}
