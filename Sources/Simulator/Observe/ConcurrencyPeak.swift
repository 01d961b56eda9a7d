/// The most requests that were in the cluster at once: those that have arrived and not ended.
///
/// A request that ends when another arrives makes room for it. Memory follows the requests alive.
public struct ConcurrencyPeak: ~Copyable {
    private var ends = EventHeap()
    /// The most so far.
    public private(set) var requests = 0

    /// Nobody was there.
    public init() {}

    /// Takes an ended request in, in order of arrival; a rejected one was never there.
    /// O(log requests alive).
    public mutating func add(_ record: RequestRecord) {
        guard record.outcome != .rejected else { return }
        while let end = ends.first, end.time <= record.arrival { _ = ends.pop() }
        // Who is still there at the end of a run never ended.
        let end = record.finish < 0 ? Int64.max : record.finish
        ends.push(.init(time: end, tie: 0, payload: 0))
        requests = max(requests, ends.count)
    }
}
