/// vLLM 0.24's kernels on an H200 (FlashAttention 3, cuBLAS, CUTLASS, Triton, Marlin): the H100's
/// cores with faster memory.
///
/// Fitted on aiconfigurator-core 0.12.0 (Apache-2.0). fp8 matrices use the H100's form, fitted to
/// real servers, with 4.33 TB/s. The tables themselves multiply weights of one constant, draw less
/// power, and promise prefill 13 to 33 % faster than servers reach.
let hopperKernels = CoefficientTable(
    """
    gemm          rate     bandwidth launch   exponent perInput  growth quantizing inputs
    h200-sxm bf16 8.115e14 4.177e12  2.602e-6 3.42     3.379e-10 0      -          -
    h200-sxm fp8  9.4e14   4.33e12   5.53e-6  2.416    3.622e-10 0.699  -          1.48e12

    decode        fixed    perHead  bandwidth
    h200-sxm bf16 1.163e-5 1.935e-8 4.298e12
    h200-sxm fp8  1.287e-5 2.704e-8 3.082e12

    # Heads of 64 elements.
    narrowDecode      fixed    perHead  bandwidth
    h200-sxm     bf16 1.337e-5 1.877e-8 4.381e12
    h200-sxm     fp8  1.168e-5 1.868e-8 2.505e12

    # More than eight KV heads a GPU.
    wideDecode      fixed    perHead  bandwidth
    h200-sxm   bf16 2.003e-5 9.2e-9   4.57e12
    h200-sxm   fp8  2.597e-5 2.55e-8  3.34e12

    prefill       fixed    rate     perQueryHead perKeyHead
    h200-sxm bf16 1.253e-5 6.832e14 3.593e-10    4.181e-10
    h200-sxm fp8  1.523e-5 6.55e14  5.508e-10    6.363e-10

    narrowPrefill      fixed    rate     perQueryHead perKeyHead
    h200-sxm      bf16 1.25e-5  5.322e14 1.695e-10    7.635e-10
    h200-sxm      fp8  1.282e-5 5.809e14 2.169e-10    9.29e-10

    latentDecode      fixed    perSequence bandwidth rate     exponent
    h200-sxm     bf16 1.349e-5 4.119e-8    4.213e12  5.753e14 6.788
    # FLASHMLA. Its table is of the whole layer: over 53 rows of 100 MB and more, the slopes are
    # 3.17 TB/s and 900 TFLOP/s (1.8 % off) where bf16's are 4.61 and 700. Here by those ratios.
    h200-sxm     fp8  1.349e-5 4.119e-8    2.897e12  7.397e14 6.788

    allReduce   latency  bandwidth
    h200-sxm  2 4.363e-6 4.027e10  4.434e-6 2.469e11 3.875e-5 3.164e11
    h200-sxm  4 4.582e-6 1.078e11  6.626e-6 1.893e11 3.133e-5 2.324e11
    h200-sxm  8 4.819e-6 4.075e10  8.861e-6 2.131e11 8.246e-5 2.768e11

    experts        fixed    bandwidth rate     exponent padding activation skipping
    h200-sxm bf16  3.776e-5 4.25e12   6.246e14 2.065    0.1     3.414e12   2.871e12
    h200-sxm fp8   3.632e-5 3.781e12  8.48e14  3.777    18.77   1.929e12   9.218e12
    h200-sxm int4  3.407e-5 2.651e12  3.098e14 1.534    0.1     2.484e12   1.812e12
    h200-sxm mxfp4 8.806e-5 3.956e12  5.852e14 2.124    23.58   2e14       4e14

    # Cut by tensor parallelism; the rows above: whole experts on each GPU.
    cutExperts       fixed    bandwidth rate     exponent padding activation skipping
    h200-sxm   mxfp4 3.706e-5 2.534e12  6.399e14 7.677    39.81   3.606e12   1.268e14

    # Routing by a power law, experts read as its law says.
    skewedExperts       fixed    bandwidth rate     exponent padding activation skipping
    h200-sxm      bf16  3.267e-5 4.056e12  7.051e14 1.284    15.49   3.028e12   2.058e12
    h200-sxm      fp8   4.316e-5 3.933e12  6.549e14 1.416    0.05387 2.462e12   2.776e12
    h200-sxm      int4  4.033e-5 2.899e12  2.85e14  1        1.394   2.05e12    1.244e12
    h200-sxm      mxfp4 4.581e-5 3.354e12  5.46e14  1        20.87   4.091e12   9.307e11
    """)
