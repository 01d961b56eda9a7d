import Basics
import Foundation

/// Runs a cluster whose replicas cannot influence one another: the router does not read their
/// state, and no request waits for another. Requests are routed a few thousand at a time; then
/// every replica runs up to the next arrival, on as many threads as there are processors.
///
/// The result is that of `run`, whatever the number of threads: replicas share nothing, and
/// records leave in the order of arrival.
func runIndependently(
    _ cluster: inout Cluster, _ feed: inout RequestFeed, _ observer: inout any RunObserver,
    threads: Int
) throws {
    let groups = max(1, min(threads, cluster.replicas.count))
    while cluster.statistics.count < groups {
        cluster.statistics.append(RequestStatistics(cluster.objective))
    }
    var failures = [(any Error)?](repeating: nil, count: cluster.replicas.count)
    let batchSize = min(mostRouted, routedPerReplica * cluster.replicas.count)
    while true {
        var arrival = try feed.nextArrival()
        if arrival == .max, !hasMore(&cluster) { return }
        var taken = 0
        while arrival < .max, taken < batchSize {
            let request = try feed.take()
            let choice = cluster.router.route(request)
            enqueue(&cluster.replicas[choice], request)
            arrival = try feed.nextArrival()
            taken += 1
        }
        advance(&cluster, to: arrival, groups: groups, &failures)
        if let failure = failures.lazy.compactMap({ $0 }).first { throw failure }
        try collectRecords(&cluster, &observer)
    }
}

/// Requests routed between two meetings of the threads: enough to make the meeting cheap, few
/// enough for what waits to stay in the processor's cache.
private let routedPerReplica = 256
private let mostRouted = 8192

/// A pointer that crosses threads; each thread touches elements of its own.
private struct Shared<Element: ~Copyable>: @unchecked Sendable {
    let base: UnsafeMutablePointer<Element>
}

private func advance(
    _ cluster: inout Cluster, to horizon: Int64, groups: Int, _ failures: inout [(any Error)?]
) {
    let count = cluster.replicas.count
    let replicas = cluster.replicas.withUnsafeMutablePointer { Shared(base: $0) }
    let statistics = cluster.statistics.withUnsafeMutablePointer { Shared(base: $0) }
    failures.withUnsafeMutableBufferPointer { failures in
        let errors = Shared(base: failures.baseAddress!)
        DispatchQueue.concurrentPerform(iterations: groups) { group in
            for number in stride(from: group, to: count, by: groups) {
                do {
                    while try advance(&replicas.base[number], to: horizon) == .collect {}
                    statistics.base[group].add(replicas.base[number].tally.ended)
                } catch {
                    errors.base[number] = error
                }
            }
        }
    }
}

private func collectRecords(
    _ cluster: inout Cluster, _ observer: inout any RunObserver
) throws {
    var time: Int64 = 0
    for number in cluster.replicas.indices {
        enterEnded(&cluster, number)
        time = max(time, cluster.replicas[number].clock)
    }
    try handOn(&cluster, &observer)
    observer.progress(ended: cluster.window.count, time: time)
}

private func hasMore(_ cluster: inout Cluster) -> Bool {
    for number in cluster.replicas.indices where cluster.replicas[number].hasMore { return true }
    return false
}

extension Replica {
    /// Whether the loop has anything left to do.
    fileprivate var hasMore: Bool {
        hasWork || !dispatched.isEmpty || endedFlag || !inbox.isEmpty
    }
}
