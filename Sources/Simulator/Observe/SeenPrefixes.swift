import Traces

/// A radix tree over tokens. Two tokens are equal if their content and offset are (`Segment`),
/// wherever a trace cuts its segments. A node holds everything after its parent up to where prompts
/// part, so a request costs a node or two, however many pieces it has. Tokens that continue a node
/// without children, like the turns of a session, extend that node.
///
/// A node's pieces are stored consecutively, followed by a mark: either the end, or where they
/// continue.
struct SeenPrefixes: ~Copyable {
    struct Node: Keyed {
        var firstKey: UInt64
        /// Its first piece, and how many of that piece's tokens precede it.
        var piece: Int32
        var skipped: Int32
        var tokens: Int32
        /// Its parent, below 0 for none, and how many tokens precede it.
        var parent: Int32
        var start: Int32
        /// How many of its tokens have been computed; above 0 only if all tokens before it are.
        var computed: Int32 = 0
    }

    /// How far a request's tokens are in the tree.
    struct Place {
        /// Tokens found in the tree, and where the others begin.
        var tokens: Int32 = 0
        var segment = 0
        var passed: Int32 = 0
        /// The last node found; -1 before the first.
        var node: Int32 = -1
        /// Tokens left in the node, and where they begin, or what follows the last one.
        var left: Int32 = 0
        var piece = 0
        var skipped: Int32 = 0
    }

    @inline(__always)
    private static func key(_ parent: Int32, _ first: Segment) -> UInt64 {
        first.key(after: parent)
    }

    private var pieces = HotArray<Segment>()
    private var nodes = HotSlots<Node>()
    private var index = NodeIndex<Node>()

    /// Number of pieces added.
    private(set) var count = 0
    var isEmpty: Bool { pieces.isEmpty }
    /// Number of nodes, and index slots probed so far.
    var nodeCount: Int { nodes.count }
    var probes: Int { index.probes }

    /// Follows a request as far as an earlier one began the same way. O(segments + nodes passed).
    mutating func follow(_ tokens: borrowing HotArray<Segment>) -> Place {
        var place = Place()
        while place.left == 0, place.segment < tokens.count {
            var first = tokens[place.segment]
            first.removeFirst(place.passed)
            let child = index.find(Self.key(place.node, first), nodes)
            guard child >= 0 else { break }
            (place.node, place.left) = (child, nodes[child].tokens)
            (place.piece, place.skipped) = (Int(nodes[child].piece), nodes[child].skipped)
            pass(tokens, &place)
        }
        if place.node >= 0 {
            place.tokens = nodes[place.node].start + nodes[place.node].tokens - place.left
        }
        return place
    }

    /// Continues inside a node.
    @inline(__always)
    private func pass(_ tokens: borrowing HotArray<Segment>, _ place: inout Place) {
        while place.left > 0, place.segment < tokens.count {
            let (mine, theirs) = (tokens[place.segment], pieces[place.piece])
            if theirs.length == 0 {
                place.piece = Int(theirs.offset)
                continue
            }
            // The usual case: whole segments are equal, because a request continues another.
            if mine.length == theirs.length, mine.length <= place.left, place.passed == 0,
                place.skipped == 0, mine.content == theirs.content, mine.offset == theirs.offset
            {
                place.left -= mine.length
                place.segment += 1
                place.piece += 1
                continue
            }
            guard mine.content == theirs.content,
                mine.offset &+ place.passed == theirs.offset &+ place.skipped
            else { return }
            let common = min(
                mine.length - place.passed, theirs.length - place.skipped, place.left)
            place.left -= common
            place.passed += common
            place.skipped += common
            if place.passed == mine.length {
                (place.segment, place.passed) = (place.segment + 1, 0)
            }
            if place.skipped == theirs.length {
                (place.piece, place.skipped) = (place.piece + 1, 0)
            }
        }
    }

    /// Whether a place is the end of a node without children.
    private func isEnd(_ place: Place) -> Bool {
        guard place.left == 0, place.node >= 0, place.skipped == 0 else { return false }
        let mark = pieces[place.piece]
        return mark.length == 0 && mark.offset < 0
    }

    /// The mark after the last piece of a node.
    private static let end = Segment(content: 0, offset: -1, length: 0)

    /// Follows a request of `count` tokens and adds what is not known. Returns how many tokens were
    /// known, and its last node. O(segments + nodes passed).
    mutating func enter(
        _ tokens: borrowing HotArray<Segment>, _ count: Int32
    ) -> (known: Int32, node: Int32) {
        let place = follow(tokens)
        guard place.segment < tokens.count else { return (place.tokens, place.node) }
        self.count += tokens.count - place.segment
        var first = tokens[place.segment]
        first.removeFirst(place.passed)
        if isEnd(place) {
            nodes[place.node].tokens += count - place.tokens
            extend(place, with: first, tokens)
            return (place.tokens, place.node)
        }
        let parent = place.left > 0 ? cut(place) : place.node
        let number = nodes.insert(
            Node(
                firstKey: Self.key(parent, first), piece: Int32(pieces.count), skipped: 0,
                tokens: count - place.tokens, parent: parent, start: place.tokens))
        index.insert(number, nodes)
        append(first, tokens, from: place.segment + 1)
        return (place.tokens, number)
    }

    /// Adds pieces after the last one of a node: `first`, then the request's others.
    private mutating func extend(
        _ place: Place, with first: Segment, _ tokens: borrowing HotArray<Segment>
    ) {
        let last = pieces[place.piece - 1]
        var next = place.segment
        var piece = first
        if last.content == first.content, last.offset &+ last.length == first.offset {
            pieces[place.piece - 1].length += first.length
            next += 1
            guard next < tokens.count else { return }
            piece = tokens[next]
        }
        pieces[place.piece].offset = Int32(pieces.count)
        append(piece, tokens, from: next + 1)
    }

    @inline(__always)
    private mutating func append(
        _ first: Segment, _ tokens: borrowing HotArray<Segment>, from place: Int
    ) {
        pieces.append(first)
        pieces.append(contentsOf: tokens, from: place)
        pieces.append(Self.end)
    }

    /// Notes that the first `tokens` tokens on the way to a node, ending in that node at most, have
    /// been computed. O(1) amortised over the nodes.
    @inline(__always)
    mutating func compute(_ tokens: Int32, to node: Int32) {
        var node = node
        while nodes[node].start >= tokens { node = nodes[node].parent }
        nodes[node].computed = max(nodes[node].computed, tokens - nodes[node].start)
        node = nodes[node].parent
        while node >= 0, nodes[node].computed < nodes[node].tokens {
            nodes[node].computed = nodes[node].tokens
            node = nodes[node].parent
        }
    }

    /// How many tokens on the way to the end of a node have been computed. O(nodes passed).
    func computed(to node: Int32) -> Int32 {
        var node = node
        while node >= 0 {
            if nodes[node].computed > 0 { return nodes[node].start + nodes[node].computed }
            node = nodes[node].parent
        }
        return 0
    }

    /// Splits a node in two and returns the first half. The first half is new: the second keeps its
    /// number, by which its children and the requests that end in either half know it.
    private mutating func cut(_ place: Place) -> Int32 {
        index.remove(place.node, nodes)
        let whole = nodes[place.node]
        var first = whole
        first.tokens -= place.left
        first.computed = min(whole.computed, first.tokens)
        let number = nodes.insert(first)
        var next = pieces[place.piece]
        next.offset &+= place.skipped
        nodes[place.node] = Node(
            firstKey: Self.key(number, next), piece: Int32(place.piece), skipped: place.skipped,
            tokens: place.left, parent: number, start: whole.start + first.tokens,
            computed: whole.computed - first.computed)
        index.insert(number, nodes)
        index.insert(place.node, nodes)
        return number
    }
}

extension Segment {
    /// Removes the first tokens.
    @inline(__always)
    fileprivate mutating func removeFirst(_ tokens: Int32) {
        offset &+= tokens
        length -= tokens
    }

    /// The key of a radix-tree node that begins with this segment and follows `parent`, below 0 for
    /// none.
    @inline(__always)
    func key(after parent: Int32) -> UInt64 {
        let (parent, offset) = (UInt32(bitPattern: parent), UInt32(bitPattern: offset))
        let place = UInt64(parent) << 32 | UInt64(offset)
        let product = (UInt64(bitPattern: content) &* 0xa076_1d64_78bd_642f ^ place)
            .multipliedFullWidth(by: 0xe703_7ed1_a0b4_28db)
        return product.high ^ product.low
    }
}
