import Simulator

/// The slowest finished requests of a run: a few, with their latency parts if known. O(1) per
/// record, except for those that are among the slowest.
package struct SlowestRequests: Sendable {
    /// A request with its parts.
    package struct Entry: Sendable {
        package var record: RequestRecord
        package var parts: RequestBreakdown?
    }

    /// How many are kept at most.
    package static let most = 20
    /// Slowest first, by time to first token and by total time. Ties go to the earlier request.
    package private(set) var toFirstToken: [Entry] = []
    package private(set) var endToEnd: [Entry] = []
    /// What a request must exceed to be among them.
    private var (leastToFirst, leastToEnd) = (Int64.min, Int64.min)

    /// No requests yet.
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

    /// Inserts a request. Returns what the next one must exceed.
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
