/// `BlockReuse` for traces without blocks of their own: 16-token blocks from each prompt's start.
/// Cost and memory follow segments, not tokens: blocks that the same requests used are counted
/// together.
///
/// Blocks whose last use is one request are the end of its prompt, as a request that uses one uses
/// all before it. So the blocks of a piece of a prompt, all used last by request o, have one
/// distance: what is left of o, and everything of later requests, but the block itself.
struct PrefixReuse {
    /// Tokens per block.
    static let blockTokens: Int32 = 16

    private var trie = PrefixTrie()
    private var pieces: [PrefixTrie.Piece] = []
    /// Distinct blocks by the request that used them last.
    private var weights = FenwickTree(count: 1 << 10)
    private var total = 0
    /// Of every request: when it arrived, and how many of its blocks were not new.
    private var times: [Int64] = []
    private var known: [Int32] = []
    private var result = BlockReuse.Result()

    /// Adds every request of a batch that has content. O(segments · log requests).
    mutating func add(_ batch: Workload) {
        guard !batch.segmentEnds.isEmpty else { return }
        for row in 0..<batch.count {
            add(
                Array(batch.segments(of: row)), tokens: batch.promptTokens[row],
                at: batch.arrivals[row])
        }
    }

    private mutating func add(_ path: [Segment], tokens: Int32, at time: Int64) {
        let request = times.count
        if request == weights.count { grow() }
        pieces.removeAll(keepingCapacity: true)
        trie.insert(path, total: tokens, request: Int32(request), pieces: &pieces)
        for piece in pieces { use(piece, at: time) }
        let blocks = tokens / Self.blockTokens
        let seen = (pieces.last?.end ?? 0) / Self.blockTokens
        times.append(time)
        known.append(seen)
        weights.add(Int(blocks), at: request)
        total += Int(blocks)
        result.totalBlocks += Int(blocks)
        result.uniqueBlocks += Int(blocks - seen)
        result.hitBlocks += Int(seen)
        result.hitTokens += Int(seen) * Int(Self.blockTokens)
        result.baseTokens += Int(tokens)
        if seen > 0 { result.requestsWithHit += 1 }
    }

    private mutating func use(_ piece: PrefixTrie.Piece, at time: Int64) {
        let first = piece.start / Self.blockTokens
        let end = piece.end / Self.blockTokens
        guard end > first else { return }
        let owner = Int(piece.owner)
        // The piece's first blocks have not left their owner, and no block of it has come here.
        let moved = Int(first)
        let distance = total + moved - weights.sum(before: owner) - 1
        result.allDistances.add(Int64(distance), count: Int(end - first))
        result.allGaps.add(time - times[owner], count: Int(end - first))
        result.reusedBlocks += Int(max(0, end - max(first, known[owner])))
        weights.add(Int(first - end), at: owner)
        total -= Int(end - first)
    }

    private mutating func grow() {
        var larger = FenwickTree(count: 2 * weights.count)
        for index in 0..<weights.count {
            larger.add(weights.sum(before: index + 1) - weights.sum(before: index), at: index)
        }
        weights = larger
    }

    /// What was counted. O(pieces · log pieces).
    func finish() -> BlockReuse.Result {
        var final = result
        final.sort()
        return final
    }
}
