import Basics
import Testing

@testable import Simulator

/// An object that counts how many of its kind there are: a leak or a double free is seen.
private final class Tracked {
    final class Census { var living = 0 }

    let value: Int
    private let census: Census

    init(_ value: Int, _ census: Census) {
        self.value = value
        self.census = census
        census.living += 1
    }

    deinit { census.living -= 1 }
}

@Suite("Arrays and queues with one owner")
struct HotArrayTests {
    @Test("an array of numbers behaves as the shared one does", arguments: UInt64(1)...6)
    func numbers(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var hot = HotArray<Int>()
        var array: [Int] = []
        for step in 0..<3000 {
            change(&hot, &array, &random, step) {
                $0
            } value: {
                $0
            }
            let isSame =
                hot.elements == array && hot.count == array.count && hot.first == array.first
                && hot.last == array.last && hot.isEmpty == array.isEmpty
                && hot.indices == array.indices
            #expect(isSame, "seed \(seed), step \(step)")
            guard let wanted = array.randomElement(using: &random) else { continue }
            let place = hot.firstIndex(of: wanted)
            let holds = hot.contains(wanted) && !hot.contains(-1)
            #expect(place == array.firstIndex(of: wanted) && holds, "seed \(seed), step \(step)")
        }
    }

    @Test("an array of objects frees each of them once", arguments: UInt64(1)...6)
    func objects(seed: UInt64) {
        let census = Tracked.Census()
        useObjects(seed, census)
        #expect(census.living == 0, "seed \(seed): the array is gone, its elements are not")
    }

    private func useObjects(_ seed: UInt64, _ census: Tracked.Census) {
        var random = SeededRandom(seed: seed)
        var hot = HotArray<Tracked>()
        // Numbers only, so that nobody else holds an object.
        var array: [Int] = []
        for step in 0..<2000 {
            change(&hot, &array, &random, step) {
                Tracked($0, census)
            } value: {
                $0.value
            }
            #expect(census.living == array.count, "seed \(seed), step \(step)")
        }
        let values = hot.elements.map(\.value)
        #expect(values == array, "seed \(seed)")
        // The end of the scope frees an array that is not empty.
        for value in 0..<100 { hot.append(Tracked(value, census)) }
    }

    @Test("elements that cannot be copied are moved", arguments: UInt64(1)...4)
    func nested(seed: UInt64) {
        let census = Tracked.Census()
        useNested(seed, census)
        #expect(census.living == 0, "seed \(seed): the arrays are gone, their elements are not")
    }

    private func useNested(_ seed: UInt64, _ census: Tracked.Census) {
        var random = SeededRandom(seed: seed)
        var hot = HotArray<HotArray<Tracked>>()
        var arrays: [[Int]] = []
        for step in 0..<1500 {
            if arrays.isEmpty || random.below(8) == 0 {
                let place = random.below(arrays.count + 1)
                hot.insert(HotArray(), at: place)
                arrays.insert([], at: place)
            }
            let place = random.below(arrays.count)
            switch random.below(24) {
            case 0:
                hot.remove(at: place)
                arrays.remove(at: place)
            case 1:
                let last = hot.popLast()
                _ = consume last
                arrays.removeLast()
            default:
                hot[place].append(Tracked(step, census))
                arrays[place].append(step)
            }
            let living = arrays.reduce(0) { $0 + $1.count }
            #expect(census.living == living, "seed \(seed), step \(step)")
        }
        for place in arrays.indices {
            let values = hot[place].elements.map(\.value)
            #expect(values == arrays[place], "seed \(seed), array \(place)")
        }
    }

    /// One random change of both arrays.
    private func change<Element>(
        _ hot: inout HotArray<Element>, _ array: inout [Int], _ random: inout SeededRandom,
        _ step: Int, make: (Int) -> Element, value: (Element) -> Int
    ) {
        let place = random.below(array.count + 1)
        switch random.below(60) {
        case 0..<30:
            hot.append(make(step))
            array.append(step)
        case 30..<38:
            hot.insert(make(step), at: place)
            array.insert(step, at: place)
        case 38..<44:
            let last = hot.popLast().map(value)
            let expected = array.popLast()
            #expect(last == expected, "step \(step)")
        case 44..<50 where place < array.count:
            let removed = value(hot.remove(at: place))
            let expected = array.remove(at: place)
            #expect(removed == expected, "step \(step)")
        case 50..<55 where place < array.count:
            hot[place] = make(step)
            array[place] = step
        case 55:
            hot.removeAll()
            array.removeAll()
        case 56, 57:
            hot.removeLast(place)
            array.removeLast(place)
        default:
            guard !array.isEmpty else { return }
            hot.removeLast()
            array.removeLast()
        }
    }

    @Test("a buffer lent is the array itself, and equal elements fill it")
    func buffer() {
        var hot = HotArray(repeating: 7, count: 20)
        hot.append(8, times: 3)
        hot.withUnsafeMutablePointer { $0[21] = 9 }
        let elements = hot.elements
        #expect(elements == Array(repeating: 7, count: 20) + [8, 9, 8])
    }

    @Test("a ring queue frees each object once, wherever it wraps", arguments: UInt64(1)...6)
    func ring(seed: UInt64) {
        let census = Tracked.Census()
        useRing(seed, census)
        #expect(census.living == 0, "seed \(seed): the queue is gone, its elements are not")
    }

    private func useRing(_ seed: UInt64, _ census: Tracked.Census) {
        var random = SeededRandom(seed: seed)
        var ring = RingQueue<Tracked>()
        var array: [Int] = []
        // Waves that grow the queue from any head, and empty it again.
        for step in 0..<3000 {
            let isGrowing = step / 150 % 2 == 0
            switch random.below(8) {
            case 0...3 where isGrowing:
                ring.append(Tracked(step, census))
                array.append(step)
            case 4 where isGrowing:
                ring.prepend(Tracked(step, census))
                array.insert(step, at: 0)
            case 5 where !array.isEmpty:
                let place = random.below(array.count)
                ring.remove(at: place)
                array.remove(at: place)
            case 6 where !array.isEmpty:
                let place = random.below(array.count)
                ring[place] = Tracked(-step, census)
                array[place] = -step
            default:
                let first = ring.popFirst().map(\.value)
                let expected = array.isEmpty ? nil : array.removeFirst()
                #expect(first == expected, "seed \(seed), step \(step)")
            }
            let first = ring.first.map(\.value)
            let isSame = first == array.first && ring.count == array.count
            #expect(isSame && census.living == array.count, "seed \(seed), step \(step)")
        }
        for _ in 0..<random.below(40) {
            ring.prepend(Tracked(0, census))
            array.insert(0, at: 0)
        }
        let values = (0..<ring.count).map { ring[$0].value }
        #expect(values == array, "seed \(seed)")
    }
}
