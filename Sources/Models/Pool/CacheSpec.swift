/// What one layer keeps in the block pool on one GPU: the pool's view of a layer, whatever its
/// mathematics.
///
/// A layer has none (it caches nothing, or reads another layer's cache), one, or several: an
/// indexer beside a latent (DeepSeek-V3.2), a state beside attention (Falcon-H1). Equivalent to
/// vLLM 0.33.0's `KVCacheSpec`.
package struct CacheSpec: Equatable, Hashable, Sendable {
    /// Which tokens are kept, and how the engine's allocator counts them.
    package enum Kind: Equatable, Hashable, Sendable {
        /// Every token, keys and values by head.
        case full
        /// Every token, one latent row for all heads; also an indexer's rows.
        case mla
        /// The last `window` tokens, as the engine counts them (Cohere2: the config's + 1).
        case sliding(window: Int)
        /// The tokens of the current chunk of `chunk` (Llama 4).
        case chunked(chunk: Int)
        /// A state of constant size per sequence.
        case state(StateSpec)
    }

    package var kind: Kind
    /// Tokens per block that the layer's kernel needs if the user sets none: 16; 64 for sparse MLA
    /// with its indexer and for MLA in fp8.
    package var blockSize: Int
    /// Bytes of one stored row on one GPU. A row is a token unless `tokensPerRow` says otherwise. 0
    /// for a state.
    package var rowBytes: Int64
    /// Tokens per row: 4 and 128 in DeepSeek-V4's compressed caches.
    package var tokensPerRow = 1
    /// Pages are padded to a multiple of this many bytes: 576 in DeepSeek-V4.
    package var pageMultiple: Int64 = 1
    /// Whether the kernel fixes the block size, so that `--block-size` does not change it
    /// (DeepSeek-V4's windows and compressor states).
    package var hasOwnBlockSize = false
    /// Heads by which tensor parallelism cuts a row that a layer keeps beside its keys and values;
    /// nil: every GPU keeps all of it. Not more GPUs than heads (Inkling's convolutions).
    package var shards: Int?
    /// Whether it belongs to a draft model or head, on the last pipeline stage.
    package var isDraft = false
    /// Whether the engine's model creates it before those of earlier layers (Zamba2's shared
    /// attention). Groups form in order of creation.
    package var isCreatedFirst = false

    /// A cache of rows.
    package init(_ kind: Kind, rowBytes: Int64, blockSize: Int = 16) {
        self.kind = kind
        self.rowBytes = rowBytes
        self.blockSize = blockSize
    }

    /// A state.
    package init(_ state: StateSpec) { self.init(.state(state), rowBytes: 0) }

    /// The state, if it is one.
    package var state: StateSpec? {
        if case .state(let state) = kind { return state }
        return nil
    }

    /// Most tokens that attention or the state's allocator keeps; nil: all.
    package var window: Int? {
        switch kind {
        case .sliding(let window): window
        case .chunked(let chunk): chunk
        case .full, .mla, .state: nil
        }
    }

    /// The part that one of `tensorParallel` GPUs keeps.
    func shard(tensorParallel: Int) -> CacheSpec {
        guard let shards else { return self }
        var copy = self
        let cut = max(1, min(shards, tensorParallel))
        copy.rowBytes /= Int64(cut)
        if case .state(var state) = kind {
            for index in state.parts.indices { state.parts[index].elements /= cut }
            copy.kind = .state(state)
        }
        return copy
    }

    /// Bytes of a page of `tokens` tokens, padded to `pageMultiple`.
    package func pageBytes(tokens: Int) -> Int64 {
        let bytes = rowBytes * Int64(tokens / tokensPerRow)
        return (bytes + pageMultiple - 1) / pageMultiple * pageMultiple
    }
}

/// The state that a recurrent layer keeps per sequence on one GPU.
package struct StateSpec: Equatable, Hashable, Sendable {
    /// One tensor of the state.
    package struct Part: Equatable, Hashable, Sendable {
        /// Elements on one GPU without speculative tokens.
        package var elements: Int
        /// Elements that each speculative token adds (further inputs of the convolution).
        package var elementsPerDraft: Int
        /// Bytes per element: 2 (bfloat16, float16) or 4 (float32).
        package var elementBytes: Int
        /// Whether `--mamba-ssm-cache-dtype` sets its type: true for the recurrence, not the
        /// convolution.
        package var isRecurrence: Bool

        package init(
            elements: Int, elementBytes: Int = 2, elementsPerDraft: Int = 0,
            isRecurrence: Bool = false
        ) {
            self.elements = elements
            self.elementBytes = elementBytes
            self.elementsPerDraft = elementsPerDraft
            self.isRecurrence = isRecurrence
        }
    }

    /// Where the prefill kernel can export a state from inside a chunk. Decides whether a request
    /// takes a third block, and the grid of block sizes (SEMANTICS-memory 3.1, 4.5).
    package enum Checkpoint: Equatable, Hashable, Sendable {
        /// Nowhere: Mamba 1, short convolutions, Kimi-Linear's KDA, Triton's gated delta.
        case none
        /// At any token: Mamba 2.
        case everyToken
        /// At multiples of a block, whose size must be a multiple of this many tokens: 64 for
        /// FlashInfer's gated delta, the default on an H100.
        case blocks(of: Int)
    }

    /// Readable name of the family: "mamba1", "mamba2", "gdn_attn", "short_conv", "linear".
    package var type: String
    package var parts: [Part]
    package var checkpoint: Checkpoint

    package init(type: String, parts: [Part], checkpoint: Checkpoint) {
        self.type = type
        self.parts = parts
        self.checkpoint = checkpoint
    }

    /// Whether it is the ring of keys of which no entry is made yet: one block a request, whatever
    /// the prefix cache (`CircularBufferSpec`).
    package var isRing: Bool { type == Self.ring }

    static let ring = "ring"

    /// Bytes of the state with `drafts` speculative tokens.
    package func bytes(drafts: Int = 0) -> Int64 {
        parts.reduce(0) {
            $0 + Int64($1.elements + drafts * $1.elementsPerDraft) * Int64($1.elementBytes)
        }
    }
}

extension CacheSpec.Kind {
    /// The kind's name in the engine's logs.
    package var engineName: String {
        switch self {
        case .full: "FullAttention"
        case .mla: "MLAAttention"
        case .sliding: "SlidingWindow"
        case .chunked: "ChunkedLocalAttention"
        case .state: "Mamba"
        }
    }
}
