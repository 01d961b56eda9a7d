/// The KV blocks of one replica, kept as extents: cost follows prompts, hits and evictions, not
/// blocks. There are no block numbers; a pool of blocks (`BlockPool`) is the oracle. The article
/// "Fast-forward" shows that both are equal. In releases that send free blocks without a key to the
/// back of the queue (S8), those blocks are spans without a group.
struct ExtentPool: ~Copyable {
    /// Blocks of one group that were registered one after another, as far as they still exist.
    struct Extent {
        var node: Int32
        var group: Int32
        /// Its spans, shallowest first.
        var spans = LinkedLists.List()
    }

    /// Blocks `low..<high` of an extent. Without holders they are neighbours in the free queue.
    ///
    /// With extent -1: a number of free blocks of content that no other request can name.
    struct Span {
        var extent: Int32
        /// The group, for extent -1; with group -1 the blocks have no key.
        var group: Int32 = 0
        var low: Int32
        var high: Int32
        var holders: Int32
        /// With extent -1: the request that owns the blocks, as long as it may have to name them;
        /// `low` and `high` are then places in its chain. -1: no owner.
        var sequence: Int64 = -1

        var count: Int32 { high - low }
    }

    let groups: Int32
    /// Free blocks without a key at the front of the queue.
    private(set) var uncachedFree: Int
    /// Free blocks behind these: nearly always all those with a key.
    var queuedFree = 0
    var evictions = 0
    var distinctKeys = 0

    var tree: ContentTree
    var extents = HotSlots<Extent>()
    var spans = HotSlots<Span>()
    private(set) var spansMade = 0
    /// The extents of a node in a group, oldest first: index node × groups + group.
    var ages = HotArray<LinkedLists.List>()
    var byAge = LinkedLists()
    /// Links the spans of an extent.
    var byDepth = LinkedLists()
    /// Links the spans without holders.
    var queue = LinkedLists()
    var free = LinkedLists.List()
    /// What `cover` found: disjoint, in chain order.
    var covered = HotArray<ExtentRange>()

    /// A pool of `count` blocks, including the null block.
    init(count: Int, blockSize: Int, groups: Int) {
        uncachedFree = count - 1
        self.groups = Int32(groups)
        tree = ContentTree(blockSize: blockSize)
    }

    var blockSize: Int32 { tree.blockSize }
    var freeCount: Int { uncachedFree + queuedFree }

    /// Takes blocks from the front of the queue, evicting cached ones once the uncached are used
    /// up. O(1 + spans evicted).
    @inline(__always)
    mutating func take(_ count: Int) {
        precondition(count <= freeCount, "I7: took more blocks than are free")
        if count <= uncachedFree {
            uncachedFree -= count
            return
        }
        let evicted = count - uncachedFree
        uncachedFree = 0
        let head = free.first
        if spans[head].extent < 0, spans[head].group >= 0, Int(spans[head].count) > evicted {
            spans[head].high -= Int32(evicted)
            queuedFree -= evicted
            evictions += evicted
            distinctKeys -= evicted
        } else {
            evict(evicted)
        }
    }

    /// Returns blocks that never got a key to the front or the back of the queue. O(1).
    @inline(__always)
    mutating func giveBack(_ count: Int, toBack: Bool = false) {
        if toBack { return join(group: -1, count) }
        uncachedFree += count
    }

    /// Adds an extent of a node without spans, the youngest of its group.
    mutating func makeExtent(_ node: Int32, _ group: Int32) -> Int32 {
        let place = extents.insert(Extent(node: node, group: group))
        byAge.append(place, to: &ages[ages(of: node, group)])
        tree.retain(node)
        return place
    }

    /// Removes an extent without spans.
    mutating func dissolve(_ place: Int32) {
        let extent = extents[place]
        byAge.remove(place, from: &ages[ages(of: extent.node, extent.group)])
        extents.remove(place)
        tree.release(extent.node)
    }

    /// Index in `ages` of a node's extents in a group.
    @inline(__always)
    mutating func ages(of node: Int32, _ group: Int32) -> Int {
        let place = Int(node * groups + group)
        if place >= ages.count { ages.append(.init(), times: place + 1 - ages.count) }
        return place
    }

    /// Stores a span. The caller links it.
    mutating func store(_ span: Span) -> Int32 {
        spansMade += 1
        return spans.insert(span)
    }
}

/// The free queue of spans and its evictions.
extension ExtentPool {
    /// Returns cached blocks of content that no request can name any more: they join the back of
    /// the queue and wait to be evicted. O(1).
    @inline(__always)
    mutating func releasePrivate(_ count: Int) { join(group: 0, count) }

    /// Puts blocks that no request can name at the back of the queue; with group -1 they have no
    /// key.
    private mutating func join(group: Int32, _ count: Int) {
        guard count > 0 else { return }
        queuedFree += count
        let tail = free.last
        if tail >= 0, spans[tail].extent < 0, spans[tail].sequence < 0, spans[tail].group == group {
            spans[tail].high += Int32(count)
        } else {
            enqueue(
                store(Span(extent: -1, group: group, low: 0, high: Int32(count), holders: 0)))
        }
    }

    /// Returns cached blocks that left a window of the only request that can name them, which may
    /// still have to. O(1).
    mutating func releasePrivate(_ blocks: Range<Int32>, sequence: Int64, group: Int32) {
        queuedFree += Int(blocks.upperBound - blocks.lowerBound)
        enqueue(
            store(
                Span(
                    extent: -1, group: group, low: blocks.lowerBound, high: blocks.upperBound,
                    holders: 0, sequence: sequence)))
    }

    /// Makes extents of the spans that a request left in the queue under its own number, all of
    /// them blocks of one node. O(spans in the queue), which are few when a request is preempted.
    mutating func expose(sequence: Int64, node: Int32) {
        var place = free.first
        while place >= 0 {
            let span = spans[place]
            if span.extent < 0, span.sequence == sequence {
                let extent = makeExtent(node, span.group)
                byDepth.append(place, to: &extents[extent].spans)
                spans[place].extent = extent
            }
            place = queue.next(place)
        }
    }

    /// Puts a span at the back of the queue.
    mutating func enqueue(_ place: Int32) { queue.append(place, to: &free) }

    /// Hands out blocks from the front of the queue and forgets their keys. O(spans), and O(extents
    /// of the same node) for each. Not inlined, so that the loop stays small.
    @inline(never)
    mutating func evict(_ count: Int) {
        var missing = Int32(count)
        evictions += count
        queuedFree -= count
        while missing > 0 {
            let place = free.first
            precondition(place >= 0, "evicted more blocks than are queued")
            let span = spans[place]
            let taken = min(missing, span.count)
            missing -= taken
            let end = span.high - taken
            spans[place].high = end
            if span.extent < 0, span.group < 0 {
                evictions -= Int(taken)
            } else if span.extent < 0 {
                distinctKeys -= Int(taken)
            } else {
                let extent = extents[span.extent]
                distinctKeys -= uncovered(
                    extent.node, extent.group, end, span.high, except: span.extent)
            }
            if end == span.low { removeFirst(place) }
        }
    }

    /// Removes an empty span from the front of the queue, and its extent if that is empty too.
    private mutating func removeFirst(_ place: Int32) {
        let extent = spans[place].extent
        queue.remove(place, from: &free)
        if extent < 0 { return spans.remove(place) }
        remove(place)
        if extents[extent].spans.isEmpty { dissolve(extent) }
    }
}

/// Blocks `low..<high` of an extent, held by a request or found for one.
struct ExtentRange {
    var extent: Int32
    var low: Int32
    var high: Int32

    var count: Int32 { high - low }
}
