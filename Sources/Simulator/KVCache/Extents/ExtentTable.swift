/// A request's blocks when they are kept as extents: what all its groups have in common.
struct ExtentTable {
    /// Places in each group's block table: blocks, and what has slid out of its window.
    var count: Int32 = 0
    /// Leading blocks whose registration has been decided.
    var registered: Int32 = 0
    /// The node of the content tree that holds the last of these; -1: there are none, or nobody
    /// else can name the content.
    var node: Int32 = -1

    /// Tokens computed at which a decoding request needs a block.
    @inline(__always)
    func nextTake(size: Int32) -> Int32 { count &* size }

    /// Tokens computed at which a block becomes full of known ones, if so many are not known yet.
    @inline(__always)
    func nextFill(unknown: Int32, size: Int32, caching: Bool) -> Int32 {
        caching ? (registered &+ 1) &* size &- 1 &+ unknown : .max
    }
}

/// A request's blocks in one group.
struct GroupTable {
    /// Places at the front whose blocks have slid out of the window.
    var slid: Int32 = 0
    /// Registered blocks, in chain order; not kept for content that nobody else can name.
    var holds = Slab<ExtentRange>.List()
    /// Holds at the front of the list that have slid out wholly.
    var gone: Int32 = 0
    /// Blocks in the others.
    var keyed: Int32 = 0
}
