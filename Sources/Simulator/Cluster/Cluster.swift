import Basics
import StepTime
import Traces

/// Replicas behind a router. Requests are routed at their arrival; each replica runs its own loop
/// up to the next moment at which something outside can reach it.
struct Cluster: ~Copyable {
    var replicas = HotArray<Instance>()
    var router: Router
    /// Replicas with something to do, by the time of it.
    var due = EventHeap()
    /// Each replica's valid time in `due`; entries with another time are stale.
    var dueTimes: [Int64]
    /// Up to when everything that others can see has happened, picoseconds.
    var now: Int64 = 0
    var window: ReorderBuffer
    /// One for each thread.
    var statistics = HotArray<RequestStatistics>()
    /// What clients saw, where requests wait there; else empty.
    var client = HotArray<ClientStatistics>()
    let objective: ServiceLevelObjective
    /// Tokens by seconds, of all replicas.
    var seconds = SecondSums()

    init(_ plan: RunPlan, detail: DecisionDetail) {
        let lines = plan.decodeLines
        for number in 0..<plan.replicas {
            replicas.append(Instance(plan, number: number, lines: lines, detail: detail))
        }
        router = Router(plan)
        statistics.append(RequestStatistics(plan.objective))
        if plan.holdsBack { client.append(ClientStatistics()) }
        dueTimes = Array(repeating: .max, count: plan.replicas)
        window = ReorderBuffer(plan)
        objective = plan.objective
    }
}

extension RunPlan {
    /// Prices of steps that only decode, by decodes, as far as a batch may grow; at most 4,096.
    var decodeLines: [DecodeLine] {
        let most = min(engine.maxNumActiveSeqs ?? engine.maxNumSeqs, 4096)
        var lines: [DecodeLine] = []
        for decodes in 0...max(0, most) {
            guard let line = stepTime.decodeLine(decodes: decodes) else { return [] }
            lines.append(line)
        }
        return lines
    }
}

extension Cluster {
    /// Sets the moment from which the seconds and the windows of the run count.
    mutating func begin(at time: Int64, _ sampling: Sampling?) {
        guard time < .max else { return }
        for number in replicas.indices {
            replicas[number].counters.seconds.begin(at: time)
            if let sampling { replicas[number].samples.begin(sampling, at: time) }
        }
    }

    /// What the instances did window by window, now that the run has ended; nil where nobody asked
    /// or nothing arrived.
    mutating func samples(to end: Int64) -> RunSamples? {
        var windows: [[WindowSample]] = []
        var (start, interval, end): (Int64, Int64, Int64) = (0, 0, end)
        // A request that is refused may come after the last step.
        for number in replicas.indices where replicas[number].samples.next < .max {
            end = max(
                end, replicas[number].counters.lastArrival, replicas[number].samples.closed)
        }
        for number in replicas.indices where replicas[number].samples.next < .max {
            finishWindows(&replicas[number], at: end)
            (start, interval) = (replicas[number].samples.start, replicas[number].samples.interval)
            windows.append(replicas[number].samples.elements)
        }
        return windows.isEmpty
            ? nil : RunSamples(start: start, interval: interval, end: end, replicas: windows)
    }

    /// Ends the child processes of all replicas together: the run is over.
    mutating func dismissSchedulers() {
        var schedulers: [ExternalScheduler] = []
        for number in replicas.indices {
            if case .external(let scheduler) = replicas[number].scheduler.custom {
                schedulers.append(scheduler)
            }
        }
        ExternalScheduler.dismiss(schedulers)
    }
}

/// Runs a cluster until its arrivals is exhausted and every replica idle.
func run(
    _ cluster: inout Cluster, _ arrivals: inout Arrivals, _ observer: inout any RunObserver
) throws {
    var nextReport = 1 << 12
    let ordersPlans = observer.ordersPlans
    var turn = 0
    while true {
        turn &+= 1
        if ordersPlans, turn & 0xFF == 0 { try observer.reached(earliestPlan(&cluster)) }
        let arrival = try arrivals.nextArrival()
        if let event = cluster.due.first, event.time <= arrival {
            guard event.time == cluster.dueTimes[Int(event.payload)] else {
                _ = cluster.due.pop()
                continue
            }
            // With dependent arrivals a finish may bring one at once: go event by event. Nobody
            // ended before `now`, so a replica that slept may catch up to it at a stretch.
            cluster.now = max(cluster.now, event.time)
            let horizon = arrivals.isDependent ? cluster.now : arrival
            try advance(&cluster, Int(event.payload), to: horizon, &arrivals, &observer)
        } else if arrival < .max {
            var request = try arrivals.take(at: arrival)
            cluster.now = max(cluster.now, request.arrival)
            let choice = cluster.router.route(request)
            arrivals.noteShared(&request)
            enqueue(&cluster.replicas[choice], request)
            try collect(&cluster, choice, &arrivals, &observer)
            markDue(&cluster, choice)
        } else {
            break
        }
        if cluster.window.count >= nextReport {
            nextReport = cluster.window.count + (1 << 12)
            let time = cluster.due.first?.time ?? 0
            observer.progress(ended: cluster.window.count, time: time)
        }
    }
}

/// A moment before which no instance makes a plan any more, picoseconds. O(instances).
private func earliestPlan(_ cluster: inout Cluster) -> Int64 {
    var time = Int64.max
    for number in cluster.replicas.indices {
        let clock = cluster.replicas[number].clock
        time = min(time, cluster.replicas[number].hasMore ? clock : max(clock, cluster.now))
    }
    return time
}

private func advance(
    _ cluster: inout Cluster, _ number: Int, to horizon: Int64, _ arrivals: inout Arrivals,
    _ observer: inout any RunObserver
) throws {
    _ = cluster.due.pop()
    cluster.dueTimes[number] = .max
    _ = try advance(&cluster.replicas[number], to: horizon)
    try collect(&cluster, number, &arrivals, &observer)
    markDue(&cluster, number)
}

/// Enters a replica into the queue of those with something to do, unless it is there already
/// with an earlier time.
private func markDue(_ cluster: inout Cluster, _ number: Int) {
    let time = nextEvent(&cluster.replicas[number])
    guard time < cluster.dueTimes[number] else { return }
    cluster.dueTimes[number] = time
    cluster.due.push(.init(time: time, tie: Int64(number), payload: Int32(number)))
}

/// Hands on what a replica decided, before the records of those who ended by then.
@inline(__always)
func handOn(_ instance: inout Instance, _ observer: inout any RunObserver) throws {
    if instance.log.isWanted { try handDecisionsOn(&instance, &observer) }
}

@inline(never)
private func handDecisionsOn(
    _ instance: inout Instance, _ observer: inout any RunObserver
) throws {
    noteRest(&instance)
    if !instance.log.plans.isEmpty {
        try observer.decided(instance.log.plans)
        instance.log.plans.removeAll()
    }
    for decision in instance.log.decisions { try observer.decided(decision) }
    instance.log.decisions.removeAll(keepingCapacity: true)
}

/// Takes ended requests and decisions out of a replica.
private func collect(
    _ cluster: inout Cluster, _ number: Int, _ arrivals: inout Arrivals,
    _ observer: inout any RunObserver
) throws {
    try handOn(&cluster.replicas[number], &observer)
    cluster.seconds.take(&cluster.replicas[number].counters.seconds)
    guard !cluster.replicas[number].counters.ended.isEmpty else { return }
    for index in cluster.replicas[number].counters.ended.indices {
        if arrivals.knowsClients { note(index, of: number, in: &cluster, &arrivals) }
        let ended = cluster.replicas[number].counters.ended[index]
        cluster.router.ended(on: number)
        cluster.statistics[0].add(ended.record)
        if arrivals.isDependent {
            // Who gives up is seen to when the next step is scheduled, after the batch before it
            // has ended: what that moment decided elsewhere does not know of it.
            let time = max(ended.record.finish, ended.record.arrival, cluster.now)
            arrivals.ended(ended.record, at: time)
        }
    }
    cluster.window.enter(&cluster.replicas[number].counters.ended)
    try cluster.window.handOn(&observer)
}

/// Notes what its client did in the record of a request that has ended.
@inline(never)
private func note(
    _ index: Int, of number: Int, in cluster: inout Cluster, _ arrivals: inout Arrivals
) {
    var ended = cluster.replicas[number].counters.ended[index]
    let time = max(ended.record.finish, ended.record.arrival, cluster.now)
    let end = arrivals.note(&ended, at: time)
    cluster.replicas[number].counters.ended[index] = ended
    if !cluster.client.isEmpty { cluster.client[0].add(ended.record, end) }
}
