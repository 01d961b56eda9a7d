import Traces

/// A radix tree over tokens: two are the same when content and offset are (`Segment`), wherever a
/// trace cuts its segments. A node holds all that follows its parent up to where prompts part, so
/// that a request costs a node or two, however many pieces it has.
struct SeenPrefixes: ~Copyable {
    struct Node: Keyed {
        var firstKey: UInt64
        /// Its first piece, and how many tokens of that precede it.
        var piece: Int32
        var skipped: Int32
        var tokens: Int32
        /// The node that it follows, below 0 for none, and how many tokens precede it.
        var parent: Int32
        var start: Int32
        /// How many of its tokens have been computed; above 0 only where all before it are.
        var computed: Int32 = 0
    }

    /// How far a request's tokens are in the tree.
    struct Place {
        /// Tokens that are, and where the others begin.
        var tokens: Int32 = 0
        var segment = 0
        var passed: Int32 = 0
        /// The last node; -1 before the first.
        var node: Int32 = -1
        /// Tokens of the node that are left, and where they begin.
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

    /// Pieces that are kept.
    var count: Int { pieces.count }
    var isEmpty: Bool { pieces.isEmpty }

    /// Follows a request as far as another one began alike. O(segments + nodes passed).
    mutating func follow(_ tokens: borrowing HotArray<Segment>) -> Place {
        var place = Place()
        while place.left == 0, place.segment < tokens.count {
            var first = tokens[place.segment]
            first.offset &+= place.passed
            let child = index.find(Self.key(place.node, first), nodes)
            guard child >= 0 else { break }
            let node = nodes[child]
            (place.node, place.left) = (child, node.tokens)
            (place.piece, place.skipped) = (Int(node.piece), node.skipped)
            pass(tokens, &place)
        }
        return place
    }

    /// Goes on inside a node.
    @inline(__always)
    private func pass(_ tokens: borrowing HotArray<Segment>, _ place: inout Place) {
        while place.left > 0, place.segment < tokens.count {
            let (mine, theirs) = (tokens[place.segment], pieces[place.piece])
            guard mine.content == theirs.content,
                mine.offset &+ place.passed == theirs.offset &+ place.skipped
            else { return }
            let common = min(
                mine.length - place.passed, theirs.length - place.skipped, place.left)
            place.tokens += common
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

    /// Follows a request of so many tokens and enters what of it is not known. The tokens that
    /// were, and its last node. O(segments + nodes passed).
    mutating func enter(
        _ tokens: borrowing HotArray<Segment>, _ count: Int32
    ) -> (known: Int32, node: Int32) {
        let place = follow(tokens)
        guard place.segment < tokens.count else { return (place.tokens, place.node) }
        let parent = place.left > 0 ? cut(place) : place.node
        var first = tokens[place.segment]
        first.offset &+= place.passed
        first.length -= place.passed
        let node = Node(
            firstKey: Self.key(parent, first), piece: Int32(pieces.count), skipped: 0,
            tokens: count - place.tokens, parent: parent, start: place.tokens)
        pieces.append(first)
        pieces.append(contentsOf: tokens, from: place.segment + 1)
        let number = nodes.insert(node)
        index.insert(number, nodes)
        return (place.tokens, number)
    }

    /// Notes that so many tokens on the way to a node, at most its last one, have been computed.
    /// O(1) amortised over the nodes.
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

    /// Cuts a node in two. The first half, which is new: the second keeps its number, by which its
    /// children know it, and the requests that end in either.
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
    /// The key of a node of a radix tree that begins so and follows another one, below 0 for none.
    @inline(__always)
    func key(after parent: Int32) -> UInt64 {
        let (parent, offset) = (UInt32(bitPattern: parent), UInt32(bitPattern: offset))
        let place = UInt64(parent) << 32 | UInt64(offset)
        let product = (UInt64(bitPattern: content) &* 0xa076_1d64_78bd_642f ^ place)
            .multipliedFullWidth(by: 0xe703_7ed1_a0b4_28db)
        return product.high ^ product.low
    }
}
