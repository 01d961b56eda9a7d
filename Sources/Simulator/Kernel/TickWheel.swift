/// Slots by the tick at which they are due: 1,024 lists, indexed by tick modulo 1,024, with a bit
/// for each non-empty list. Insertion and removal are O(1) expected, whatever the number of slots.
/// The order within a tick is undefined.
struct TickWheel: ~Copyable {
    private static let size = 1024
    /// First slot of each list, and the next one by slot; -1 for none.
    private var heads = HotArray<Int32>(repeating: -1, count: size)
    private var next = HotArray<Int32>()
    private var occupied = HotArray<UInt64>(repeating: 0, count: size / 64)
    private(set) var count = 0
    /// Insertions and removals so far.
    private(set) var operations = 0

    @inline(__always)
    private static func list(_ tick: Int64) -> Int { Int(truncatingIfNeeded: tick) & (size - 1) }

    /// Adds a slot that is in no list.
    mutating func insert(_ slot: Int32, at tick: Int64) {
        let list = Self.list(tick)
        if Int(slot) >= next.count { next.append(-1, times: Int(slot) + 1 - next.count) }
        next[Int(slot)] = heads[list]
        heads[list] = slot
        occupied[list >> 6] |= 1 << UInt64(list & 63)
        count += 1
        operations += 1
    }

    /// Removes a slot that is due at a tick. O(slots in the same list).
    mutating func remove(_ slot: Int32, at tick: Int64) {
        let list = Self.list(tick)
        if heads[list] == slot {
            heads[list] = next[Int(slot)]
            if heads[list] < 0 { occupied[list >> 6] &= ~(1 << UInt64(list & 63)) }
        } else {
            var other = Int(heads[list])
            while next[other] != slot { other = Int(next[other]) }
            next[other] = next[Int(slot)]
        }
        count -= 1
        operations += 1
    }

    /// True if the list of `tick` holds a slot, perhaps one due a multiple of 1,024 ticks later.
    @inline(__always)
    func holds(_ tick: Int64) -> Bool {
        let list = Self.list(tick)
        return occupied[list >> 6] & 1 << UInt64(list & 63) != 0
    }

    /// The first slot in a tick's list, or -1. It may be due at another tick, a multiple of 1,024
    /// away.
    func first(at tick: Int64) -> Int32 { heads[Self.list(tick)] }

    /// Whether a slot is in a tick's list. O(slots in the list).
    func contains(_ slot: Int32, at tick: Int64) -> Bool {
        var other = first(at: tick)
        while other >= 0, other != slot { other = next(after: other) }
        return other == slot
    }

    /// The slot after another in its list, or -1.
    func next(after slot: Int32) -> Int32 { next[Int(slot)] }

    /// A tick, not before `tick`, before which no slot is due; `Int64.max` if there are no slots.
    /// O(1).
    func earliest(from tick: Int64) -> Int64 {
        guard count > 0 else { return .max }
        let list = Self.list(tick)
        var word = list >> 6
        var bits = occupied[word] & (~0 << UInt64(list & 63))
        var base = tick - Int64(list & 63)
        // One word more than there are: the first one is visited from both ends.
        for _ in 0...occupied.count {
            if bits != 0 { return base + Int64(bits.trailingZeroBitCount) }
            word = word + 1 == occupied.count ? 0 : word + 1
            bits = occupied[word]
            base += 64
        }
        return .max
    }
}
