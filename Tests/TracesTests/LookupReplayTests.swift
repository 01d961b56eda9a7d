import Basics
import Testing

@testable import Traces

/// A few requests of one cache: what they look up and when, when they let it go, and what is free.
private struct SmallRun {
    struct Visit {
        var path: [Int64]
        var time: Int64
        var released: Int64
        /// Tokens that count; 0: the lookup does not.
        var reach: Int
    }
    enum Mark {
        case lookup(Int)
        case room(Int)
    }

    var page: Int
    var visits: [Visit] = []
    var marks: [(time: Int64, mark: Mark)] = []

    /// Drawn by a seed.
    init(seed: UInt64, visits number: Int, pages: Int) {
        var random = SeededRandom(seed: seed)
        page = 1 + random.below(3)
        var time: Int64 = 0
        for visit in 0..<number {
            time += Int64(random.below(3))
            var path: [Int64] = []
            // A few openings, and what may follow them.
            let length = 1 + random.below(pages * page)
            for place in 0..<length {
                path.append(Int64(100 * place + random.below(random.below(4) == 0 ? 3 : 1)))
            }
            let counts = random.below(5) > 0
            visits.append(
                Visit(
                    path: path, time: time,
                    released: random.below(9) == 0 ? .max : time + Int64(random.below(7)),
                    reach: counts ? random.below(length + 1) : 0))
            marks.append((time, .lookup(visit)))
            for _ in 0..<random.below(3) {
                time += Int64(random.below(2))
                marks.append((time, .room(random.below(pages + 2))))
            }
        }
    }

    /// The answer of the thing tested.
    var hitTokens: Int {
        var replay = LookupReplay(pageTokens: page)
        for (time, mark) in marks {
            switch mark {
            case .room(let room): replay.leave(room, at: time)
            case .lookup(let number):
                let path = visits[number].path.map { Segment(content: $0, length: 1) }
                #expect(replay.lookUp(path, total: Int32(path.count), at: time) == number)
            }
        }
        for (number, visit) in visits.enumerated() {
            replay.release(number, at: visit.released)
            replay.count(number, upTo: Int32(visit.reach))
        }
        return replay.hitTokens()
    }

    /// The pages of a visit: all tokens up to the end of each.
    func pages(_ number: Int) -> [[Int64]] {
        let path = visits[number].path
        return (0..<path.count / page).map { Array(path[..<(($0 + 1) * page)]) }
    }

    /// Whether a request that looked up before a mark holds a page at its time.
    private func isHeld(_ key: [Int64], _ mark: Int) -> Bool {
        marks[..<mark].contains { earlier in
            guard case .lookup(let number) = earlier.mark else { return false }
            return visits[number].released > marks[mark].time && pages(number).contains(key)
        }
    }

    /// The mark whose lookup wants a page next and counts; nil where the next one does not.
    private func nextUse(_ key: [Int64], after mark: Int) -> Int? {
        for place in mark..<marks.count {
            guard case .lookup(let number) = marks[place].mark,
                let page = pages(number).firstIndex(of: key)
            else { continue }
            return page < visits[number].reach / self.page ? place : nil
        }
        return nil
    }

    /// What is cached and held by nobody, and which visits have let go.
    struct Pool {
        var cached: Set<[Int64]> = []
        var gone: Set<Int> = []
    }

    /// A pool with what was let go by the time of a mark, and only what is worth keeping.
    private func reach(_ mark: Int, _ before: Pool) -> Pool {
        var pool = before
        for earlier in marks[..<mark] {
            guard case .lookup(let number) = earlier.mark,
                visits[number].released <= marks[mark].time,
                pool.gone.insert(number).inserted
            else { continue }
            pool.cached.formUnion(pages(number))
        }
        pool.cached = pool.cached.filter { !isHeld($0, mark) && nextUse($0, after: mark) != nil }
        return pool
    }

    /// Hits of a lookup, and what stays cached.
    private func look(_ number: Int, _ cached: Set<[Int64]>, _ mark: Int) -> Int {
        let wanted = pages(number).prefix(visits[number].reach / page)
        return wanted.prefix { cached.contains($0) || isHeld($0, mark) }.count
    }

    /// Page by page, always evicting what is wanted last.
    var farthestFirst: Int {
        var pool = Pool()
        var hits = 0
        for place in marks.indices {
            pool = reach(place, pool)
            switch marks[place].mark {
            case .lookup(let number):
                hits += look(number, pool.cached, place)
                pool.cached.subtract(pages(number))
            case .room(let room):
                let order = pool.cached.map { (use: nextUse($0, after: place) ?? 0, key: $0) }
                    .sorted { ($0.use, $0.key.count) < ($1.use, $1.key.count) }
                pool.cached = Set(order.prefix(room).map(\.key))
            }
        }
        return hits * page
    }

    /// The most of all choices.
    var best: Int { most(from: 0, Pool()) * page }

    private func most(from place: Int, _ before: Pool) -> Int {
        guard place < marks.count else { return 0 }
        var pool = reach(place, before)
        switch marks[place].mark {
        case .lookup(let number):
            let hits = look(number, pool.cached, place)
            pool.cached.subtract(pages(number))
            return hits + most(from: place + 1, pool)
        case .room(let room):
            guard pool.cached.count > room else { return most(from: place + 1, pool) }
            return choices(Array(pool.cached), room).map {
                most(from: place + 1, Pool(cached: $0, gone: pool.gone))
            }.max() ?? 0
        }
    }

    private func choices(_ pages: [[Int64]], _ number: Int) -> [Set<[Int64]>] {
        guard number > 0, let first = pages.first else { return [[]] }
        let rest = Array(pages.dropFirst())
        let with = choices(rest, number - 1).map { $0.union([first]) }
        return rest.count >= number ? with + choices(rest, number) : with
    }
}

@Suite("What a clairvoyant replacement hits of a run's lookups")
struct LookupReplayTests {
    @Test("equals a model that keeps single pages", arguments: UInt64(1)...400)
    func naive(seed: UInt64) {
        let run = SmallRun(seed: seed, visits: 12, pages: 6)
        #expect(run.hitTokens == run.farthestFirst, "seed \(seed)")
    }

    @Test("no choice of what to evict hits more", arguments: UInt64(1)...120)
    func optimal(seed: UInt64) {
        let run = SmallRun(seed: seed, visits: 6, pages: 4)
        #expect(run.hitTokens == run.best, "seed \(seed)")
    }

    @Test("a request that runs holds its pages without taking room")
    func held() {
        let path = [Segment(content: 7, length: 100)]
        var replay = LookupReplay(pageTokens: 10)
        let first = replay.lookUp(path, total: 100, at: 0)
        replay.leave(0, at: 0)
        let second = replay.lookUp(path, total: 100, at: 5)
        replay.count(second, upTo: 99)
        replay.release(first, at: 9)
        #expect(replay.hitTokens() == 90)
        // Let go before, they find no room.
        replay.release(first, at: 0)
        #expect(replay.hitTokens() == 0)
        var other = LookupReplay(pageTokens: 10)
        other.release(other.lookUp(path, total: 100, at: 0), at: 1)
        other.leave(3, at: 2)
        other.count(other.lookUp(path, total: 100, at: 5), upTo: 99)
        #expect(other.hitTokens() == 30)
    }
}
