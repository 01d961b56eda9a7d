/// GPU memory that a release of vLLM takes in addition to weights and cache. Holds the coefficients
/// that differ between releases, each fitted to servers' own logs.
///
/// Sources: components of H100 servers of 0.11 to 0.19 (llm-d-planner's accuracy report and
/// empirical results), and start-up logs of 0.21 to 0.31 quoted in public repositories. The article
/// "The memory model" lists their rows and errors.
package struct MemoryRules: Equatable, Sendable {
    /// Sampler bytes per sequence and vocabulary word: 38 while top-k and top-p sort the logits
    /// (two copies of them, sorted values and indices, scratch), 14.6 since 0.17.
    package var samplerBytes = 38.07
    /// Bytes outside PyTorch's allocator on one GPU: the CUDA context and libraries.
    package var contextBytes = 0.13 * MemoryRules.gibibyte
    /// Additional bytes on GPUs that run FlashAttention 2: from 0.18 on, logs of an A100, an A5000,
    /// cards of 16, 32 and 44 GiB and an RTX 5090 lack 0.1 to 0.7 GiB (median 0.3) without it.
    package var olderGPUBytes = 0.0
    /// `contextBytes` with tensor parallelism over two GPUs, including NCCL and custom all-reduce.
    package var groupBytes = 0.55 * MemoryRules.gibibyte
    /// Additional bytes for each further doubling of the GPUs.
    package var groupBytesPerDoubling = 0.0
    /// The same without NVLink for any number of GPUs, as custom all-reduce then has no buffer.
    /// Logs of 0.8 and 0.26 have 0.33 (two RTX 5090), 0.2 (four cards of 22 GB) and 0.13 GiB (four
    /// of 80 GB).
    package static let groupBytesOverPCIe = 0.25 * gibibyte
    /// Which servers subtract an estimate of their CUDA graphs.
    package var graphs = CountedGraphs.none
    /// The release whose logs these figures come from, "0.19".
    package var evidence = "0.11"

    /// Which servers subtract CUDA graphs from the cache.
    package enum CountedGraphs: Sendable {
        /// None: graphs are captured from what is left over.
        case none
        /// Servers on model runner V1: gated-delta hybrids and models with towers, from 0.26 to
        /// 0.30.
        case firstRunner
        /// All servers.
        case all
    }

    static let gibibyte = Double(1 << 30)

    /// Estimated bytes per CUDA graph and element of the hidden state. The engine extrapolates from
    /// its second graph. GiB in logs of 0.19 to 0.26, and by this estimate: 0.37 (54 graphs, 3,584
    /// wide) 0.36; 0.84 (102, 4,096) 0.78; 1.05 (102, 5,376) 1.03; 0.78 (86, 4,096) 0.66; 0.64 (86,
    /// 2,560) 0.41; 0.21 (102, 896) 0.17; 0.52 (86, 5,120) 0.83.
    package static let graphBytesPerElement = 1.875e-6 * gibibyte
    /// The same with experts: 1.32 GiB for 102 graphs, 2,048 wide (Qwen3.5-35B-A3B, 0.26), 3.06
    /// for 102, 4,096 wide (DeepSeek-V4-Flash, 0.26).
    package static let graphBytesPerSparseElement = 6800.0

    /// The rules of release 0.`minor`: its own, or those of the nearest earlier release with logs.
    package static func release(minor: Int) -> MemoryRules {
        var rules = MemoryRules()
        for change in changes where change.minor <= minor {
            change.apply(&rules)
            rules.evidence = "0.\(change.minor)"
        }
        return rules
    }

    private typealias Change = @Sendable (inout MemoryRules) -> Void

    private static let changes: [(minor: Int, apply: Change)] = [
        (15, { _ in }), (16, { _ in }),
        (
            17,
            {
                $0.samplerBytes = 14.57
                $0.olderGPUBytes = 0.3 * gibibyte
            }
        ),
        (
            19,
            {
                $0.contextBytes = 0.25 * gibibyte
                $0.groupBytes = 2.07 * gibibyte
                $0.groupBytesPerDoubling = 0.06 * gibibyte
            }
        ),
        (20, { $0.graphs = .all }), (21, { _ in }), (22, { _ in }),
        (26, { $0.graphs = .firstRunner }), (28, { _ in }),
        (31, { $0.graphs = .all }),
    ]
}

/// The server settings that decide the memory in its start-up profile.
package struct ServerMemory: Equatable, Sendable {
    /// The largest max_num_seqs of the servers whose logs the rules are fitted to: the API server's
    /// default on GPUs of 70 GiB and more.
    package static let mostMeasuredSequences = 1024

    package var rules = MemoryRules.release(minor: .max)
    package var maxNumSeqs = ServerMemory.mostMeasuredSequences
    package var maxNumBatchedTokens = 8192
    /// Whether no CUDA graphs are captured (`--enforce-eager`).
    package var enforcesEager = false
    /// Whether the GPUs of a tensor-parallel group have links of their own, such as NVLink.
    package var hasFabric = true
    /// Whether the GPU runs FlashAttention 2: any but Hopper and data-centre Blackwell.
    package var runsFlashAttention2 = false
    /// Batch sizes with graphs; nil: the engine's own list.
    package var captureSizes: [Int]?

    package init() {}

    /// The largest batch that is captured unless sizes are given, however many sequences run.
    package var largestGraph = 512
    /// The release, 0.`release`.
    package var release = Int.max
    /// Draft tokens of a request and step.
    package var drafts = 0

    /// Tokens of a step that has a request's drafts checked, as sizes count them: since 0.14 (vLLM
    /// PR 30330).
    private var decodeTokens: Int { release >= 14 ? 1 + drafts : 1 }

    /// The batch sizes with captured graphs, ascending: 1, 2, 4, every 8th to 256 and every 16th to
    /// twice the tokens of max_num_seqs, at most `largestGraph`; since 0.33 also what decode
    /// batches have, and the largest step (vLLM's `_set_cudagraph_sizes`).
    package var capturedSizes: [Int] {
        if enforcesEager { return [] }
        // Batches larger than a step are not captured.
        if let captureSizes { return captureSizes.filter { $0 <= maxNumBatchedTokens } }
        let widest = min(2 * maxNumSeqs * decodeTokens, largestGraph)
        let most = min(widest, maxNumBatchedTokens)
        let sizes = Self.grid(to: most)
        guard release >= 33 else { return sizes }
        var own = most == maxNumBatchedTokens ? [most] : []
        if decodeTokens > 1 {
            let requests = min(maxNumSeqs, largestGraph)
            own += (Self.grid(to: requests) + [requests]).map { $0 * decodeTokens }
        } else {
            own.append(maxNumSeqs)
        }
        return Set(sizes + own.filter { $0 <= most }).sorted()
    }

    /// 1, 2, 4, every 8th to 256 and every 16th to `most`.
    package static func grid(to most: Int) -> [Int] {
        let sizes =
            [1, 2, 4] + Array(stride(from: 8, through: 256, by: 8))
            + Array(stride(from: 272, through: max(272, most), by: 16))
        return sizes.filter { $0 <= most }
    }

    /// Number of graphs: a piecewise one for each size, and a full one for each size that a decode
    /// batch can have, which the engine rounds up to whole requests.
    package var graphs: Int {
        let sizes = capturedSizes
        let whole = Set(sizes.map { ($0 + decodeTokens - 1) / decodeTokens * decodeTokens })
        return sizes.count + whole.count { $0 <= maxNumSeqs * decodeTokens }
    }
}
