import Models

extension EngineProfile {
    /// SGLang: kernels of 0.5.14 (FlashAttention 3). Host time: assumed to be that of vLLM.
    public static let sglang = EngineProfile(
        name: "sglang",
        provenance: "SGLang 0.5.14 kernels",
        gemm: [
            .bf16: GEMMCoefficients(
                rate: 7.49e14, bandwidth: 2.891e12, launch: 3.59e-6, exponent: 3.76,
                perInput: 1.171e-10),
            .fp8: GEMMCoefficients(
                rate: 1.12e15, bandwidth: 3.027e12, launch: 5.27e-6, exponent: 1.54,
                perInput: 3.42e-10, quantizingBandwidth: 3.35e12),
        ],
        decode: [
            .bf16: DecodeCoefficients(fixed: 9.16e-6, perHead: 1.497e-8, bandwidth: 3.065e12),
            .fp8: DecodeCoefficients(fixed: 1.253e-5, perHead: 1.921e-8, bandwidth: 2.149e12),
        ],
        prefill: [
            .bf16: PrefillCoefficients(
                fixed: 1.06e-5, rate: 6.53e14, perQueryHead: 2.6e-10, perKeyHead: 3.86e-10),
            .fp8: PrefillCoefficients(
                fixed: 1.08e-5, rate: 7.87e14, perQueryHead: 2.81e-10, perKeyHead: 2.23e-10),
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
            2: AllReduceCoefficients((2.63e-6, 2.98e11)),
            4: AllReduceCoefficients((2.73e-6, 9.51e10), (6.3e-6, 2.169e11)),
            8: AllReduceCoefficients((3.59e-6, 1.062e11), (4.39e-5, 2.52e11)),
        ],
        experts: [
            .bf16: ExpertCoefficients(
                fixed: 3.23e-5, bandwidth: 3.1e12, rate: 6.51e14, exponent: 2.16, padding: 46.9,
                activationBandwidth: 3.08e12, skippingBandwidth: 3.08e12),
            .fp8: ExpertCoefficients(
                fixed: 2.72e-5, bandwidth: 2.99e12, rate: 7.45e14, exponent: 2.05, padding: 15.4,
                activationBandwidth: 3.1e12, skippingBandwidth: 3.1e12),
        ],
        elementwise: assumedElementwise,
        host: HostCoefficients(fixed: 34e-6, perGPU: 98e-6, perSequence: 22.4e-6),
        synchronousHost: HostCoefficients(fixed: 1.1e-3, perSequence: 60e-6),
        hostIsFitted: false)
}
