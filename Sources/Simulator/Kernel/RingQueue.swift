/// A double-ended queue in a circular buffer. Every operation is O(1) amortised but `remove`.
struct RingQueue<Element> {
    private var storage: [Element?] = Array(repeating: nil, count: 8)
    private var head = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }
    var first: Element? { count == 0 ? nil : storage[head] }

    private func position(_ index: Int) -> Int { (head + index) & (storage.count - 1) }

    subscript(index: Int) -> Element {
        get {
            precondition(index >= 0 && index < count, "index outside the queue")
            return storage[position(index)]!
        }
        _modify {
            precondition(index >= 0 && index < count, "index outside the queue")
            yield &storage[position(index)]!
        }
    }

    mutating func append(_ element: Element) {
        if count == storage.count { grow() }
        storage[position(count)] = element
        count += 1
    }

    mutating func prepend(_ element: Element) {
        if count == storage.count { grow() }
        head = (head - 1) & (storage.count - 1)
        storage[head] = element
        count += 1
    }

    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        defer {
            storage[head] = nil
            head = (head + 1) & (storage.count - 1)
            count -= 1
        }
        return storage[head]
    }

    /// Removes the element at an index, keeping the order of the others. O(count).
    mutating func remove(at index: Int) {
        precondition(index >= 0 && index < count, "index outside the queue")
        for i in index..<(count - 1) { storage[position(i)] = storage[position(i + 1)] }
        storage[position(count - 1)] = nil
        count -= 1
    }

    private mutating func grow() {
        var larger = [Element?](repeating: nil, count: storage.count * 2)
        for index in 0..<count { larger[index] = storage[position(index)] }
        storage = larger
        head = 0
    }
}
