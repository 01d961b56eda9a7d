import Traces

/// Every beginning of a prompt or answer that a run has seen: a bound of what prefix caches can
/// hit, told request by request.
///
/// Exact for the latest million pieces of content at least; what came back later than that counts
/// as new. So memory stays below 200 MB, and below 70 MB where requests have ten pieces or more.
struct ReuseBound: ~Copyable {
    /// Whether there are caches to hit.
    let isOn: Bool
    /// Whether a request may find what it shares in a replica that it does not go to.
    private let tellsReplicas: Bool
    private var recent = SeenPrefixes()
    /// What the latest `most` pieces before those of `recent` were.
    private var older = SeenPrefixes()
    private let most: Int
    /// The request being followed: its prompt, and its answer where others may quote it.
    private var tokens = HotArray<Segment>()
    /// How many tokens that are.
    private var count: Int32 = 0

    init(_ plan: RunPlan, most: Int = 1 << 20) {
        isOn = plan.engine.enablePrefixCaching
        tellsReplicas = plan.replicas > 1
        self.most = most
    }

    /// Notes what a request begins with, and tells it what was known of that.
    /// O(segments + nodes passed).
    @inline(__always)
    mutating func see(_ request: inout ArrivingRequest, on replica: Int) {
        if isOn, !request.content.isEmpty { follow(&request, replica) }
    }

    @inline(never)
    private mutating func follow(_ request: inout ArrivingRequest, _ replica: Int) {
        tokens.removeAll()
        tokens.append(contentsOf: request.content)
        count = request.promptTokens
        // The last token of an answer is computed by nobody.
        let answer = min(request.outputTokens, .max - request.promptTokens) - 1
        if request.isQuotable, answer > 0 {
            tokens.append(Segment(content: request.outputContent, length: answer))
            count += answer
        }
        let known = known(of: 0)
        let knownHere = tellsReplicas ? self.known(of: Int32(replica) + 1) : known
        request.shared.anywhere = min(known, request.promptTokens)
        request.shared.here = min(knownHere, request.promptTokens)
        if recent.count >= most {
            swap(&recent, &older)
            recent = SeenPrefixes()
        }
    }

    /// How many of the first tokens some crowd of requests had before: crowd 0 is all of them.
    private mutating func known(of crowd: Int32) -> Int32 {
        let before = older.isEmpty ? 0 : older.follow(tokens, in: crowd).tokens
        return max(before, recent.enter(tokens, count, in: crowd))
    }
}

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
    }

    /// How far a request's tokens are in the tree.
    struct Place {
        /// Tokens that are, and where the others begin.
        var tokens: Int32 = 0
        var segment = 0
        var passed: Int32 = 0
        /// The last node; the crowd's root, below 0, before the first.
        var node: Int32
        /// Tokens of the node that are left, and where they begin.
        var left: Int32 = 0
        var piece = 0
        var skipped: Int32 = 0
    }

    @inline(__always)
    private static func key(_ parent: Int32, _ first: Segment) -> UInt64 {
        PrefixDirectory.Node.key(parent, first.content, first.offset)
    }

    private var pieces = HotArray<Segment>()
    private var nodes = HotSlots<Node>()
    private var index = NodeIndex<Node>()

    /// Pieces that are kept.
    var count: Int { pieces.count }
    var isEmpty: Bool { pieces.isEmpty }

    /// Follows a request as far as another one of a crowd began alike.
    /// O(segments + nodes passed).
    mutating func follow(_ tokens: borrowing HotArray<Segment>, in crowd: Int32) -> Place {
        var place = Place(node: -1 - crowd)
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
    /// were. O(segments + nodes passed).
    mutating func enter(
        _ tokens: borrowing HotArray<Segment>, _ count: Int32, in crowd: Int32
    ) -> Int32 {
        let place = follow(tokens, in: crowd)
        guard place.segment < tokens.count else { return place.tokens }
        let parent = place.left > 0 ? cut(place) : place.node
        var first = tokens[place.segment]
        first.offset &+= place.passed
        first.length -= place.passed
        let node = Node(
            firstKey: Self.key(parent, first), piece: Int32(pieces.count), skipped: 0,
            tokens: count - place.tokens)
        pieces.append(first)
        pieces.append(contentsOf: tokens, from: place.segment + 1)
        index.insert(nodes.insert(node), nodes)
        return place.tokens
    }

    /// Cuts a node in two. The first half, which is new: the second keeps its number, by which its
    /// children know it.
    private mutating func cut(_ place: Place) -> Int32 {
        index.remove(place.node, nodes)
        var first = nodes[place.node]
        first.tokens -= place.left
        let number = nodes.insert(first)
        var next = pieces[place.piece]
        next.offset &+= place.skipped
        nodes[place.node] = Node(
            firstKey: Self.key(number, next), piece: Int32(place.piece), skipped: place.skipped,
            tokens: place.left)
        index.insert(number, nodes)
        index.insert(place.node, nodes)
        return number
    }
}
