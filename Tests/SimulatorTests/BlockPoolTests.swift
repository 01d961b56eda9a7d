import Basics
import TestSupport
import Testing

@testable import Simulator

/// The pool as anyone would write it first: arrays and linear searches.
private struct NaivePool {
    var queue: [Int32]
    var references: [Int]
    var key: [UInt64]
    /// Registered blocks in order of registration.
    var registered: [(key: UInt64, block: Int32)] = []

    init(count: Int) {
        queue = (1..<Int32(count)).map { $0 }
        references = Array(repeating: 0, count: count)
        key = Array(repeating: 0, count: count)
    }

    mutating func take() -> Int32 {
        let block = queue.removeFirst()
        registered.removeAll { $0.block == block }
        key[Int(block)] = 0
        references[Int(block)] = 1
        return block
    }

    mutating func adopt(_ block: Int32) {
        queue.removeAll { $0 == block }
        references[Int(block)] += 1
    }

    mutating func release(_ blocks: [Int32]) {
        var front: [Int32] = []
        for block in blocks {
            references[Int(block)] -= 1
            guard references[Int(block)] == 0 else { continue }
            if key[Int(block)] == 0 { front.append(block) } else { queue.append(block) }
        }
        queue = front + queue
    }

    mutating func register(_ block: Int32, _ newKey: UInt64) {
        key[Int(block)] = newKey
        registered.append((newKey, block))
    }

    func lookup(_ wanted: UInt64) -> Int32 {
        registered.first { $0.key == wanted }?.block ?? 0
    }
}

@Suite("The block pool")
struct BlockPoolTests {
    @Test("behaves as the naive pool does", arguments: UInt64(1)...12)
    func agreesWithNaive(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let count = 2 + random.below(40)
        var pool = BlockPool(count: count)
        var naive = NaivePool(count: count)
        var held: [[Int32]] = []
        // Few distinct keys, so that duplicates are common; keys share their low halves, so that
        // the index has to tell tags apart.
        let keys = (1...8).map { UInt64($0 / 2 + 1) | UInt64($0) << 32 }
        for _ in 0..<3000 {
            switch random.below(4) {
            case 0 where pool.freeCount > 0:
                let number = 1 + random.below(min(6, pool.freeCount))
                let taken = (0..<number).map { _ in pool.take() }
                #expect(taken == (0..<number).map { _ in naive.take() }, "seed \(seed)")
                held.append(taken)
            case 1 where !held.isEmpty:
                let list = held.remove(at: random.below(held.count))
                var cursor: Int32 = -1
                for block in list.reversed() { pool.release(block, cursor: &cursor) }
                naive.release(list.reversed())
            case 2 where !held.isEmpty:
                let list = held[random.below(held.count)]
                let block = list[random.below(list.count)]
                if naive.key[Int(block)] == 0 {
                    let key = keys[random.below(keys.count)]
                    pool.register(block, key: key)
                    naive.register(block, key)
                }
            default:
                let key = keys[random.below(keys.count)]
                let block = pool.lookup(key)
                #expect(block == naive.lookup(key), "seed \(seed)")
                if block != 0 {
                    pool.adopt(block)
                    naive.adopt(block)
                    held.append([block])
                }
            }
            #expect(pool.freeCount == naive.queue.count, "seed \(seed)")
            #expect(pool.distinctKeys == Set(naive.registered.map(\.key)).count, "seed \(seed)")
        }
        #expect(pool.inOrder == naive.queue, "seed \(seed)")
    }
}

extension BlockPool {
    /// The free queue from front to back.
    fileprivate var inOrder: [Int32] {
        var list: [Int32] = []
        forEachFree { block, _ in list.append(block) }
        return list
    }
}
