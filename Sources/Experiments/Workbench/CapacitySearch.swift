/// A request for the answer of one replication at a level.
struct CapacityAsk: Sendable, Hashable {
    var replication: Int
    var level: Double
}

/// Finds the edge of every replication, and the levels at which all of them hold and none does.
///
/// The first replication is searched from the start, splitting into four so that several cores have
/// work. The others start from its edge in small steps, so that few runs are far beyond capacity.
/// Then all run at both ends of the interval; a contradiction moves that end. Which loads run
/// depends only on answers, never on which run ends first.
struct CapacitySearch: Sendable {
    let levels: CapacityLevels
    /// Edge of each replication by its own search.
    private(set) var edges: [CapacityEdge] = []
    /// The edges on the easy and on the hard side, where the ends contradicted them.
    private var easyEdges: [CapacityEdge] = []
    private var hardEdges: [CapacityEdge] = []
    private(set) var answers: [CapacityAsk: CapacityAnswer] = [:]
    /// Whether all replications ran at both ends and agreed.
    private(set) var isConfirmed = false
    /// The hardest level found at which at least half hold; for a whole trace, its own edge.
    private(set) var value: Double?

    /// Most moves of an end.
    private static let mostMoves = 3

    /// Searches. `answer` makes the requested runs, all at once; each is requested once. `whole`:
    /// the first replication is the whole trace, the others are stretches of it.
    init(
        _ levels: CapacityLevels, start: Double, replications: Int, whole: Bool = false,
        answer: ([CapacityAsk]) throws -> [CapacityAnswer]
    ) throws {
        self.levels = levels
        let first = try find(
            [0: CapacityEdgeFinder(levels, start: start, factor: 2, parts: 4)], answer)[0]!
        let near = first.holding ?? first.failing ?? start
        var finders: [Int: CapacityEdgeFinder] = [:]
        for replication in 1..<max(1, replications) {
            finders[replication] = CapacityEdgeFinder(
                levels, start: near, factor: 1.05, parts: 2)
        }
        let others = try find(finders, answer)
        edges = [first] + (1..<max(1, replications)).map { others[$0]! }
        (easyEdges, hardEdges) = (edges, edges)
        try confirm(answer)
        value = whole ? edges[0].holding : try half(answer)
    }

    /// The median of the edges. If fewer than half hold there (the edges are noisy), an easier
    /// level at which half do, found by bisection towards the level at which all hold.
    private mutating func half(
        _ answer: ([CapacityAsk]) throws -> [CapacityAnswer]
    ) throws -> Double? {
        guard var easy = allHold, var level = median else { return nil }
        var hard: Double?
        while level != easy {
            try ask(edges.indices.map { CapacityAsk(replication: $0, level: level) }, answer)
            let holding = edges.indices.count { replication in
                answers[CapacityAsk(replication: replication, level: level)]!.holds
            }
            if 2 * holding >= edges.count { easy = level } else { hard = level }
            guard let hard, let next = levels.between(easy, hard, parts: 2).first else { break }
            level = next
        }
        return easy
    }

    /// The median edge; of two in the middle the easier one, or their geometric mean. Nil: some
    /// hold nowhere.
    private var median: Double? {
        let held = edges.compactMap(\.holding).sorted { levels.isHarder($1, than: $0) }
        guard held.count == edges.count else { return nil }
        let middle = held.count / 2
        if held.count % 2 == 1 { return held[middle] }
        return levels.isCount
            ? held[middle - 1]
            : levels.rounded((held[middle - 1] * held[middle]).squareRoot())
    }

    /// The hardest level at which every replication holds; nil: some hold nowhere.
    var allHold: Double? {
        let held = easyEdges.compactMap(\.holding)
        guard held.count == edges.count else { return nil }
        return held.reduce(held[0]) { levels.isHarder($0, than: $1) ? $1 : $0 }
    }

    /// The easiest level at which none holds; nil: some hold everywhere.
    var noneHolds: Double? {
        let failed = hardEdges.compactMap(\.failing)
        guard failed.count == edges.count else { return nil }
        return failed.reduce(failed[0]) { levels.isHarder($1, than: $0) ? $1 : $0 }
    }

    /// Runs finders in lockstep, with each round's requests at once.
    private mutating func find(
        _ finders: [Int: CapacityEdgeFinder],
        _ answer: ([CapacityAsk]) throws -> [CapacityAnswer]
    ) throws -> [Int: CapacityEdge] {
        var finders = finders
        let order = finders.keys.sorted()
        while true {
            let asks = order.flatMap { replication in
                finders[replication]!.wanted.map {
                    CapacityAsk(replication: replication, level: $0)
                }
            }
            guard !asks.isEmpty else { return finders.mapValues(\.edge) }
            try ask(asks, answer)
            for replication in order {
                let wanted = finders[replication]!.wanted
                guard !wanted.isEmpty else { continue }
                finders[replication]!.take(
                    wanted.map { level in
                        (level, answers[CapacityAsk(replication: replication, level: level)]!)
                    })
            }
        }
    }

    private mutating func ask(
        _ asks: [CapacityAsk], _ answer: ([CapacityAsk]) throws -> [CapacityAnswer]
    ) throws {
        let new = asks.filter { answers[$0] == nil }
        for (ask, said) in zip(new, try answer(new)) { answers[ask] = said }
    }

    private mutating func confirm(
        _ answer: ([CapacityAsk]) throws -> [CapacityAnswer]
    ) throws {
        for _ in 0...Self.mostMoves {
            let ends = [allHold, noneHolds]
            try ask(
                ends.compactMap(\.self).flatMap { level in
                    edges.indices.map { CapacityAsk(replication: $0, level: level) }
                }, answer)
            let tooHard = contradicting(ends[0], holds: false)
            let tooEasy = contradicting(ends[1], holds: true)
            guard !tooHard.isEmpty || !tooEasy.isEmpty else {
                isConfirmed = true
                return
            }
            let easier = try find(tooHard.mapValues { finder(CapacityEdge(failing: $0)) }, answer)
            let harder = try find(tooEasy.mapValues { finder(CapacityEdge(holding: $0)) }, answer)
            for (replication, edge) in easier { easyEdges[replication] = edge }
            for (replication, edge) in harder { hardEdges[replication] = edge }
        }
    }

    private func finder(_ known: CapacityEdge) -> CapacityEdgeFinder {
        CapacityEdgeFinder(levels, start: 0, factor: 1.05, parts: 2, known: known)
    }

    /// Replications whose answer at a level is `holds`, contrary to expectation.
    private func contradicting(_ level: Double?, holds: Bool) -> [Int: Double] {
        guard let level else { return [:] }
        var found: [Int: Double] = [:]
        for replication in edges.indices {
            let ask = CapacityAsk(replication: replication, level: level)
            if answers[ask]?.holds == holds { found[replication] = level }
        }
        return found
    }
}

/// Where the edge lies, with its interval, as levels.
struct CapacityInterval: Sendable, Equatable {
    /// The level at which at least half hold; the whole trace's own edge, if there is one.
    var value: Double
    /// The hardest level at which all hold; nil: some hold nowhere.
    var allHold: Double?
    /// The easiest level at which none holds; nil: some hold everywhere.
    var noneHolds: Double?

    /// Nil if no level holds: for the whole trace, or for every seed.
    init?(_ search: CapacitySearch) {
        guard let value = search.value else { return nil }
        allHold = search.allHold
        self.value = value
        noneHolds = search.noneHolds
    }

    /// The probability that the smallest and largest of `replications` independent edges enclose
    /// the median edge: 1 − 2^(1 − n).
    static func confidence(replications: Int) -> Double {
        var miss = 2.0
        for _ in 0..<replications { miss /= 2 }
        return max(0, 1 - miss)
    }
}
