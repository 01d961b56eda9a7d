import Basics
import Traces

/// The requests still to come, in order of arrival: those of the source at the trace's times,
/// those of sessions and closed loops when what they wait for has ended.
struct RequestFeed: ~Copyable {
    private var source: any RequestSource
    private var batch = Workload()
    private var row = 0
    private var sequence: Int64 = 0
    private var exhausted = false
    private var started = false
    /// Requests of a closed loop that may arrive, and since when.
    private var openings = EventHeap()
    /// Requests of a closed loop beyond its number: those that follow one request together.
    private var excess = 0
    private let closedLoop: Bool
    /// Whether a request without a limit of its own ends by max_tokens, not by a stop token.
    private let foreseesEnds: Bool
    /// Sessions: rows by the id of the turn they wait for, and released rows by time.
    private var followers: [Int64: [Int]] = [:]
    private var released = EventHeap()
    private var latest: Int64 = 0

    /// A limit that no answer reaches, tokens.
    private static let unlimited: Int64 = 1_000_000_000

    /// Requests that have arrived.
    var taken: Int64 { sequence }
    /// Whether requests wait for others to end.
    private(set) var isDependent: Bool
    /// Whether the trace has said of any prompt so far what it holds.
    private(set) var holdsContent = false

    init(_ source: any RequestSource, _ plan: RunPlan) throws {
        self.source = source
        foreseesEnds = !plan.engine.stopsAtUnforeseenToken
        closedLoop = plan.arrivals != .openLoop
        isDependent = closedLoop
        if case .closedLoop(let concurrency) = plan.arrivals {
            for opening in 0..<max(1, concurrency) {
                openings.push(.init(time: 0, tie: Int64(opening), payload: 0))
            }
        }
        try refill()
        if !batch.predecessors.isEmpty { try holdFollowers() }
        started = true
    }

    private mutating func refill() throws {
        while row >= batch.count, !exhausted {
            row = 0
            if let next = try source.next() {
                batch = next
                try batch.checkColumns()
                holdsContent = holdsContent || !batch.segmentEnds.isEmpty
                // Whom it follows may have ended and been forgotten by now.
                if started, let row = batch.predecessors.firstIndex(where: { $0 >= 0 }) {
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

    /// Loads the whole trace and puts the followers aside, by whom they follow.
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
        for index in 0..<batch.count where batch.predecessors[index] >= 0 {
            let predecessor = batch.predecessors[index]
            guard known.contains(predecessor), predecessor != batch.ids[index] else {
                throw InputError(
                    "request \(batch.ids[index])",
                    "follows request \(predecessor), "
                        + "which is not in the trace", expected: "the id of another request")
            }
            followers[predecessor, default: []].append(index)
        }
        try refuseCircle()
    }

    /// Throws when some turns wait for one another, so that none would ever arrive. O(rows).
    private func refuseCircle() throws {
        var arrives = batch.predecessors.map { $0 < 0 }
        var rows = batch.predecessors.indices.filter { arrives[$0] }
        while let row = rows.popLast() {
            for follower in followers[batch.ids[row]] ?? [] where !arrives[follower] {
                arrives[follower] = true
                rows.append(follower)
            }
        }
        guard let row = arrives.firstIndex(of: false) else { return }
        throw InputError(
            "request \(batch.ids[row])",
            "waits for request \(batch.predecessors[row]), which waits in a circle",
            expected: "a first turn that follows no other")
    }

    private var isFollower: Bool { !batch.predecessors.isEmpty && batch.predecessors[row] >= 0 }

    /// Arrival of the next request, picoseconds; `Int64.max` when none is known.
    @inline(__always)
    mutating func nextArrival() throws -> Int64 {
        if !isDependent, row < batch.count { return try picoseconds(batch.arrivals[row]) }
        return try nextDependentArrival()
    }

    /// The same where the batch is used up or requests wait for others.
    private mutating func nextDependentArrival() throws -> Int64 {
        while true {
            try refill()
            if row < batch.count, isFollower { row += 1 } else { break }
        }
        let now = released.first?.time ?? .max
        guard row < batch.count else { return now }
        if closedLoop { return min(now, openings.first?.time ?? .max) }
        return min(now, try picoseconds(batch.arrivals[row]))
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
        InputError(
            "trace", "an arrival \(nanoseconds) ns after the first is out of range",
            expected: "less than 92 days; choose a window of the trace")
    }

    /// Takes the request that arrives at `time`, which is what `nextArrival` has just said.
    /// O(segments).
    @inline(__always)
    mutating func take(at time: Int64) throws -> ArrivingRequest {
        guard time >= latest else { throw outOfOrder() }
        latest = time
        sequence += 1
        if let event = released.first, event.time == time {
            _ = released.pop()
            return arriving(Int(event.payload), sequence - 1, at: time)
        }
        if closedLoop { _ = openings.pop() }
        row += 1
        return arriving(row - 1, sequence - 1, at: time)
    }

    @inline(never)
    private func outOfOrder() -> InputError {
        InputError(
            "request \(batch.ids[row])", "arrives before the request ahead of it",
            expected: "rows in order of arrival")
    }

    @inline(__always)
    private func arriving(
        _ index: Int, _ sequence: Int64, at time: Int64
    ) -> ArrivingRequest {
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

    /// Tells the feed that a request ended: its followers, or the next of a closed loop, may come.
    /// A session keeps its place in the loop from turn to turn.
    mutating func ended(_ record: RequestRecord, at time: Int64) {
        guard let rows = followers.removeValue(forKey: record.id) else {
            guard closedLoop else { return }
            if excess > 0 {
                excess -= 1
            } else {
                openings.push(.init(time: time, tie: 0, payload: 0))
            }
            return
        }
        if closedLoop { excess += rows.count - 1 }
        for index in rows {
            let think = batch.thinkTimes.isEmpty ? 0 : batch.thinkTimes[index]
            released.push(
                .init(
                    // Not dropped when it is out of range: its replica says that it is too late.
                    time: min(lastMoment, Self.moment(time, after: think)), tie: Int64(index),
                    payload: Int32(index)))
        }
    }

    /// So many nanoseconds after a moment, picoseconds; `Int64.max` when that is out of range.
    private static func moment(_ time: Int64, after nanoseconds: Int64) -> Int64 {
        let (span, isLong) = nanoseconds.multipliedReportingOverflow(by: 1000)
        let (moment, isLate) = time.addingReportingOverflow(span)
        return isLong || isLate ? .max : moment
    }
}
