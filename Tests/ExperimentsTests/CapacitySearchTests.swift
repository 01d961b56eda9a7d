import Basics
import Testing

@testable import Experiments

/// The search alone, on edges that are known.
@Suite("Capacity: the search")
struct CapacitySearchTests {
    private let loads = CapacityLevels(
        isCount: false, least: 0.001, most: 100_000, stepsInUnit: 0)
    private let counts = CapacityLevels(
        isCount: true, least: 1, most: 100_000, stepsInUnit: 0)

    /// Searches with an oracle, and counts its runs.
    private func search(
        _ levels: CapacityLevels, start: Double, replications: Int,
        _ oracle: (Int, Double) -> Bool
    ) throws -> (search: CapacitySearch, runs: Int) {
        var runs = 0
        let search = try CapacitySearch(levels, start: start, replications: replications) { asks in
            runs += asks.count
            return asks.map { CapacityAnswer(holds: oracle($0.replication, $0.level)) }
        }
        return (search, runs)
    }

    @Test("an edge without noise is found to a fiftieth, from below and from above")
    func sharp() throws {
        for (start, edge) in [(1.0, 37.3), (500.0, 37.3), (37.3, 37.3), (1.0, 0.0123)] {
            let (found, runs) = try search(loads, start: start, replications: 3) { $1 <= edge }
            let interval = try #require(CapacityInterval(found))
            #expect(found.isConfirmed)
            let all = try #require(interval.allHold)
            #expect(all <= edge && edge / 1.021 <= all)
            let beyond = try #require(interval.noneHolds)
            #expect(edge < beyond && beyond <= all * 1.021)
            #expect(runs <= 60, "\(runs) runs from \(start)")
        }
    }

    @Test("whole numbers are found exactly, the fewest that hold")
    func wholeNumbers() throws {
        for fewest in [1, 2, 3, 7, 8, 9, 100] {
            for start in [1.0, 8, 300] {
                let (found, _) = try search(counts, start: start, replications: 2) {
                    Int($1) >= fewest
                }
                let interval = try #require(CapacityInterval(found))
                #expect(interval.value == Double(fewest))
                #expect(interval.allHold == Double(fewest))
                #expect(interval.noneHolds == (fewest == 1 ? nil : Double(fewest - 1)))
            }
        }
    }

    @Test("what holds nowhere, and what holds everywhere, is said")
    func endless() throws {
        let nowhere = try search(loads, start: 8, replications: 3) { _, _ in false }
        #expect(CapacityInterval(nowhere.search) == nil)
        #expect(nowhere.search.edges.allSatisfy { $0.holding == nil && $0.failing == 0.001 })
        let everywhere = try search(loads, start: 8, replications: 3) { _, _ in true }
        #expect(everywhere.search.noneHolds == nil)
        #expect(everywhere.search.allHold == 100_000)
        #expect(nowhere.runs <= 60 && everywhere.runs <= 60)
        var hopeless = 0
        _ = try CapacitySearch(loads, start: 8, replications: 1) { asks in
            hopeless += asks.count
            return asks.map { _ in CapacityAnswer(holds: false, isHopeless: true) }
        }
        #expect(hopeless == 1)
    }

    @Test("a whole trace has its edge though a stretch of it holds nowhere; seeds have none")
    func oneNowhere() throws {
        for isWhole in [true, false] {
            let search = try CapacitySearch(
                counts, start: 8, replications: 3, whole: isWhole
            ) { asks in
                asks.map { ask in
                    CapacityAnswer(holds: ask.replication < 2 && ask.level >= 6)
                }
            }
            let interval = CapacityInterval(search)
            #expect(interval?.value == (isWhole ? 6 : nil))
            #expect(interval?.allHold == nil)
            #expect(search.noneHolds == 5)
        }
    }

    @Test("a replication that contradicts an end moves it")
    func contradiction() throws {
        // The second holds up to 20, but for a hole below 10, where the first one's edge is.
        let (found, _) = try search(loads, start: 4, replications: 2) { replication, level in
            replication == 0 ? level <= 10 : level <= 20 && !(9.7...10).contains(level)
        }
        #expect(found.isConfirmed)
        let all = try #require(found.allHold)
        #expect(all < 9.7 && all > 9.5)
        #expect(try #require(found.noneHolds) > 20)
    }

    @Test("the interval covers a noisy edge in at least 90 % of 200 cases, within 120 runs")
    func coverage() throws {
        let seed: UInt64 = 31
        var random = SeededRandom(seed: seed)
        var (covered, most, widest) = (0, 0, 0.0)
        for _ in 0..<200 {
            let edge = PortableMath.exp(6 * random.uniform() - 3)
            let start = edge * PortableMath.exp(4 * random.uniform() - 2)
            // Each replication has an edge of its own, and each run noise besides.
            let spread = 0.1 * random.uniform()
            let noise = 0.05 * random.uniform() + 1e-6
            let own = (0..<6).map { _ in edge * PortableMath.exp(spread * random.normal()) }
            let (found, runs) = try search(loads, start: start, replications: 6) {
                let distance = PortableMath.log($1 / own[$0]) / noise
                return random.uniform() < 1 / (1 + PortableMath.exp(4 * distance))
            }
            most = max(most, runs)
            guard let interval = CapacityInterval(found), let all = interval.allHold,
                let beyond = interval.noneHolds
            else { continue }
            #expect(all <= interval.value && interval.value <= beyond)
            widest = max(widest, beyond / all)
            if all <= edge, edge <= beyond { covered += 1 }
        }
        #expect(covered >= 180, "seed \(seed): \(covered) of 200")
        #expect(most <= 120, "seed \(seed): \(most) runs")
        #expect(widest < 2.5, "seed \(seed): \(widest)")
    }

    @Test("confidence is that of the least and the greatest of so many")
    func confidence() {
        #expect(CapacityInterval.confidence(replications: 0) == 0)
        #expect(CapacityInterval.confidence(replications: 1) == 0)
        #expect(CapacityInterval.confidence(replications: 2) == 0.5)
        #expect(CapacityInterval.confidence(replications: 6) == 0.96875)
    }

    @Test("stretches cover a trace, and are long enough for a 99th percentile")
    func stretches() {
        #expect(CapacityStretches.of(399).isEmpty)
        #expect(CapacityStretches.of(400).count == 2)
        let stretches = CapacityStretches.of(10_007)
        #expect(stretches.count == 6)
        #expect(stretches[0].warmup == 0 && stretches[0].rows.lowerBound == 0)
        var next = 0
        for stretch in stretches {
            #expect(stretch.rows.lowerBound + stretch.warmup == next)
            next = stretch.rows.upperBound
            #expect(stretch.rows.count - stretch.warmup >= CapacityStretches.least)
        }
        #expect(next == 10_007)
    }

    @Test("seeds are a number or a list")
    func seeds() throws {
        #expect(try CapacitySeeds("3").from(5) == [5, 6, 7])
        #expect(try CapacitySeeds("4, 0").from(5) == [4, 0])
        #expect(try CapacitySeeds("2").from(.max) == [0, 1])
        for text in ["0", "", "-1", "x", "1,1", "1,,2", "1.5", "1001", "9223372036854775808"] {
            #expect(throws: InputError.self, "\(text)") { _ = try CapacitySeeds(text) }
        }
    }
}
