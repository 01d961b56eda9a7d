import Basics
import StepTime
import Traces

/// Replicas behind a router. Each request is routed when it arrives. Each replica runs its own loop
/// up to the next moment at which something outside can affect it.
struct Cluster: ~Copyable {
    var replicas = HotArray<Instance>()
    var router: Router
    /// Replicas with something to do, by time.
    var due = EventHeap()
    /// Each replica's valid time in `due`; entries with another time are stale.
    var dueTimes: [Int64]
    /// Everything that others can see has happened up to this time, in picoseconds.
    var now: Int64 = 0
    var window: ReorderBuffer
    /// One per thread.
    var statistics = HotArray<RequestStatistics>()
    /// What clients saw, if requests wait at the client; else empty.
    var client = HotArray<ClientStatistics>()
    let objective: ServiceLevelObjective
    /// Tokens per second of the run, over all replicas.
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
    /// Prices of decode-only steps by number of decodes, up to the largest batch, at most 4,096.
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
    /// Sets the time at which the seconds and the windows of the run begin.
    mutating func begin(at time: Int64, _ sampling: Sampling?) {
        guard time < .max else { return }
        for number in replicas.indices {
            replicas[number].counters.seconds.begin(at: time)
            if let sampling { replicas[number].samples.begin(sampling, at: time) }
        }
    }

    /// The instances' windows, now that the run has ended; nil without sampling or arrivals.
    mutating func samples(to end: Int64) -> RunSamples? {
        var windows: [[WindowSample]] = []
        var (start, interval, end): (Int64, Int64, Int64) = (0, 0, end)
        // A refused request may arrive after the last step.
        for number in replicas.indices where replicas[number].samples.next < .max {
            end = max(end, replicas[number].counters.lastArrival, replicas[number].samples.closed)
        }
        for number in replicas.indices where replicas[number].samples.next < .max {
            replicas[number].finishWindows(at: end)
            (start, interval) = (replicas[number].samples.start, replicas[number].samples.interval)
            windows.append(replicas[number].samples.elements)
        }
        return windows.isEmpty
            ? nil : RunSamples(start: start, interval: interval, end: end, replicas: windows)
    }

    /// Ends the child processes of all replicas together, once the run is over.
    mutating func dismissSchedulers() {
        var schedulers: [ExternalScheduler] = []
        for number in replicas.indices {
            if case .external(let scheduler) = replicas[number].scheduler.custom {
                schedulers.append(scheduler)
            }
        }
        ExternalScheduler.dismiss(schedulers)
    }

    /// Runs the cluster until arrivals are exhausted and every replica is idle.
    @inline(never)
    mutating func run(_ arrivals: inout Arrivals, _ observer: inout any RunObserver) throws {
        var nextReport = 1 << 12
        let ordersPlans = observer.ordersPlans
        var turn = 0
        while true {
            turn &+= 1
            if ordersPlans, turn & 0xFF == 0 { try observer.reached(earliestPlan()) }
            let arrival = try arrivals.nextArrival()
            if let event = due.first, event.time <= arrival {
                guard event.time == dueTimes[Int(event.payload)] else {
                    _ = due.pop()
                    continue
                }
                // With dependent arrivals a finished request may release another at once, so go
                // event by event. No request ended before `now`, so a replica that slept may catch
                // up to it in one go.
                now = max(now, event.time)
                let horizon = arrivals.isDependent ? now : arrival
                try advance(Int(event.payload), to: horizon, &arrivals, &observer)
            } else if arrival < .max {
                var request = try arrivals.take(at: arrival)
                now = max(now, request.arrival)
                let choice = router.route(request)
                arrivals.noteShared(&request)
                replicas[choice].enqueue(request)
                try collect(choice, &arrivals, &observer)
                markDue(choice)
            } else {
                break
            }
            if window.count >= nextReport {
                nextReport = window.count + (1 << 12)
                let time = due.first?.time ?? 0
                observer.progress(ended: window.count, time: time)
            }
        }
    }

    /// A time before which no instance makes another plan, in picoseconds. O(instances).
    private mutating func earliestPlan() -> Int64 {
        var time = Int64.max
        for number in replicas.indices {
            let clock = replicas[number].clock
            time = min(time, replicas[number].hasMore ? clock : max(clock, now))
        }
        return time
    }

    private mutating func advance(
        _ number: Int, to horizon: Int64, _ arrivals: inout Arrivals,
        _ observer: inout any RunObserver
    ) throws {
        _ = due.pop()
        dueTimes[number] = .max
        _ = try replicas[number].advance(to: horizon)
        try collect(number, &arrivals, &observer)
        markDue(number)
    }

    /// Queues a replica by its next event, unless it is queued already with an earlier time.
    private mutating func markDue(_ number: Int) {
        let time = replicas[number].nextEvent()
        guard time < dueTimes[number] else { return }
        dueTimes[number] = time
        due.push(.init(time: time, tie: Int64(number), payload: Int32(number)))
    }
}

extension Instance {
    /// Hands on a replica's decisions, before the records of the requests that ended by then.
    @inline(__always)
    mutating func handOn(_ observer: inout any RunObserver) throws {
        if log.isWanted { try handDecisionsOn(&observer) }
    }

    @inline(never)
    private mutating func handDecisionsOn(_ observer: inout any RunObserver) throws {
        noteRest()
        if !log.plans.isEmpty {
            try observer.decided(log.plans)
            log.plans.removeAll()
        }
        for decision in log.decisions { try observer.decided(decision) }
        log.decisions.removeAll(keepingCapacity: true)
    }
}

extension Cluster {
    /// Takes ended requests and decisions out of a replica.
    private mutating func collect(
        _ number: Int, _ arrivals: inout Arrivals, _ observer: inout any RunObserver
    ) throws {
        try replicas[number].handOn(&observer)
        seconds.take(&replicas[number].counters.seconds)
        guard !replicas[number].counters.ended.isEmpty else { return }
        for index in replicas[number].counters.ended.indices {
            if arrivals.knowsClients { note(index, of: number, &arrivals) }
            let ended = replicas[number].counters.ended[index]
            router.ended(on: number)
            statistics[0].add(ended.record)
            if arrivals.isDependent {
                // An abort is handled when the next step is scheduled, after the batch before it
                // has ended. Decisions made elsewhere at that moment do not know of it.
                let time = max(ended.record.finish, ended.record.arrival, now)
                arrivals.ended(ended.record, at: time)
            }
        }
        window.enter(&replicas[number].counters.gaps.ended)
        window.enter(&replicas[number].counters.ended)
        try window.handOn(&observer)
    }

    /// Adds what the client did to the record of a request that has ended.
    @inline(never)
    private mutating func note(_ index: Int, of number: Int, _ arrivals: inout Arrivals) {
        var ended = replicas[number].counters.ended[index]
        let time = max(ended.record.finish, ended.record.arrival, now)
        let end = arrivals.note(&ended, at: time)
        replicas[number].counters.ended[index] = ended
        if !client.isEmpty { client[0].add(ended.record, end) }
    }
}
