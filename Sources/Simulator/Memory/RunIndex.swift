/// Finds the oldest run whose first block has a key: linear probing, load at most one half,
/// deletion by backward shift; runs of one key form a list, oldest first.
struct RunIndex: ~Copyable {
    private var slots = HotArray(repeating: Slot(), count: 64)
    private var count = 0
    /// Slots looked at so far.
    private(set) var probes = 0

    // Not private: the debug compiler (Swift 6.3.1) cannot yet destroy a `HotArray` of a private
    // type from another file.
    struct Slot {
        var tag: UInt32 = 0
        /// Number of the run plus one; 0: empty.
        var run: Int32 = 0
    }

    private static func tag(_ key: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: key >> 1) }

    /// The oldest run with this first key, or -1. O(1) expected.
    mutating func find(_ key: UInt64, _ runs: borrowing HotArray<RunPool.Run>) -> Int32 {
        slots[position(of: key, runs)].run - 1
    }

    private mutating func position(of key: UInt64, _ runs: borrowing HotArray<RunPool.Run>) -> Int {
        let mask = slots.count - 1
        let tag = Self.tag(key)
        var position = Int(tag) & mask
        while true {
            probes += 1
            let slot = slots[position]
            if slot.run == 0 { return position }
            if slot.tag == tag, runs[Int(slot.run) - 1].firstKey == key { return position }
            position = (position + 1) & mask
        }
    }

    /// Enters a run, behind older ones of the same key. O(1) expected.
    mutating func insert(_ run: Int32, _ runs: inout HotArray<RunPool.Run>) {
        let key = runs[Int(run)].firstKey
        let position = position(of: key, runs)
        if slots[position].run != 0 {
            var last = slots[position].run - 1
            while runs[Int(last)].nextSame >= 0 { last = runs[Int(last)].nextSame }
            runs[Int(last)].nextSame = run
            return
        }
        slots[position] = Slot(tag: Self.tag(key), run: run + 1)
        count += 1
        if 2 * count > slots.count { grow() }
    }

    /// Removes a run. O(1) expected plus the runs of the same key.
    mutating func remove(_ run: Int32, _ runs: inout HotArray<RunPool.Run>) {
        let position = position(of: runs[Int(run)].firstKey, runs)
        let next = runs[Int(run)].nextSame
        var current = slots[position].run - 1
        if current == run {
            if next >= 0 { slots[position].run = next + 1 } else { clear(position) }
            return
        }
        while runs[Int(current)].nextSame != run { current = runs[Int(current)].nextSame }
        runs[Int(current)].nextSame = next
    }

    private mutating func clear(_ position: Int) {
        let mask = slots.count - 1
        var hole = position
        var probe = position
        while true {
            probe = (probe + 1) & mask
            let slot = slots[probe]
            if slot.run == 0 { break }
            let home = Int(slot.tag) & mask
            if (probe - home) & mask >= (probe - hole) & mask {
                slots[hole] = slot
                hole = probe
            }
        }
        slots[hole] = Slot()
        count -= 1
    }

    private mutating func grow() {
        var larger = HotArray(repeating: Slot(), count: 2 * slots.count)
        let mask = larger.count - 1
        for index in slots.indices where slots[index].run != 0 {
            var position = Int(slots[index].tag) & mask
            while larger[position].run != 0 { position = (position + 1) & mask }
            larger[position] = slots[index]
        }
        slots = larger
    }
}
