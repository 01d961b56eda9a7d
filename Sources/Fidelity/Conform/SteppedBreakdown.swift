import Simulator
import StepTime

/// Breaks down latencies entry by entry in every step: the test oracle of `LatencyBreakdownKeeper`.
///
/// Remembers every step, because a request's end is only known here from its record. Of steps that
/// end after a client gave up, only the time before that counts.
struct SteppedBreakdown {
    /// One request's progress so far.
    private struct Way {
        var parts = RequestBreakdown()
        /// When it was first admitted, and the time up to which its life has been broken down.
        var admitted: Int64
        var cursor: Int64
        /// Time its replica's GPUs had been busy until then.
        var busy: Int64
        var isPreempted = false
        /// Whether it has completed a step of its own, and the one that completes its prompt.
        var hasBegun = false
        var hasFirst = false
        /// Most tokens computed so far.
        var computed = 0
        /// Its latest step, which may end after it.
        var step: Share?

        mutating func add(_ part: LatencyParts.Part, _ time: Int64) {
            if hasFirst { parts.afterwards[part] += time } else { parts.toFirstToken[part] += time }
        }
    }

    /// A step that computes for a request.
    private struct Share {
        var start: Int64
        var end: Int64
        /// Extra time of the step due to others' prefill.
        var interference: Int64
        var part: LatencyParts.Part
        var completesPrompt: Bool
        /// Time the GPUs had been busy at its start.
        var busyBefore: Int64
    }

    /// The steps of one replica, in order.
    private struct Steps {
        var busy: Int64 = 0
        var start: Int64 = 0
        var end: Int64 = 0
        var all: [(start: Int64, end: Int64)] = []

        /// Busy time up to a moment that is not before the last but one step.
        func busy(until time: Int64) -> Int64 { busy - max(0, end - max(time, start)) }

        /// Busy time up to any moment. O(steps).
        func sum(until time: Int64) -> Int64 {
            all.reduce(0) { $0 + max(0, min($1.end, time) - $1.start) }
        }
    }

    private let stepTime: StepTime
    private var steps: [Steps]
    /// By position in arrival order: a client may reuse an id before the end of its last attempt is
    /// reported.
    private var ways: [Int64: Way] = [:]
    /// The latest attempt of each id with a step.
    private var latest: [Int64: Int64] = [:]
    /// Requests whose end was reported.
    private var closed: Int64 = 0
    private let host: HostTimes

    /// Observes a run of a plan.
    init(_ plan: RunPlan) {
        stepTime = plan.stepTime
        host = plan.engine.host
        steps = Array(repeating: Steps(), count: plan.replicas)
    }

    /// Records a decision; a replica's come in order. O(entries).
    mutating func add(_ decision: Decision) {
        guard case .scheduled(let step) = decision else { return }
        let replica = step.replica
        for id in step.preempted {
            guard let sequence = latest[id], var way = ways[sequence] else { continue }
            passStep(&way)
            let time = max(way.cursor, step.time)
            pass(&way, until: time, busy: steps[replica].busy(until: time))
            way.isPreempted = true
            ways[sequence] = way
        }
        guard !step.entries.isEmpty else { return }
        let prices = StepPrices(step, stepTime)
        for (place, entry) in step.entries.enumerated() {
            latest[entry.id] = entry.sequence
            var way =
                ways[entry.sequence]
                ?? Way(
                    admitted: step.time, cursor: step.time,
                    busy: steps[replica].busy(until: step.time))
            passStep(&way)
            let isLost = entry.computedBefore < way.computed
            let isPrompt = entry.computedBefore < entry.promptTokens
            let end = entry.computedBefore + entry.tokens
            way.computed = max(way.computed, end)
            way.step = Share(
                start: step.executionStart, end: step.executionEnd,
                interference: prices.interference(place, entry),
                part: isLost ? .recompute : isPrompt ? .prefill : .decode,
                completesPrompt: end >= entry.promptTokens, busyBefore: steps[replica].busy)
            ways[entry.sequence] = way
        }
        steps[replica].busy += step.executionEnd - step.executionStart
        steps[replica].start = step.executionStart
        steps[replica].end = step.executionEnd
        steps[replica].all.append((step.executionStart, step.executionEnd))
    }

    /// The parts of the next ended request, in order of arrival; nil if it was rejected or did not
    /// end. O(1).
    mutating func close(_ record: RequestRecord) -> RequestBreakdown? {
        defer { closed += 1 }
        guard record.outcome == .finished || record.outcome == .aborted else { return nil }
        var breakdown = divide(record.asTheEngineSawIt(host))
        breakdown.toFirstToken[.host] += host.outside
        return breakdown
    }

    private mutating func divide(_ record: RequestRecord) -> RequestBreakdown {
        guard var way = ways.removeValue(forKey: closed) else {
            var parts = RequestBreakdown()
            parts.toFirstToken[.queue] = record.finish - record.arrival
            return parts
        }
        if let step = way.step, step.end > record.finish {
            way.step = nil
            if step.start < record.finish {
                pass(&way, until: step.start, busy: step.busyBefore)
                let spent = record.finish - step.start
                let own = min(spent, step.end - step.start - step.interference)
                way.add(step.part, own)
                way.add(.interference, spent - own)
                way.cursor = record.finish
            }
        }
        passStep(&way)
        // Time after a finished request's last step is the host's.
        let last =
            record.outcome == .finished
            ? way.busy : steps[Int(record.replica)].sum(until: record.finish)
        pass(&way, until: record.finish, busy: last)
        way.parts.toFirstToken[.queue] += way.admitted - record.arrival
        moveBorder(&way.parts, record)
        return way.parts
    }

    /// Adds a request's latest step, and its wait for that step.
    private func passStep(_ way: inout Way) {
        guard let step = way.step else { return }
        way.step = nil
        pass(&way, until: step.start, busy: step.busyBefore)
        way.isPreempted = false
        way.add(step.part, step.end - step.start - step.interference)
        way.add(.interference, step.interference)
        way.cursor = step.end
        way.busy = step.busyBefore + step.end - step.start
        way.hasBegun = true
        if step.completesPrompt { way.hasFirst = true }
    }

    /// Adds time without a step of its own, up to `time`, when the replica's GPUs had been busy for
    /// `busy`.
    private func pass(_ way: inout Way, until time: Int64, busy: Int64) {
        let gap = time - way.cursor
        guard gap > 0 else { return }
        if way.isPreempted {
            way.add(.preempted, gap)
        } else {
            let others = min(gap, max(0, busy - way.busy))
            way.add(.othersSteps, others)
            if way.hasBegun, !way.hasFirst { way.parts.betweenChunks += others }
            way.add(.host, gap - others)
        }
        way.cursor = time
        way.busy = max(way.busy, busy)
    }

    /// A first token leaves the engine when its step has been processed, perhaps a little after the
    /// step's end. Moves that time to the parts of the TTFT.
    private func moveBorder(_ parts: inout RequestBreakdown, _ record: RequestRecord) {
        guard record.firstToken >= 0 else { return }
        var lag = record.firstToken - record.arrival - parts.toFirstToken.total
        // States that a request can be in then, most likely first, and the part that its wait
        // counts as.
        let places: [(part: LatencyParts.Part, waits: LatencyParts.Part)] = [
            (.host, .host), (.othersSteps, .othersSteps), (.preempted, .preempted),
            (.decode, .host), (.interference, .host), (.recompute, .host), (.prefill, .host),
        ]
        for (part, waits) in places where lag > 0 {
            let moved = min(lag, parts.afterwards[part])
            parts.afterwards[part] -= moved
            parts.toFirstToken[waits] += moved
            lag -= moved
        }
    }
}

/// A step's duration, and its price without some of its prefill.
private struct StepPrices {
    private let duration: Int64
    /// The price without any prefill; nil if it has none.
    private let decodesOnly: Int64?
    /// For each prefilling entry beside others: the price with only its prefill.
    private var alone: [Int: Int64] = [:]

    init(_ step: ScheduleDecision, _ stepTime: StepTime) {
        duration = step.executionEnd - step.executionStart
        var decodes = StepLoad()
        var chunks: [Int] = []
        let window = stepTime.window
        for (place, entry) in step.entries.enumerated() {
            if Self.isDecode(entry) {
                Self.add(entry, to: &decodes, window)
            } else {
                chunks.append(place)
            }
        }
        guard !chunks.isEmpty else {
            decodesOnly = nil
            return
        }
        decodesOnly = decodes.requests > 0 ? stepTime.picoseconds(decodes) : 0
        guard chunks.count > 1 else { return }
        for place in chunks {
            var load = decodes
            Self.add(step.entries[place], to: &load, window)
            alone[place] = stepTime.picoseconds(load)
        }
    }

    private static func isDecode(_ entry: ScheduledEntry) -> Bool {
        StepLoad.isDecode(entry.tokens, past: entry.computedBefore)
    }

    private static func add(_ entry: ScheduledEntry, to load: inout StepLoad, _ window: Int) {
        load.add(
            entry.tokens, past: entry.computedBefore, samples: entry.samples, window: window)
    }

    /// Extra time of the step, for an entry, due to others' prefill.
    func interference(_ place: Int, _ entry: ScheduledEntry) -> Int64 {
        let without = Self.isDecode(entry) ? decodesOnly : alone[place]
        return max(0, duration - min(duration, without ?? duration))
    }
}
