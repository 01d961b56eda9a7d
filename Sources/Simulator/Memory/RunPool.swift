/// The KV blocks of one replica, kept as runs: cost follows prompts, hits and evictions, not
/// blocks. For a single full-attention group; block numbers do not exist here.
///
/// Why that is the same as a pool of blocks (`BlockPool`, its oracle):
/// - Free keyless blocks always stand before free keyed ones in the queue, and are alike: a count.
/// - Whoever holds a block holds its chain of ancestors, and a release walks from the last block
///   to the first. So a keyed block is evicted before its ancestors, the index is a tree closed
///   under prefixes, and a run of consecutive blocks shrinks from its end only.
/// - Each holder of a run holds the front of it. Reference counts fall along the run, so the
///   lengths held say everything.
/// - The free queue holds stretches of runs, each handed out from its deep end.
///
/// A block whose key is registered already (several blocks may carry one key) becomes a run of
/// its own of length one, a shadow; the older copy is found first.
struct RunPool: ~Copyable {
    struct Run {
        /// Position of the first block in its chain, in blocks from the prompt's start.
        var start: Int32
        /// Registered blocks that still exist.
        var live: Int32
        /// Blocks, from the first, with at least one holder.
        var held: Int32 = 0
        /// Holders by the length they hold, longest first: head of a list of `HoldLevel`.
        var levels: Int32 = -1
        /// Free stretches, from the shallowest to the deepest.
        var shallowest: Int32 = -1
        var deepest: Int32 = -1
        /// Identity of the prefix up to the end of the first block.
        var firstKey: UInt64
        /// The next younger run with the same first key.
        var nextSame: Int32 = -1
        /// The request that may extend the run; -1: nobody.
        var owner: Int32
        /// Tells a run from an earlier one with the same number.
        var stamp: UInt32
        /// For a shadow: the run that covered its key at registration.
        var primary = RunReference()
        var isShadow = false
        /// Whether shadows of its blocks may exist.
        var hasShadows = false
        var pieces = Slab<ContentPiece>.List()

        var end: Int32 { start + live }
    }

    struct HoldLevel {
        var count: Int32
        var holders: Int32
        var next: Int32
    }

    /// Free blocks `low..<high` of a run, neighbours in the queue and within the run; or, with run
    /// -1, blocks whose content nobody else can name, so that only their number matters.
    struct Extent {
        var run: Int32
        var low: Int32
        var high: Int32
        var next: Int32 = -1
        var previous: Int32 = -1
        var deeper: Int32 = -1
        var shallower: Int32 = -1
    }

    let blockSize: Int32
    let caching: Bool
    /// Free blocks without a key: the front of the queue.
    private(set) var keylessFree: Int
    /// Free blocks with a key.
    var keyedFree = 0
    var evictions = 0
    var distinctKeys = 0

    var runs = HotArray<Run>()
    var spareRuns = HotArray<Int32>()
    private var stamps: UInt32 = 0
    var levels = HotArray<HoldLevel>()
    var spareLevels = HotArray<Int32>()
    var extents = HotArray<Extent>()
    var spareExtents = HotArray<Int32>()
    var queueHead: Int32 = -1
    var queueTail: Int32 = -1
    var index = RunIndex()
    var pieces = Slab<ContentPiece>(
        filler: ContentPiece(content: 0, offset: 0, start: 0, hashBefore: 0))

    /// A pool of `count` blocks, the null block included.
    init(count: Int, blockSize: Int, caching: Bool) {
        keylessFree = count - 1
        self.blockSize = Int32(blockSize)
        self.caching = caching
    }

    var freeCount: Int { keylessFree + keyedFree }

    /// Takes blocks from the front of the queue, evicting keyed ones when the keyless are used
    /// up. O(1 + stretches evicted).
    @inline(__always)
    mutating func take(_ count: Int) {
        precondition(count <= freeCount, "took more blocks than are free")
        if count <= keylessFree {
            keylessFree -= count
            return
        }
        let evicted = count - keylessFree
        keylessFree = 0
        let head = Int(queueHead)
        if extents[head].run < 0, Int(extents[head].high) > evicted {
            extents[head].high -= Int32(evicted)
            keyedFree -= evicted
            evictions += evicted
            distinctKeys -= evicted
        } else {
            evict(evicted)
        }
    }

    /// Returns blocks that never got a key. O(1).
    mutating func giveBack(_ count: Int) { keylessFree += count }

    func isAlive(_ reference: RunReference) -> Bool {
        reference.run >= 0 && runs[Int(reference.run)].stamp == reference.stamp
    }

    /// Makes a run of `live` blocks and enters it into the index.
    mutating func makeRun(start: Int32, live: Int32, key: UInt64, owner: Int32) -> Int32 {
        stamps &+= 1
        let run = Run(start: start, live: live, firstKey: key, owner: owner, stamp: stamps)
        let place = store(run)
        index.insert(place, &runs)
        return place
    }

    private mutating func store(_ run: Run) -> Int32 {
        if let spare = spareRuns.popLast() {
            runs[Int(spare)] = run
            return spare
        }
        runs.append(run)
        return Int32(runs.count - 1)
    }
}

/// A run that may have ceased to exist.
struct RunReference: Equatable {
    var run: Int32 = -1
    var stamp: UInt32 = 0
}
