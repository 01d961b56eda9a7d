import Traces

/// A span of one content in a request's tokens, with the identity of everything before it.
struct ContentPiece: Equatable {
    var content: Int64
    /// Offset of the piece's first token inside the content.
    var offset: Int32
    /// The request's token at which the piece starts.
    var start: Int32
    /// Chained hash of all tokens before `start`.
    var hashBefore: UInt64

    /// Identity of the tokens before `end`, which is a token inside the piece or just past it.
    /// O(1).
    ///
    /// One 64 x 64 multiplication folds in what follows `hashBefore` (as in wyhash).
    @inline(__always)
    func prefixHash(to end: Int32) -> UInt64 {
        let what = hashBefore ^ (UInt64(bitPattern: content) &* 0xa076_1d64_78bd_642f)
        let place =
            UInt64(UInt32(bitPattern: offset)) << 32 | UInt64(UInt32(bitPattern: end - start))
        let product = (what ^ 0xe703_7ed1_a0b4_28db)
            .multipliedFullWidth(by: place ^ 0x8ebc_6af0_9c88_c6e3)
        return (product.high ^ product.low &+ hashBefore) | 1
    }
}

extension Slab where Element == ContentPiece {
    /// The piece of a list that holds a token. O(log pieces).
    func index(in list: List, holding token: Int32) -> Int {
        var (low, high) = (0, Int(list.count))
        while high - low > 1 {
            let middle = (low + high) / 2
            if self[list, middle].start <= token { low = middle } else { high = middle }
        }
        return low
    }
}

/// The content of every request of a replica, as pieces; the last piece of each is its output.
///
/// Adjacent segments that continue one content form one piece, so that equal token sequences have
/// equal pieces and the hash of a prefix does not depend on how a trace cut it up.
struct PromptContents: ~Copyable {
    private var lists = HotArray<Slab<ContentPiece>.List>()
    private var pieces = Slab<ContentPiece>(
        filler: ContentPiece(content: 0, offset: 0, start: 0, hashBefore: 0))

    /// Gives a slot the content of a new request. O(segments).
    mutating func open(_ slot: Int, _ prompt: ArraySlice<Segment>, output: Int64) {
        while lists.count <= slot { lists.append(.init()) }
        var list = Slab<ContentPiece>.List()
        pieces.reserve(prompt.count + 1, in: &list)
        var last = ContentPiece(content: 0, offset: 0, start: 0, hashBefore: 0)
        var end: Int32 = 0
        func continues(_ content: Int64, _ offset: Int32) -> Bool {
            end > 0 && content == last.content && offset == last.offset + (end - last.start)
        }
        for segment in prompt {
            if !continues(segment.content, segment.offset) {
                let hash = end == 0 ? 0 : last.prefixHash(to: end)
                last = ContentPiece(
                    content: segment.content, offset: segment.offset, start: end,
                    hashBefore: hash)
                pieces.append(last, to: &list)
            }
            end += segment.length
        }
        if !continues(output, 0) {
            last = ContentPiece(
                content: output, offset: 0, start: end,
                hashBefore: last.prefixHash(to: end))
            pieces.append(last, to: &list)
        }
        lists[slot] = list
    }

    /// The first `tokens` tokens of a request as segments. O(pieces).
    func segments(_ slot: Int, to tokens: Int32) -> [Segment] {
        (0..<count(slot)).compactMap { index in
            let piece = piece(slot, index)
            let length = min(end(slot, index), tokens) - piece.start
            guard length > 0 else { return nil }
            return Segment(content: piece.content, offset: piece.offset, length: length)
        }
    }

    /// Forgets a slot's content.
    mutating func close(_ slot: Int) { pieces.free(&lists[slot]) }

    func count(_ slot: Int) -> Int { Int(lists[slot].count) }

    func piece(_ slot: Int, _ index: Int) -> ContentPiece { pieces[lists[slot], index] }

    /// Start of the piece after `index`, or `Int32.max` after the output.
    func end(_ slot: Int, _ index: Int) -> Int32 {
        index + 1 < Int(lists[slot].count) ? pieces[lists[slot], index + 1].start : .max
    }

    /// The piece that holds a token. O(log pieces).
    func index(_ slot: Int, holding token: Int32) -> Int {
        pieces.index(in: lists[slot], holding: token)
    }

    /// The piece that holds a token, searching from `first`, which must not be after it. O(pieces
    /// between).
    @inline(__always)
    func index(_ slot: Int, holding token: Int32, from first: Int) -> Int {
        var index = first
        while end(slot, index) <= token { index += 1 }
        return index
    }

    /// Identity of a request's first `tokens` tokens, at least 1; the last of them is in piece
    /// `first` or after it. O(pieces between).
    @inline(__always)
    func prefixHash(_ slot: Int, _ tokens: Int32, from first: Int) -> UInt64 {
        piece(slot, index(slot, holding: tokens - 1, from: first)).prefixHash(to: tokens)
    }
}
