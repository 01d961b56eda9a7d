import Basics

/// The most that any replacement policy could hit: evict what is needed farthest in the future
/// (Belady 1966), one request at a time, in a pool that must hold the running request.
///
/// Pages of one request that the same later request needs form an interval. The last pages of the
/// interval needed last are evicted first, so what stays is always a prefix.
struct ClairvoyantBound {
    private let log: ReuseLog
    private let page: Int32
    /// `byOwner[ownerEnds[r - 1]..<ownerEnds[r]]` are the pieces that request r leaves to others.
    private let byOwner: [Int32]
    private let ownerEnds: [Int]
    private let users: [Int32]

    /// Prepares a page size. O(pieces).
    init(_ log: ReuseLog, pageTokens: Int) {
        self.log = log
        page = Int32(clamping: pageTokens)
        var counts = [Int](repeating: 0, count: log.count + 1)
        for piece in log.pieces { counts[Int(piece.owner) + 1] += 1 }
        for index in 1..<max(1, counts.count) { counts[index] += counts[index - 1] }
        var next = counts
        var order = [Int32](repeating: 0, count: log.pieces.count)
        for (index, piece) in log.pieces.enumerated() {
            order[next[Int(piece.owner)]] = Int32(index)
            next[Int(piece.owner)] += 1
        }
        byOwner = order
        ownerEnds = counts
        var users = [Int32](repeating: 0, count: log.pieces.count)
        for request in 0..<log.count {
            for index in log.pieces(of: request).indices { users[index] = Int32(request) }
        }
        self.users = users
    }

    /// Prompt tokens hit with `pages` usable pages. O(pieces · log pieces).
    func hitTokens(pages: Int) -> Int {
        var cached = [Int32](repeating: 0, count: log.pieces.count)
        var heap = Heap<FarthestFirst>()
        var held = 0
        var hits = 0
        for request in 0..<log.count {
            let limit = Int((log.promptTokens[request] - 1) / page)
            var reach = 0
            for index in log.pieces(of: request).indices {
                let piece = log.pieces[index]
                let first = Int(piece.start / page)
                if reach == first { reach += Int(cached[index]) }
                held -= Int(cached[index])
                cached[index] = 0
            }
            hits += min(reach, limit)
            let needed = Int((log.storedTokens[request] + page - 1) / page)
            while held + needed > pages, let index = heap.first?.index {
                let excess = held + needed - pages
                let dropped = min(excess, Int(cached[index]))
                cached[index] -= Int32(dropped)
                held -= dropped
                if cached[index] == 0 { heap.popFirst() }
            }
            for slot in ownerEnds[request]..<ownerEnds[request + 1] {
                let index = Int(byOwner[slot])
                let piece = log.pieces[index]
                let count = piece.end / page - piece.start / page
                guard count > 0 else { continue }
                cached[index] = count
                held += Int(count)
                heap.insert(
                    FarthestFirst(use: users[index], depth: piece.start, index: index))
            }
        }
        return hits * Int(page)
    }
}

/// An interval ordered by its next use: the farthest first, then the deeper one.
struct FarthestFirst: Comparable {
    let use: Int32
    let depth: Int32
    let index: Int

    static func < (a: Self, b: Self) -> Bool {
        a.use != b.use ? a.use > b.use : a.depth > b.depth
    }
}
