import Basics

/// What a clairvoyant replacement policy would have hit, for the lookups that one cache saw in a
/// run, in their order and at their times.
///
///     var replay = LookupReplay(pageTokens: 16)
///     let first = replay.lookUp(path, total: 900, at: 0)
///     replay.release(first, at: 5_000)
///     replay.count(replay.lookUp(path, total: 900, at: 6_000), upTo: 880)
///     print(replay.hitTokens())
///
/// A page takes no space while a request that began with it holds it: the run's own requests did
/// too. It takes space from when the last of them releases it until the next counted lookup wants
/// it. If such pages exceed the free pages of the run, those wanted farthest in the future are
/// evicted (Belady 1966), the deeper ones of a request first. No replacement policy with the same
/// space at the same times hits more.
package struct LookupReplay: Sendable {
    /// A lookup, or a time from which on no more pages than these were free.
    private struct Mark {
        var time: Int64
        /// Its number; below 0 for none.
        var lookup: Int32
        var room: Int32 = 0
    }

    /// One lookup and what became of its request.
    private struct Visit {
        var time: Int64
        /// When its pages were released.
        var released = Int64.max
        /// Tokens that any cache could have served; 0 if the lookup does not count.
        var reach: Int32 = 0
        /// The end of its pieces.
        var pieces: Int
    }

    /// Pages that a lookup wants, from the time the last request released them.
    private struct Stay {
        var from: Int64
        var lookup: Int32
        /// The previous lookup that held them.
        var owner: Int32
        /// Its first token, and its pages.
        var start: Int32
        var pages: Int32
        /// How many of them are cached, and whether they take space.
        var cached: Int32 = 0
        var isCharged = false
    }

    /// Tokens of a visit, from the end of the previous hold up to `end`, and when the last request
    /// so far that held them releases them.
    private struct Hold {
        var end: Int32
        var free: Int64
    }

    private let page: Int32
    private var trie = PrefixTrie()
    private var pieces: [PrefixTrie.Piece] = []
    private var visits: [Visit] = []
    private var marks: [Mark] = []

    /// No lookups yet. The cache has pages of `pageTokens` tokens.
    package init(pageTokens: Int) { page = Int32(clamping: max(1, pageTokens)) }

    /// Lookups so far.
    package var count: Int { visits.count }

    /// Records that a request looks up its prompt, and returns the lookup's number. `path` is the
    /// most it will compute, prompt and answer, `total` tokens of it. O(segments + edges on the
    /// path).
    package mutating func lookUp(_ path: [Segment], total: Int32, at time: Int64) -> Int {
        let number = Int32(visits.count)
        trie.insert(path, total: total, request: number, pieces: &pieces)
        visits.append(Visit(time: time, pieces: pieces.count))
        marks.append(Mark(time: time, lookup: number))
        return Int(number)
    }

    /// Records when a lookup's request ended or was preempted, on the clock of `lookUp`. O(1).
    package mutating func release(_ lookup: Int, at time: Int64) {
        visits[lookup].released = time
    }

    /// Marks a lookup as counted, with `tokens` first tokens computed by then. O(1).
    package mutating func count(_ lookup: Int, upTo tokens: Int32) {
        visits[lookup].reach = tokens
    }

    /// Records that `pages` pages were free for content from a moment on. Call after the lookups of
    /// that moment. Between two lookups, only moments after which more are free are kept. Amortised
    /// O(1).
    package mutating func leave(_ pages: Int, at time: Int64) {
        let room = Int32(clamping: pages)
        while let last = marks.last, last.lookup < 0, last.room >= room { marks.removeLast() }
        marks.append(Mark(time: time, lookup: -1, room: room))
    }

    /// Prompt tokens hit by the counted lookups. O(pieces · log pieces + marks).
    package func hitTokens() -> Int {
        var (stays, ends) = stays()
        let order = stays.indices.filter { stays[$0].isCharged }
            .sorted {
                (stays[$0].from, stays[$0].owner, $0) < (stays[$1].from, stays[$1].owner, $1)
            }
        var (next, held, hits, seen) = (0, 0, 0, 0)
        var heap = Heap<FarthestFirst>()
        for mark in marks {
            while next < order.count, stays[order[next]].from <= mark.time,
                Int(stays[order[next]].owner) < seen
            {
                let index = order[next]
                stays[index].cached = stays[index].pages
                held += Int(stays[index].pages)
                heap.insert(
                    FarthestFirst(
                        use: stays[index].lookup, depth: stays[index].start, index: index))
                next += 1
            }
            if mark.lookup < 0 {
                while held > Int(mark.room), let index = heap.first?.index {
                    let dropped = min(held - Int(mark.room), Int(stays[index].cached))
                    stays[index].cached -= Int32(dropped)
                    held -= dropped
                    if stays[index].cached == 0 { heap.popFirst() }
                }
                continue
            }
            let lookup = Int(mark.lookup)
            seen += 1
            var reach: Int32 = 0
            for index in (lookup == 0 ? 0 : ends[lookup - 1])..<ends[lookup] {
                if reach == stays[index].start / page { reach += stays[index].cached }
                if stays[index].isCharged { held -= Int(stays[index].cached) }
                stays[index].cached = 0
            }
            hits += Int(reach)
        }
        return hits * Int(page)
    }

    /// What counted lookups want of earlier requests, and where each lookup's stays end.
    private func stays() -> (stays: [Stay], ends: [Int]) {
        var stays: [Stay] = []
        var ends: [Int] = []
        var holds: [Hold] = []
        var holdEnds: [Int] = []
        for number in visits.indices {
            let visit = visits[number]
            let firstHold = holds.count
            func hold(_ end: Int32, _ free: Int64) {
                if holds.count > firstHold, holds[holds.count - 1].free == free {
                    holds[holds.count - 1].end = end
                } else {
                    holds.append(Hold(end: end, free: free))
                }
            }
            for piece in pieces[(number == 0 ? 0 : visits[number - 1].pieces)..<visit.pieces] {
                var start = piece.start
                var place = piece.owner == 0 ? 0 : holdEnds[Int(piece.owner) - 1]
                while start < piece.end {
                    while holds[place].end <= start { place += 1 }
                    let (free, end) = (holds[place].free, min(piece.end, holds[place].end))
                    add(start..<end, free, piece.owner, of: number, to: &stays)
                    hold(end, max(free, visit.released))
                    start = end
                }
            }
            hold(.max, visit.released)
            holdEnds.append(holds.count)
            ends.append(stays.count)
        }
        return (stays, ends)
    }

    /// Adds the pages whose last token is among these tokens of a lookup.
    private func add(
        _ tokens: Range<Int32>, _ free: Int64, _ owner: Int32, of number: Int,
        to stays: inout [Stay]
    ) {
        let visit = visits[number]
        let end = min(tokens.upperBound, visit.reach)
        let pages = end / page - tokens.lowerBound / page
        guard pages > 0 else { return }
        var stay = Stay(
            from: free, lookup: Int32(number), owner: owner, start: tokens.lowerBound,
            pages: pages)
        // Held by a running request, otherwise waiting.
        stay.isCharged = free <= visit.time
        stay.cached = stay.isCharged ? 0 : pages
        stays.append(stay)
    }
}
