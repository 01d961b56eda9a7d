/// What the cache knows of a request, whose facts it was given when its slot was opened.
struct CacheSlot {
    var table = BlockTable()
    /// Up to so many computed tokens nothing has to be allocated, registered or freed.
    var nextNeed: Int32 = -1
    /// What decides which of its blocks a window's group retains.
    var retention: Retention
    /// Whether no other request can name its content, so that its blocks are a number.
    var isPrivate = false
    var promptTokens: Int32
    /// Order of arrival over the whole run: unique.
    var sequence: Int64
}

/// What the block tables of a request have in common in all groups.
struct BlockTable {
    /// Places in each table: blocks, and what has left its window.
    var count: Int32 = 0
    /// Leading blocks whose registration has been decided.
    var registered: Int32 = 0
    /// With extents: the node of the content tree that holds the last of these; -1: there are
    /// none, or nobody else can name the content.
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
