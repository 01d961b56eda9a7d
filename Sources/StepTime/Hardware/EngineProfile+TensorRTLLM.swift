import Models

extension EngineProfile {
    /// TensorRT-LLM: kernels of 1.3.0rc20. Host time: none was found in offline throughput runs
    /// of 1.0.
    public static let trtllm = EngineProfile(
        name: "trtllm",
        provenance: "TensorRT-LLM 1.3.0rc20 kernels",
        gemm: [
            .bf16: GEMMCoefficients(
                rate: 7.72e14, bandwidth: 2.846e12, launch: 3.61e-6, exponent: 3.32,
                perInput: 1.211e-10),
            .fp8: GEMMCoefficients(
                rate: 1.463e15, bandwidth: 2.842e12, launch: 1.194e-5, exponent: 2.73,
                perInput: 2.263e-10, quantizingBandwidth: 1.733e12),
        ],
        decode: [
            .bf16: DecodeCoefficients(fixed: 9.2e-6, perHead: 1.879e-8, bandwidth: 2.925e12),
            .fp8: DecodeCoefficients(fixed: 6.32e-6, perHead: 6.55e-9, bandwidth: 2.812e12),
        ],
        prefill: [
            .bf16: PrefillCoefficients(
                fixed: 1.34e-5, rate: 5.87e14, perQueryHead: 5.26e-10, perKeyHead: 2.89e-10),
            .fp8: PrefillCoefficients(
                fixed: 1.5e-5, rate: 8.25e14, perQueryHead: 5.07e-10, perKeyHead: 1.53e-10),
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
            2: AllReduceCoefficients((2.81e-6, 2.862e11)),
            4: AllReduceCoefficients((3.08e-6, 1.082e11), (2.67e-5, 2.267e11)),
            8: AllReduceCoefficients((3.36e-6, 4.61e10), (3.39e-5, 2.325e11)),
        ],
        experts: [
            .bf16: ExpertCoefficients(
                fixed: 2.83e-5, bandwidth: 3.11e12, rate: 9.43e14, exponent: 2.14, padding: 67.5,
                activationBandwidth: 1.82e12, skippingBandwidth: 1.82e12),
            .fp8: ExpertCoefficients(
                fixed: 3.09e-5, bandwidth: 3e12, rate: 1.743e15, exponent: 2.38, padding: 59.2,
                activationBandwidth: 1.8e12, skippingBandwidth: 1.8e12),
        ],
        elementwise: assumedElementwise,
        host: HostCoefficients(fixed: 0),
        synchronousHost: HostCoefficients(fixed: 0),
        hostIsFitted: false)
}
