/// One thing that a request waits for besides its predecessor.
///
/// A request arrives when the last of its waits is over: its predecessor's pause
/// (`Workload.thinkTimes`) and each of its `Wait`s.
package struct Wait: Hashable, Sendable {
    /// What the delay counts from.
    package enum Event: UInt8, Sendable {
        /// The end of another request: its last token, its abort, or its rejection.
        case end
        /// The arrival of another request.
        case arrival
        /// The trace's origin.
        case origin
    }

    /// Row id (in `Workload.ids`) of the other request; -1 if the delay counts from the origin.
    package var request: Int64
    package var event: Event
    /// In nanoseconds, at least 0.
    package var delay: Int64

    package init(request: Int64, event: Event = .end, delay: Int64) {
        self.request = request
        self.event = event
        self.delay = delay
    }
}

extension Workload {
    /// What request `row` waits for besides its predecessor. O(1).
    package func waits(of row: Int) -> ArraySlice<Wait> {
        guard !waitEnds.isEmpty else { return [] }
        return waits[(row == 0 ? 0 : waitEnds[row - 1])..<waitEnds[row]]
    }

    /// Whether request `row` waits for another one. O(waits of the row).
    package func follows(_ row: Int) -> Bool {
        if !predecessors.isEmpty, predecessors[row] >= 0 { return true }
        return waits(of: row).contains { $0.event != .origin }
    }
}
