/// vLLM 0.14's kernels on an A100 80GB (FlashAttention 2, cuBLAS, Triton).
///
/// Fitted on aiconfigurator-core 0.12.0 (Apache-2.0). Experts were measured under power laws only.
/// The one MLA table (TensorRT-LLM 1.0.0) is left out: it follows no smooth form (40 to 47 % off).
let ampereKernels = CoefficientTable(
    """
    gemm          rate     bandwidth launch   exponent perInput  growth quantizing inputs
    a100-sxm bf16 2.647e14 1.563e12  4.372e-6 1.699    3.042e-10 0      -          -

    decode        fixed    perHead  bandwidth
    a100-sxm bf16 1.763e-5 1.741e-8 1.54e12

    prefill       fixed    rate     perQueryHead perKeyHead
    a100-sxm bf16 1.127e-5 1.834e14 6.019e-10    1.178e-9

    allReduce   latency  bandwidth
    a100-sxm  2 4.913e-6 3.949e10  5.037e-6 1.653e11 6.47e-5  1.97e11
    a100-sxm  4 5.32e-6  5.184e10  6.669e-6 8.687e10 6.552e-5 1.43e11
    a100-sxm  8 1.256e-5 9.901e10  5.764e-6 2.362e10 9.166e-5 1.292e11

    experts       fixed    bandwidth rate     exponent padding activation skipping
    a100-sxm bf16 4.933e-5 1.83e12   1.116e14 1        1.165   5.402e13   5.175e11

    # Routing by a power law, experts read as its law says.
    skewedExperts      fixed    bandwidth rate     exponent padding activation skipping
    a100-sxm      bf16 3.509e-5 1.49e12   1.289e14 1.001    1.404   2e14       4.559e11
    """)
