import Basics
import Traces

/// The requests still to come, in order of arrival. Rows of the source arrive at the trace's times;
/// turns of sessions and requests of closed loops arrive once what they wait for has ended.
struct Arrivals: ~Copyable {
    private var source: any RequestSource
    private var batch = Workload()
    private var row = 0
    private var sequence: Int64 = 0
    private var exhausted = false
    private var started = false
    /// Free places of a closed loop or under a cap, with the time each became free.
    private var openings = EventHeap()
    /// How many requests a closed loop holds above its number, because several follow one request.
    private var excess = 0
    private let closedLoop: Bool
    /// The pauses between requests of a closed loop's users.
    private let thinkTime: ThinkTime
    private let seed: UInt64
    /// Whether requests wait at the client while too many are in the cluster.
    private let isCapped: Bool
    /// Whether records note what their clients did: true with a cap, stages or a timeout.
    let knowsClients: Bool
    /// What clients did with the requests in the cluster, by sequence number. Absent where there is
    /// nothing to note.
    private var clients: [Int64: ClientPart] = [:]
    /// The stages of the load; nil if it has none.
    private(set) var stages: StageClock?
    /// The requests of impatient clients; nil if clients wait for ever.
    private var attempts: ClientAttempts?
    /// When the latest row was due, in picoseconds.
    private var latestDue: Int64 = 0
    /// Whether a request without a limit of its own ends at max_tokens rather than at a stop token.
    private let foreseesEnds: Bool
    /// Rows by the id of the request whose end (`waiting`) or arrival (`companions`) they wait
    /// for.
    private var waiting: [Int64: [Follower]] = [:]
    private var companions: [Int64: [Follower]] = [:]
    /// For each row: its unfinished waits, and the latest moment of the finished ones, in
    /// picoseconds. Both are empty if no row waits.
    private var pending: [Int32] = []
    private var moments: [Int64] = []
    /// Rows that no longer wait, by time.
    private var released = EventHeap()
    private var latest: Int64 = 0

    /// What a client did with a request; its wait is in picoseconds.
    private struct ClientPart {
        var wait: Int64 = 0
        var stage: Int16 = -1
        var attempt: Int16 = 1
    }

    /// A row that waits for a request, and its delay after that, in nanoseconds.
    private struct Follower {
        var row: Int32
        var delay: Int64
    }

    /// Rows that have waited for others and are sent, or about to be.
    private(set) var followers = 0
    /// A limit in tokens that no output reaches.
    private static let unlimited: Int64 = 1_000_000_000

    /// The prefixes that requests share.
    var reuse: ReuseBound

    /// Number of requests that have arrived.
    var taken: Int64 { sequence }
    /// Whether requests wait for others to end.
    private(set) var isDependent: Bool
    /// Whether the trace has given the content of any prompt so far.
    private(set) var holdsContent = false

    init(_ source: any RequestSource, _ plan: RunPlan) throws {
        self.source = source
        reuse = ReuseBound(
            isOn: plan.engine.enablePrefixCaching && plan.replicas > 1, most: ReuseBound.mostPieces)
        foreseesEnds = !plan.engine.stopsAtUnforeseenToken
        thinkTime = plan.thinkTime
        seed = plan.seed
        var places = 0
        var limits: (loop: Bool, cap: Bool) = (false, false)
        switch plan.arrivals {
        case .openLoop: break
        case .closedLoop(let concurrency): (places, limits.loop) = (max(1, concurrency), true)
        case .capped(let concurrency): (places, limits.cap) = (max(1, concurrency), true)
        case .staged(let load): stages = StageClock(load, seed: plan.seed)
        }
        (closedLoop, isCapped) = limits
        attempts = plan.patience.map { ClientAttempts($0, seed: plan.seed) }
        knowsClients = plan.holdsBack || stages != nil
        isDependent = places > 0 || knowsClients
        for place in 0..<places { openings.push(.init(time: 0, tie: Int64(place), payload: 0)) }
        try refill()
        if !batch.predecessors.isEmpty || !batch.waitEnds.isEmpty { try holdFollowers() }
        started = true
    }

    private mutating func refill() throws {
        while row >= batch.count, !exhausted {
            row = 0
            if let next = try source.next() {
                batch = next
                try batch.checkColumns()
                holdsContent = holdsContent || !batch.segmentEnds.isEmpty
                // The request it follows may have ended and been forgotten by now.
                let saysNothing = batch.predecessors.isEmpty && batch.waitEnds.isEmpty
                if started, !saysNothing, let row = (0..<batch.count).first(where: batch.follows) {
                    throw InputError(
                        "request \(batch.ids[row])",
                        "is the first to follow another, deep in the trace",
                        expected: "the first row to say that rows follow others")
                }
            } else {
                batch = Workload()
                exhausted = true
            }
        }
    }

    /// Loads the whole trace and puts the followers aside, by the request they follow.
    private mutating func holdFollowers() throws {
        isDependent = true
        while let more = try source.next() {
            try more.checkColumns()
            holdsContent = holdsContent || !more.segmentEnds.isEmpty
            batch.append(contentsOf: more)
        }
        // Released followers are rows of this batch: it must outlive the last row taken.
        exhausted = true
        let known = Set(batch.ids)
        pending = .init(repeating: 0, count: batch.count)
        moments = .init(repeating: 0, count: batch.count)
        func check(_ other: Int64, _ row: Int) throws {
            guard known.contains(other), other != batch.ids[row] else {
                throw InputError(
                    "request \(batch.ids[row])",
                    "follows request \(other), "
                        + "which is not in the trace", expected: "the id of another request")
            }
            pending[row] += 1
        }
        for index in 0..<batch.count where batch.follows(index) {
            let predecessor = batch.predecessors.isEmpty ? -1 : batch.predecessors[index]
            if predecessor >= 0 {
                try check(predecessor, index)
                let think = batch.thinkTimes.isEmpty ? 0 : batch.thinkTimes[index]
                waiting[predecessor, default: []].append(
                    Follower(row: Int32(index), delay: think))
            }
            for wait in batch.waits(of: index) {
                guard wait.event != .origin else {
                    moments[index] = max(moments[index], Self.moment(0, after: wait.delay))
                    continue
                }
                try check(wait.request, index)
                let follower = Follower(row: Int32(index), delay: wait.delay)
                if wait.event == .end {
                    waiting[wait.request, default: []].append(follower)
                } else {
                    companions[wait.request, default: []].append(follower)
                }
            }
        }
        try refuseCircle()
    }

    /// Throws if requests wait for one another in a circle, so that none would ever arrive.
    /// O(waits).
    private func refuseCircle() throws {
        var left = pending
        var arriving = left.indices.filter { left[$0] == 0 }
        var arrived = 0
        while let row = arriving.popLast() {
            arrived += 1
            let id = batch.ids[row]
            for follower in (waiting[id] ?? []) + (companions[id] ?? []) {
                left[Int(follower.row)] -= 1
                if left[Int(follower.row)] == 0 { arriving.append(Int(follower.row)) }
            }
        }
        guard arrived < left.count, let row = left.firstIndex(where: { $0 > 0 }) else { return }
        throw InputError(
            "request \(batch.ids[row])", "waits for requests that wait for it, in a circle",
            expected: "a first request that waits for no other")
    }

    /// Whether the current batch has a row that is not sent yet.
    var hasRow: Bool { row < batch.count }

    private var isFollower: Bool { !pending.isEmpty && batch.follows(row) }

    /// Arrival of the next request, picoseconds; `Int64.max` when none is known.
    @inline(__always)
    mutating func nextArrival() throws -> Int64 {
        if !isDependent, row < batch.count { return try picoseconds(batch.arrivals[row]) }
        return try nextDependentArrival()
    }

    /// The same when the batch is used up or requests wait for others.
    private mutating func nextDependentArrival() throws -> Int64 {
        while true {
            try refill()
            if row < batch.count, isFollower { row += 1 } else { break }
        }
        let due = min(released.first?.time ?? .max, attempts?.next ?? .max, try rowDue())
        guard isCapped, due < .max else { return due }
        return max(due, openings.first?.time ?? .max)
    }

    /// When the next row that waits for no other is due, in picoseconds; `Int64.max` if none is
    /// left or another request has to end first.
    private func rowDue() throws -> Int64 {
        guard row < batch.count else { return .max }
        if closedLoop { return openings.first?.time ?? .max }
        return try stages?.next ?? picoseconds(batch.arrivals[row])
    }

    @inline(__always)
    private func picoseconds(_ nanoseconds: Int64) throws -> Int64 {
        guard UInt64(bitPattern: nanoseconds) < UInt64(lastMoment / 1000) else {
            throw outOfRange(nanoseconds)
        }
        return nanoseconds * 1000
    }

    @inline(never)
    private func outOfRange(_ nanoseconds: Int64) -> InputError {
        let days = Quantity.decimal(Double(nanoseconds) / 86_400e9, 1)
        return InputError(
            "trace", "an arrival \(days) days after the first is out of range",
            expected: "less than 92 days; choose a window of the trace, or a higher rate")
    }

    /// Takes the request that arrives at `time`, the value `nextArrival` has just returned.
    /// O(segments).
    @inline(__always)
    mutating func take(at time: Int64) throws -> ArrivingRequest {
        guard time >= latest else { throw outOfOrder() }
        latest = time
        sequence += 1
        if knowsClients { return try takeDue(at: time) }
        if let event = released.first, event.time == time {
            _ = released.pop()
            if !companions.isEmpty { began(Int(event.payload), at: time) }
            return arriving(Int(event.payload), sequence - 1, at: time)
        }
        if closedLoop { _ = openings.pop() }
        row += 1
        if !companions.isEmpty { began(row - 1, at: time) }
        return arriving(row - 1, sequence - 1, at: time)
    }

    /// Sends the request that has been due longest, and notes what its client did.
    @inline(never)
    private mutating func takeDue(at time: Int64) throws -> ArrivingRequest {
        if isCapped { _ = openings.pop() }
        let number = sequence - 1
        var due = try rowDue()
        let follower = released.first?.time ?? .max
        if let next = attempts?.next, next < .max, next <= min(due, follower) {
            let again = attempts!.resend(sequence: number, at: time)
            let attempt = Int16(clamping: again.number)
            clients[number] = ClientPart(
                wait: time - again.due, stage: stage(at: time), attempt: attempt)
            return again.request
        }
        var (index, stage) = (row, stage(at: time))
        if let event = released.first, event.time <= due {
            _ = released.pop()
            (due, index) = (event.time, Int(event.payload))
        } else {
            guard due >= latestDue else { throw outOfOrder() }
            latestDue = due
            if closedLoop { _ = openings.pop() }
            stage = stages?.send(at: time) ?? stage
            row += 1
        }
        if time > due || stages != nil {
            clients[number] = ClientPart(wait: time - due, stage: stage)
        }
        if !companions.isEmpty { began(index, at: time) }
        var request = arriving(index, number, at: time)
        attempts?.send(&request, due: due)
        return request
    }

    /// Adds what the client did to the record of an attempt that has ended, and notes whether it is
    /// sent again after `time`. Call once per attempt.
    mutating func note(_ ended: inout EndedRequest, at time: Int64) -> AttemptEnd {
        if let part = clients.removeValue(forKey: ended.sequence) {
            ended.record.clientWait = part.wait
            ended.record.stage = part.stage
            ended.record.attempt = part.attempt
        }
        let end = attempts?.ended(ended.sequence, ended.record, at: time) ?? .final
        ended.record.isSentAgain = end == .resent
        return end
    }

    /// Releases the rows that wait for a row's arrival. In a closed loop they come on top of its
    /// number, because they belong to the request in flight.
    @inline(never)
    private mutating func began(_ index: Int, at time: Int64) {
        guard let rows = companions.removeValue(forKey: batch.ids[index]) else { return }
        let count = release(rows, at: time)
        excess += count
        stages?.add(count)
    }

    /// Ends one wait of each row. Returns how many rows no longer wait.
    private mutating func release(_ rows: [Follower], at time: Int64) -> Int {
        var count = 0
        for follower in rows {
            let index = Int(follower.row)
            // Kept even if out of range: the replica reports that the arrival is too late.
            let moment = min(lastMoment, Self.moment(time, after: follower.delay))
            moments[index] = max(moments[index], moment)
            pending[index] -= 1
            guard pending[index] == 0 else { continue }
            count += 1
            released.push(.init(time: moments[index], tie: Int64(index), payload: follower.row))
        }
        followers += count
        return count
    }

    @inline(never)
    private func outOfOrder() -> InputError {
        InputError(
            "request \(batch.ids[row])", "arrives before the request ahead of it",
            expected: "rows in order of arrival")
    }

    @inline(__always)
    private func arriving(_ index: Int, _ sequence: Int64, at time: Int64) -> ArrivingRequest {
        let output = batch.outputTokens[index]
        var maximum = foreseesEnds ? Int64(output) : Self.unlimited
        if !batch.maxTokens.isEmpty { maximum = batch.maxTokens[index] }
        var abort = Int64.max
        if !batch.aborts.isEmpty, batch.aborts[index] >= 0 {
            // Where arrivals move, patience counts from the arrival.
            let origin = isDependent ? batch.arrivals[index] : 0
            abort = Self.moment(isDependent ? time : 0, after: batch.aborts[index] - origin)
        }
        return ArrivingRequest(
            id: batch.ids[index], sequence: sequence, arrival: time,
            promptTokens: batch.promptTokens[index],
            outputTokens: output, maxTokens: Int32(clamping: max(Int64(output), maximum)),
            priority: batch.priorities.isEmpty ? 0 : batch.priorities[index], abort: abort,
            outputContent: batch.outputContents.isEmpty
                ? Segment.answer(of: sequence) : batch.outputContents[index],
            isQuotable: !batch.outputContents.isEmpty, content: batch.segments(of: index))
    }

    /// Notes that a request ended, so its followers or the next request of a closed loop may
    /// arrive. A session keeps its place in the loop from turn to turn.
    mutating func ended(_ record: RequestRecord, at time: Int64) {
        guard !record.isSentAgain else {
            // It keeps its place in a loop or a stage, but not under a cap.
            if isCapped { openings.push(.init(time: time, tie: 0, payload: 0)) }
            return
        }
        let count = waiting.removeValue(forKey: record.id).map { release($0, at: time) } ?? 0
        stages?.end(followers: count, at: time)
        guard closedLoop || isCapped else { return }
        if isCapped {
            openings.push(.init(time: time, tie: 0, payload: 0))
        } else if count > 0 {
            excess += count - 1
        } else if excess > 0 {
            excess -= 1
        } else {
            let pause = thinkTime.pause(after: record.id, seed: seed)
            let (next, isLate) = time.addingReportingOverflow(pause)
            openings.push(
                .init(time: isLate ? lastMoment : min(lastMoment, next), tie: 0, payload: 0))
        }
    }

    /// The moment `nanoseconds` after `time`, in picoseconds; `Int64.max` if out of range.
    private static func moment(_ time: Int64, after nanoseconds: Int64) -> Int64 {
        let (span, isLong) = nanoseconds.multipliedReportingOverflow(by: 1000)
        let (moment, isLate) = time.addingReportingOverflow(span)
        return isLong || isLate ? .max : moment
    }

    /// Notes what a request shares with earlier ones of the run, if there are several replicas; a
    /// single replica knows it by itself. O(segments + nodes passed).
    @inline(__always)
    mutating func noteShared(_ request: inout ArrivingRequest) {
        guard reuse.isOn, !request.content.isEmpty else { return }
        let seen = reuse.see(request.content, request.promptTokens, answer: request.quotableAnswer)
        request.shared = min(seen.known, request.promptTokens)
    }
}
