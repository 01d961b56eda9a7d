/// Elements that come and go, each under a number that it keeps while it exists. Numbers are
/// reused.
struct HotSlots<Element>: ~Copyable {
    private var elements = HotArray<Element>()
    private var spares = HotArray<Int32>()

    /// Number of elements.
    var count: Int { elements.count - spares.count }

    /// Adds an element and returns its number. O(1) amortised.
    @inline(__always)
    mutating func insert(_ element: Element) -> Int32 {
        if let spare = spares.popLast() {
            elements[Int(spare)] = element
            return spare
        }
        elements.append(element)
        return Int32(elements.count - 1)
    }

    /// Removes an element, so that its number can be reused. O(1) amortised.
    @inline(__always)
    mutating func remove(_ number: Int32) { spares.append(number) }

    subscript(number: Int32) -> Element {
        @inline(__always)
        _read { yield elements[Int(number)] }
        @inline(__always)
        _modify { yield &elements[Int(number)] }
    }
}
