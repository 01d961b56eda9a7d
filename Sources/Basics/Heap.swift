/// A binary min-heap: the smallest element first.
///
/// The order of elements that compare equal depends on the heap's other contents. If that matters,
/// `<` needs a tie-breaker.
///
/// `@usableFromInline`: without it Swift 6.3.1 does not specialise `@inlinable package` functions
/// in other modules, and the generic versions took a tenth of a default run.
@usableFromInline package struct Heap<Element: Comparable> {
    @usableFromInline var elements: [Element] = []

    /// An empty heap.
    @inlinable
    package init() {}

    /// The smallest element; nil if empty. O(1).
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

    /// Removes the smallest element, if any. O(log n).
    @inlinable
    @discardableResult
    package mutating func popFirst() -> Element? {
        guard let last = elements.popLast() else { return nil }
        guard let first = elements.first else { return last }
        replaceFirst(with: last)
        return first
    }

    /// Replaces the smallest element. The heap must not be empty. O(log n).
    @inlinable
    package mutating func replaceFirst(with element: Element) {
        precondition(!elements.isEmpty, "an empty heap has no first element")
        elements.withUnsafeMutableBufferPointer {
            BinaryHeap.sink(element, in: $0.baseAddress!, count: $0.count)
        }
    }
}

/// Sift-up and sift-down of a binary min-heap, over memory that the caller owns.
@usableFromInline package enum BinaryHeap {
    /// Sifts an element up from the last place, above all larger ones on its way to the root.
    /// Overwrites what is at that place. O(log n).
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

    /// Sifts an element down from the root of a heap of `count` elements. Overwrites the root.
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
