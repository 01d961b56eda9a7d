import Synchronization

/// How far the current work has come: for a progress line, never part of a result.
package enum WorkShare {
    private static let length = Atomic<Int>(0)
    private static let read = Atomic<Int>(0)
    private static let elements = Atomic<Int>(0)
    private static let ended = Atomic<Int>(0)

    /// Finished share of the elements given to `mapOnAllCores`; else bytes read of those of all
    /// open files; nil if neither is known.
    package static var share: Double? {
        let all = elements.load(ordering: .relaxed)
        if all > 1 { return Double(ended.load(ordering: .relaxed)) / Double(all) }
        let bytes = length.load(ordering: .relaxed)
        guard bytes > 0 else { return nil }
        return min(1, Double(read.load(ordering: .relaxed)) / Double(bytes))
    }

    static func opened(length bytes: Int) { length.add(bytes, ordering: .relaxed) }

    static func wasRead(_ bytes: Int) { read.add(bytes, ordering: .relaxed) }

    /// Removes a file of `length` bytes from the count, of which `read` were read.
    static func closed(length bytes: Int, read count: Int) {
        length.subtract(bytes, ordering: .relaxed)
        read.subtract(count, ordering: .relaxed)
    }

    /// Starts counting elements. False inside another such call, which keeps counting its own.
    static func began(_ count: Int) -> Bool {
        let isFirst = elements.compareExchange(
            expected: 0, desired: count, ordering: .relaxed
        ).exchanged
        if isFirst { ended.store(0, ordering: .relaxed) }
        return isFirst
    }

    static func elementEnded() { ended.add(1, ordering: .relaxed) }

    /// Ends what `began` began.
    static func finished() { elements.store(0, ordering: .relaxed) }
}
