import Basics

/// A binary min-heap of (time, tie, payload), smallest time first, then smallest tie.
///
/// Push and pop are O(log n). Ties are broken by a number the caller gives, so the order never
/// depends on the history of the heap.
struct EventHeap: ~Copyable {
    struct Event: Comparable {
        var time: Int64
        var tie: Int64
        var payload: Int32
        /// Tells the events of a payload's present holder from those of one before, whose tie may
        /// be the same.
        var mark: Int32 = 0

        @inline(__always)
        static func < (a: Event, b: Event) -> Bool {
            a.time != b.time ? a.time < b.time : a.tie < b.tie
        }

        static func == (a: Event, b: Event) -> Bool { a.time == b.time && a.tie == b.tie }
    }

    private var events = HotArray<Event>()
    /// Pushes and pops so far.
    private(set) var operations = 0

    var isEmpty: Bool { events.isEmpty }
    var count: Int { events.count }
    var first: Event? { events.first }
    /// Time of the first event, `Int64.max` when there is none.
    var firstTime: Int64 { events.isEmpty ? .max : events[0].time }

    mutating func push(_ event: Event) {
        operations += 1
        events.append(event)
        let last = events.count - 1
        events.withUnsafeMutablePointer { BinaryHeap.rise(event, to: last, in: $0) }
    }

    mutating func pop() -> Event? {
        guard let top = events.first, let last = events.popLast() else { return nil }
        operations += 1
        let left = events.count
        if left > 0 {
            events.withUnsafeMutablePointer { BinaryHeap.sink(last, in: $0, count: left) }
        }
        return top
    }
}
