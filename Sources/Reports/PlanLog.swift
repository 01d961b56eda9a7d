import Basics
import Simulator

/// Writes scheduling decisions as JSON lines, one line per decision, whether it covers one step or
/// many: `plans.jsonl`. Times are in microseconds, rounded to the nearest.
///
/// `steps.jsonl` (`DecisionLog`) has one line per step with every entry, so its size follows the
/// batches. This log only counts the members of the cohort, and lists which requests joined and
/// left.
package struct PlanLog: Sendable {
    /// The state of a replica.
    private struct Track {
        /// The latest plan, which the next one may continue.
        var plan: DecidedPlan?
        /// Whether a request has joined, left or been aborted since, so that the plan does not
        /// continue.
        var isEnded = false
        /// The ids for the line of `plan`, and for the line after it.
        var changes = Changes()
        var next = Changes()

        /// Begins a line with the ids noted for it.
        mutating func beginLine() {
            isEnded = false
            swap(&changes, &next)
        }
    }

    /// The ids in a line: requests that joined, left or were aborted.
    private struct Changes {
        var joined: [Int64] = []
        var left: [Int64] = []
        var aborted: [Int64] = []
    }

    private let namesReplica: Bool
    private var tracks: [Track]

    /// A log of `replicas` replicas.
    package init(replicas: Int) {
        namesReplica = replicas > 1
        tracks = Array(repeating: Track(), count: replicas)
    }

    /// Writes the lines of plans that no later step can continue. O(plans and their lists). Throws
    /// as `OutputFile.write` does.
    package mutating func write(_ plans: DecidedPlans, to file: OutputFile) throws {
        for plan in plans.plans {
            let replica = plan.replica
            if !tracks[replica].isEnded, tracks[replica].plan?.extend(by: plan) ?? false {
                continue
            }
            if !plan.changes.isEmpty || !plan.aborted.isEmpty { note(plan, plans) }
            // When a plan without steps is made depends on when records are handed on.
            guard plan.times > 0 else {
                tracks[replica].isEnded = true
                continue
            }
            try close(replica, file)
            tracks[replica].beginLine()
            if plan.onlyDecodes {
                tracks[replica].plan = plan
            } else {
                try writeStart(plan, file)
                try writeLists(plan, plans, file)
                try file.write(atMost: 8) { $0.put(Words.endOfLine) }
            }
        }
    }

    /// Writes the remaining lines at the end of the run.
    package mutating func finish(_ file: OutputFile) throws {
        for replica in tracks.indices { try close(replica, file) }
    }

    /// Writes the pending line, if there is one.
    private mutating func close(_ replica: Int, _ file: OutputFile) throws {
        guard let plan = tracks[replica].plan else { return }
        tracks[replica].plan = nil
        try writeStart(plan, file)
        try file.write(atMost: 8) { $0.put(Words.endOfLine) }
    }

    /// Notes the requests that joined, left or were aborted, for the next line.
    private mutating func note(_ plan: DecidedPlan, _ plans: DecidedPlans) {
        for place in plan.changes {
            let change = plans.changes[place]
            if change.joins {
                tracks[plan.replica].next.joined.append(change.id)
            } else {
                tracks[plan.replica].next.left.append(change.id)
            }
        }
        for place in plan.aborted {
            tracks[plan.replica].next.aborted.append(plans.aborted[place].id)
        }
    }

    /// Writes the part common to all plans, and the requests that joined, left or were aborted.
    private mutating func writeStart(_ plan: DecidedPlan, _ file: OutputFile) throws {
        try writeHead(plan, file)
        try Self.write(Words.joined, &tracks[plan.replica].changes.joined, file)
        try Self.write(Words.left, &tracks[plan.replica].changes.left, file)
        try Self.write(Words.aborted, &tracks[plan.replica].changes.aborted, file)
    }

    /// Writes the preempted requests and the entries.
    private func writeLists(
        _ plan: DecidedPlan, _ plans: DecidedPlans, _ file: OutputFile
    ) throws {
        if !plan.preempted.isEmpty {
            var ids = plan.preempted.map { plans.preempted[$0].id }
            try Self.write(Words.preempted, &ids, file)
        }
        guard !plan.entries.isEmpty else { return }
        for place in plan.entries {
            let isFirst = place == plan.entries.lowerBound
            try file.write(atMost: 128) { text in
                isFirst ? text.put(Words.entries) : text.put(byte: UInt8(ascii: ","))
                Self.put(plans.entries[place], &text)
            }
        }
        try file.write(atMost: 1) { $0.put(byte: UInt8(ascii: "]")) }
    }

    /// Writes ids, if there are any, and removes them.
    private static func write(
        _ name: StaticString, _ ids: inout [Int64], _ file: OutputFile
    ) throws {
        guard !ids.isEmpty else { return }
        for (number, id) in ids.enumerated() {
            try file.write(atMost: 64) { text in
                number == 0 ? text.put(name) : text.put(byte: UInt8(ascii: ","))
                text.put(id)
            }
        }
        try file.write(atMost: 1) { $0.put(byte: UInt8(ascii: "]")) }
        ids.removeAll(keepingCapacity: true)
    }

    private static func put(_ entry: ScheduledEntry, _ text: inout TextRoom) {
        text.put(byte: UInt8(ascii: "["))
        text.put(entry.id)
        text.put(byte: UInt8(ascii: ","))
        text.put(Int64(entry.tokens))
        text.put(byte: UInt8(ascii: ","))
        text.put(Int64(entry.computedBefore))
        switch entry.kind {
        case .running: break
        case .admitted: text.put(Words.admitted)
        case .resumed: text.put(Words.resumed)
        }
        text.put(byte: UInt8(ascii: "]"))
    }

    /// The part common to all plans.
    private func writeHead(_ plan: DecidedPlan, _ file: OutputFile) throws {
        try file.write(atMost: 512) { text in
            text.put(Words.number)
            text.put(Int64(plan.number))
            Self.put(Words.times, Int64(plan.times), &text)
            if namesReplica { Self.put(Words.replica, Int64(plan.replica), &text) }
            Self.put(Words.time, Self.microseconds(plan.time), &text)
            Self.put(Words.start, Self.microseconds(plan.start), &text)
            Self.put(Words.end, Self.microseconds(plan.lastEnd), &text)
            if plan.times > 1 {
                Self.put(Words.first, Self.microseconds(plan.duration), &text)
                Self.put(Words.last, Self.microseconds(plan.lastEnd - plan.lastStart), &text)
            }
            if plan.members > 0 { Self.put(Words.members, Int64(plan.members), &text) }
            Self.put(Words.waiting, Int64(plan.waiting), &text)
            Self.put(Words.running, Int64(plan.running), &text)
            Self.put(Words.free, Int64(plan.freeBlocks), &text)
        }
    }

    @inline(__always)
    private static func put(_ name: StaticString, _ value: Int64, _ text: inout TextRoom) {
        text.put(name)
        text.put(value)
    }

    private static func microseconds(_ picoseconds: Int64) -> Int64 {
        (picoseconds + 500_000) / 1_000_000
    }
}

/// The fragments of a line.
private enum Words {
    static let number: StaticString = "{\"s\":"
    static let times: StaticString = ",\"n\":"
    static let replica: StaticString = ",\"replica\":"
    static let time: StaticString = ",\"t\":"
    static let start: StaticString = ",\"st\":"
    static let end: StaticString = ",\"en\":"
    static let first: StaticString = ",\"first\":"
    static let last: StaticString = ",\"last\":"
    static let members: StaticString = ",\"members\":"
    static let waiting: StaticString = ",\"w\":"
    static let running: StaticString = ",\"r\":"
    static let free: StaticString = ",\"free\":"
    static let joined: StaticString = ",\"in\":["
    static let left: StaticString = ",\"out\":["
    static let aborted: StaticString = ",\"ab\":["
    static let preempted: StaticString = ",\"pre\":["
    static let entries: StaticString = ",\"sched\":["
    static let admitted: StaticString = ",\"N\""
    static let resumed: StaticString = ",\"P\""
    static let endOfLine: StaticString = "}\n"
}
