import Simulator

/// The finished requests that took longest, as they come: few, and with where their time went
/// where that is known. O(1) a record but for those that are among them.
package struct SlowestRequests: Sendable {
    /// A request with its parts.
    package struct Entry: Sendable {
        package var record: RequestRecord
        package var parts: RequestBreakdown?
    }

    /// How many there are at most.
    package static let most = 20
    /// The slowest first, by time to first token, and by the whole time; of equal ones the earlier.
    package private(set) var toFirstToken: [Entry] = []
    package private(set) var endToEnd: [Entry] = []
    /// What a request must exceed to be among them.
    private var (leastToFirst, leastToEnd) = (Int64.min, Int64.min)

    /// No request yet.
    package init() {}

    /// Adds an ended request, in order of arrival.
    package mutating func add(_ record: RequestRecord, _ parts: RequestBreakdown?) {
        guard record.outcome == .finished else { return }
        if record.firstToken - record.arrival > leastToFirst {
            leastToFirst = Self.enter(record, parts, into: &toFirstToken) {
                $0.firstToken - $0.arrival
            }
        }
        if record.finish - record.arrival > leastToEnd {
            leastToEnd = Self.enter(record, parts, into: &endToEnd) { $0.finish - $0.arrival }
        }
    }

    /// Enters a request; what the next one must exceed.
    @inline(never)
    private static func enter(
        _ record: RequestRecord, _ parts: RequestBreakdown?, into list: inout [Entry],
        _ latency: (borrowing RequestRecord) -> Int64
    ) -> Int64 {
        let own = latency(record)
        let place = list.firstIndex { latency($0.record) < own } ?? list.count
        list.insert(Entry(record: record, parts: parts), at: place)
        if list.count > most { list.removeLast() }
        return list.count < most ? .min : latency(list[most - 1].record)
    }
}
