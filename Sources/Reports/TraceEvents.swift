import Basics
import Simulator

/// A run as events for a trace viewer (Perfetto, chrome://tracing): each replica is a process with
/// its steps as slices, its queue and free blocks as counters, and its requests as spans.
///
/// The format is Chrome's Trace Event Format, an array with one line per event. Times are in
/// microseconds with six decimals: exact picoseconds. Consecutive steps that decode for the same
/// requests are one slice, whether the run steps or fast-forwards. Counters have an event where
/// they change.
package struct TraceEvents: Sendable {
    /// The state of a replica.
    private struct Track {
        /// Steps that decode for the same members; more may follow the last one.
        var decodes: DecidedPlan?
        /// Whether a request has joined, left or been aborted since, so that they do not continue.
        var isEnded = false
        var waiting = -1
        var running = -1
        var freeBlocks = -1
    }

    private var tracks: [Track?] = []
    private var isFirst = true
    private let window: Range<Int64>
    private let limit: Int
    /// Where the events end because the file would become too large, in picoseconds.
    package private(set) var cutAt: Int64?

    /// No events yet. `window`: only what overlaps this time is shown, in picoseconds. `limit`:
    /// most bytes in the file, at least a million.
    package init(_ window: Range<Int64> = 0..<Int64.max, limit: Int = .max) {
        self.window = window
        self.limit = limit - min(limit / 10, 1_000_000)
    }

    /// Whether there was nothing to show.
    package var isEmpty: Bool { isFirst }

    /// The text before the first event, and after the last.
    package static let opening = "["
    package static let closing = "]"

    /// Writes the events of plans that no later step can continue. O(plans and their entries).
    /// Throws as `OutputFile.write` does.
    package mutating func write(_ plans: DecidedPlans, to file: OutputFile) throws {
        for plan in plans.plans where shows(plan.time, max(plan.time, plan.lastEnd)) {
            defer { if file.size >= limit { cutAt = plan.time } }
            try open(plan.replica, file)
            let goesOn = !tracks[plan.replica]!.isEnded
            if goesOn, tracks[plan.replica]!.decodes?.extend(by: plan) ?? false { continue }
            // When a plan without steps is made depends on when records are handed on.
            if plan.times == 0 {
                tracks[plan.replica]!.isEnded = true
                continue
            }
            try writeDecodes(plan.replica, file)
            tracks[plan.replica]!.isEnded = false
            try writeRequests(plan, file)
            if plan.onlyDecodes {
                tracks[plan.replica]!.decodes = plan
                continue
            }
            if !plan.isEmpty { try writeStep(plan, plans.entries, file) }
            for place in plan.preempted { try writePreemption(plan, plans.preempted[place], file) }
            try writeFreeBlocks(plan, at: plan.time, file)
        }
    }

    /// Writes the remaining events at the end of the run.
    package mutating func finish(_ file: OutputFile) throws {
        for replica in tracks.indices where tracks[replica]?.decodes != nil {
            try writeDecodes(replica, file)
        }
        guard let cutAt else { return }
        try writeEvent(UInt8(ascii: "i"), 0, file) { text in
            text.put(Words.cut)
            Self.put(time: cutAt, &text)
            text.put(Words.everywhere)
        }
    }

    /// Whether to show something that spans these times.
    private func shows(_ first: Int64, _ last: Int64) -> Bool {
        cutAt == nil && first < window.upperBound && last >= window.lowerBound
    }

    /// Writes a request's life from its arrival, as far as it got. O(1).
    package mutating func write(_ record: RequestRecord, to file: OutputFile) throws {
        guard record.finish >= 0, record.replica >= 0, record.outcome != .rejected,
            shows(record.arrival, record.finish)
        else { return }
        try write(Words.queue, of: record, from: record.arrival, to: record.admitted, file)
        guard record.admitted >= 0 else { return }
        try write(Words.toFirst, of: record, from: record.admitted, to: record.firstToken, file)
        guard record.firstToken >= 0 else { return }
        try write(Words.decoding, of: record, from: record.firstToken, to: record.finish, file)
    }

    /// Writes a part of a request's life. A part without an end of its own (-1) ends with the
    /// request.
    private mutating func write(
        _ name: StaticString, of record: RequestRecord, from start: Int64, to end: Int64,
        _ file: OutputFile
    ) throws {
        try writeEdge(UInt8(ascii: "b"), name, of: record, at: start, file)
        try writeEdge(
            UInt8(ascii: "e"), name, of: record, at: end >= 0 ? end : record.finish, file)
    }

    private mutating func writeEdge(
        _ phase: UInt8, _ name: StaticString, of record: RequestRecord, at time: Int64,
        _ file: OutputFile
    ) throws {
        try writeEvent(phase, Int(record.replica), file) { text in
            text.put(name)
            Self.put(time: time, &text)
            text.put(Words.request)
            text.put(record.id)
            text.put(Words.endOfText)
        }
    }

    private mutating func open(_ replica: Int, _ file: OutputFile) throws {
        while tracks.count <= replica { tracks.append(nil) }
        guard tracks[replica] == nil else { return }
        tracks[replica] = Track()
        try writeEvent(UInt8(ascii: "M"), replica, file) { text in
            text.put(Words.processName)
            text.put(Int64(replica))
            text.put(Words.endOfName)
        }
    }

    private mutating func writeDecodes(_ replica: Int, _ file: OutputFile) throws {
        guard let plan = tracks[replica]!.decodes else { return }
        tracks[replica]!.decodes = nil
        try writeStep(plan, [], file)
        try writeFreeBlocks(plan, at: plan.times > 1 ? plan.lastStart : plan.time, file)
    }

    private mutating func writeStep(
        _ plan: DecidedPlan, _ entries: [ScheduledEntry], _ file: OutputFile
    ) throws {
        var (chunks, prompt, tokens) = (0, 0, plan.members * plan.times)
        for place in plan.entries {
            tokens += entries[place].tokens
            guard entries[place].computedBefore < entries[place].promptTokens else { continue }
            chunks += 1
            prompt += entries[place].tokens
        }
        let decodes = plan.members + plan.entries.count - chunks
        try writeEvent(UInt8(ascii: "X"), plan.replica, file) { text in
            if decodes > 0 {
                text.put(Words.decode)
                text.put(Int64(decodes))
                if plan.times > 1 {
                    text.put(Words.times)
                    text.put(Int64(plan.times))
                }
                if chunks > 0 { text.put(Words.comma) }
            }
            if chunks > 0 {
                text.put(Words.prefill)
                text.put(Int64(chunks))
                text.put(Words.of)
                text.put(Int64(prompt))
                text.put(Words.tokens)
            }
            Self.put(time: plan.start, &text)
            text.put(Words.duration)
            Self.put(microseconds: plan.lastEnd - plan.start, &text)
            text.put(Words.step)
            text.put(Int64(plan.number))
            if plan.times > 1 { Self.putSteps(plan, &text) }
            text.put(Words.stepTokens)
            text.put(Int64(tokens))
            text.put(Words.prefills)
        }
        var isFirst = true
        for place in plan.entries {
            guard entries[place].computedBefore < entries[place].promptTokens else { continue }
            try file.write(atMost: 64) { text in
                if !isFirst { text.put(byte: UInt8(ascii: ",")) }
                text.put(entries[place].id)
            }
            isFirst = false
        }
        try file.write(atMost: 8) { $0.put(Words.endOfList) }
    }

    /// The fields that only several steps have.
    private static func putSteps(_ plan: DecidedPlan, _ text: inout TextRoom) {
        text.put(Words.number)
        text.put(Int64(plan.times))
        text.put(Words.firstDuration)
        put(microseconds: plan.duration, &text)
        text.put(Words.lastDuration)
        put(microseconds: plan.lastEnd - plan.lastStart, &text)
    }

    private mutating func writePreemption(
        _ plan: DecidedPlan, _ request: Preemption, _ file: OutputFile
    ) throws {
        try writeEvent(UInt8(ascii: "i"), plan.replica, file) { text in
            text.put(Words.preempts)
            text.put(request.id)
            Self.put(time: plan.time, &text)
            text.put(Words.instant)
        }
    }

    private mutating func writeRequests(_ plan: DecidedPlan, _ file: OutputFile) throws {
        let track = tracks[plan.replica]!
        guard track.waiting != plan.waiting || track.running != plan.running else { return }
        tracks[plan.replica]!.waiting = plan.waiting
        tracks[plan.replica]!.running = plan.running
        try writeEvent(UInt8(ascii: "C"), plan.replica, file) { text in
            text.put(Words.requests)
            Self.put(time: plan.time, &text)
            text.put(Words.running)
            text.put(Int64(plan.running))
            text.put(Words.waiting)
            text.put(Int64(plan.waiting))
            text.put(Words.end)
        }
    }

    private mutating func writeFreeBlocks(
        _ plan: DecidedPlan, at time: Int64, _ file: OutputFile
    ) throws {
        guard tracks[plan.replica]!.freeBlocks != plan.freeBlocks else { return }
        tracks[plan.replica]!.freeBlocks = plan.freeBlocks
        try writeEvent(UInt8(ascii: "C"), plan.replica, file) { text in
            text.put(Words.freeBlocks)
            Self.put(time: time, &text)
            text.put(Words.blocks)
            text.put(Int64(plan.freeBlocks))
            text.put(Words.end)
        }
    }

    /// Writes an event up to the beginning of its name, then what `compose` adds.
    @inline(__always)
    private mutating func writeEvent(
        _ phase: UInt8, _ replica: Int, _ file: OutputFile,
        _ compose: (inout TextRoom) -> Void
    ) throws {
        let isFirst = self.isFirst
        self.isFirst = false
        try file.write(atMost: 1_024) { text in
            text.put(isFirst ? Words.first : Words.next)
            text.put(byte: phase)
            text.put(Words.process)
            text.put(Int64(replica))
            text.put(Words.name)
            compose(&text)
        }
    }

    /// Ends the name and writes the time.
    @inline(__always)
    private static func put(time: Int64, _ text: inout TextRoom) {
        text.put(Words.time)
        put(microseconds: time, &text)
    }

    @inline(__always)
    private static func put(microseconds picoseconds: Int64, _ text: inout TextRoom) {
        text.put(picoseconds / 1_000_000)
        text.put(byte: UInt8(ascii: "."))
        text.put(UInt32(picoseconds % 1_000_000), digits: 6)
    }
}

/// The fragments of an event.
private enum Words {
    static let first: StaticString = "{\"ph\":\""
    static let next: StaticString = ",{\"ph\":\""
    static let process: StaticString = "\",\"pid\":"
    static let name: StaticString = ",\"tid\":0,\"name\":\""
    static let time: StaticString = "\",\"ts\":"
    static let end: StaticString = "}}\n"
    static let endOfText: StaticString = "\"}\n"
    static let endOfName: StaticString = "\"}}\n"
    static let endOfList: StaticString = "]}}\n"
    static let processName: StaticString = "process_name\",\"args\":{\"name\":\"replica "
    static let queue: StaticString = "queue"
    static let toFirst: StaticString = "to first token"
    static let decoding: StaticString = "decode"
    static let request: StaticString = ",\"cat\":\"request\",\"id\":\""
    static let decode: StaticString = "decode "
    static let times: StaticString = " × "
    static let comma: StaticString = ", "
    static let prefill: StaticString = "prefill "
    static let of: StaticString = " of "
    static let tokens: StaticString = " tokens"
    static let duration: StaticString = ",\"dur\":"
    static let step: StaticString = ",\"args\":{\"step\":"
    static let number: StaticString = ",\"steps\":"
    static let firstDuration: StaticString = ",\"first_us\":"
    static let lastDuration: StaticString = ",\"last_us\":"
    static let stepTokens: StaticString = ",\"tokens\":"
    static let prefills: StaticString = ",\"prefills\":["
    static let preempts: StaticString = "preempts request "
    static let cut: StaticString = "cut here: the file is as long as output.timeline_mb allows"
    static let everywhere: StaticString = ",\"s\":\"g\"}\n"
    static let instant: StaticString = ",\"s\":\"p\"}\n"
    static let requests: StaticString = "requests"
    static let running: StaticString = ",\"args\":{\"running\":"
    static let waiting: StaticString = ",\"waiting\":"
    static let freeBlocks: StaticString = "free blocks"
    static let blocks: StaticString = ",\"args\":{\"blocks\":"
}
