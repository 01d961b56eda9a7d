import Basics
import Foundation
import Testing

@testable import Simulator

@Suite("Whether a run is steady, and how sure its means are")
struct SteadinessTests {
    /// A series in which each value keeps a part of the one before; mean 10, deviation 1.
    private func series(_ count: Int, keeping share: Double, seed: UInt64) -> [Double] {
        var random = SeededRandom(seed: seed, stream: 0)
        // Twelve uniform numbers have a variance of 1.
        func normal() -> Double { (0..<12).reduce(-6) { sum, _ in sum + random.uniform() } }
        var value = normal()
        return (0..<count).map { _ in
            value = share * value + (1 - share * share).squareRoot() * normal()
            return 10 + value
        }
    }

    @Test(
        "intervals of means hold the mean about as often as they say",
        arguments: [0.0, 0.5, 0.9, 0.97])
    func coverage(share: Double) {
        let trials = 300
        let held = (0..<trials).count { trial in
            var mean = BatchedMean()
            for value in series(2_000, keeping: share, seed: UInt64(trial)) { mean.add(value) }
            let interval = mean.interval!
            return interval.low <= 10 && 10 <= interval.high
        }
        // Binomial: 300 trials at 95 % leave 90 to 98 % but once in ten thousand times; where
        // neighbours are much alike, two thousand values are few.
        #expect(Double(held) / Double(trials) >= (share < 0.95 ? 0.9 : 0.84), "\(held)")
        #expect(held < trials)
    }

    @Test("batches are of equal size, 20 to 39 of them, whatever the number of values")
    func batches() throws {
        for count in [0, 1, 39] {
            var mean = BatchedMean()
            for _ in 0..<count { mean.add(1) }
            #expect(mean.interval == nil)
        }
        for count in [40, 41, 79, 80, 159, 160, 1_000, 12_345] {
            var mean = BatchedMean()
            for value in 0..<count { mean.add(Double(value)) }
            let interval = try #require(mean.interval)
            #expect((20..<40).contains(interval.batches))
            #expect(interval.mean == Double(count - 1) / 2)
        }
        var rare = BatchedMean()
        for value in 0..<400 { rare.add(value == 399 ? 1 : 0) }
        #expect(rare.interval?.low == 0)
    }

    /// Requests that arrive at a rate and stay for a while, both as functions of the time.
    private func records(
        _ count: Int, seed: UInt64, gap: (Double) -> Double, stay: (Double) -> Double
    ) -> [RequestRecord] {
        var random = SeededRandom(seed: seed, stream: 1)
        var time = 0.0
        return (0..<count).map { id in
            time += -PortableMath.log(1 - random.uniform()) * gap(time)
            let end = time - PortableMath.log(1 - random.uniform()) * stay(time)
            return RequestRecord(
                id: Int64(id), arrival: Int64(time * 1e12), admitted: Int64(time * 1e12),
                firstToken: Int64(end * 1e12), finish: Int64(end * 1e12), promptTokens: 1,
                outputTokens: 1, outcome: .finished)
        }
    }

    private func steadiness(_ records: [RequestRecord]) -> Steadiness? {
        var trend = LoadTrend()
        for record in records { trend.add(record) }
        return trend.steadiness()
    }

    @Test("the load over time is that of the records, in windows that widen")
    func level() throws {
        let records = records(5_000, seed: 3, gap: { _ in 0.1 }, stay: { _ in 2 })
        let found = try #require(steadiness(records))
        let start = Double(records[0].arrival) * 1e-12 + found.from
        let end = start + found.seconds
        var (presence, ends) = (0.0, 0)
        for record in records {
            let (first, last) = (Double(record.arrival) * 1e-12, Double(record.finish) * 1e-12)
            presence += max(0, min(last, end) - max(first, start))
            if last >= start, last < end { ends += 1 }
        }
        #expect(abs(found.meanInCluster - presence / found.seconds) < 1e-6 * presence)
        let throughput = try #require(found.throughput)
        #expect(abs(throughput.mean - Double(ends) / found.seconds) < 1e-9)
        #expect(found.seconds > 0.8 * Double(records[4_499].arrival) * 1e-12)
    }

    @Test("a queue that stands at the clients grows the load; a level that never changes is 0 off")
    func clients() throws {
        // Four at a time, each a second long, and five due a second.
        let held = (0..<2_000).map { id -> RequestRecord in
            let sent = Int64(id / 4) * 1_000_000_000_000
            var record = RequestRecord(
                id: Int64(id), arrival: sent, admitted: sent, firstToken: sent + 500_000_000_000,
                finish: sent + 1_000_000_000_000, promptTokens: 1, outputTokens: 2,
                outcome: .finished)
            record.clientWait = sent - min(sent, Int64(id) * 200_000_000_000)
            return record
        }
        #expect(try #require(steadiness(held)).verdict == .rising)
        #expect(try staysBehind(held))
        let prompt = held.map { record in
            var record = record
            record.clientWait = 0
            return record
        }
        let even = try #require(steadiness(prompt))
        #expect(even.verdict == .steady && abs(even.change) < 0.1)
        #expect(try !staysBehind(prompt))
    }

    /// Whether requests stay behind once the cluster has filled, as `headway run` judges it.
    private func staysBehind(_ records: [RequestRecord]) throws -> Bool {
        var trend = LoadTrend()
        for record in records { trend.add(record) }
        let stays = records.map { $0.finish - $0.begin }.sorted()
        // Nil: it never fills.
        return trend.whenFilled(after: stays[stays.count * 99 / 100])?.staysBehind ?? false
    }

    /// Requests that one server takes in turn, `service` seconds each.
    private func queued(
        _ count: Int, seed: UInt64, service: Double, gap: (Double) -> Double
    ) -> [RequestRecord] {
        var free = 0.0
        return records(count, seed: seed, gap: gap, stay: { _ in 0 }).map { record in
            var record = record
            free = max(free, Double(record.arrival) * 1e-12) + service
            record.finish = Int64(free * 1e12)
            return record
        }
    }

    @Test(
        "no steady load below capacity stays behind by chance, in 200 seeds",
        arguments: [(2_000, 1.0), (1_000, 3), (500, 0.2), (2_000, 20), (300, 4)])
    func chance(count: Int, stay: Double) throws {
        for seed in 0..<200 as Range<UInt64> {
            let even = records(count, seed: seed, gap: { _ in 0.05 }, stay: { _ in stay })
            #expect(try !staysBehind(even), "\(count) requests of \(stay) s, seed \(seed)")
        }
    }

    @Test("a queue below capacity does not stay behind; above it, it does, also late or on a ramp")
    func queues() throws {
        for seed in 0..<50 as Range<UInt64> {
            func behind(_ gap: @escaping (Double) -> Double) throws -> Bool {
                try staysBehind(queued(2_000, seed: seed, service: 0.08, gap: gap))
            }
            // 12.5 requests/s can be served.
            #expect(try !behind { _ in 0.1 }, "below, seed \(seed)")
            #expect(try behind { _ in 0.06 }, "above, seed \(seed)")
            #expect(try behind { $0 < 120 ? 0.2 : 0.04 }, "late, seed \(seed)")
            #expect(try behind { 1 / (1 + $0 / 6) }, "a ramp beyond, seed \(seed)")
            #expect(try !behind { 1 / (1 + $0 / 40) }, "a ramp below, seed \(seed)")
        }
    }

    @Test("a rate that rises lifts the load by Little's law, and nothing stays behind")
    func ramps() throws {
        for seed in 0..<50 as Range<UInt64> {
            let ramp = records(
                4_000, seed: seed, gap: { 1 / (1 + $0 / 10) }, stay: { _ in 5 })
            #expect(try #require(steadiness(ramp)).verdict == .rising, "seed \(seed)")
            #expect(try !staysBehind(ramp), "seed \(seed)")
            let ladder = records(
                4_000, seed: seed, gap: { $0 < 200 ? 0.5 : $0 < 400 ? 0.2 : 0.1 },
                stay: { _ in 2 })
            #expect(try !staysBehind(ladder), "seed \(seed)")
        }
    }

    @Test("a burst at the end that is served at once is no growth")
    func lateBurst() throws {
        for seed in 0..<50 as Range<UInt64> {
            let rate = { (time: Double) in time < 95 ? 0.1 : 0.01 }
            let burst = records(1_150, seed: seed, gap: rate, stay: { _ in 1 })
            #expect(try !staysBehind(burst), "seed \(seed)")
        }
    }

    @Test("a steady load is found steady, one that rises rising, one that falls falling")
    func verdicts() throws {
        var steady = 0
        for seed in 0..<40 as Range<UInt64> {
            let even = records(8_000, seed: seed, gap: { _ in 0.05 }, stay: { _ in 1 })
            if try #require(steadiness(even)).verdict == .steady { steady += 1 }
            let rising = records(8_000, seed: seed, gap: { _ in 0.05 }, stay: { 0.5 + $0 / 100 })
            #expect(try #require(steadiness(rising)).verdict == .rising, "seed \(seed)")
            let falling = records(
                8_000, seed: seed, gap: { _ in 0.05 }, stay: { max(0.2, 4 - $0 / 120) })
            #expect(try #require(steadiness(falling)).verdict == .falling, "seed \(seed)")
        }
        #expect(steady >= 36, "\(steady) of 40")
    }

    @Test("nothing is said of a run that is too short")
    func short() {
        #expect(steadiness([]) == nil)
        for count in [1, 2, 10, 49] {
            let few = records(count, seed: 1, gap: { _ in 1 }, stay: { _ in 1 })
            #expect(steadiness(few) == nil)
        }
        #expect(steadiness(records(60, seed: 1, gap: { _ in 1 }, stay: { _ in 1 })) != nil)
        let rejected = RequestRecord(id: 0, arrival: 5, promptTokens: 1, outcome: .rejected)
        #expect(steadiness([rejected]) == nil)
    }

    @Test("the steady stretch leaves out a burst at the start and what meets an empty cluster")
    func stretch() throws {
        // 300 at once, each of which takes a second of a server that serves ten at a time.
        var records = (0..<300).map { id in
            let end = Int64(id / 10 + 1) * 1_000_000_000_000
            return RequestRecord(
                id: Int64(id), arrival: 0, admitted: 0, firstToken: end, finish: end,
                promptTokens: 1, outputTokens: 1, outcome: .finished)
        }
        let later = self.records(3_000, seed: 9, gap: { _ in 0.1 }, stay: { _ in 1 })
        let moved = later.map { record in
            var record = record
            record.arrival += 30_000_000_000_000
            record.finish += 30_000_000_000_000
            record.firstToken = record.finish
            return record
        }
        records += moved
        var filter = MarginFilter<Int64>(margins)
        for record in records { filter.push(record.id, record) }
        #expect(filter.pop() == nil)
        filter.finish()
        #expect(filter.isSteady == true)
        #expect((295...330).contains(filter.leftAtStart), "\(filter.leftAtStart)")
        var passed = 0
        while filter.pop() != nil { passed += 1 }
        let last = records[records.count - 1].arrival
        #expect(filter.leftAtEnd >= records.count { $0.finish > last })
        #expect(filter.leftAtEnd < 100)
        #expect(passed + filter.leftAtStart + filter.leftAtEnd == records.count)
    }

    private var margins: Margins {
        var margins = Margins()
        margins.start = .steady
        margins.end = .steady
        return margins
    }

    @Test("where nothing is steady, or too few arrive, nothing is left out")
    func neverSteady() {
        let rising = records(2_000, seed: 2, gap: { _ in 0.05 }, stay: { 0.5 + $0 })
        for records in [rising, Array(rising.prefix(20)), []] {
            var filter = MarginFilter<Int64>(margins)
            for record in records { filter.push(record.id, record) }
            filter.finish()
            #expect(filter.isSteady == false)
            var passed = 0
            while filter.pop() != nil { passed += 1 }
            #expect(passed == records.count)
            #expect(filter.leftAtStart == 0 && filter.leftAtEnd == 0)
        }
    }
}
