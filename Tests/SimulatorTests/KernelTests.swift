import Basics
import Testing

@testable import Simulator

@Suite("Slabs, queues and heaps")
struct KernelTests {
    @Test("slab lists keep their elements while others come and go", arguments: UInt64(1)...5)
    func slab(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var slab = Slab<Int32>(filler: 0)
        var lists: [(list: Slab<Int32>.List, expected: [Int32])] = []
        for step in 0..<4000 {
            if lists.isEmpty || random.below(5) == 0 { lists.append((.init(), [])) }
            let index = random.below(lists.count)
            if random.below(30) == 0 {
                slab.free(&lists[index].list)
                lists.remove(at: index)
            } else {
                slab.append(Int32(step), to: &lists[index].list)
                lists[index].expected.append(Int32(step))
            }
        }
        for (list, expected) in lists {
            let elements = (0..<Int(list.count)).map { slab[list, $0] }
            #expect(elements == expected, "seed \(seed)")
        }
    }

    @Test("a ring queue behaves as an array does", arguments: UInt64(1)...5)
    func ring(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var ring = RingQueue<Int>()
        var array: [Int] = []
        for step in 0..<5000 {
            switch random.below(5) {
            case 0, 1:
                ring.append(step)
                array.append(step)
            case 2:
                ring.prepend(step)
                array.insert(step, at: 0)
            case 3 where !array.isEmpty:
                let index = random.below(array.count)
                ring.remove(at: index)
                array.remove(at: index)
            default:
                let first = ring.popFirst()
                #expect(first == (array.isEmpty ? nil : array.removeFirst()), "seed \(seed)")
            }
            let count = ring.count
            #expect(count == array.count, "seed \(seed)")
        }
        let elements = (0..<ring.count).map { ring[$0] }
        #expect(elements == array, "seed \(seed)")
    }

    @Test("events leave the heap by time, then by tie", arguments: UInt64(1)...5)
    func heap(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var heap = EventHeap()
        var expected: [(Int64, Int64)] = []
        for tie in 0..<2000 {
            let time = Int64(random.below(50))
            heap.push(.init(time: time, tie: Int64(tie), payload: 0))
            expected.append((time, Int64(tie)))
        }
        expected.sort { $0 < $1 }
        for (time, tie) in expected {
            let event = heap.pop()
            #expect(event?.time == time && event?.tie == tie, "seed \(seed)")
        }
        let rest = heap.pop()
        #expect(rest == nil as EventHeap.Event?)
    }
}

@Suite("Sizes")
struct SizeTests {
    @Test("blocks are counted as by division", arguments: UInt64(1)...5)
    func blocks(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let odd = (0..<200).map { _ in 1 + random.below(1 << (1 + random.below(30))) }
        for size in [1, 2, 3, 16, 48, 1 << 30] + odd {
            let block = BlockSize(size)
            let few = (0..<50).map { _ in random.below(1 << (1 + random.below(31))) }
            let edges = [0, 1, size - 1, size, size + 1, Int(Int32.max)]
            let multiples = few.map { max(0, $0 / size * size - 1) }
            for tokens in few + edges + multiples {
                #expect(block.filled(by: tokens) == tokens / size, "\(tokens) by \(size)")
                #expect(block.beyond(tokens) == tokens % size, "\(tokens) by \(size)")
                let holding = tokens / size + (tokens % size > 0 ? 1 : 0)
                #expect(block.holding(tokens) == holding, "\(tokens) by \(size)")
            }
        }
    }

    /// What a live request takes: its state, its blocks, its place in the queue it waits in, in
    /// the wheel of ends and in the running list, and its record's place when others ended first.
    @Test("a live request takes less than 400 bytes")
    func liveRequest() {
        let queues = 5 * MemoryLayout<Int32>.stride
        let record = MemoryLayout<RequestRecord?>.stride
        let state = MemoryLayout<LiveRequest>.stride + MemoryLayout<CacheSlot>.stride
        #expect(state + record + queues <= 340)
        // With numbered blocks, in two groups.
        let numbered = 3 * MemoryLayout<Slab<Int32>.List>.stride
        #expect(state + numbered + record + queues <= 400)
    }
}
