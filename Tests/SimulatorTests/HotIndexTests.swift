import Basics
import Testing

@testable import Simulator

@Suite("Wheels and trees")
struct HotIndexTests {
    @Test("a wheel knows who is due when", arguments: UInt64(1)...8)
    func wheel(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var wheel = TickWheel()
        var due: [Int32: Int64] = [:]
        var now = Int64(random.below(5000))
        // Within 1,024 ticks nothing shares a list; farther ahead several ticks do.
        let reach = [40, 1024, 5000][Int(seed % 3)]
        var operations = 0
        for step in 0..<1500 {
            let slot = Int32(random.below(60))
            if let tick = due[slot] {
                wheel.remove(slot, at: tick)
                due[slot] = nil
            } else {
                let tick = now + Int64(random.below(reach))
                wheel.insert(slot, at: tick)
                due[slot] = tick
            }
            operations += 1
            if random.below(4) == 0, let next = due.values.min() {
                now = min(next, now + Int64(random.below(300)))
            }
            let fault = disagreement(wheel, due, now, &random)
            #expect(fault == nil, "seed \(seed), step \(step)")
        }
        for (slot, tick) in due { wheel.remove(slot, at: tick) }
        operations += due.count
        let (earliest, counted) = (wheel.earliest(from: now), wheel.operations)
        #expect(earliest == .max && counted == operations, "seed \(seed)")
    }

    /// What a wheel says otherwise than a dictionary of ticks by slot, all due from `now` on.
    private func disagreement(
        _ wheel: borrowing TickWheel, _ due: [Int32: Int64], _ now: Int64,
        _ random: inout SeededRandom
    ) -> String? {
        let earliest = wheel.earliest(from: now)
        // The first tick from now on that has a list in common with somebody's.
        let nearest = due.values.map { now + ($0 - now) % 1024 }.min() ?? .max
        if earliest != nearest { return "earliest is \(earliest) instead of \(nearest)" }
        if let first = due.values.min() {
            if earliest > first { return "earliest \(earliest) is too late for \(first)" }
            let isNear = due.values.allSatisfy { $0 < now + 1024 }
            if isNear, earliest != first { return "earliest \(earliest) is not \(first)" }
        }
        var ticks = due.values.prefix(3).map { $0 }
        ticks.append(now + Int64(random.below(3000)))
        for tick in ticks {
            let expected = Set(due.keys.filter { (due[$0]! - tick) % 1024 == 0 })
            var found: [Int32] = []
            var slot = wheel.first(at: tick)
            while slot >= 0, found.count <= due.count {
                found.append(slot)
                slot = wheel.next(after: slot)
            }
            if found.count != expected.count || Set(found) != expected {
                return "at \(tick) stand \(found) instead of \(expected)"
            }
            if wheel.holds(tick) != !expected.isEmpty { return "holds(\(tick)) is wrong" }
        }
        return nil
    }

    @Test("the first least number is the one a scan finds", arguments: UInt64(1)...12)
    func least(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let count = seed <= 4 ? Int(seed) : 1 + random.below(150)
        var tree = LeastTree(count: count)
        var numbers = [Int32](repeating: 0, count: count)
        for step in 0..<1000 {
            let place = random.below(count)
            // Few values, so that the least is shared; now and then the extremes.
            let number =
                random.below(50) == 0
                ? [Int32.max, -5].randomElement(using: &random)! : Int32(random.below(4))
            tree[place] = number
            numbers[place] = number
            let start = random.below(count)
            let least = numbers.min()!
            let expected =
                numbers[start...].firstIndex(of: least) ?? numbers.firstIndex(of: least)!
            #expect(tree.firstLeast(from: start) == expected, "seed \(seed), step \(step)")
            #expect(tree[place] == number, "seed \(seed), step \(step)")
        }
    }
}
