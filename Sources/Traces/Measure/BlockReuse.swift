/// How often a trace's own content blocks come back: what an infinite cache would hit, how far
/// apart uses are, and what LRU caches of any size would hold.
///
/// Blocks are the trace's (512 tokens for Mooncake, chunks for RAGPulse); without such, 16-token
/// blocks chained from the prompt's start. A request's hit is the longest run of blocks from its
/// start that were all seen before. Distances count distinct blocks between two uses of one, in
/// prompt order, wherever it stands in the prompt.
public struct BlockReuse: Sendable {
    /// What was counted; all zero for a trace without content.
    public struct Result: Sendable {
        public var totalBlocks = 0
        public var uniqueBlocks = 0
        public var hitBlocks = 0
        public var hitTokens = 0
        /// What `hitTokens` is a share of: all prompt tokens, or those in chunks where chunks vary.
        public var baseTokens = 0
        public var requestsWithHit = 0
        /// Blocks that came back at least once.
        public var reusedBlocks = 0
        /// Seconds between uses of a block and distinct blocks between them: quantiles 0.5, 0.9,
        /// 0.99.
        public var gapSeconds: [Double] = []
        public var distances: [Double] = []
        /// Sorted distances, for hits at any capacity.
        var sorted: [Int32] = []

        /// Share of block uses that an LRU cache of `capacity` blocks would have held.
        public func lruHitRatio(capacity: Int) -> Double {
            guard totalBlocks > 0 else { return 0 }
            var low = 0
            var high = sorted.count
            while low < high {
                let middle = (low + high) / 2
                if Int(sorted[middle]) < capacity { low = middle + 1 } else { high = middle }
            }
            return Double(low) / Double(totalBlocks)
        }
    }

    private let blockTokens: Int32?
    private let isChained: Bool
    private var index = DenseIndex()
    private var lastUse: [Int32] = []
    private var lastTime: [Int64] = []
    private var wasReused: [Bool] = []
    private var marks = FenwickTree(count: 1 << 16)
    private var owners = [Int32](repeating: -1, count: 1 << 16)
    private var now = 0
    private var result = Result()
    private var gaps: [Int64] = []
    private var chain: UInt64 = 0
    private var isHit = true

    /// `blockTokens`: the trace's own, nil for chunks; `chained16` for traces without blocks.
    init(blockTokens: Int?, chained16: Bool) {
        self.blockTokens = chained16 ? 16 : blockTokens.map(Int32.init)
        isChained = chained16
    }

    /// Adds every request of a batch that has content. O(blocks · log unique blocks).
    mutating func add(_ batch: Workload) {
        guard !batch.segmentEnds.isEmpty else { return }
        for row in 0..<batch.count {
            let before = result.hitBlocks
            isHit = true
            chain = 0
            if isChained {
                addChained(batch, row)
            } else {
                for segment in batch.segments(of: row) {
                    addOwn(segment, at: batch.arrivals[row])
                }
            }
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
            use(Self.key(segment.content, offset / size), length, at: time)
            offset += length
        }
    }

    private mutating func addChained(_ batch: Workload, _ row: Int) {
        let size = blockTokens!
        var room = size
        for segment in batch.segments(of: row) {
            var offset = segment.offset
            var left = segment.length
            while left > 0 {
                let length = min(room, left)
                // The chain so far stands for everything before; the piece's length closes it.
                chain =
                    Self.key(
                        Int64(bitPattern: chain ^ UInt64(bitPattern: segment.content)), offset)
                    &+ UInt64(length)
                offset += length
                left -= length
                room -= length
                if room == 0 {
                    use(chain, size, at: batch.arrivals[row])
                    room = size
                }
            }
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
            result.sorted.append(Int32(distance))
            gaps.append(time - lastTime[block])
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

    /// Closes the gaps between marks, and doubles the room when marks fill half of it.
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

    /// What was counted. O(uses · log uses).
    func finish() -> Result {
        var final = result
        final.uniqueBlocks = index.count
        final.reusedBlocks = wasReused.lazy.filter { $0 }.count
        final.sorted.sort()
        let shares = [0.5, 0.9, 0.99]
        final.distances = Self.quantiles(final.sorted, shares)
        final.gapSeconds = Self.quantiles(gaps.sorted(), shares).map { $0 * 1e-9 }
        return final
    }

    private static func quantiles<Value: BinaryInteger>(
        _ sorted: [Value], _ shares: [Double]
    ) -> [Double] {
        guard !sorted.isEmpty else { return [] }
        return shares.map { share in
            let rank = Double(sorted.count - 1) * share
            let low = Double(sorted[Int(rank)])
            let high = Double(sorted[min(Int(rank) + 1, sorted.count - 1)])
            return low + (high - low) * (rank - rank.rounded(.down))
        }
    }
}
