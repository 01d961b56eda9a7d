import Foundation

/// A double-ended queue in a circular buffer. Every operation except `remove` is O(1) amortised.
struct RingQueue<Element>: ~Copyable {
    private var base: UnsafeMutablePointer<Element>
    /// A power of two.
    private var capacity = 8
    private var head = 0
    private(set) var count = 0

    init() { base = HotStorage.resize(nil, to: capacity) }

    deinit {
        for index in 0..<count { (base + position(index)).deinitialize(count: 1) }
        free(base)
    }

    var isEmpty: Bool { count == 0 }
    var first: Element? { count == 0 ? nil : base[head] }

    @inline(__always)
    private func position(_ index: Int) -> Int { (head + index) & (capacity - 1) }

    subscript(index: Int) -> Element {
        @inline(__always)
        unsafeAddress {
            precondition(index >= 0 && index < count, "index outside the queue")
            return UnsafePointer(base + position(index))
        }
        @inline(__always)
        unsafeMutableAddress {
            precondition(index >= 0 && index < count, "index outside the queue")
            return base + position(index)
        }
    }

    @inline(__always)
    mutating func append(_ element: Element) {
        if count == capacity { grow() }
        (base + position(count)).initialize(to: element)
        count += 1
    }

    mutating func prepend(_ element: Element) {
        if count == capacity { grow() }
        head = (head - 1) & (capacity - 1)
        (base + head).initialize(to: element)
        count += 1
    }

    @inline(__always)
    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = base[head]
        removeFirst()
        return element
    }

    /// Removes the first element; there must be one.
    @inline(__always)
    mutating func removeFirst() {
        precondition(count > 0, "the queue is empty")
        (base + head).deinitialize(count: 1)
        head = (head + 1) & (capacity - 1)
        count -= 1
    }

    /// Removes the element at an index, keeping the order of the others. O(count).
    mutating func remove(at index: Int) {
        precondition(index >= 0 && index < count, "index outside the queue")
        for i in index..<(count - 1) { base[position(i)] = base[position(i + 1)] }
        (base + position(count - 1)).deinitialize(count: 1)
        count -= 1
    }

    private mutating func grow() {
        base = HotStorage.resize(base, to: 2 * capacity)
        // Elements that had wrapped around, before the head, move behind the old end.
        (base + capacity).moveInitialize(from: base, count: head)
        capacity *= 2
    }
}
