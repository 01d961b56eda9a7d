/// The prefix index: the oldest block of each key.
///
/// Several blocks may carry one key (nothing is de-duplicated); they form a ring in order of
/// registration. A lookup yields the oldest that is still registered.
extension BlockPool {
    /// Keys that some block carries.
    var distinctKeys: Int { oldest.count }

    /// The oldest block registered under a key, or 0. O(1) expected.
    func lookup(_ key: UInt64) -> Int32 { oldest[key] ?? 0 }

    /// Gives a keyless block a key. O(1) expected.
    mutating func register(_ block: Int32, key: UInt64) {
        precondition(key != 0 && blocks[Int(block)].key == 0, "a block gets one key, not 0")
        blocks[Int(block)].key = key
        guard let first = oldest[key] else {
            oldest[key] = block
            return
        }
        let youngest = blocks[Int(first)].older
        blocks[Int(youngest)].younger = block
        blocks[Int(block)].older = youngest
        blocks[Int(block)].younger = first
        blocks[Int(first)].older = block
    }

    /// Takes a block's key away. O(1) expected.
    mutating func forget(_ block: Int32) {
        let key = blocks[Int(block)].key
        precondition(key != 0, "a block without a key has none to forget")
        let (younger, older) = (blocks[Int(block)].younger, blocks[Int(block)].older)
        blocks[Int(block)].key = 0
        if younger == block {
            oldest[key] = nil
            return
        }
        if oldest[key] == block { oldest[key] = younger }
        blocks[Int(older)].younger = younger
        blocks[Int(younger)].older = older
        blocks[Int(block)].younger = block
        blocks[Int(block)].older = block
    }
}
