/// The KV blocks of one replica, each individually: a free queue that is also the LRU, and an index
/// from key to block. Used where block numbers are needed, and as the oracle of `ExtentPool`.
///
/// Block 0 is the null block: never handed out, it replaces a block that left a sliding window. A
/// freed block keeps its key until it is handed out again, so eviction is lazy. Several blocks may
/// carry one key (there is no de-duplication); a lookup returns the one registered first. All
/// operations are O(1).
///
/// Rules: vLLM's `BlockPool` and `FreeKVCacheBlockQueue`.
struct BlockPool: ~Copyable {
    struct Block {
        /// Requests that hold the block; it is in the free queue while there are none.
        var references: Int32 = 0
        /// Chained identity of the tokens up to the block's end; 0 without a key.
        var key: UInt64 = 0
    }

    var blocks: HotArray<Block>
    /// Blocks without a holder, cached or not.
    private(set) var freeCount = 0
    /// Cached blocks that lost their key because they were handed out.
    private(set) var evictions = 0
    var queue = LinkedLists()
    var free = LinkedLists.List()
    /// The blocks of each key in order of registration.
    private var sameKey = LinkedLists()
    var byKey: [UInt64: LinkedLists.List] = [:]

    /// A pool of `count` blocks, including the null block, queued in order 1, 2, 3...
    init(count: Int) {
        precondition(count >= 1 && count < Int(Int32.max), "a pool has 1 to 2^31 - 2 blocks")
        blocks = HotArray(repeating: Block(), count: count)
        for block in 1..<max(1, Int32(count)) { enqueue(block, after: free.last) }
    }

    /// Number of distinct keys that blocks carry.
    var distinctKeys: Int { byKey.count }

    /// The block registered first under a key, or 0. O(1) expected.
    func lookup(_ key: UInt64) -> Int32 { byKey[key]?.first ?? 0 }

    /// Takes the block at the front of the queue and forgets its key.
    mutating func take() -> Int32 {
        let block = free.first
        precondition(block > 0, "I7: took a block from an empty pool")
        unqueue(block)
        if blocks[Int(block)].key != 0 {
            forget(block)
            evictions += 1
        }
        blocks[Int(block)].references = 1
        return block
    }

    /// Adds a holder. A free block leaves the queue. The null block has no holders.
    mutating func adopt(_ block: Int32) {
        guard block != 0 else { return }
        if blocks[Int(block)].references == 0 { unqueue(block) }
        blocks[Int(block)].references += 1
    }

    /// Removes a holder of a block, as part of releasing one list of blocks in order. The null
    /// block has no holders.
    ///
    /// A block without holders goes to the back of the queue if it has a key. Blocks without a key
    /// go to the front as a group in list order: `cursor`, -1 at the start of the list, is the last
    /// of them. With `keylessToBack` they go to the back with the others.
    mutating func release(_ block: Int32, cursor: inout Int32, keylessToBack: Bool = false) {
        guard block != 0 else { return }
        let i = Int(block)
        blocks[i].references -= 1
        precondition(blocks[i].references >= 0, "I7: a block was released more often than held")
        guard blocks[i].references == 0 else { return }
        if keylessToBack || blocks[i].key != 0 {
            enqueue(block, after: free.last)
        } else {
            enqueue(block, after: cursor)
            cursor = block
        }
    }

    /// Gives an uncached block a key. O(1) expected.
    mutating func register(_ block: Int32, key: UInt64) {
        precondition(key != 0 && blocks[Int(block)].key == 0, "a block gets one key, not 0")
        blocks[Int(block)].key = key
        sameKey.append(block, to: &byKey[key, default: .init()])
    }

    /// Takes a block's key away. O(1) expected.
    private mutating func forget(_ block: Int32) {
        let key = blocks[Int(block)].key
        blocks[Int(block)].key = 0
        sameKey.remove(block, from: &byKey[key, default: .init()])
        if lookup(key) < 0 { byKey[key] = nil }
    }

    /// Visits the free blocks from the front of the queue to its back. O(blocks).
    func forEachFree(_ body: (Int32, Block) -> Void) {
        var block = free.first
        while block > 0 {
            body(block, blocks[Int(block)])
            block = queue.next(block)
        }
    }

    private mutating func enqueue(_ block: Int32, after previous: Int32) {
        queue.insert(block, after: previous, in: &free)
        freeCount += 1
    }

    private mutating func unqueue(_ block: Int32) {
        queue.remove(block, from: &free)
        freeCount -= 1
    }
}
