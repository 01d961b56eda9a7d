import Basics
import Foundation
import Synchronization

extension Cluster {
    /// Runs a cluster whose replicas cannot influence one another: the router does not read their
    /// state, and no request waits for another.
    ///
    /// Works in rounds of some hundreds or thousands of requests on `threads` threads. In each
    /// round every replica runs up to the next arrival; meanwhile the next round's requests are
    /// read and routed, and the last round's records are handed on.
    ///
    /// The result equals that of `run` with any number of threads: replicas share nothing, and
    /// records leave in order of arrival.
    @inline(never)
    mutating func runIndependently(
        _ arrivals: inout Arrivals, _ observer: inout any RunObserver, threads: Int
    ) throws {
        // A single replica is not worth a second thread for reading: the requests it reads would
        // have to move to another processor.
        guard threads > 1, replicas.count > 1 else {
            return try runAlone(&arrivals, &observer)
        }
        let threads = min(threads, replicas.count)
        while statistics.count < threads {
            statistics.append(RequestStatistics(objective))
        }
        var round = Round(replicas: replicas.count, threads: threads)
        round.next.fill(&arrivals, &router)
        while round.next.count > 0 || hasMore() {
            swap(&round.now, &round.next)
            if let failure = round.now.failure { throw failure }
            let horizon = try arrivals.nextArrival()
            runRound(&self, to: horizon, &round, &arrivals, &observer)
            for place in round.outcomes.indices { try round.outcomes[place].get() }
            for number in replicas.indices {
                swap(&round.ended[number], &replicas[number].counters.ended)
                swap(&round.gaps[number], &replicas[number].counters.gaps.ended)
                swap(&round.plans[number], &replicas[number].log.plans)
                seconds.take(&replicas[number].counters.seconds)
            }
            observer.progress(ended: window.count, time: latestClock())
        }
        if let failure = round.next.failure { throw failure }
        try record(&round, in: &window, &observer)
    }
}

/// The work under way between two meetings of the threads.
private struct Round: ~Copyable {
    /// Requests for the replicas that run now, and those being read for the next round.
    var now: RoutedRequests
    var next: RoutedRequests
    /// Requests that ended in the previous round, by replica.
    var ended = HotArray<HotArray<EndedRequest>>()
    /// The gaps between their tokens, if margins need them per request.
    var gaps = HotArray<HotArray<EndedGaps>>()
    /// What was decided in that round, for observers.
    var plans = HotArray<DecidedPlans>()
    /// The outcome of each replica, and last that of recording.
    var outcomes: HotArray<Result<Void, any Error>>
    /// How many of each thread's own replicas have been started in this round.
    var begun = HotArray<Atomic<Int>>()

    init(replicas: Int, threads: Int) {
        now = RoutedRequests(replicas: replicas)
        next = RoutedRequests(replicas: replicas)
        for _ in 0..<replicas {
            ended.append(HotArray())
            gaps.append(HotArray())
            plans.append(DecidedPlans())
        }
        outcomes = HotArray(repeating: .success(()), count: replicas + 1)
        for _ in 0..<threads { begun.append(Atomic(0)) }
    }
}

/// Hands on the decisions, replica by replica, then the requests that ended, in order.
private func record(
    _ round: inout Round, in window: inout ReorderBuffer, _ observer: inout any RunObserver
) throws {
    for number in round.plans.indices where !round.plans[number].isEmpty {
        try observer.decided(round.plans[number])
        round.plans[number].removeAll()
    }
    for number in round.ended.indices {
        window.enter(&round.gaps[number])
        window.enter(&round.ended[number])
    }
    try window.handOn(&observer)
}

extension Cluster {
    /// The same on one thread.
    private mutating func runAlone(
        _ arrivals: inout Arrivals, _ observer: inout any RunObserver
    ) throws {
        let limit = RoutedRequests.limit(replicas: replicas.count)
        var ended = HotArray<EndedRequest>()
        while true {
            var taken = 0
            while taken < limit {
                let time = try arrivals.nextArrival()
                if time == .max { break }
                var request = try arrivals.take(at: time)
                let choice = router.route(request)
                arrivals.noteShared(&request)
                replicas[choice].enqueue(request)
                taken += 1
            }
            if taken == 0, !hasMore() { return }
            let horizon = try arrivals.nextArrival()
            for number in replicas.indices {
                var stop = AdvanceStop.collect
                while stop == .collect {
                    stop = try replicas[number].advance(to: horizon)
                    try replicas[number].handOn(&observer)
                    seconds.take(&replicas[number].counters.seconds)
                    swap(&ended, &replicas[number].counters.ended)
                    statistics[0].add(ended)
                    window.enter(&replicas[number].counters.gaps.ended)
                    window.enter(&ended)
                    try window.handOn(&observer)
                }
            }
            observer.progress(ended: window.count, time: latestClock())
        }
    }
}

/// Requests on their way to their replicas, by replica.
private struct RoutedRequests: ~Copyable {
    /// How many requests to route between two meetings of the threads: enough to make the meeting
    /// cheap, few enough that waiting requests stay in the processor's cache.
    static func limit(replicas: Int) -> Int { min(8192, 96 * replicas) }

    var byReplica = HotArray<HotArray<ArrivingRequest>>()
    private(set) var count = 0
    private(set) var failure: (any Error)?

    init(replicas: Int) {
        for _ in 0..<replicas { byReplica.append(HotArray()) }
    }

    /// Takes the next requests from the arrivals. Keeps an error for the calling thread to throw.
    mutating func fill(_ arrivals: inout Arrivals, _ router: inout Router) {
        count = 0
        let limit = Self.limit(replicas: byReplica.count)
        do {
            while count < limit {
                let time = try arrivals.nextArrival()
                if time == .max { break }
                var request = try arrivals.take(at: time)
                let choice = router.route(request)
                arrivals.noteShared(&request)
                byReplica[choice].append(request)
                count += 1
            }
        } catch {
            failure = error
        }
    }
}

/// A pointer that crosses threads. Each thread touches its own elements only.
private struct Shared<Element: ~Copyable>: @unchecked Sendable {
    let base: UnsafeMutablePointer<Element>
}

/// Advances every replica to the horizon with its requests. Meanwhile reads and routes the next
/// requests and hands on the last round's records.
///
/// A thread starts with the replicas it had in the last round, whose state is still in its
/// processor's cache, and helps the others when it is done.
private func runRound(
    _ cluster: inout Cluster, to horizon: Int64, _ round: inout Round,
    _ arrivals: inout Arrivals, _ observer: inout any RunObserver
) {
    let (count, threads) = (cluster.replicas.count, round.begun.count)
    for thread in 0..<threads { round.begun[thread].store(0, ordering: .relaxed) }
    let replicas = cluster.replicas.withUnsafeMutablePointer { Shared(base: $0) }
    let statistics = cluster.statistics.withUnsafeMutablePointer { Shared(base: $0) }
    let requests = round.now.byReplica.withUnsafeMutablePointer { Shared(base: $0) }
    let begun = round.begun.withUnsafeMutablePointer { Shared(base: $0) }
    let outcomes = round.outcomes.withUnsafeMutablePointer { Shared(base: $0) }
    withUnsafeMutablePointer(to: &cluster) { cluster in
        withUnsafeMutablePointer(to: &round) { round in
            withUnsafeMutablePointer(to: &arrivals) { arrivals in
                withUnsafeMutablePointer(to: &observer) { observer in
                    let (cluster, round) = (Shared(base: cluster), Shared(base: round))
                    let (arrivals, observer) = (Shared(base: arrivals), Shared(base: observer))
                    DispatchQueue.concurrentPerform(iterations: threads) { thread in
                        if thread == 0 {
                            round.base.pointee.next.fill(
                                &arrivals.base.pointee, &cluster.base.pointee.router)
                            outcomes.base[count] = Result {
                                try record(
                                    &round.base.pointee, in: &cluster.base.pointee.window,
                                    &observer.base.pointee)
                            }
                        }
                        forEachReplica(of: count, thread, threads, begun) { number in
                            outcomes.base[number] = Result {
                                for index in requests.base[number].indices {
                                    replicas.base[number].enqueue(requests.base[number][index])
                                }
                                requests.base[number].removeAll()
                                // A replica that stops early to hand on records continues in the
                                // next round.
                                _ = try replicas.base[number].advance(to: horizon)
                                replicas.base[number].noteRest()
                                statistics.base[thread].add(replicas.base[number].counters.ended)
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Calls `body` with each replica that no other thread has started: first this thread's own (every
/// `threads`-th one), then the others'.
private func forEachReplica(
    of count: Int, _ thread: Int, _ threads: Int, _ begun: Shared<Atomic<Int>>,
    _ body: (Int) -> Void
) {
    for distance in 0..<threads {
        let owner = (thread + distance) % threads
        while true {
            let turn = begun.base[owner].wrappingAdd(1, ordering: .relaxed).oldValue
            let number = owner + turn * threads
            if number >= count { break }
            body(number)
        }
    }
}

extension Cluster {
    /// The latest clock of any replica, picoseconds.
    private mutating func latestClock() -> Int64 {
        var time: Int64 = 0
        for number in replicas.indices { time = max(time, replicas[number].clock) }
        return time
    }

    private mutating func hasMore() -> Bool {
        for number in replicas.indices where replicas[number].hasMore { return true }
        return false
    }
}
