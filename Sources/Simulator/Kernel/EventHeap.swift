/// A binary min-heap of (time, tie, payload), smallest time first, then smallest tie.
///
/// `Heap` of Basics over hot storage: across modules its moves stay generic, which costs three
/// times as much. Push and pop are O(log n). Ties are broken by a number the caller gives, so the
/// order never depends on the history of the heap.
struct EventHeap: ~Copyable {
    struct Event: Comparable {
        var time: Int64
        var tie: Int64
        var payload: Int32

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
        var child = events.count
        events.append(event)
        while child > 0 {
            let parent = (child - 1) / 2
            guard event < events[parent] else { break }
            events[child] = events[parent]
            child = parent
        }
        events[child] = event
    }

    mutating func pop() -> Event? {
        guard let top = events.first, let last = events.popLast() else { return nil }
        operations += 1
        if !events.isEmpty { sink(last) }
        return top
    }

    /// Puts an event at the root or below it; what stands at the root is overwritten.
    private mutating func sink(_ event: Event) {
        var parent = 0
        let end = events.count
        while true {
            var child = 2 * parent + 1
            guard child < end else { break }
            if child + 1 < end, events[child + 1] < events[child] { child += 1 }
            guard events[child] < event else { break }
            events[parent] = events[child]
            parent = child
        }
        events[parent] = event
    }
}
