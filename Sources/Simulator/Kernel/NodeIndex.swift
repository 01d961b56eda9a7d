/// An element that a `NodeIndex` finds by key.
protocol Keyed {
    /// Unequal nodes have unequal keys.
    var firstKey: UInt64 { get }
}

/// Finds the tree node that begins with a key: linear probing, load at most one half, deletion by
/// backward shift.
struct NodeIndex<Node: Keyed>: ~Copyable {
    private var slots = HotArray(repeating: NodeSlot(), count: 64)
    private var count = 0
    /// Slots probed so far.
    private(set) var probes = 0

    private static func tag(_ key: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: key >> 1) }

    /// The node with this first key, or -1. O(1) expected.
    mutating func find(_ key: UInt64, _ nodes: borrowing HotSlots<Node>) -> Int32 {
        slots[position(of: key, nodes)].node - 1
    }

    private mutating func position(
        of key: UInt64, _ nodes: borrowing HotSlots<Node>
    ) -> Int {
        let mask = slots.count - 1
        let tag = Self.tag(key)
        var position = Int(tag) & mask
        while true {
            probes += 1
            let slot = slots[position]
            if slot.node == 0 { return position }
            if slot.tag == tag, nodes[slot.node - 1].firstKey == key { return position }
            position = (position + 1) & mask
        }
    }

    /// Adds a node, whose key must be new. O(1) expected.
    mutating func insert(_ node: Int32, _ nodes: borrowing HotSlots<Node>) {
        let key = nodes[node].firstKey
        let position = position(of: key, nodes)
        precondition(slots[position].node == 0, "two nodes of one content")
        slots[position] = NodeSlot(tag: Self.tag(key), node: node + 1)
        count += 1
        if 2 * count > slots.count { grow() }
    }

    /// Removes a node. O(1) expected.
    mutating func remove(_ node: Int32, _ nodes: borrowing HotSlots<Node>) {
        let position = position(of: nodes[node].firstKey, nodes)
        let mask = slots.count - 1
        var hole = position
        var probe = position
        while true {
            probe = (probe + 1) & mask
            let slot = slots[probe]
            if slot.node == 0 { break }
            let home = Int(slot.tag) & mask
            if (probe - home) & mask >= (probe - hole) & mask {
                slots[hole] = slot
                hole = probe
            }
        }
        slots[hole] = NodeSlot()
        count -= 1
    }

    private mutating func grow() {
        var larger = HotArray(repeating: NodeSlot(), count: 2 * slots.count)
        let mask = larger.count - 1
        for index in slots.indices where slots[index].node != 0 {
            var position = Int(slots[index].tag) & mask
            while larger[position].node != 0 { position = (position + 1) & mask }
            larger[position] = slots[index]
        }
        slots = larger
    }
}

/// One slot of a `NodeIndex`.
struct NodeSlot {
    var tag: UInt32 = 0
    /// Number of the node plus one; 0 if empty.
    var node: Int32 = 0
}
