/// vLLM 0.24's kernels on GPUs without NVLink: an L40S and an RTX PRO 6000 (all-reduce of the L40S:
/// vLLM 0.22).
///
/// Fitted on aiconfigurator-core 0.12.0 (Apache-2.0). Decode with heads of 64 elements is off by 11
/// % and more on the RTX PRO 6000, an L40S's all-reduce over 8 GPUs by 9 %.
let workstationKernels = CoefficientTable(
    """
    gemm               rate     bandwidth launch   exponent perInput  growth quantizing inputs
    l40s         bf16  2.269e14 6.585e11  1.208e-7 3.025    1.738e-10 0      -          -
    l40s         fp8   4.961e14 6.011e11  1.632e-6 8        1.701e-11 0      3.312e11   -
    rtx-pro-6000 bf16  3.988e14 1.514e12  2.357e-6 2.373    2.579e-10 0      -          -
    rtx-pro-6000 fp8   9.309e14 1.545e12  5.473e-6 1.863    1.042e-10 0      1.051e12   -
    rtx-pro-6000 nvfp4 1.465e15 1.188e12  4.863e-6 8        1.156e-9  0      3.098e12   -

    decode            fixed    perHead  bandwidth
    l40s         bf16 8.977e-6 1.981e-8 7.014e11
    l40s         fp8  1.105e-5 8.107e-9 6.911e11
    rtx-pro-6000 bf16 1.208e-5 8.845e-9 1.494e12
    rtx-pro-6000 fp8  1.133e-5 4.961e-9 1.496e12

    # Heads of 64 elements.
    narrowDecode      fixed    perHead  bandwidth
    l40s         bf16 8.874e-6 3.331e-8 7.009e11
    l40s         fp8  1.053e-5 1.432e-8 6.279e11
    rtx-pro-6000 bf16 9.615e-6 4.497e-8 1.535e12
    rtx-pro-6000 fp8  1.132e-5 1.085e-8 1.428e12

    prefill           fixed    rate     perQueryHead perKeyHead
    l40s         bf16 6.663e-6 1.945e14 4.473e-10    1.311e-9
    l40s         fp8  1.112e-5 1.603e14 4.052e-10    1.249e-9
    rtx-pro-6000 bf16 8.025e-6 3.026e14 3.733e-10    8.113e-10
    rtx-pro-6000 fp8  1.162e-5 2.478e14 1.74e-10     9.332e-10

    narrowPrefill      fixed    rate     perQueryHead perKeyHead
    l40s          bf16 7.324e-6 1.82e14  5.475e-10    4.43e-10
    l40s          fp8  6.845e-6 1.578e14 1.672e-10    7.235e-10
    rtx-pro-6000  bf16 8.319e-6 2.92e14  4.098e-10    3.748e-10
    rtx-pro-6000  fp8  7.886e-6 2.43e14  9.64e-11     5.555e-10

    latentDecode      fixed    perSequence bandwidth rate    exponent
    l40s         bf16 1.47e-5  5.359e-7    7.254e11  4.66e13 2.69
    rtx-pro-6000 bf16 1.794e-5 3.479e-7    1.322e12  5.38e13 4.905

    allReduce      latency  bandwidth
    l40s         2 5.262e-6 1.538e10  6.098e-6 1.914e10 5.725e-5  1.917e10
    l40s         4 2.091e-5 2.504e9   1.249e-5 2.548e9  0.000105  2.442e9
    l40s         8 7.483e-5 3.695e8   2.036e-5 1.154e9  4.306e-5  8.457e8
    rtx-pro-6000 2 4.403e-6 3.719e10  4.397e-6 3.8e10   5.884e-5  3.81e10
    rtx-pro-6000 4 1.22e-5  7.335e9   3.442e-5 1.939e10 6.836e-5  1.003e10
    rtx-pro-6000 8 7.694e-5 1.382e10  2.485e-5 5.773e9  0.0001033 6.5e9

    experts            fixed    bandwidth rate     exponent padding activation skipping
    l40s         bf16  1.204e-5 6.489e11  2.131e14 1.892    20.53   1.288e12   7.159e11
    l40s         fp8   1.484e-5 6.384e11  2.725e14 1.98     0.1     1.889e12   6.964e11
    l40s         int4  1.057e-6 6.016e11  2.535e14 4.523    0.1     8.159e11   8.671e11
    l40s         mxfp4 1.057e-6 5.865e11  1.832e14 2.716    0.1     1.046e12   4.993e11
    rtx-pro-6000 bf16  1.467e-5 1.382e12  1.874e14 2.692    0.1     1.871e12   3.836e13
    rtx-pro-6000 int4  2.002e-6 1.241e12  3.179e14 4.597    0.1     2.154e12   1.657e12
    rtx-pro-6000 mxfp4 1.554e-5 1.243e12  2.8e14   2.46     0.1     1.323e12   8.546e11
    rtx-pro-6000 nvfp4 3.798e-5 1.428e12  1.193e15 2.171    0.1     1.775e12   1.202e13

    # Routing by a power law, experts read as its law says.
    skewedExperts       fixed    bandwidth rate     exponent padding activation skipping
    l40s          bf16  3.114e-6 6.786e11  2.065e14 2.09     93.37   1.402e12   5.863e11
    l40s          fp8   5.953e-6 6.467e11  3.433e14 1.652    0.8298  1.095e12   5.652e11
    l40s          int4  1e-6     6.42e11   2.088e14 2.46     0.05    1.163e12   6.488e11
    l40s          mxfp4 9.266e-6 6.116e11  1.746e14 2.053    0.05008 1.12e12    2.62e11
    rtx-pro-6000  bf16  1.693e-5 1.407e12  1.818e14 8        66.67   2.462e12   2.762e12
    rtx-pro-6000  int4  1.085e-5 1.326e12  2.502e14 2.301    0.05    2.757e12   1.292e12
    rtx-pro-6000  mxfp4 1.886e-5 1.41e12   2.525e14 1.422    0.05003 1.575e12   3.787e11
    rtx-pro-6000  nvfp4 5.599e-5 1.35e12   4.808e14 3.179    0.5161  2.495e12   1.823e14

    # fp8 with one scale for each matrix: on the RTX PRO 6000 blocks were not measured.
    tensorExperts           fixed    bandwidth rate     exponent padding activation skipping
    l40s               fp8  3.461e-6 7.229e11  4.027e14 2.054    128     1.218e12   6.174e11
    rtx-pro-6000       fp8  3.066e-5 1.38e12   3.385e14 8        30.39   1.964e12   9.186e13

    skewedTensorExperts     fixed    bandwidth rate     exponent padding activation skipping
    l40s               fp8  1e-6     6.315e11  3.934e14 1.674    0.9993  1.164e12   5.342e11
    rtx-pro-6000       fp8  1.322e-5 1.406e12  3.434e14 2.328    16.8    1.834e12   3.326e12
    """)
