/// The KV blocks of one replica, kept as runs: cost follows prompts, hits and evictions, not
/// blocks. Block numbers do not exist here; a pool of blocks (`BlockPool`) is its oracle.
///
/// Why that is the same:
/// - Free keyless blocks always stand before free keyed ones in the queue, and are alike: a count.
/// - Whoever registers, hits, slides or releases does so with neighbouring blocks of a chain at
///   once. Blocks that one request registered are a run; neighbours in it that have equally many
///   holders, or stand side by side in the queue, are a stretch, whose ends say everything.
/// - A release walks from the last block to the first, so a free stretch is handed out from its
///   deep end.
/// - Nothing is de-duplicated: several runs of one group may overlap. They are kept in the order
///   of registration, and the oldest that still has a block is found.
/// - Content that nobody else can name is never hit: its blocks are a number.
struct RunPool: ~Copyable {
    /// Blocks of one group that were registered one after the other, as far as they still exist.
    struct Run {
        var node: Int32
        var group: Int32
        /// Neighbours in the age of runs of the same node and group.
        var older: Int32
        var younger: Int32 = -1
        var shallowest: Int32
        var deepest: Int32
    }

    /// Blocks `low..<high` of a run. Without holders they stand side by side in the free queue.
    ///
    /// With run -1: so many free blocks of content that nobody else can name.
    struct Stretch {
        var run: Int32
        /// The group, for run -1.
        var group: Int32 = 0
        var low: Int32
        var high: Int32
        var holders: Int32
        var next: Int32 = -1
        var previous: Int32 = -1
        var deeper: Int32 = -1
        var shallower: Int32 = -1
        /// For run -1: the request whose blocks they are, by its place in the run, as long as it
        /// may have to name them yet; -1: anybody's.
        var sequence: Int64 = -1

        var count: Int32 { high - low }
    }

    /// The oldest and the youngest run of a node in a group.
    struct Ages {
        var oldest: Int32 = -1
        var youngest: Int32 = -1
    }

    let groups: Int32
    /// Free blocks without a key: the front of the queue.
    private(set) var keylessFree: Int
    /// Free blocks with a key.
    var keyedFree = 0
    var evictions = 0
    var distinctKeys = 0

    var tree: ContentTree
    var runs = HotSlots<Run>()
    var stretches = HotSlots<Stretch>()
    private(set) var stretchesMade = 0
    /// Group by group: index node × groups + group.
    var ages = HotArray<Ages>()
    var queueHead: Int32 = -1
    var queueTail: Int32 = -1
    /// What `cover` found: disjoint, in chain order.
    var covered = HotArray<RunHold>()

    /// A pool of `count` blocks, the null block included.
    init(count: Int, blockSize: Int, groups: Int) {
        keylessFree = count - 1
        self.groups = Int32(groups)
        tree = ContentTree(blockSize: blockSize)
    }

    var blockSize: Int32 { tree.blockSize }
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
        let head = queueHead
        if stretches[head].run < 0, Int(stretches[head].count) > evicted {
            stretches[head].high -= Int32(evicted)
            keyedFree -= evicted
            evictions += evicted
            distinctKeys -= evicted
        } else {
            evict(evicted)
        }
    }

    /// Returns blocks that never got a key. O(1).
    mutating func giveBack(_ count: Int) { keylessFree += count }

    /// Stores a run of a node without stretches, the youngest of its group.
    mutating func makeRun(_ node: Int32, _ group: Int32) -> Int32 {
        let list = ages(of: node, group)
        let run = Run(
            node: node, group: group, older: ages[list].youngest, shallowest: -1, deepest: -1)
        let place = runs.insert(run)
        if run.older >= 0 {
            runs[run.older].younger = place
        } else {
            ages[list].oldest = place
        }
        ages[list].youngest = place
        tree.retain(node)
        return place
    }

    /// Removes a run without stretches.
    mutating func dissolve(_ place: Int32) {
        let run = runs[place]
        let list = ages(of: run.node, run.group)
        if run.older >= 0 {
            runs[run.older].younger = run.younger
        } else {
            ages[list].oldest = run.younger
        }
        if run.younger >= 0 {
            runs[run.younger].older = run.older
        } else {
            ages[list].youngest = run.older
        }
        runs.remove(place)
        tree.release(run.node)
    }

    /// Where the ages of a node's runs in a group stand.
    @inline(__always)
    mutating func ages(of node: Int32, _ group: Int32) -> Int {
        let place = Int(node * groups + group)
        if place >= ages.count { ages.append(Ages(), times: place + 1 - ages.count) }
        return place
    }

    /// Stores a stretch, which the caller links.
    mutating func store(_ stretch: Stretch) -> Int32 {
        stretchesMade += 1
        return stretches.insert(stretch)
    }
}

/// Blocks `low..<high` of a run, held by a request or found for one.
struct RunHold {
    var run: Int32
    var low: Int32
    var high: Int32

    var count: Int32 { high - low }
}
