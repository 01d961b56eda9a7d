/// What the cache knows of a request, set when its slot is opened.
struct CacheSlot {
    var table = BlockTable()
    /// Up to this many computed tokens nothing has to be allocated, registered or freed.
    var nextNeed: Int32 = -1
    /// Decides which of its blocks a sliding-window group retains.
    var retention: Retention
    /// Whether no other request can name its content, so that its blocks are just a number.
    var isPrivate = false
    var promptTokens: Int32
    /// Order of arrival over the whole run: unique.
    var sequence: Int64
}

/// What the block tables of a request in all groups have in common.
struct BlockTable {
    /// Places in each table: blocks, including those that have left its window.
    var count: Int32 = 0
    /// Leading blocks that are registered, or were decided not to be.
    var registered: Int32 = 0
    /// With extents: the node of the content tree that holds the last of these; -1 without any, or
    /// if no other request can name the content.
    var node: Int32 = -1

    /// Tokens computed at which a decoding request needs a block.
    @inline(__always)
    func nextTake(size: Int32) -> Int32 { count &* size }

    /// Computed tokens at which a block fills with known tokens, when `unknown` of them are not
    /// known.
    @inline(__always)
    func nextFill(unknown: Int32, size: Int32, caching: Bool) -> Int32 {
        caching ? (registered &+ 1) &* size &- 1 &+ unknown : .max
    }
}
