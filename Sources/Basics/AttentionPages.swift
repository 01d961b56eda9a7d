/// Block sizes that attention kernels run, and remarks on them for users.
///
/// FlashAttention, which vLLM 0.33.0 uses on an H100, reads KV blocks of a multiple of 16 tokens
/// (`FlashAttentionBackend.get_supported_kernel_block_sizes`: `MultipleOf(16)`).
package enum AttentionPages {
    /// Tokens that a block must be a multiple of.
    package static let multiple = 16

    /// Whether kernels run blocks of this many tokens.
    package static func run(_ tokens: Int) -> Bool { tokens > 0 && tokens % multiple == 0 }

    /// The remark on a block size that no kernel runs; nil for the others.
    package static func note(_ tokens: Int) -> String? {
        if run(tokens) { return nil }
        let below = tokens / multiple * multiple
        let near = below > 0 ? "\(below) or \(below + multiple)" : "\(multiple)"
        return
            "engine.block_size is \(tokens): FlashAttention takes multiples of \(multiple) only, "
            + "so a server on such GPUs does not run it; use \(near)"
    }

    /// The remark that a simulation's step times do not depend on the block size.
    package static let withoutPrice =
        "block size has no price in the step time: a kernel is taken to be as fast with every "
        + "size. Only hits, blocks and evictions differ."
}
