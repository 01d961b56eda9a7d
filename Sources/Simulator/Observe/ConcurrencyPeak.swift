/// The most requests that were in the cluster at once, arrived and not ended, of those that
/// finished: vLLM's serving benchmark counts these alone.
///
/// A request that ends when another arrives makes room for it. Memory follows the requests alive.
package struct ConcurrencyPeak: ~Copyable {
    private var ends = EventHeap()
    /// The most so far.
    package private(set) var requests = 0

    /// Nobody was there.
    package init() {}

    /// Takes an ended request in, in order of arrival; one that did not finish does not count.
    /// O(log requests alive).
    package mutating func add(_ record: RequestRecord) {
        guard record.outcome == .finished else { return }
        while let end = ends.first, end.time <= record.arrival { _ = ends.pop() }
        ends.push(.init(time: record.finish, tie: 0, payload: 0))
        requests = max(requests, ends.count)
    }
}
