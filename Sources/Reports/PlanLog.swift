import Basics
import Simulator

/// Writes what schedulers decided as JSON lines, a line for each decision, whether it stands for
/// one step or for many: `plans.jsonl`. Times are microseconds, rounded to the nearest.
///
/// `steps.jsonl` (`DecisionLog`) has a line a step with every entry, so that its size is that of
/// the batches. This one has the members of the cohort as a number and says who joined and who
/// left.
public struct PlanLog: Sendable {
    /// What is known of a replica.
    private struct Track {
        /// What the next plan may go on with, and what its line ends with.
        var plan: DecidedPlan?
        /// Whether somebody has joined, left or given up since, so that it does not go on.
        var isEnded = false
        var lists: [UInt8] = []
        /// Ids that the next line names: who joined, left or gave up.
        var joined: [Int64] = []
        var left: [Int64] = []
        var aborted: [Int64] = []

        /// Puts the ids down, and forgets them.
        mutating func listChanges() {
            PlanLog.append(Words.joined, &joined, to: &lists)
            PlanLog.append(Words.left, &left, to: &lists)
            PlanLog.append(Words.aborted, &aborted, to: &lists)
        }
    }

    private let namesReplica: Bool
    private var tracks: [Track]

    /// A log of so many replicas.
    public init(replicas: Int) {
        namesReplica = replicas > 1
        tracks = Array(repeating: Track(), count: replicas)
    }

    /// Writes the lines of plans, as far as no later step can be part of them. O(plans and their
    /// lists). Throws as `OutputFile.write` does.
    public mutating func write(_ plans: DecidedPlans, to file: OutputFile) throws {
        for plan in plans.plans {
            let goesOn = !tracks[plan.replica].isEnded
            if goesOn, tracks[plan.replica].plan?.extend(by: plan) ?? false { continue }
            if !plan.changes.isEmpty || !plan.aborted.isEmpty { note(plan, plans) }
            // When a plan of no step is made depends on when records are handed on.
            guard plan.times > 0 else {
                tracks[plan.replica].isEnded = true
                continue
            }
            try close(plan.replica, file)
            tracks[plan.replica].isEnded = false
            list(plan, plans)
            tracks[plan.replica].plan = plan
            if !plan.onlyDecodes { try close(plan.replica, file) }
        }
    }

    /// Writes what no later step is part of any more, at the end of the run.
    public mutating func finish(_ file: OutputFile) throws {
        for replica in tracks.indices { try close(replica, file) }
    }

    /// Writes the line that is not written yet, if there is one.
    private mutating func close(_ replica: Int, _ file: OutputFile) throws {
        guard let plan = tracks[replica].plan else { return }
        tracks[replica].plan = nil
        try writeHead(plan, file)
        if !tracks[replica].lists.isEmpty {
            try file.write(tracks[replica].lists)
            tracks[replica].lists.removeAll(keepingCapacity: true)
        }
        try file.write(atMost: 8) { $0.put(Words.endOfLine) }
    }

    /// Notes who joined, left or gave up.
    private mutating func note(_ plan: DecidedPlan, _ plans: DecidedPlans) {
        for place in plan.changes {
            let change = plans.changes[place]
            if change.joins {
                tracks[plan.replica].joined.append(change.id)
            } else {
                tracks[plan.replica].left.append(change.id)
            }
        }
        for place in plan.aborted { tracks[plan.replica].aborted.append(plans.aborted[place].id) }
    }

    /// Puts down who joined, left, gave up or was preempted, and the entries.
    private mutating func list(_ plan: DecidedPlan, _ plans: DecidedPlans) {
        tracks[plan.replica].listChanges()
        if !plan.preempted.isEmpty {
            var ids = plan.preempted.map { plans.preempted[$0].id }
            Self.append(Words.preempted, &ids, to: &tracks[plan.replica].lists)
        }
        guard !plan.entries.isEmpty else { return }
        tracks[plan.replica].lists += Words.entries
        for place in plan.entries {
            if place > plan.entries.lowerBound {
                tracks[plan.replica].lists.append(UInt8(ascii: ","))
            }
            Self.append(plans.entries[place], to: &tracks[plan.replica].lists)
        }
        tracks[plan.replica].lists.append(UInt8(ascii: "]"))
    }

    /// Appends ids, if there are some, and forgets them.
    private static func append(
        _ name: [UInt8], _ ids: inout [Int64], to bytes: inout [UInt8]
    ) {
        guard !ids.isEmpty else { return }
        bytes += name
        for (number, id) in ids.enumerated() {
            if number > 0 { bytes.append(UInt8(ascii: ",")) }
            compose(into: &bytes) { $0.put(id) }
        }
        bytes.append(UInt8(ascii: "]"))
        ids.removeAll(keepingCapacity: true)
    }

    private static func append(_ entry: ScheduledEntry, to bytes: inout [UInt8]) {
        compose(into: &bytes) { text in
            text.put(byte: UInt8(ascii: "["))
            text.put(entry.id)
            put(Words.comma, Int64(entry.tokens), &text)
            put(Words.comma, Int64(entry.computedBefore), &text)
            switch entry.kind {
            case .running: break
            case .admitted: text.put(Words.admitted)
            case .resumed: text.put(Words.resumed)
            }
            text.put(byte: UInt8(ascii: "]"))
        }
    }

    private static func compose(into bytes: inout [UInt8], _ body: (inout TextRoom) -> Void) {
        withUnsafeTemporaryAllocation(byteCount: 128, alignment: 8) { memory in
            var text = TextRoom(memory)
            body(&text)
            bytes.append(contentsOf: memory[..<text.count])
        }
    }

    /// What every plan has.
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

    private static func put(_ name: [UInt8], _ value: Int64, _ text: inout TextRoom) {
        text.put(name)
        text.put(value)
    }

    private static func microseconds(_ picoseconds: Int64) -> Int64 {
        (picoseconds + 500_000) / 1_000_000
    }
}

/// What lines are made of.
private enum Words {
    static let number = bytes("{\"s\":")
    static let times = bytes(",\"n\":")
    static let replica = bytes(",\"replica\":")
    static let time = bytes(",\"t\":")
    static let start = bytes(",\"st\":")
    static let end = bytes(",\"en\":")
    static let first = bytes(",\"first\":")
    static let last = bytes(",\"last\":")
    static let members = bytes(",\"members\":")
    static let waiting = bytes(",\"w\":")
    static let running = bytes(",\"r\":")
    static let free = bytes(",\"free\":")
    static let joined = bytes(",\"in\":[")
    static let left = bytes(",\"out\":[")
    static let aborted = bytes(",\"ab\":[")
    static let preempted = bytes(",\"pre\":[")
    static let entries = bytes(",\"sched\":[")
    static let comma = bytes(",")
    static let admitted = bytes(",\"N\"")
    static let resumed = bytes(",\"P\"")
    static let endOfLine = bytes("}\n")

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
}
