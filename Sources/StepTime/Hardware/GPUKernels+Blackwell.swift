/// vLLM 0.24's kernels on Blackwell's data-centre GPUs (FlashInfer, cuBLAS, CUTLASS, Triton,
/// Marlin).
///
/// Fitted on aiconfigurator-core 0.12.0 (Apache-2.0). On a GB200 neither experts nor MLA were
/// measured, and all-reduces only over 2 and 4 GPUs, a tray's. The launch of nvfp4 matrices is 3.5
/// µs above the fit, which left out small matrices: they take that much longer (32 % off without
/// it), and so do servers (vLLM of 2025-10 with Llama-3.1-70B on B200s: 1.24 ms over 320 matrices).
/// The B200's fp8 matrices have the form that H100 servers gave, scaled by the datasheets' ratio,
/// with the table's bandwidth: it is 8.4 % off on the table's real shapes (8.9 % with a fit to
/// them), and 4.5 % on servers' decode steps (7.2 %).
let blackwellKernels = CoefficientTable(
    """
    gemm           rate     bandwidth launch   exponent perInput  growth quantizing inputs
    b200-sxm bf16  1.587e15 6.605e12  2.395e-6 2.839    2.634e-10 0      -          -
    b200-sxm fp8   2.137e15 7.056e12  5.53e-6  2.416    3.622e-10 0.699  -          3.4e12
    b200-sxm nvfp4 5.476e15 5.449e12  6.167e-6 1.959    2.769e-10 0      3.591e12   -
    b300-sxm bf16  1.786e15 6.552e12  2.455e-6 2.529    2.274e-10 0      -          -
    b300-sxm fp8   2.849e15 7.015e12  4.98e-6  2.463    5.471e-10 0      5.045e12   -
    b300-sxm nvfp4 5.31e15  5.361e12  5.738e-6 1.832    3.234e-10 0      7.472e12   -
    gb200    bf16  1.82e15  6.765e12  2.488e-6 2.548    1.943e-10 0      -          -
    gb200    fp8   3.159e15 7.336e12  7.713e-6 2.341    4.186e-10 0      3.678e12   -
    gb200    nvfp4 5.4e15   5.193e12  5.597e-6 1.867    3.259e-10 0      5.225e12   -

    decode        fixed    perHead  bandwidth
    b200-sxm bf16 9.17e-6  4.044e-9 7.158e12
    b200-sxm fp8  9.733e-6 3.528e-9 6.977e12
    b300-sxm bf16 8.971e-6 3.781e-9 7.05e12
    b300-sxm fp8  9.088e-6 3.51e-9  6.946e12
    gb200    bf16 1.054e-5 3.218e-9 7.486e12
    gb200    fp8  1.093e-5 2.925e-9 7.371e12

    # Heads of 64 elements.
    narrowDecode      fixed    perHead  bandwidth
    b200-sxm     bf16 8.817e-6 5.129e-9 7.128e12
    b200-sxm     fp8  9.835e-6 4.179e-9 6.56e12
    b300-sxm     bf16 8.797e-6 4.292e-9 7.137e12
    b300-sxm     fp8  8.919e-6 5.777e-9 6.583e12
    gb200        bf16 9.321e-6 4.868e-9 7.394e12
    gb200        fp8  1.07e-5  5.561e-9 6.954e12

    # More than eight KV heads a GPU.
    wideDecode      fixed    perHead  bandwidth
    b200-sxm   bf16 1.244e-5 2.8e-10  7.3e12
    b200-sxm   fp8  1.15e-5  2.59e-9  7.35e12
    b300-sxm   bf16 1.181e-5 3.6e-10  7.26e12
    b300-sxm   fp8  1.194e-5 2.25e-9  7.34e12
    gb200      bf16 1.262e-5 2.2e-10  7.55e12
    gb200      fp8  1.37e-5  2.16e-9  7.78e12

    prefill       fixed    rate     perQueryHead perKeyHead
    b200-sxm bf16 1.405e-5 1.331e15 2.39e-10     3.546e-10
    b200-sxm fp8  1.253e-5 1.641e15 3.117e-10    7.276e-10
    b300-sxm bf16 1.234e-5 1.677e15 2.091e-10    3.389e-10
    b300-sxm fp8  1.116e-5 2.307e15 2.994e-10    5.618e-10
    gb200    bf16 1.335e-5 1.414e15 2.39e-10     2.857e-10
    gb200    fp8  1.289e-5 1.778e15 3.279e-10    5.868e-10

    narrowPrefill      fixed    rate     perQueryHead perKeyHead
    b200-sxm      bf16 1.123e-5 8.106e14 1.808e-10    3.047e-10
    b200-sxm      fp8  1.131e-5 9.126e14 1.703e-10    7.11e-10
    b300-sxm      bf16 1.008e-5 1.105e15 1.63e-10     2.787e-10
    b300-sxm      fp8  1.064e-5 1.377e15 1.459e-10    7.205e-10
    gb200         bf16 1.128e-5 8.298e14 1.566e-10    3.411e-10
    gb200         fp8  1.281e-5 9.76e14  1.552e-10    6.75e-10

    latentDecode      fixed    perSequence bandwidth rate     exponent
    b200-sxm     bf16 1.086e-5 3.496e-8    5.654e12  2.25e15  1.574
    b200-sxm     fp8  1.102e-5 2.344e-8    6.697e12  3.764e15 1
    b300-sxm     bf16 1.052e-5 3.443e-8    5.81e12   2.25e15  1.336
    b300-sxm     fp8  1.04e-5  2.17e-8     6.647e12  4.017e15 1

    allReduce   latency  bandwidth
    b200-sxm  2 6.679e-6 1.247e11  2.571e-5 5.327e11 5.553e-5 5.675e11
    b200-sxm  4 7.007e-6 9.691e10  1.726e-5 3.231e11 2.752e-5 4.156e11
    b200-sxm  8 7.584e-6 6.198e10  1.449e-5 3.372e11 5.257e-5 4.052e11
    b300-sxm  2 6.708e-6 1.643e11  2.49e-5  5.316e11 4.186e-5 5.558e11
    b300-sxm  4 6.87e-6  9.223e10  2.16e-5  3.795e11 2.501e-5 4.112e11
    b300-sxm  8 7.126e-6 3.85e10   1.932e-5 3.671e11 5.194e-5 4.041e11
    gb200     2 5.14e-6  1.716e11  0.000105 2.12e11  7.693e-5 1.107e11
    gb200     4 5.298e-6 1.626e11  2.271e-5 3.003e11 3.338e-5 3.828e11

    experts        fixed    bandwidth rate     exponent padding activation skipping
    b200-sxm bf16  1.417e-5 6.553e12  9.45e14  1.903    13.86   2.04e14    2.739e13
    b200-sxm fp8   3.298e-5 7.054e12  8.612e14 1.97     21.54   9.997e12   5.445e12
    b200-sxm int4  3.306e-5 2.989e12  3.14e14  8        20.01   4.313e12   2.16e12
    b200-sxm mxfp4 2.054e-5 3.93e12   6.266e14 1.513    5.926   2.853e12   6.766e12
    b200-sxm nvfp4 1.925e-5 6.466e12  3.694e15 2.14     22.59   8.736e12   1.75e13
    b300-sxm bf16  1.588e-5 7.75e12   1.085e15 1.399    45.18   2.053e14   3.753e14
    b300-sxm fp8   3.182e-5 6.296e12  8.984e14 1.718    8.675   1.333e13   5.261e12
    b300-sxm int4  3.395e-5 3.207e12  3.123e14 8        17.09   3.936e12   2.768e12
    b300-sxm mxfp4 1.944e-5 3.826e12  6.382e14 2.105    0.1     2.711e12   6.299e12
    b300-sxm nvfp4 1.74e-5  7.129e12  4.498e15 1.683    55.12   5.95e12    2.377e13

    # Routing by a power law, experts read as its law says.
    skewedExperts       fixed    bandwidth rate     exponent padding activation skipping
    b200-sxm      bf16  1.221e-5 6.137e12  8.008e14 1.96     7.811   2e14       9.442e12
    b200-sxm      fp8   2.836e-5 6.865e12  8.462e14 1        0.1226  1.857e13   3.464e12
    b200-sxm      int4  4.108e-5 4.007e12  3.087e14 1        4.29    2.222e12   1.257e12
    b200-sxm      mxfp4 1.986e-5 4.815e12  6.829e14 1        5.302   2.398e12   1.009e12
    b200-sxm      nvfp4 1.836e-5 6.529e12  2.515e15 1        0.1261  8.625e12   1.707e13
    b300-sxm      bf16  1.15e-5  5.998e12  6.97e14  2.171    0.05461 2e14       1.197e13
    b300-sxm      fp8   2.879e-5 6.583e12  8.898e14 1.007    0.05    1.366e13   5.34e12
    b300-sxm      int4  4e-5     3.986e12  3.058e14 1        2.491   2.194e12   1.184e12
    b300-sxm      mxfp4 1.929e-5 3.776e12  6.196e14 1.491    2.006   2.857e12   1.359e12
    b300-sxm      nvfp4 2.346e-5 7.452e12  3.433e15 2.004    73.86   8.231e12   2.094e13

    # fp8 with one scale for each matrix (TensorRT-LLM's kernels); the fp8 rows above: blocks.
    tensorExperts            fixed    bandwidth rate     exponent padding activation skipping
    b200-sxm            fp8  2.232e-5 6.899e12  2.221e15 2.277    43.02   7.982e12   4.356e13
    b300-sxm            fp8  2.294e-5 7.529e12  2.119e15 1.574    44.29   9.347e12   1.72e14

    skewedTensorExperts      fixed    bandwidth rate     exponent padding activation skipping
    b200-sxm            fp8  1.634e-5 6.443e12  2.121e15 1.465    29.42   9.953e12   1.457e13
    b300-sxm            fp8  1.724e-5 6.502e12  2.129e15 1.642    32.66   1.039e13   1.169e13
    """)
