/// The KV blocks of one replica, one by one: a free queue that is also the LRU, and an index from
/// key to block (in `BlockPool+Index.swift`). For whoever wants block numbers, and the oracle of
/// `RunPool`.
///
/// Block 0 is the null block: never handed out, it stands for a block that left a sliding window
/// and serves as the queue's sentinel. A freed block keeps its key until it is handed out again,
/// so eviction is lazy. All operations are O(1).
///
/// Rules: vLLM's `BlockPool` and `FreeKVCacheBlockQueue`.
struct BlockPool: ~Copyable {
    struct Block {
        /// Neighbours in the free queue; meaningful while `references` is 0.
        var next: Int32
        var previous: Int32
        /// Requests that hold the block.
        var references: Int32 = 0
        /// The ring of blocks that carry the same key, oldest first; itself when alone.
        var younger: Int32
        var older: Int32
        /// Chained identity of the tokens up to the block's end; 0: none.
        var key: UInt64 = 0
    }

    var blocks = HotArray<Block>()
    /// Blocks without a holder, cached or not.
    private(set) var freeCount: Int
    /// Cached blocks that lost their key because they were handed out.
    private(set) var evictions = 0
    /// The oldest block of each key; see `BlockPool+Index.swift`.
    var oldest: [UInt64: Int32] = [:]

    /// A pool of `count` blocks, the null block included, queued in order 1, 2, 3...
    init(count: Int) {
        precondition(count >= 1 && count < Int(Int32.max), "a pool has 1 to 2^31 - 2 blocks")
        for i in 0..<count {
            blocks.append(
                Block(
                    next: Int32((i + 1) % count), previous: Int32((i + count - 1) % count),
                    younger: Int32(i), older: Int32(i)))
        }
        freeCount = count - 1
    }

    /// Takes the block at the front of the queue; its key is forgotten.
    mutating func take() -> Int32 {
        let block = blocks[0].next
        precondition(block != 0, "took a block from an empty pool")
        unlink(block)
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
        if blocks[Int(block)].references == 0 { unlink(block) }
        blocks[Int(block)].references += 1
    }

    /// Drops a holder of a block, as part of the release of one list walked in order. The null
    /// block has none.
    ///
    /// A block nobody holds goes to the back of the queue when it carries a key. Keyless ones go
    /// to the front as a group in walking order: `cursor`, 0 before the walk, is the last of them.
    /// With `keylessToBack` they go to the back with the others.
    mutating func release(_ block: Int32, cursor: inout Int32, keylessToBack: Bool = false) {
        guard block != 0 else { return }
        let i = Int(block)
        blocks[i].references -= 1
        precondition(blocks[i].references >= 0, "a block was released more often than held")
        guard blocks[i].references == 0 else { return }
        if keylessToBack || blocks[i].key != 0 {
            link(block, after: blocks[0].previous)
        } else {
            link(block, after: cursor)
            cursor = block
        }
    }

    /// Looks at the free blocks from the front of the queue to its back. O(blocks).
    func forEachFree(_ body: (Int32) -> Void) {
        var block = blocks[0].next
        while block != 0 {
            body(block)
            block = blocks[Int(block)].next
        }
    }

    private mutating func unlink(_ block: Int32) {
        let (next, previous) = (blocks[Int(block)].next, blocks[Int(block)].previous)
        blocks[Int(previous)].next = next
        blocks[Int(next)].previous = previous
        freeCount -= 1
    }

    private mutating func link(_ block: Int32, after previous: Int32) {
        let next = blocks[Int(previous)].next
        blocks[Int(block)].next = next
        blocks[Int(block)].previous = previous
        blocks[Int(previous)].next = block
        blocks[Int(next)].previous = block
        freeCount += 1
    }
}
