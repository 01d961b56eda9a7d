/// A binary min-heap: the smallest element first.
///
/// Elements that are neither smaller nor larger than one another leave in an order that depends on
/// what else was there: an order that must not depend on it needs a tie-breaker in `<`.
///
/// `@usableFromInline`: Swift 6.3.1 makes no special versions of `@inlinable package` functions in
/// other modules without it, and generic ones took a tenth of a default run.
@usableFromInline package struct Heap<Element: Comparable> {
    @usableFromInline var elements: [Element] = []

    /// A heap of nothing.
    @inlinable
    package init() {}

    /// The smallest element; nil without any. O(1).
    @inlinable
    package var first: Element? { elements.first }

    /// Adds an element. O(log n).
    @inlinable
    package mutating func insert(_ element: Element) {
        elements.append(element)
        elements.withUnsafeMutableBufferPointer {
            BinaryHeap.rise(element, to: $0.count - 1, in: $0.baseAddress!)
        }
    }

    /// Removes the smallest element, if there is one. O(log n).
    @inlinable
    @discardableResult
    package mutating func popFirst() -> Element? {
        guard let last = elements.popLast() else { return nil }
        guard let first = elements.first else { return last }
        replaceFirst(with: last)
        return first
    }

    /// Puts an element in the place of the smallest; there must be one. O(log n).
    @inlinable
    package mutating func replaceFirst(with element: Element) {
        precondition(!elements.isEmpty, "an empty heap has no first element")
        elements.withUnsafeMutableBufferPointer {
            BinaryHeap.sink(element, in: $0.baseAddress!, count: $0.count)
        }
    }
}

/// The two moves of a binary min-heap, over memory that the caller owns.
@usableFromInline package enum BinaryHeap {
    /// Puts an element at a place, the last, or above it: before all that are larger on its way
    /// to the root. What stands at the place is overwritten. O(log n).
    @inlinable
    @inline(__always)
    package static func rise<Element: Comparable>(
        _ element: Element, to last: Int, in heap: UnsafeMutablePointer<Element>
    ) {
        var child = last
        while child > 0 {
            let parent = (child - 1) / 2
            guard element < heap[parent] else { break }
            heap[child] = heap[parent]
            child = parent
        }
        heap[child] = element
    }

    /// Puts an element at the root or below it, among `count` of which the root's is overwritten.
    /// O(log n).
    @inlinable
    @inline(__always)
    package static func sink<Element: Comparable>(
        _ element: Element, in heap: UnsafeMutablePointer<Element>, count: Int
    ) {
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < count else { break }
            if child + 1 < count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < element else { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = element
    }
}
