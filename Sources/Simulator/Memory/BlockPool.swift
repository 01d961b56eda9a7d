/// The KV blocks of one replica: a free queue that is also the LRU, and an index from key to
/// block (in `BlockPool+Index.swift`).
///
/// Block 0 is the null block: never handed out, it stands for a block that left a sliding window.
/// A freed block keeps its key until it is handed out again, so eviction is lazy. All operations
/// are O(1).
///
/// Rules: vLLM's `BlockPool` and `FreeKVCacheBlockQueue`.
struct BlockPool: ~Copyable {
    struct Block {
        /// Its place in the free queue, while `references` is 0.
        var place: Int32
        /// Requests that hold the block.
        var references: Int32 = 0
        /// The ring of blocks that carry the same key, oldest first; itself when alone.
        var younger: Int32
        var older: Int32
        /// Chained identity of the tokens up to the block's end; 0: none.
        var key: UInt64 = 0
    }

    var blocks = HotArray<Block>()
    private var queue: FreeQueue
    /// Keyless blocks of the release under way, which will be the front of the queue.
    private var fronts = HotArray<Int32>()
    /// Cached blocks that lost their key because they were handed out.
    private(set) var evictions = 0
    let caching: Bool
    /// Open addressing over the keys; see `BlockPool+Index.swift`.
    var slots: HotArray<IndexSlot>
    var distinctKeys = 0
    /// Slots of the index looked at so far.
    var probes = 0

    /// A pool of `count` blocks, the null block included, queued in order 1, 2, 3...
    init(count: Int, caching: Bool) {
        precondition(count >= 1 && count < 1 << 30, "a pool has 1 to 2^30 - 1 blocks")
        for i in 0..<count {
            blocks.append(Block(place: Int32(i - 1), younger: Int32(i), older: Int32(i)))
        }
        queue = FreeQueue(below: count)
        self.caching = caching
        slots = caching ? Self.emptyIndex(for: count) : HotArray()
    }

    /// Blocks without a holder, cached or not.
    var freeCount: Int { queue.count }

    /// Takes the block at the front of the queue; its key is forgotten.
    @inline(__always)
    mutating func take() -> Int32 {
        let block = queue.popFirst()
        if blocks[Int(block)].key != 0 {
            forget(block)
            evictions += 1
        }
        blocks[Int(block)].references = 1
        return block
    }

    /// Adds a holder; a free block leaves the queue. The null block has no holders.
    mutating func adopt(_ block: Int32) {
        guard block != 0 else { return }
        if blocks[Int(block)].references == 0 { queue.remove(at: blocks[Int(block)].place) }
        blocks[Int(block)].references += 1
    }

    /// Drops a holder of a block, as part of the release of one list walked in order, which
    /// `endRelease` ends. The null block has none.
    ///
    /// A block nobody holds goes to the back of the queue when it carries a key. Keyless ones go
    /// to the front as a group in walking order.
    @inline(__always)
    mutating func release(_ block: Int32) {
        guard block != 0 else { return }
        let i = Int(block)
        blocks[i].references -= 1
        precondition(blocks[i].references >= 0, "a block was released more often than held")
        guard blocks[i].references == 0 else { return }
        if blocks[i].key == 0 {
            fronts.append(block)
        } else {
            if queue.isFull { closeHoles() }
            blocks[i].place = queue.append(block)
        }
    }

    /// Ends a release. O(keyless blocks released).
    @inline(__always)
    mutating func endRelease() {
        while let block = fronts.popLast() {
            if queue.isFull { closeHoles() }
            blocks[Int(block)].place = queue.prepend(block)
        }
    }

    @inline(never)
    private mutating func closeHoles() {
        blocks.withUnsafeMutablePointer { blocks in
            queue.compact { block, place in blocks[Int(block)].place = place }
        }
    }

    /// Looks at the free blocks from the front of the queue to its back. O(blocks).
    func forEachFree(_ body: (Int32) -> Void) { queue.forEach(body) }
}
