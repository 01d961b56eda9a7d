/// The most finished requests that were in the cluster at once, from arrival to end. vLLM's serving
/// benchmark counts finished requests only.
///
/// A request that ends when another arrives makes room for it. Memory grows with the requests
/// alive.
package struct ConcurrencyPeak: ~Copyable {
    private var ends = EventHeap()
    /// The peak so far.
    package private(set) var requests = 0

    /// No requests yet.
    package init() {}

    /// Adds an ended request, in order of arrival. Requests that did not finish do not count. O(log
    /// requests alive).
    package mutating func add(_ record: RequestRecord) {
        guard record.outcome == .finished else { return }
        while let end = ends.first, end.time <= record.arrival { _ = ends.pop() }
        ends.push(.init(time: record.finish, tie: 0, payload: 0))
        requests = max(requests, ends.count)
    }
}
