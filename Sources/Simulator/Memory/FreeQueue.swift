/// The order in which free blocks are handed out: a ring of block numbers, where whoever leaves
/// from the middle leaves a hole (0).
///
/// A linked list would do the same with less room. But its next block is known only when the one
/// before has come from memory, and a prompt takes hundreds at a time; the ring is read ahead.
/// O(1) amortised: holes are closed once per ring's length of operations.
struct FreeQueue: ~Copyable {
    private var ring: HotArray<Int32>
    /// Places of the first entry and of the one past the last, modulo the ring's length.
    private var head = 0
    private var tail: Int
    /// Blocks in the queue, holes not counted.
    private(set) var count: Int

    /// Blocks 1, 2, 3... below `number`, in this order.
    init(below number: Int) {
        // A third of it at least may be holes.
        var length = 16
        while length < number + number / 2 { length *= 2 }
        ring = HotArray(repeating: 0, count: length)
        for block in 1..<max(1, number) { ring[block - 1] = Int32(block) }
        tail = number - 1
        count = number - 1
    }

    @inline(__always)
    private func place(_ position: Int) -> Int { position & (ring.count &- 1) }

    /// Whether holes have to be closed before another block can join.
    var isFull: Bool {
        @inline(__always) get { tail &- head == ring.count }
    }

    /// Removes the block at the front.
    @inline(__always)
    mutating func popFirst() -> Int32 {
        precondition(count > 0, "took a block from an empty pool")
        var block = ring[place(head)]
        head &+= 1
        while block == 0 {
            block = ring[place(head)]
            head &+= 1
        }
        count &-= 1
        return block
    }

    /// Adds a block at the back; its place.
    @inline(__always)
    mutating func append(_ block: Int32) -> Int32 {
        let place = place(tail)
        ring[place] = block
        tail &+= 1
        count &+= 1
        return Int32(truncatingIfNeeded: place)
    }

    /// Adds a block at the front; its place.
    mutating func prepend(_ block: Int32) -> Int32 {
        head &-= 1
        let place = place(head)
        ring[place] = block
        count &+= 1
        return Int32(truncatingIfNeeded: place)
    }

    /// Removes the block at a place.
    mutating func remove(at place: Int32) {
        ring[Int(place)] = 0
        count &-= 1
    }

    /// Closes the holes and says where each block is now. O(ring).
    mutating func compact(_ moved: (_ block: Int32, _ place: Int32) -> Void) {
        var end = head
        for position in head..<tail {
            let block = ring[place(position)]
            if block == 0 { continue }
            let target = place(end)
            ring[target] = block
            moved(block, Int32(truncatingIfNeeded: target))
            end += 1
        }
        tail = end
    }

    /// The blocks, from the front to the back. O(ring).
    func forEach(_ body: (Int32) -> Void) {
        for position in head..<tail {
            let block = ring[place(position)]
            if block != 0 { body(block) }
        }
    }
}
