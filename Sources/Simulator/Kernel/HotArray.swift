import Foundation

/// Raw storage for elements of any type: the base of `HotArray` and `RingQueue`.
///
/// `realloc` moves a large block by remapping its pages, so growing neither copies the elements nor
/// holds them twice. A Swift value may be moved byte by byte as long as it holds no weak reference;
/// the hot state holds none.
enum HotStorage {
    /// The same elements with room for `capacity`, at least one. A null `base` allocates new
    /// storage.
    @inline(never)
    static func resize<Element: ~Copyable>(
        _ base: UnsafeMutablePointer<Element>?, to capacity: Int
    ) -> UnsafeMutablePointer<Element> {
        // The alignment of `malloc` on the platforms that Swift supports.
        precondition(MemoryLayout<Element>.alignment <= 16, "an element aligned too widely")
        pthread_setspecific(counter, UnsafeMutableRawPointer(bitPattern: allocations + 1))
        let (bytes, isTooLarge) = capacity.multipliedReportingOverflow(
            by: MemoryLayout<Element>.stride)
        guard !isTooLarge, let storage = realloc(base, bytes) else {
            fatalError("out of memory: wanted room for \(capacity) elements")
        }
        return storage.bindMemory(to: Element.self, capacity: capacity)
    }

    /// Allocations of the calling thread so far; use differences. A simulation does not change
    /// threads between two reads, and other threads' simulations do not count.
    static var allocations: Int { Int(bitPattern: pthread_getspecific(counter)) }

    private static let counter: pthread_key_t = {
        var key = pthread_key_t()
        precondition(pthread_key_create(&key, nil) == 0, "no thread-specific value is left")
        return key
    }()
}

/// A growable array with a single owner, for state that every step touches.
///
/// A shareable `Array` checks at each change whether it is shared: a call and a cache line, which
/// cost more than the change when a step makes dozens of them. This array cannot be shared, so it
/// never checks. Bounds are always checked. Appending is O(1) amortised; storage only grows.
struct HotArray<Element: ~Copyable>: ~Copyable {
    private var base: UnsafeMutablePointer<Element>
    private(set) var count = 0
    private var capacity: Int

    init() {
        capacity = 0
        // Never read: the capacity is 0.
        base = UnsafeMutablePointer(bitPattern: MemoryLayout<Element>.alignment)!
    }

    deinit {
        base.deinitialize(count: count)
        if capacity > 0 { free(base) }
    }

    var isEmpty: Bool { count == 0 }
    var indices: Range<Int> { 0..<count }

    @inline(__always)
    private func check(_ index: Int) {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "index out of range")
    }

    /// The check stands here once more: tests run unoptimised, where each call counts.
    subscript(index: Int) -> Element {
        @inline(__always)
        unsafeAddress {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "index out of range")
            return UnsafePointer(base + index)
        }
        @inline(__always)
        unsafeMutableAddress {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "index out of range")
            return base + index
        }
    }

    @inline(__always)
    mutating func append(_ element: consuming Element) {
        if count == capacity { grow() }
        (base + count).initialize(to: element)
        count += 1
    }

    @inline(never)
    private mutating func grow(by more: Int = 1) {
        let larger = max(8, 2 * capacity, count + more)
        base = HotStorage.resize(capacity > 0 ? base : nil, to: larger)
        capacity = larger
    }

    /// Removes and returns the last element, if there is one. O(1).
    @inline(__always)
    mutating func popLast() -> Element? {
        if count == 0 { return nil }
        count -= 1
        return (base + count).move()
    }

    /// Removes every element and keeps the storage. O(count), O(1) for plain values.
    @inline(__always)
    mutating func removeAll() {
        base.deinitialize(count: count)
        count = 0
    }

    /// Removes an element and moves those behind it up. O(count).
    @discardableResult
    mutating func remove(at index: Int) -> Element {
        check(index)
        let removed = (base + index).move()
        (base + index).moveInitialize(from: base + index + 1, count: count - index - 1)
        count -= 1
        return removed
    }

    /// Inserts an element before the one at `index`. O(count).
    mutating func insert(_ element: consuming Element, at index: Int) {
        precondition(index >= 0 && index <= count, "index out of range")
        if count == capacity { grow() }
        (base + index + 1).moveInitialize(from: base + index, count: count - index)
        (base + index).initialize(to: element)
        count += 1
    }

    /// Lends the elements' storage, which stays in place until something is appended or inserted.
    mutating func withUnsafeMutablePointer<Result>(
        _ body: (UnsafeMutablePointer<Element>) throws -> Result
    ) rethrows -> Result {
        try body(base)
    }
}

extension HotArray {
    /// An array of equal elements.
    init(repeating element: Element, count: Int) {
        self.init()
        append(element, times: count)
    }

    /// Appends equal elements. O(times).
    mutating func append(_ element: Element, times: Int) {
        if times > capacity - count { grow(by: times) }
        (base + count).initialize(repeating: element, count: times)
        count += times
    }

    /// Appends the elements of an array slice. O(elements).
    mutating func append(contentsOf more: ArraySlice<Element>) {
        more.withUnsafeBufferPointer { append(contentsOf: $0) }
    }

    /// Appends another array's elements from index `first` on. O(elements).
    mutating func append(contentsOf other: borrowing HotArray<Element>, from first: Int) {
        precondition(first >= 0 && first <= other.count, "index out of range")
        append(
            contentsOf: UnsafeBufferPointer(start: other.base + first, count: other.count - first))
    }

    private mutating func append(contentsOf more: UnsafeBufferPointer<Element>) {
        guard let first = more.baseAddress else { return }
        if more.count > capacity - count { grow(by: more.count) }
        (base + count).initialize(from: first, count: more.count)
        count += more.count
    }

    /// A copy of the elements. O(count).
    var elements: [Element] { Array(UnsafeBufferPointer(start: base, count: count)) }

    var first: Element? { count == 0 ? nil : base[0] }
    var last: Element? { count == 0 ? nil : base[count - 1] }

    /// Removes elements from the end. O(1) for plain values.
    mutating func removeLast(_ number: Int = 1) {
        precondition(number >= 0 && number <= count, "removed more than there is")
        (base + count - number).deinitialize(count: number)
        count -= number
    }

    /// The index of the first element that satisfies `fits`. O(count).
    @inline(__always)
    func firstIndex(where fits: (Element) -> Bool) -> Int? {
        var index = 0
        while index < count {
            if fits(base[index]) { return index }
            index += 1
        }
        return nil
    }
}

extension HotArray where Element: Equatable {
    func firstIndex(of element: Element) -> Int? { firstIndex { $0 == element } }
    func contains(_ element: Element) -> Bool { firstIndex(of: element) != nil }
}
