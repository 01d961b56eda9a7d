/// Storage format of weights. Names are the values of `model.weights` and `--weights`.
package enum WeightFormat: String, Sendable, CaseIterable, Codable, Hashable,
    CodingKeyRepresentable
{
    case bf16
    /// One byte per weight; activations are quantised on input.
    case fp8
    /// Four bits, plus one 16-bit scale per 128 weights (GPTQ and AWQ checkpoints).
    case int4
    /// Eight bits, plus one 16-bit scale per 128 weights, with 16-bit inputs (8-bit GPTQ).
    case int8
    /// Four bits, plus one 8-bit scale per 16 weights (NVIDIA's FP4).
    case nvfp4
    /// Four bits, plus one 8-bit scale per 32 weights (OCP microscaling formats 1.0), for
    /// feed-forward weights and experts. Everything else stays bf16, as in gpt-oss.
    case mxfp4

    /// Bits per quantised weight, scales included, in thousandths of a bit.
    var milliBits: Int64 {
        switch self {
        case .bf16: 16_000
        case .fp8: 8_000
        case .int4: 4_125
        case .int8: 8_125
        case .nvfp4: 4_500
        case .mxfp4: 4_250
        }
    }

    /// Bytes of `count` quantised weights. Exact for the sizes of real models.
    package func bytes(_ count: Int64) -> Int64 {
        let (product, overflow) = count.multipliedReportingOverflow(by: milliBits)
        return overflow ? count / 8000 * milliBits : product / 8000
    }

    /// Bytes per quantised weight.
    package var bytesPerWeight: Double { Double(milliBits) / 8000 }
}

/// Storage format of cached keys and values: vLLM's kv_cache_dtype. `auto` in a server's flags
/// means `bf16` here.
package enum CacheFormat: String, Sendable, CaseIterable, Codable, Hashable,
    CodingKeyRepresentable
{
    case bf16
    case fp8
    case int4

    /// Bits per cached element. Scales are per tensor and do not count.
    package var bits: Int64 {
        switch self {
        case .bf16: 16
        case .fp8: 8
        case .int4: 4
        }
    }
}
