/// A slot of the key index: the low half of the key, and the oldest block that carries it.
struct IndexSlot {
    var tag: UInt32 = 0
    /// 0: empty.
    var block: Int32 = 0
}

/// The prefix index: linear probing at a load of at most one half, deletion by backward shift.
///
/// Several blocks may carry one key (nothing is de-duplicated); they form a ring in order of
/// registration. A lookup yields the oldest that is still registered.
extension BlockPool {
    static func emptyIndex(for count: Int) -> HotArray<IndexSlot> {
        var size = 16
        while size < 2 * count { size *= 2 }
        return HotArray(repeating: IndexSlot(), count: size)
    }

    private static func tag(_ key: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: key) }

    /// The oldest block registered under a key, or 0. O(1) expected.
    mutating func lookup(_ key: UInt64) -> Int32 {
        let position = slot(of: key)
        return slots[position].block
    }

    /// The slot that holds a key, or the empty one where it would go.
    private mutating func slot(of key: UInt64) -> Int {
        let mask = slots.count - 1
        let tag = Self.tag(key)
        var position = Int(tag) & mask
        while true {
            probes += 1
            let slot = slots[position]
            if slot.block == 0 { return position }
            if slot.tag == tag, blocks[Int(slot.block)].key == key { return position }
            position = (position + 1) & mask
        }
    }

    /// Gives a keyless block a key. O(1) expected.
    mutating func register(_ block: Int32, key: UInt64) {
        precondition(key != 0 && blocks[Int(block)].key == 0, "a block gets one key, not 0")
        let position = slot(of: key)
        let oldest = slots[position].block
        blocks[Int(block)].key = key
        if oldest == 0 {
            slots[position] = IndexSlot(tag: Self.tag(key), block: block)
            distinctKeys += 1
        } else {
            let youngest = blocks[Int(oldest)].older
            blocks[Int(youngest)].younger = block
            blocks[Int(block)].older = youngest
            blocks[Int(block)].younger = oldest
            blocks[Int(oldest)].older = block
        }
    }

    /// Takes a block's key away. O(1) expected.
    mutating func forget(_ block: Int32) {
        let key = blocks[Int(block)].key
        precondition(key != 0, "a block without a key has none to forget")
        let position = slot(of: key)
        let (younger, older) = (blocks[Int(block)].younger, blocks[Int(block)].older)
        if younger == block {
            removeSlot(position)
            distinctKeys -= 1
        } else {
            if slots[position].block == block { slots[position].block = younger }
            blocks[Int(older)].younger = younger
            blocks[Int(younger)].older = older
            blocks[Int(block)].younger = block
            blocks[Int(block)].older = block
        }
        blocks[Int(block)].key = 0
    }

    private mutating func removeSlot(_ position: Int) {
        let mask = slots.count - 1
        var hole = position
        var probe = position
        while true {
            probe = (probe + 1) & mask
            let slot = slots[probe]
            if slot.block == 0 { break }
            let home = Int(slot.tag) & mask
            if (probe - home) & mask >= (probe - hole) & mask {
                slots[hole] = slot
                hole = probe
            }
        }
        slots[hole] = IndexSlot()
    }
}
