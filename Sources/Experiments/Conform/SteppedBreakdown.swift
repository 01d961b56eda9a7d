import Simulator
import StepTime

/// Divides latencies as `LatencyBreakdownKeeper` does, entry by entry of every step: its oracle.
///
/// It remembers every step, because a request's end is known here only with its record. Of steps
/// that end after a client gave up it counts what was before.
struct SteppedBreakdown {
    /// One request's way so far.
    private struct Way {
        var parts = RequestBreakdown()
        /// When it was admitted first, and until when its time is divided.
        var admitted: Int64
        var cursor: Int64
        /// Time its replica's GPUs had been busy by then.
        var busy: Int64
        var isPreempted = false
        /// Whether a step of its own is behind it, and the one that completes its prompt.
        var hasBegun = false
        var hasFirst = false
        /// Most tokens ever computed.
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
        /// How much longer others' prefill makes it.
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

        /// Busy time up to a moment not before the last step but one.
        func busy(until time: Int64) -> Int64 { busy - max(0, end - max(time, start)) }

        /// Busy time up to any moment. O(steps).
        func sum(until time: Int64) -> Int64 {
            all.reduce(0) { $0 + max(0, min($1.end, time) - $1.start) }
        }
    }

    private let stepTime: StepTime
    private var steps: [Steps]
    /// By place in the order of arrival: a client may send an id again before the end of its last
    /// attempt is told.
    private var ways: [Int64: Way] = [:]
    /// The latest attempt of each id that took part in a step.
    private var latest: [Int64: Int64] = [:]
    /// Requests whose end was told.
    private var closed: Int64 = 0
    private let host: HostTimes

    /// Watches a run of a plan.
    init(_ plan: RunPlan) {
        stepTime = plan.stepTime
        host = plan.engine.host
        steps = Array(repeating: Steps(), count: plan.replicas)
    }

    /// Takes note of a decision; those of a replica in order. O(entries).
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

    /// The parts of a request that ended, the next in order of arrival; nil for one that was
    /// rejected or did not end. O(1).
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
        // What follows the last step of a finished request is the host's doing.
        let last =
            record.outcome == .finished
            ? way.busy : steps[Int(record.replica)].sum(until: record.finish)
        pass(&way, until: record.finish, busy: last)
        way.parts.toFirstToken[.queue] += way.admitted - record.arrival
        moveBorder(&way.parts, record)
        return way.parts
    }

    /// Adds a request's latest step, and what it waited for that.
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

    /// Adds time without a step of its own, up to a moment by which the replica's GPUs had been
    /// busy for so long.
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

    /// A first token leaves the engine when its step has been processed, which may be a little
    /// after the step's end: that time belongs to the first part of the life.
    private func moveBorder(_ parts: inout RequestBreakdown, _ record: RequestRecord) {
        guard record.firstToken >= 0 else { return }
        var lag = record.firstToken - record.arrival - parts.toFirstToken.total
        // Where a request can be then, the likelier first, and what it waits for.
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

/// What a step takes, and would take without some of its prefill.
private struct StepPrices {
    private let duration: Int64
    /// Without any prefill; nil where there is none.
    private let decodesOnly: Int64?
    /// For each entry that prefills next to others: with its prefill alone.
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

    /// How much longer others' prefill makes the step for an entry.
    func interference(_ place: Int, _ entry: ScheduledEntry) -> Int64 {
        let without = Self.isDecode(entry) ? decodesOnly : alone[place]
        return max(0, duration - min(duration, without ?? duration))
    }
}
