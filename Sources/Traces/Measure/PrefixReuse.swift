/// `BlockReuse` for traces without blocks of their own: 16-token blocks from each prompt's start.
/// Cost and memory grow with segments, not tokens: blocks used by the same requests are counted
/// together.
///
/// An answer that the trace names stays in the cache after its prompt, except its last token, which
/// is never computed: a later prompt may continue from there. It does not count as a use of a
/// block.
///
/// A request that uses a block uses all blocks before it, so the blocks last used by one request
/// form the end of its prompt. Therefore the blocks of a piece of a prompt, all last used by
/// request o, have one distance: what is left of o, plus everything of later requests, minus the
/// block itself.
struct PrefixReuse {
    /// Tokens per block.
    static let blockTokens: Int32 = 16

    private var trie = PrefixTrie()
    private var pieces: [PrefixTrie.Piece] = []
    /// Distinct blocks by the request that last used them.
    private var weights = FenwickTree(count: 1 << 10)
    private var total = 0
    /// For every request: its arrival, and how many of its blocks were not new.
    private var times: [Int64] = []
    private var known: [Int32] = []
    private var result = BlockReuse.Result()

    /// Adds every request of a batch that has content. O(segments · log requests).
    mutating func add(_ batch: Workload) {
        guard !batch.segmentEnds.isEmpty else { return }
        var path: [Segment] = []
        for row in 0..<batch.count {
            path.removeAll(keepingCapacity: true)
            path.append(contentsOf: batch.segments(of: row))
            let prompt = batch.promptTokens[row]
            var answer: Int32 = 0
            if !batch.outputContents.isEmpty, !path.isEmpty, batch.outputTokens[row] > 1 {
                answer = batch.outputTokens[row] - 1
                path.append(Segment(content: batch.outputContents[row], length: answer))
            }
            add(path, prompt: prompt, stored: prompt + answer, at: batch.arrivals[row])
        }
    }

    private mutating func add(
        _ path: [Segment], prompt: Int32, stored: Int32, at time: Int64
    ) {
        let request = times.count
        if request == weights.count { grow() }
        pieces.removeAll(keepingCapacity: true)
        trie.insert(path, total: stored, request: Int32(request), pieces: &pieces)
        let used = prompt / Self.blockTokens
        for piece in pieces { use(piece, upTo: used, at: time) }
        let blocks = stored / Self.blockTokens
        let seen = (pieces.last?.end ?? 0) / Self.blockTokens
        let hits = min(seen, used)
        times.append(time)
        known.append(seen)
        weights.add(Int(blocks), at: request)
        total += Int(blocks)
        result.totalBlocks += Int(used)
        result.uniqueBlocks += Int(blocks - seen)
        result.hitBlocks += Int(hits)
        result.hitTokens += Int(hits) * Int(Self.blockTokens)
        result.baseTokens += Int(prompt)
        if hits > 0 { result.requestsWithHit += 1 }
    }

    /// Moves the blocks of a piece to the current request, of whose prompt `used` tokens are used.
    private mutating func use(_ piece: PrefixTrie.Piece, upTo used: Int32, at time: Int64) {
        let first = piece.start / Self.blockTokens
        let end = piece.end / Self.blockTokens
        guard end > first else { return }
        let owner = Int(piece.owner)
        // The piece's first blocks have not left their owner, and none of its blocks has come here.
        let moved = Int(first)
        let distance = total + moved - weights.sum(before: owner) - 1
        let hits = min(end, used) - first
        if hits > 0 {
            result.allDistances.add(Int64(distance), count: Int(hits))
            result.allGaps.add(time - times[owner], count: Int(hits))
            result.reusedBlocks += Int(max(0, first + hits - max(first, known[owner])))
        }
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

    /// The final counts. O(pieces · log pieces).
    func finish() -> BlockReuse.Result {
        var final = result
        final.sort()
        return final
    }
}
