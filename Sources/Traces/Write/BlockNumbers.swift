/// Numbers for the blocks of prompts, chained from the start and counted in order of appearance. A
/// partial last block has its own number. Memory grows with segments, not blocks.
struct BlockNumbers {
    /// Blocks from `first` on with the numbers from `number` on.
    private struct Run {
        var first: Int32
        var number: Int64
    }

    /// A partial last block: the number before it, -1 for none, and its content.
    private struct Tail: Hashable {
        let before: Int64
        let pieces: [Segment]
    }

    let blockTokens: Int32
    /// Prompt tokens that earlier prompts also begin with, and how many of them the numbers do not
    /// show because they fill no block.
    private(set) var sharedTokens = 0
    private(set) var lostTokens = 0
    private var trie = PrefixTrie()
    private var pieces: [PrefixTrie.Piece] = []
    private var runs: [Run] = []
    private var runEnds: [Int] = []
    private var tails: [Tail: Int64] = [:]
    private var next: Int64 = 0

    init(blockTokens: Int32) { self.blockTokens = blockTokens }

    /// Calls `body` with each block's number. A prompt without content gets only new numbers.
    /// O(segments + blocks).
    mutating func forEachBlock(of batch: Workload, _ row: Int, _ body: (Int64) -> Void) {
        let total = batch.promptTokens[row]
        var path = Array(batch.segments(of: row))
        if path.isEmpty {
            path = [Segment(content: OwnContent.prompt(of: batch.ids[row]), length: total)]
        }
        let start = runs.count
        pieces.removeAll(keepingCapacity: true)
        trie.insert(path, total: total, request: Int32(runEnds.count), pieces: &pieces)
        for piece in pieces { addKnown(piece, from: start) }
        let known = pieces.last?.end ?? 0
        let blocks = total / blockTokens
        if blocks > known / blockTokens {
            add(Run(first: known / blockTokens, number: next), from: start)
            next += Int64(blocks - known / blockTokens)
        }
        runEnds.append(runs.count)
        var last: Int64 = -1
        for index in start..<runs.count {
            let end = index + 1 < runs.count ? runs[index + 1].first : blocks
            for offset in 0..<Int64(end - runs[index].first) {
                last = runs[index].number + offset
                body(last)
            }
        }
        var kept = known / blockTokens * blockTokens
        if total % blockTokens > 0 {
            let tail = Tail(before: last, pieces: Self.end(of: path, total % blockTokens))
            if tails[tail] != nil { kept = total }
            body(number(of: tail))
        }
        sharedTokens += Int(known)
        lostTokens += Int(known - min(kept, known))
    }

    private mutating func number(of tail: Tail) -> Int64 {
        if let known = tails[tail] { return known }
        defer { next += 1 }
        tails[tail] = next
        return next
    }

    /// Adds the numbers that the blocks of a piece have in its owner.
    private mutating func addKnown(_ piece: PrefixTrie.Piece, from start: Int) {
        var first = piece.start / blockTokens
        let end = piece.end / blockTokens
        let owner = Int(piece.owner)
        let ownerEnd = runEnds[owner]
        for index in (owner == 0 ? 0 : runEnds[owner - 1])..<ownerEnd {
            let runEnd = index + 1 < ownerEnd ? runs[index + 1].first : .max
            guard first < end, runEnd > first else { continue }
            let run = runs[index]
            add(Run(first: first, number: run.number + Int64(first - run.first)), from: start)
            first = min(end, runEnd)
        }
    }

    /// Adds a run, unless it continues the one before it in the same request.
    private mutating func add(_ run: Run, from start: Int) {
        if runs.count > start, let last = runs.last,
            run.number - last.number == Int64(run.first - last.first)
        {
            return
        }
        runs.append(run)
    }

    /// The last tokens of a prompt.
    private static func end(of path: [Segment], _ tokens: Int32) -> [Segment] {
        var pieces: [Segment] = []
        var left = tokens
        for segment in path.reversed() where left > 0 {
            let length = min(left, segment.length)
            pieces.append(
                Segment(
                    content: segment.content, offset: segment.offset + segment.length - length,
                    length: length))
            left -= length
        }
        return pieces.reversed()
    }
}
