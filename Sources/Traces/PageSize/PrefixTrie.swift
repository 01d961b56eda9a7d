/// All prompts and answers of a trace as one compressed trie of tokens. Each edge holds the request
/// that last passed through it.
///
/// An edge is a run of tokens that exactly the same requests contain, so one owner per edge
/// suffices. Inserting a request cuts its path into pieces, each with the request that used those
/// tokens last before it, which is all an LRU analysis needs at any page size. Cost and memory grow
/// with segments, not tokens.
struct PrefixTrie {
    /// Tokens `start..<end` of a request, last used by `owner`.
    struct Piece: Equatable {
        var start: Int32
        var end: Int32
        var owner: Int32
    }

    private struct Edge {
        /// Index of its first segment in the pool, tokens of that segment to skip, and its length.
        var segment: Int
        var skip: Int32
        var length: Int32
        var owner: Int32
    }

    private struct ChildKey: Hashable {
        let parent: Int32
        let content: Int64
        let offset: Int32

        /// Hashes one word, because hashing costs more than everything else in a step down.
        func hash(into hasher: inout Hasher) {
            let place =
                UInt64(UInt32(bitPattern: parent)) << 32 | UInt64(UInt32(bitPattern: offset))
            hasher.combine(UInt64(bitPattern: content) &* 0x9E37_79B9_7F4A_7C15 ^ place)
        }
    }

    private var pool: [Segment] = []
    private var edges: [Edge] = []
    private var children: [ChildKey: Int32] = [:]

    /// A position in a list of segments.
    private struct Reader {
        var index: Int
        var skip: Int32

        func content(_ segments: [Segment]) -> (content: Int64, offset: Int32, left: Int32) {
            let segment = segments[index]
            return (segment.content, segment.offset + skip, segment.length - skip)
        }

        mutating func advance(_ tokens: Int32, _ segments: [Segment]) {
            skip += tokens
            if skip == segments[index].length {
                index += 1
                skip = 0
            }
        }
    }

    /// Follows a path of `total` tokens, makes `request` the owner of all of it, and appends the
    /// pieces that others owned. O(segments + edges on the path).
    mutating func insert(
        _ path: [Segment], total: Int32, request: Int32, pieces: inout [Piece]
    ) {
        let firstPiece = pieces.count
        var reader = Reader(index: 0, skip: 0)
        var depth: Int32 = 0
        var parent: Int32 = -1
        while depth < total {
            let head = reader.content(path)
            let key = ChildKey(parent: parent, content: head.content, offset: head.offset)
            guard var child = children[key] else {
                children[key] = addLeaf(path, reader, total - depth, request)
                return
            }
            let matched = match(edges[Int(child)], path, &reader, atMost: total - depth)
            let owner = edges[Int(child)].owner
            if pieces.count > firstPiece, pieces[pieces.count - 1].owner == owner {
                pieces[pieces.count - 1].end = depth + matched
            } else {
                pieces.append(Piece(start: depth, end: depth + matched, owner: owner))
            }
            if matched < edges[Int(child)].length {
                child = split(child, at: matched, key: key)
            }
            edges[Int(child)].owner = request
            depth += matched
            parent = child
        }
    }

    private mutating func addLeaf(
        _ path: [Segment], _ reader: Reader, _ length: Int32, _ owner: Int32
    ) -> Int32 {
        let start = pool.count
        pool.append(contentsOf: path[reader.index...])
        edges.append(Edge(segment: start, skip: reader.skip, length: length, owner: owner))
        return Int32(edges.count - 1)
    }

    /// How many tokens of an edge the path repeats. Moves the reader past them.
    private func match(
        _ edge: Edge, _ path: [Segment], _ reader: inout Reader, atMost limit: Int32
    ) -> Int32 {
        var own = Reader(index: edge.segment, skip: edge.skip)
        let longest = min(edge.length, limit)
        var matched: Int32 = 0
        while matched < longest {
            let a = own.content(pool)
            let b = reader.content(path)
            guard a.content == b.content, a.offset == b.offset else { break }
            let step = min(a.left, b.left, longest - matched)
            own.advance(step, pool)
            reader.advance(step, path)
            matched += step
        }
        return matched
    }

    /// Inserts a new edge with the first `length` tokens above an edge. Returns the new one.
    private mutating func split(_ edge: Int32, at length: Int32, key: ChildKey) -> Int32 {
        let old = edges[Int(edge)]
        var cut = Reader(index: old.segment, skip: old.skip)
        var left = length
        while left > 0 {
            let step = min(left, pool[cut.index].length - cut.skip)
            cut.advance(step, pool)
            left -= step
        }
        let upper = Int32(edges.count)
        edges.append(
            Edge(segment: old.segment, skip: old.skip, length: length, owner: old.owner))
        edges[Int(edge)].segment = cut.index
        edges[Int(edge)].skip = cut.skip
        edges[Int(edge)].length = old.length - length
        children[key] = upper
        let head = cut.content(pool)
        children[ChildKey(parent: upper, content: head.content, offset: head.offset)] = edge
        return upper
    }
}
