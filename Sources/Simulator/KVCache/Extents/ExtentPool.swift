/// The KV blocks of one replica, kept as extents: cost follows prompts, hits and evictions, not
/// blocks. Block numbers do not exist here; a pool of blocks (`BlockPool`) is its oracle.
///
/// Why that is the same:
/// - Free keyless blocks stand before free keyed ones in the queue, and are alike: a count. In a
///   release that sends them to the back (S8) those there are spans of no content.
/// - Whoever registers, hits, slides or releases does so with neighbouring blocks of a chain at
///   once. Blocks that one request registered are an extent; neighbours in it that have equally
///   many holders, or stand side by side in the queue, are a span, whose ends say everything.
/// - A release walks from the last block to the first, so a free span is handed out from its
///   deep end.
/// - Nothing is de-duplicated: several extents of one group may overlap. They are kept in the order
///   of registration, and the oldest that still has a block is found.
/// - Content that nobody else can name is never hit: its blocks are a number.
struct ExtentPool: ~Copyable {
    /// Blocks of one group that were registered one after the other, as far as they still exist.
    struct Extent {
        var node: Int32
        var group: Int32
        /// Neighbours in the age of extents of the same node and group.
        var older: Int32
        var younger: Int32 = -1
        var shallowest: Int32
        var deepest: Int32
    }

    /// Blocks `low..<high` of an extent. Without holders they stand side by side in the free queue.
    ///
    /// With extent -1: so many free blocks of content that nobody else can name; with -2: so many
    /// without a key.
    struct Span {
        var extent: Int32
        /// The group, for extent -1.
        var group: Int32 = 0
        var low: Int32
        var high: Int32
        var holders: Int32
        var next: Int32 = -1
        var previous: Int32 = -1
        var deeper: Int32 = -1
        var shallower: Int32 = -1
        /// For extent -1: the request whose blocks they are, by its place in the extent, as long as
        /// it may have to name them yet; -1: anybody's.
        var sequence: Int64 = -1

        var count: Int32 { high - low }
    }

    /// The oldest and the youngest extent of a node in a group.
    struct Ages {
        var oldest: Int32 = -1
        var youngest: Int32 = -1
    }

    let groups: Int32
    /// Free blocks without a key at the front of the queue.
    private(set) var keylessFree: Int
    /// Free blocks behind these: nearly always all that have a key.
    var queuedFree = 0
    var evictions = 0
    var distinctKeys = 0

    var tree: ContentTree
    var extents = HotSlots<Extent>()
    var spans = HotSlots<Span>()
    private(set) var spansMade = 0
    /// Group by group: index node × groups + group.
    var ages = HotArray<Ages>()
    var queueHead: Int32 = -1
    var queueTail: Int32 = -1
    /// What `cover` found: disjoint, in chain order.
    var covered = HotArray<ExtentRange>()

    /// A pool of `count` blocks, the null block included.
    init(count: Int, blockSize: Int, groups: Int) {
        keylessFree = count - 1
        self.groups = Int32(groups)
        tree = ContentTree(blockSize: blockSize)
    }

    var blockSize: Int32 { tree.blockSize }
    var freeCount: Int { keylessFree + queuedFree }

    /// Takes blocks from the front of the queue, evicting keyed ones when the keyless are used
    /// up. O(1 + spans evicted).
    @inline(__always)
    mutating func take(_ count: Int) {
        precondition(count <= freeCount, "took more blocks than are free")
        if count <= keylessFree {
            keylessFree -= count
            return
        }
        let evicted = count - keylessFree
        keylessFree = 0
        let head = queueHead
        if spans[head].extent == -1, Int(spans[head].count) > evicted {
            spans[head].high -= Int32(evicted)
            queuedFree -= evicted
            evictions += evicted
            distinctKeys -= evicted
        } else {
            evict(evicted)
        }
    }

    /// Returns blocks that never got a key, to the front of the queue or to its back. O(1).
    @inline(__always)
    mutating func giveBack(_ count: Int, toBack: Bool = false) {
        if toBack { return giveToBack(count) }
        keylessFree += count
    }

    /// Stores an extent of a node without spans, the youngest of its group.
    mutating func makeExtent(_ node: Int32, _ group: Int32) -> Int32 {
        let list = ages(of: node, group)
        let extent = Extent(
            node: node, group: group, older: ages[list].youngest, shallowest: -1, deepest: -1)
        let place = extents.insert(extent)
        if extent.older >= 0 {
            extents[extent.older].younger = place
        } else {
            ages[list].oldest = place
        }
        ages[list].youngest = place
        tree.retain(node)
        return place
    }

    /// Removes an extent without spans.
    mutating func dissolve(_ place: Int32) {
        let extent = extents[place]
        let list = ages(of: extent.node, extent.group)
        if extent.older >= 0 {
            extents[extent.older].younger = extent.younger
        } else {
            ages[list].oldest = extent.younger
        }
        if extent.younger >= 0 {
            extents[extent.younger].older = extent.older
        } else {
            ages[list].youngest = extent.older
        }
        extents.remove(place)
        tree.release(extent.node)
    }

    /// Where the ages of a node's extents in a group stand.
    @inline(__always)
    mutating func ages(of node: Int32, _ group: Int32) -> Int {
        let place = Int(node * groups + group)
        if place >= ages.count { ages.append(Ages(), times: place + 1 - ages.count) }
        return place
    }

    /// Stores a span, which the caller links.
    mutating func store(_ span: Span) -> Int32 {
        spansMade += 1
        return spans.insert(span)
    }
}

/// Blocks `low..<high` of an extent, held by a request or found for one.
struct ExtentRange {
    var extent: Int32
    var low: Int32
    var high: Int32

    var count: Int32 { high - low }
}
