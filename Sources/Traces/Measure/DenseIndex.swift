/// Numbers keys 0, 1, 2, ... in order of first appearance. Open addressing in plain arrays, so that
/// nothing depends on a hash seed. Memory: about 32 bytes per key.
struct DenseIndex {
    private var slots: [Int32]
    private var keys: [UInt64] = []
    private var mask: Int

    init() {
        slots = Array(repeating: -1, count: 1 << 10)
        mask = slots.count - 1
    }

    var count: Int { keys.count }

    /// The key's number, and whether the key is new. Expected O(1).
    mutating func number(of key: UInt64) -> (index: Int, isNew: Bool) {
        var slot = Self.spread(key) & mask
        while slots[slot] >= 0 {
            if keys[Int(slots[slot])] == key { return (Int(slots[slot]), false) }
            slot = (slot + 1) & mask
        }
        slots[slot] = Int32(keys.count)
        keys.append(key)
        if 2 * keys.count > slots.count { grow() }
        return (keys.count - 1, true)
    }

    private mutating func grow() {
        slots = Array(repeating: -1, count: 2 * slots.count)
        mask = slots.count - 1
        for (index, key) in keys.enumerated() {
            var slot = Self.spread(key) & mask
            while slots[slot] >= 0 { slot = (slot + 1) & mask }
            slots[slot] = Int32(index)
        }
    }

    /// A bit mixer like MurmurHash3's finaliser.
    static func spread(_ key: UInt64) -> Int {
        var z = key
        z = (z ^ (z >> 33)) &* 0xff51_afd7_ed55_8ccd
        z = (z ^ (z >> 33)) &* 0xc4ce_b9fe_1a85_ec53
        return Int(truncatingIfNeeded: (z ^ (z >> 33)) >> 1)
    }
}

/// Counts of positions with prefix sums (Fenwick 1994).
struct FenwickTree {
    private var tree: [Int]

    init(count: Int) { tree = Array(repeating: 0, count: count + 1) }

    var count: Int { tree.count - 1 }

    /// O(log n).
    mutating func add(_ value: Int, at position: Int) {
        var index = position + 1
        while index < tree.count {
            tree[index] += value
            index += index & -index
        }
    }

    /// The sum over 0..<position. O(log n).
    func sum(before position: Int) -> Int {
        var index = position
        var result = 0
        while index > 0 {
            result += tree[index]
            index -= index & -index
        }
        return result
    }
}
