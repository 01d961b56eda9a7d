import Models

/// The coefficients of every engine's kernels on an H100 SXM (format: `CoefficientTable`). Units
/// are SI; the profiles name the sources.
let engineKernels = CoefficientTable(
    """
    # vLLM's fp8: a scale a token, CUTLASS.
    gemm         rate     bandwidth  launch    exponent  perInput   growth  quantizing  inputs
    vllm   bf16  8.08e14  3.011e12   3.38e-6   3.5       1.148e-10  0       -           -
    vllm   fp8   940e12   3.08e12    5.53e-6   2.416     3.622e-10  0.699   -           1.48e12
    trtllm bf16  7.72e14  2.846e12   3.61e-6   3.32      1.211e-10  0       -           -
    trtllm fp8   1.463e15 2.842e12   1.194e-5  2.73      2.263e-10  0       1.733e12    -
    sglang bf16  7.49e14  2.891e12   3.59e-6   3.76      1.171e-10  0       -           -
    sglang fp8   1.12e15  3.027e12   5.27e-6   1.54      3.42e-10   0       3.35e12     -

    decode       fixed     perHead   bandwidth
    vllm   bf16  1.167e-5  1.795e-8  3.1e12
    vllm   fp8   15e-6     24.15e-9  2.817e12
    trtllm bf16  9.2e-6    1.879e-8  2.925e12
    trtllm fp8   6.32e-6   6.55e-9   2.812e12
    sglang bf16  9.16e-6   1.497e-8  3.065e12
    sglang fp8   1.253e-5  1.921e-8  2.149e12

    prefill      fixed     rate     perQueryHead  perKeyHead
    vllm   bf16  12.85e-6  685e12   0.337e-9      0.592e-9
    vllm   fp8   16.6e-6   662e12   0.483e-9      0.971e-9
    trtllm bf16  1.34e-5   5.87e14  5.26e-10      2.89e-10
    trtllm fp8   1.5e-5    8.25e14  5.07e-10      1.53e-10
    sglang bf16  1.06e-5   6.53e14  2.6e-10       3.86e-10
    sglang fp8   1.08e-5   7.87e14  2.81e-10      2.23e-10

    latentDecode fixed    perSequence  bandwidth  rate     exponent
    all    bf16  1.24e-5  4.65e-8      3.04e12    7.03e14  2.53
    all    fp8   1.36e-5  7.35e-8      2.88e12    7.36e14  5.07

    # A pair for each path, one-shot exchanges first; by tensor-parallel size.
    allReduce    latency  bandwidth
    vllm   2     4.28e-6  2.585e11
    vllm   4     4.76e-6  1.515e11  2.45e-5  2.258e11
    vllm   8     4.92e-6  44.6e9    9.5e-6   202.4e9   95e-6  269e9
    trtllm 2     2.81e-6  2.862e11
    trtllm 4     3.08e-6  1.082e11  2.67e-5  2.267e11
    trtllm 8     3.36e-6  4.61e10   3.39e-5  2.325e11
    sglang 2     2.63e-6  2.98e11
    sglang 4     2.73e-6  9.51e10   6.3e-6   2.169e11
    sglang 8     3.59e-6  1.062e11  4.39e-5  2.52e11

    # vLLM's with balanced routing. bf16: Triton, 4.6 % at EP 1, bias under 4 % at EP 2 to 8.
    # fp8: block-scaled, Triton at EP 1 and CUTLASS beyond, 3.9 %, bias under 4 %.
    # mxfp4: gpt-oss on Triton, EP 1 at TP 1 and 2, EP 2 to 8: 8 %. int4: Marlin, W4A16: 10 %.
    experts      fixed     bandwidth  rate      exponent  padding  activation  skipping
    vllm   bf16  3.643e-5  2.85e12    5.229e14  2.042     0        5.278e12    2.594e12
    vllm   fp8   3.743e-5  2.766e12   6.906e14  1.991     0        2.096e12    7.542e12
    vllm   mxfp4 7.248e-5  2.555e12   6.422e14  1.576     1.242    2.956e12    1.613e13
    vllm   int4  4.158e-5  2.219e12   3.252e14  2.154     4.178    1.901e12    2.012e12
    trtllm bf16  2.83e-5   3.11e12    9.43e14   2.14      67.5     1.82e12     1.82e12
    trtllm fp8   4.28e-5   3.07e12    8.87e14   2.54      10.7     7.6e11      1.8e12
    sglang bf16  3.23e-5   3.1e12     6.51e14   2.16      46.9     3.08e12     3.08e12
    sglang fp8   2.72e-5   2.99e12    7.45e14   2.05      15.4     3.1e12      3.1e12

    # fp8 with one scale for each matrix. vLLM's rows are left out: FlashInfer's CUTLASS kernels,
    # untuned, at a fifth of the memory's bandwidth and half of bf16's speed. A server on an H200
    # lost 10 % by them (vLLM pull request 50040).
    tensorExperts      fixed   bandwidth rate     exponent padding activation skipping
    trtllm        fp8  3.09e-5 3e12      1.743e15 2.38     59.2    1.8e12     1.8e12

    # Heads of 64 elements.
    narrowDecode      fixed    perHead  bandwidth
    vllm         bf16 1.358e-5 1.657e-8 3.159e12
    vllm         fp8  1.152e-5 1.798e-8 2.422e12

    # More than eight KV heads a GPU: rows of one and two query heads a KV head, 512 and more of
    # sequences x KV heads, contexts of 256 and more (bf16 2.5 %, fp8 3.8 %; 6.4 % as others).
    wideDecode      fixed    perHead  bandwidth
    vllm       bf16 2.359e-5 7.57e-9  3.26e12
    vllm       fp8  1.961e-5 2.2e-8   2.93e12

    narrowPrefill      fixed    rate     perQueryHead perKeyHead
    vllm          bf16 1.264e-5 5.492e14 1.929e-10    7.255e-10
    vllm          fp8  1.284e-5 5.996e14 2.404e-10    9.17e-10

    # Cut by tensor parallelism; the rows above: whole experts on each GPU.
    cutExperts       fixed    bandwidth rate     exponent padding activation skipping
    vllm       mxfp4 3.348e-5 2.211e12  6.448e14 8        29.49   3.237e12   2.286e14

    # Routing by a power law, experts read as its law says.
    skewedExperts       fixed    bandwidth rate     exponent padding activation skipping
    vllm          bf16  4.359e-5 2.812e12  5.757e14 1.479    0.2858  3.394e12   1.764e12
    vllm          fp8   4.093e-5 2.903e12  5.025e14 2.096    0.1654  2.446e12   3.502e12
    vllm          int4  4.28e-5  2.458e12  2.993e14 1        0.2386  1.762e12   1.177e12
    vllm          mxfp4 5.941e-5 2.946e12  4.755e14 1        2.954   6.182e12   1.115e12
    """)
