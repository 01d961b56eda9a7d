/// Arrays of varying length inside one array, for per-request lists without per-request objects.
///
/// Capacities are powers of two. Freed storage is reused by the next list of its size class. Memory
/// never exceeds twice the sum of the largest simultaneous demands of each class.
struct Slab<Element>: ~Copyable {
    /// A list inside the slab.
    struct List {
        var offset: Int32 = 0
        var count: Int32 = 0
        /// Log2 of the capacity, or -1 for no storage.
        var sizeClass: Int8 = -1

        var isEmpty: Bool { count == 0 }
    }

    private var storage = HotArray<Element>()
    private var freeOffsets = HotArray<HotArray<Int32>>()
    private let filler: Element

    init(filler: Element) {
        self.filler = filler
        for _ in 0..<31 { freeOffsets.append(HotArray()) }
    }

    /// The element at a position in a list. O(1).
    subscript(list: List, position: Int) -> Element {
        @inline(__always)
        _read { yield storage[Int(list.offset) + position] }
        @inline(__always)
        _modify { yield &storage[Int(list.offset) + position] }
    }

    /// Adds an element to the end of a list. O(1) amortised.
    mutating func append(_ element: Element, to list: inout List) {
        if list.sizeClass < 0 || list.count == 1 &<< Int32(list.sizeClass) {
            reserve(Int(list.count) + 1, in: &list)
        }
        storage[Int(list.offset) + Int(list.count)] = element
        list.count += 1
    }

    /// Makes room for `capacity` elements. O(count) when the list moves.
    mutating func reserve(_ capacity: Int, in list: inout List) {
        if list.sizeClass >= 0, capacity <= 1 << Int(list.sizeClass) { return }
        let wanted = max(2, Int.bitWidth - max(0, capacity - 1).leadingZeroBitCount)
        precondition(wanted < 31, "a list of 2^30 elements or more")
        let offset: Int
        if let reused = freeOffsets[wanted].popLast() {
            offset = Int(reused)
        } else {
            offset = storage.count
            precondition(offset + (1 << wanted) <= Int(Int32.max), "slab is full")
            storage.append(filler, times: 1 << wanted)
        }
        for position in 0..<Int(list.count) {
            storage[offset + position] = storage[Int(list.offset) + position]
        }
        if list.sizeClass >= 0 { freeOffsets[Int(list.sizeClass)].append(list.offset) }
        list.offset = Int32(offset)
        list.sizeClass = Int8(wanted)
    }

    /// Frees a list's storage and empties the list. O(1).
    mutating func free(_ list: inout List) {
        if list.sizeClass >= 0 { freeOffsets[Int(list.sizeClass)].append(list.offset) }
        list = List()
    }
}
