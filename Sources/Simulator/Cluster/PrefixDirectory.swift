import Traces

/// What the router remembers of prompts: for every prefix of the latest 65,536 prompts, the replica
/// that served the last prompt with that prefix.
///
/// A radix tree over tokens, as in SGLang's router. Two tokens are equal if their content and
/// offset are (`Segment`), wherever the trace cuts its segments, so a choice depends only on what
/// prompts have in common, not on the trace's format. A node is a run of tokens of one content. It
/// is split where prompts part or end, so that every token of a node has the same history.
struct PrefixDirectory: ~Copyable {
    /// A run of tokens that continues its parent's.
    struct Node: Keyed {
        var content: Int64
        var offset: Int32
        var length: Int32
        /// -1 for the first node of a prompt.
        var parent: Int32
        /// The replica that served the latest prompt through this node, and that prompt's number.
        var holder: Int32
        var latest: Int64

        // Children of one node differ in their first token.
        var firstKey: UInt64 {
            Segment(content: content, offset: offset, length: length).key(after: parent)
        }
    }

    /// Where a prompt leaves the tree: the tokens used of a node, and passed of a segment.
    private struct Position {
        var node: Int32 = -1
        var used: Int32 = 0
        var segment: Int
        var passed: Int32 = 0
    }

    /// How many prompts are remembered: a power of two.
    private let span: Int
    private var nodes = HotSlots<Node>()
    private var index = NodeIndex<Node>()
    /// The last node of each remembered prompt, by its number modulo `span`; -1 without content.
    private var ends = HotArray<Int32>()
    private var prompts: Int64 = 0
    private var position = Position(segment: 0)

    init(span: Int = 1 << 16) {
        precondition(span > 0 && span & (span - 1) == 0, "the span is a power of two")
        self.span = span
    }

    /// Number of nodes.
    var count: Int { nodes.count }

    /// The replica that last served the longest known prefix of a prompt; nil if none of it is
    /// known. O(segments + nodes passed).
    mutating func follow(_ content: ArraySlice<Segment>) -> Int? {
        position = Position(segment: content.startIndex)
        while position.segment < content.endIndex {
            let segment = content[position.segment]
            let next = segment.offset &+ position.passed
            if position.node < 0 || position.used == nodes[position.node].length {
                let first = Segment(content: segment.content, offset: next, length: 1)
                let key = first.key(after: position.node)
                let child = index.find(key, nodes)
                guard child >= 0 else { break }
                position.node = child
                position.used = 0
            }
            let node = nodes[position.node]
            guard node.content == segment.content, node.offset &+ position.used == next else {
                break
            }
            let common = min(node.length - position.used, segment.length - position.passed)
            position.used += common
            position.passed += common
            if position.passed == segment.length {
                position.segment += 1
                position.passed = 0
            }
        }
        return position.node < 0 ? nil : Int(nodes[position.node].holder)
    }

    /// Records which replica got the prompt just followed, and forgets the prompt `span` before it.
    /// O(segments + nodes passed).
    mutating func record(_ replica: Int, _ content: ArraySlice<Segment>) {
        var node = position.node
        if node >= 0, position.used < nodes[node].length { node = cut(node, at: position.used) }
        node = add(content, after: node)
        let end = node
        while node >= 0 {
            nodes[node].holder = Int32(truncatingIfNeeded: replica)
            nodes[node].latest = prompts
            node = nodes[node].parent
        }
        // By now, what this prompt shares with the forgotten one is marked as its own.
        forget(prompts - Int64(span))
        remember(end: end)
        prompts += 1
    }

    /// Adds the part of the prompt that is not known yet. Returns the prompt's last node.
    private mutating func add(_ content: ArraySlice<Segment>, after node: Int32) -> Int32 {
        var node = node
        var place = position.segment
        var passed = position.passed
        while place < content.endIndex {
            let segment = content[place]
            var new = Node(
                content: segment.content, offset: segment.offset &+ passed,
                length: segment.length - passed, parent: node, holder: 0, latest: prompts)
            place += 1
            passed = 0
            // Consecutive segments of one content form one node.
            while place < content.endIndex, content[place].content == new.content,
                content[place].offset == new.offset &+ new.length
            {
                new.length += content[place].length
                place += 1
            }
            node = nodes.insert(new)
            index.insert(node, nodes)
        }
        return node
    }

    /// Splits a node after `tokens` tokens and returns the first half. The first half is new: the
    /// second keeps its number, by which its children and the prompts that end in it know it.
    private mutating func cut(_ node: Int32, at tokens: Int32) -> Int32 {
        index.remove(node, nodes)
        var first = nodes[node]
        first.length = tokens
        let number = nodes.insert(first)
        nodes[node].offset &+= tokens
        nodes[node].length -= tokens
        nodes[node].parent = number
        index.insert(number, nodes)
        index.insert(node, nodes)
        return number
    }

    private mutating func remember(end node: Int32) {
        let place = Int(prompts) & (span - 1)
        if place < ends.count { ends[place] = node } else { ends.append(node) }
    }

    /// Forgets what no later prompt has had of a prompt. O(nodes forgotten).
    private mutating func forget(_ prompt: Int64) {
        guard prompt >= 0 else { return }
        var node = ends[Int(prompt) & (span - 1)]
        // A node's children are never later than it, so they are gone already.
        while node >= 0, nodes[node].latest == prompt {
            let parent = nodes[node].parent
            index.remove(node, nodes)
            nodes.remove(node)
            node = parent
        }
    }
}
