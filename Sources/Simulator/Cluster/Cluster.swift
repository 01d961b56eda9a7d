import Basics
import Traces

/// Replicas behind a router. Requests are routed at their arrival; each replica runs its own loop
/// up to the next moment at which something outside can reach it.
struct Cluster {
    var replicas: [Replica]
    var router: Router
    var outstanding: [Int32]
    /// Replicas with something to do, by the time of it.
    var due = EventHeap()
    /// Whether a replica is in `due`.
    var isDue: [Bool]
    var window = RecordWindow()
    var records: [RequestRecord] = []
    let keepsRecords: Bool

    init(_ plan: RunPlan, detail: DecisionDetail) {
        replicas = (0..<plan.replicas).map { Replica(plan, number: $0) }
        for number in replicas.indices { replicas[number].log.detail = detail }
        router = Router(plan)
        outstanding = Array(repeating: 0, count: plan.replicas)
        isDue = Array(repeating: false, count: plan.replicas)
        keepsRecords = plan.keepsRecords
    }
}

/// Runs a cluster until its feed is exhausted and every replica idle.
func run(
    _ cluster: inout Cluster, _ feed: inout RequestFeed, _ observer: inout any RunObserver
) throws {
    var nextReport = 1 << 12
    while true {
        let arrival = try feed.nextArrival()
        if let event = cluster.due.first, event.time <= arrival {
            // With dependent arrivals a finish may bring one at once: go event by event.
            let horizon = feed.isDependent ? event.time : arrival
            try advance(&cluster, Int(event.payload), to: horizon, &feed, &observer)
        } else if arrival < .max {
            let (request, time) = try feed.take()
            let choice = cluster.router.route(
                request, at: time, outstanding: cluster.outstanding)
            enqueue(&cluster.replicas[choice], request, at: time)
            cluster.outstanding[choice] += 1
            try collect(&cluster, choice, &feed, &observer)
            markDue(&cluster, choice)
        } else {
            break
        }
        if cluster.window.count >= nextReport {
            nextReport = cluster.window.count + 1 << 12
            let time = cluster.due.first?.time ?? 0
            observer.progress(ended: cluster.window.count, time: time)
        }
    }
}

private func advance(
    _ cluster: inout Cluster, _ number: Int, to horizon: Int64, _ feed: inout RequestFeed,
    _ observer: inout any RunObserver
) throws {
    _ = cluster.due.pop()
    cluster.isDue[number] = false
    _ = try advance(&cluster.replicas[number], to: horizon)
    try collect(&cluster, number, &feed, &observer)
    markDue(&cluster, number)
}

/// Enters a replica into the queue of those with something to do.
private func markDue(_ cluster: inout Cluster, _ number: Int) {
    guard !cluster.isDue[number] else { return }
    let time = nextEvent(&cluster.replicas[number])
    guard time < .max else { return }
    cluster.isDue[number] = true
    cluster.due.push(.init(time: time, tie: Int64(number), payload: Int32(number)))
}

/// Takes ended requests and decisions out of a replica.
private func collect(
    _ cluster: inout Cluster, _ number: Int, _ feed: inout RequestFeed,
    _ observer: inout any RunObserver
) throws {
    if !cluster.replicas[number].log.decisions.isEmpty {
        for decision in cluster.replicas[number].log.decisions { try observer.decided(decision) }
        cluster.replicas[number].log.decisions.removeAll(keepingCapacity: true)
    }
    guard !cluster.replicas[number].tally.ended.isEmpty else { return }
    for (sequence, record) in cluster.replicas[number].tally.ended {
        cluster.outstanding[number] -= 1
        if feed.isDependent { feed.ended(record, at: max(record.finish, record.arrival)) }
        cluster.window.put(record, sequence: sequence)
    }
    cluster.replicas[number].tally.ended.removeAll(keepingCapacity: true)
    while let record = cluster.window.next() {
        if cluster.keepsRecords { cluster.records.append(record) }
        try observer.record(record)
    }
}

/// When a replica's loop can go on, picoseconds; `Int64.max` when it has nothing to do. Processing
/// a batch happens at its end; scheduling needs a horizon past the clock.
private func nextEvent(_ replica: inout Replica) -> Int64 {
    if replica.mustDrain { return max(replica.clock, replica.dispatched.firstEnd) }
    if replica.hasWork || !replica.dispatched.isEmpty || replica.endedFlag {
        return replica.clock + 1
    }
    guard let next = replica.inbox.first else { return .max }
    return max(replica.clock, replica.requests[Int(next)].arrival) + 1
}
