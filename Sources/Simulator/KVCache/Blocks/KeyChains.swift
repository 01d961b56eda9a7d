import Traces

/// A request's chained block keys, computed as far as anyone asked.
struct KeyChain {
    var keys = Slab<UInt64>.List()
    var segments = Slab<Segment>.List()
    /// The segment and the position inside it where the next block starts; past the last segment
    /// the outputs follow.
    var segment: Int32 = 0
    var consumed: Int32 = 0
}

/// Chained identities of prompt and output blocks.
///
/// A block's key folds its parent's key with the (content, offset, length) pieces inside the
/// block, so equal keys mean equal tokens from the start of the prompt, whatever the block size
/// over whatever the trace's own block size. Keys are 64-bit hashes: for n live keys in a pool
/// the chance that a lookup errs is about n·2⁻⁶⁴.
struct KeyChains: ~Copyable {
    private(set) var chains = HotArray<KeyChain>()
    private var keys = Slab<UInt64>(filler: 0)
    private var segments = Slab<Segment>(filler: Segment(content: 0, length: 0))
    let blockSize: Int32

    init(blockSize: Int) { self.blockSize = Int32(blockSize) }

    /// Gives a slot the content of a new request. O(segments).
    mutating func open(_ slot: Int, _ content: ArraySlice<Segment>) {
        while chains.count <= slot { chains.append(KeyChain()) }
        var chain = KeyChain()
        segments.reserve(content.count, in: &chain.segments)
        for segment in content { segments.append(segment, to: &chain.segments) }
        chains[slot] = chain
    }

    /// Forgets a slot's content and keys.
    mutating func close(_ slot: Int) {
        keys.free(&chains[slot].keys)
        segments.free(&chains[slot].segments)
    }

    /// The content that a slot was given. O(segments).
    func content(_ slot: Int) -> [Segment] {
        let list = chains[slot].segments
        return (0..<Int(list.count)).map { segments[list, $0] }
    }

    /// Number of keys computed so far.
    func count(_ slot: Int) -> Int { Int(chains[slot].keys.count) }

    /// The key of block `index`, which `extend` must have reached.
    func key(_ slot: Int, _ index: Int) -> UInt64 { keys[chains[slot].keys, index] }

    /// The key that a group's blocks carry: groups share a pool but not their blocks.
    @inline(__always)
    static func key(_ key: UInt64, group: Int) -> UInt64 {
        group == 0 ? key : (key ^ (UInt64(group) &* 0x9e37_79b9_7f4a_7c15)) | 1
    }

    /// Computes keys until there are `count`. The caller vouches that so many blocks are full.
    /// O(new blocks + segments passed).
    mutating func extend(_ slot: Int, to count: Int, outputContent: Int64) {
        var chain = chains[slot]
        guard Int(chain.keys.count) < count else { return }
        keys.reserve(count, in: &chain.keys)
        var parent = chain.keys.isEmpty ? 0 : keys[chain.keys, Int(chain.keys.count) - 1]
        while Int(chain.keys.count) < count {
            parent = nextKey(parent, &chain, outputContent)
            keys.append(parent, to: &chain.keys)
        }
        chains[slot] = chain
    }

    private func nextKey(
        _ parent: UInt64, _ chain: inout KeyChain, _ outputContent: Int64
    ) -> UInt64 {
        var hash = parent
        var missing = blockSize
        while missing > 0 {
            guard chain.segment < chain.segments.count else {
                hash = Self.fold(hash, outputContent, chain.consumed, missing)
                chain.consumed += missing
                break
            }
            let segment = segments[chain.segments, Int(chain.segment)]
            let taken = min(missing, segment.length - chain.consumed)
            hash = Self.fold(hash, segment.content, segment.offset + chain.consumed, taken)
            missing -= taken
            chain.consumed += taken
            if chain.consumed == segment.length {
                chain.segment += 1
                chain.consumed = 0
            }
        }
        return hash == 0 ? 1 : hash
    }

    /// Folds one piece into a hash by a full 64 x 64 multiplication (as in wyhash).
    @inline(__always)
    private static func fold(
        _ hash: UInt64, _ content: Int64, _ offset: Int32, _ length: Int32
    ) -> UInt64 {
        let what = hash ^ (UInt64(bitPattern: content) &* 0xa076_1d64_78bd_642f)
        let place = UInt64(UInt32(bitPattern: offset)) << 32 | UInt64(UInt32(bitPattern: length))
        let product = (what ^ 0xe703_7ed1_a0b4_28db)
            .multipliedFullWidth(by: place ^ 0x8ebc_6af0_9c88_c6e3)
        return product.high ^ product.low &+ hash
    }
}
