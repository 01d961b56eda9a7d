/// The contents whose blocks a pool has or may get, as a tree. What cached prompts have in common
/// is stored once, however much of it is cached and in whichever group.
///
/// A node is never split: its children branch off where their content leaves it, possibly in its
/// middle. So a block of a chain belongs to exactly one node, found by the key of that node's first
/// block.
struct ContentTree: ~Copyable {
    struct Node: Keyed {
        /// Blocks of the chain, counting from the prompt's start.
        var start: Int32
        var end: Int32
        /// The node that holds block `start - 1`; -1 at the start of a chain.
        var parent: Int32
        /// Extents, children and requests that need the node, and how many of them are children.
        var references: Int32 = 0
        var children: Int32 = 0
        /// Identity of the chain up to the end of its first block.
        var firstKey: UInt64
        var pieces = Slab<ContentPiece>.List()
    }

    let blockSize: Int32
    private var nodes = HotSlots<Node>()
    private var index = NodeIndex<Node>()
    private var pieces = Slab<ContentPiece>(
        filler: ContentPiece(content: 0, offset: 0, start: 0, hashBefore: 0))

    init(blockSize: Int) { self.blockSize = Int32(blockSize) }

    /// Number of nodes.
    var count: Int { nodes.count }
    /// Index slots probed so far.
    var probes: Int { index.probes }

    /// Appends to `path` the parts of a request's chain from block 0 that the tree knows, at most
    /// `limit` blocks. O(nodes + pieces passed).
    mutating func follow(
        _ contents: borrowing PromptContents, _ slot: Int, to limit: Int32,
        _ path: inout HotArray<ChainPart>
    ) {
        var block: Int32 = 0
        var piece = 0
        while block < limit {
            piece = contents.index(slot, holding: block * blockSize, from: piece)
            let node = index.find(firstKey(contents, slot, block, piece), nodes)
            guard node >= 0 else { return }
            let end = min(limit, commonEnd(contents, slot, node, from: block, piece))
            precondition(end > block, "a node that was found matches in its first block at least")
            path.append(ChainPart(node: node, low: block, high: end))
            block = end
        }
    }

    /// Appends to `path` the parts of a request's chain between two blocks, and adds to the tree
    /// what it does not know. `node` holds the block before the first, and moves to the last.
    /// O(nodes + pieces passed).
    mutating func reach(
        _ contents: borrowing PromptContents, _ slot: Int, from first: Int32, to limit: Int32,
        _ node: inout Int32, _ path: inout HotArray<ChainPart>
    ) {
        var block = first
        var piece = -1
        while block < limit {
            // A chain that continues at the end of a node without children extends that node.
            if node >= 0, block == nodes[node].end, nodes[node].children == 0 {
                lengthen(contents, slot, node, to: limit, piece)
                return path.append(ChainPart(node: node, low: block, high: limit))
            }
            let token = block * blockSize
            piece =
                piece < 0
                ? contents.index(slot, holding: token)
                : contents.index(slot, holding: token, from: piece)
            var end = block
            if node >= 0, block < nodes[node].end {
                end = min(limit, commonEnd(contents, slot, node, from: block, piece))
            }
            if end <= block {
                let key = firstKey(contents, slot, block, piece)
                let found = index.find(key, nodes)
                if found >= 0 {
                    node = found
                    end = min(limit, commonEnd(contents, slot, node, from: block, piece))
                    precondition(end > block, "a node that was found matches in its first block")
                } else {
                    if node < 0 || block < nodes[node].end {
                        node = add(key, parent: node, start: block)
                    }
                    lengthen(contents, slot, node, to: limit, piece)
                    end = limit
                }
            }
            path.append(ChainPart(node: node, low: block, high: end))
            block = end
        }
    }

    /// Adds a reference to a node. O(1).
    mutating func retain(_ node: Int32) { nodes[node].references += 1 }

    /// Removes a reference to a node. Nodes without references are removed. O(1) amortised.
    mutating func release(_ node: Int32) {
        var node = node
        while node >= 0 {
            nodes[node].references -= 1
            guard nodes[node].references == 0 else { return }
            let parent = nodes[node].parent
            index.remove(node, nodes)
            pieces.free(&nodes[node].pieces)
            nodes.remove(node)
            if parent >= 0 { nodes[parent].children -= 1 }
            node = parent
        }
    }

    /// Identity of a request's chain up to the end of a block that begins in `piece`.
    @inline(__always)
    private func firstKey(
        _ contents: borrowing PromptContents, _ slot: Int, _ block: Int32, _ piece: Int
    ) -> UInt64 {
        contents.prefixHash(slot, (block + 1) * blockSize, from: piece)
    }

    private mutating func add(_ key: UInt64, parent: Int32, start: Int32) -> Int32 {
        let place = nodes.insert(
            Node(start: start, end: start, parent: parent, firstKey: key))
        if parent >= 0 {
            nodes[parent].references += 1
            nodes[parent].children += 1
        }
        index.insert(place, nodes)
        return place
    }

    /// Extends a node with the content of the request whose chain it is so far: from `piece` on, if
    /// it has none yet.
    @inline(__always)
    private mutating func lengthen(
        _ contents: borrowing PromptContents, _ slot: Int, _ node: Int32, to end: Int32,
        _ piece: Int
    ) {
        nodes[node].end = end
        var list = nodes[node].pieces
        var first = piece
        let count = contents.count(slot)
        if list.count > 0 {
            let last = pieces[list, Int(list.count) - 1].start
            // An output goes on.
            if contents.piece(slot, count - 1).start == last { return }
            first = contents.index(slot, holding: last) + 1
        }
        var next = first
        while next < count, contents.piece(slot, next).start < end * blockSize { next += 1 }
        pieces.reserve(Int(list.count) + next - first, in: &list)
        for index in first..<next { pieces.append(contents.piece(slot, index), to: &list) }
        nodes[node].pieces = list
    }

    /// Up to which block of the chain a node has the same content as a request that matches it up
    /// to `block`, which begins in piece `first`; `block` or less if the next block differs. O(log
    /// pieces + pieces passed).
    private func commonEnd(
        _ contents: borrowing PromptContents, _ slot: Int, _ node: Int32, from block: Int32,
        _ first: Int
    ) -> Int32 {
        let list = nodes[node].pieces
        let limit = nodes[node].end * blockSize
        var position =
            block == nodes[node].start ? 0 : pieces.index(in: list, holding: block * blockSize)
        var piece = first
        while true {
            let theirs = pieces[list, position]
            guard contents.piece(slot, piece) == theirs else { return theirs.start / blockSize }
            let isLast = position + 1 == Int(list.count)
            let theirEnd = isLast ? limit : pieces[list, position + 1].start
            let myEnd = contents.end(slot, piece)
            if isLast || theirEnd != myEnd { return min(theirEnd, myEnd, limit) / blockSize }
            position += 1
            piece += 1
        }
    }
}

/// Blocks `low..<high` of a chain, all in one node of the tree.
struct ChainPart {
    var node: Int32
    var low: Int32
    var high: Int32
}
