/// How often a trace's own content blocks recur: what an infinite cache would hit, how far apart
/// uses are, and what LRU caches of any size would hold.
///
/// Blocks are the trace's (512 tokens for Mooncake). As in a prefix cache, a block includes
/// everything before it: after another predecessor it is a different block. RAGPulse's chunks are
/// content wherever they occur, and a hit is the longest run of known chunks from a prompt's start.
/// Traces without blocks use 16-token blocks from the prompt's start (`PrefixReuse`). Distances
/// count distinct blocks between two uses of one, in prompt order.
package struct BlockReuse: Sendable {
    /// What was counted; all zero for a trace without content.
    package struct Result: Sendable {
        /// Uses of blocks by prompts.
        package var totalBlocks = 0
        /// Distinct blocks that an infinite cache holds at the end, including known answers.
        package var uniqueBlocks = 0
        package var hitBlocks = 0
        package var hitTokens = 0
        /// The base of `hitTokens`: all prompt tokens, or those in chunks if chunks vary in length.
        package var baseTokens = 0
        package var requestsWithHit = 0
        /// Blocks that recurred at least once.
        package var reusedBlocks = 0
        /// Seconds between uses of a block, and distinct blocks between them: quantiles 0.5, 0.9,
        /// 0.99.
        package private(set) var gapSeconds: [Double] = []
        package private(set) var distances: [Double] = []
        /// Every distance, and every gap in nanoseconds.
        var allDistances = CountedValues()
        var allGaps = CountedValues()

        /// Share of block uses that an LRU cache of `capacity` blocks would have held.
        /// O(log distances).
        package func lruHitRatio(capacity: Int) -> Double {
            guard totalBlocks > 0 else { return 0 }
            return Double(allDistances.count(below: Int64(capacity))) / Double(totalBlocks)
        }

        /// The same for an infinite cache. For chunks this is more than `hitBlocks`, because here a
        /// chunk counts wherever it occurs. O(log distances).
        package var comingBack: Double { lruHitRatio(capacity: .max) }

        /// Finishes the counting. O(uses · log uses).
        mutating func sort() {
            allDistances.sort()
            allGaps.sort()
            let shares = [0.5, 0.9, 0.99]
            distances = allDistances.quantiles(shares)
            gapSeconds = allGaps.quantiles(shares).map { $0 * 1e-9 }
        }
    }

    private let blockTokens: Int32?
    private var index = DenseIndex()
    private var lastUse: [Int32] = []
    private var lastTime: [Int64] = []
    private var wasReused: [Bool] = []
    private var marks = FenwickTree(count: 1 << 16)
    private var owners = [Int32](repeating: -1, count: 1 << 16)
    private var now = 0
    private var result = Result()
    private var chain: UInt64 = 0
    private var isHit = true

    /// `blockTokens` is the trace's own; nil for chunks.
    init(blockTokens: Int?) { self.blockTokens = blockTokens.map(Int32.init) }

    /// Adds every request of a batch that has content. O(blocks · log unique blocks).
    mutating func add(_ batch: Workload) {
        guard !batch.segmentEnds.isEmpty else { return }
        for row in 0..<batch.count {
            let before = result.hitBlocks
            isHit = true
            chain = 0
            for segment in batch.segments(of: row) { addOwn(segment, at: batch.arrivals[row]) }
            if blockTokens != nil { result.baseTokens += Int(batch.promptTokens[row]) }
            if result.hitBlocks > before { result.requestsWithHit += 1 }
        }
    }

    private mutating func addOwn(_ segment: Segment, at time: Int64) {
        guard segment.content < OwnContent.first else { return }
        guard let size = blockTokens else {
            result.baseTokens += Int(segment.length)
            use(Self.key(segment.content, segment.offset), segment.length, at: time)
            return
        }
        var offset = segment.offset
        let end = segment.offset + segment.length
        while offset < end {
            let length = min(size - offset % size, end - offset)
            let content = Int64(
                bitPattern: chain &* 0xd134_2543_de82_ef95 ^ UInt64(segment.content))
            chain = Self.key(content, offset / size)
            use(chain, length, at: time)
            offset += length
        }
    }

    private static func key(_ content: Int64, _ offset: Int32) -> UInt64 {
        let mixed = UInt64(bitPattern: content) &* 0x9e37_79b9_7f4a_7c15
        return (mixed ^ (mixed >> 32)) &+ UInt64(UInt32(bitPattern: offset))
            &* 0xd6e8_feb8_6659_fd93
    }

    private mutating func use(_ key: UInt64, _ tokens: Int32, at time: Int64) {
        result.totalBlocks += 1
        let (block, isNew) = index.number(of: key)
        if now == marks.count { compact() }
        if isNew {
            isHit = false
            lastUse.append(Int32(now))
            lastTime.append(time)
            wasReused.append(false)
        } else {
            if isHit {
                result.hitBlocks += 1
                result.hitTokens += Int(tokens)
            }
            let last = Int(lastUse[block])
            let distance = marks.sum(before: now) - marks.sum(before: last + 1)
            result.allDistances.add(Int64(distance))
            result.allGaps.add(time - lastTime[block])
            marks.add(-1, at: last)
            owners[last] = -1
            wasReused[block] = true
            lastUse[block] = Int32(now)
            lastTime[block] = time
        }
        marks.add(1, at: now)
        owners[now] = Int32(block)
        now += 1
    }

    /// Closes the gaps between marks, and doubles the space if marks fill half of it.
    private mutating func compact() {
        let live = owners.filter { $0 >= 0 }
        let size = max(marks.count, 1 << 16) * (2 * live.count > marks.count ? 2 : 1)
        marks = FenwickTree(count: size)
        owners = Array(repeating: -1, count: size)
        for (position, block) in live.enumerated() {
            marks.add(1, at: position)
            owners[position] = block
            lastUse[Int(block)] = Int32(position)
        }
        now = live.count
    }

    /// The final counts. O(uses · log uses).
    func finish() -> Result {
        var final = result
        final.uniqueBlocks = index.count
        final.reusedBlocks = wasReused.lazy.filter { $0 }.count
        final.sort()
        return final
    }
}
