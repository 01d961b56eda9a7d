import Basics
import Simulator

/// Writes what schedulers decided as JSON lines, a line for each decision, whether it stands for
/// one step or for many: `plans.jsonl`. Times are microseconds, rounded to the nearest.
///
/// `steps.jsonl` (`DecisionLog`) has a line a step with every entry, so that its size is that of
/// the batches. This one has the members of the cohort as a number and says who joined and left.
public struct PlanLog: Sendable {
    /// A plan that the next one may go on with, and what its line ends with.
    private struct Line {
        var plan: DecidedPlan
        var lists: [UInt8]
    }

    /// Ids that the next line names.
    private struct Changes {
        var joined: [Int64] = []
        var left: [Int64] = []
        var aborted: [Int64] = []
    }

    private let namesReplica: Bool
    /// By replica: the line that may go on, and what plans of no step said since.
    private var open: [Line?]
    private var changes: [Changes]

    /// A log of so many replicas.
    public init(replicas: Int) {
        namesReplica = replicas > 1
        open = Array(repeating: nil, count: replicas)
        changes = Array(repeating: Changes(), count: replicas)
    }

    /// Writes the lines of plans, as far as no later step can be part of them. O(plans and their
    /// lists). Throws as `OutputFile.write` does.
    public mutating func write(_ plans: DecidedPlans, to file: OutputFile) throws {
        for plan in plans.plans {
            if let line = open[plan.replica] {
                if let both = line.plan.followed(by: plan) {
                    open[plan.replica]!.plan = both
                    continue
                }
                open[plan.replica] = nil
                try write(line, file)
            }
            note(plan, plans)
            // When a plan of no step is made depends on when records are handed on.
            guard plan.times > 0 else { continue }
            let line = Line(plan: plan, lists: lists(plan, plans))
            changes[plan.replica] = Changes()
            if plan.onlyDecodes { open[plan.replica] = line } else { try write(line, file) }
        }
    }

    /// Writes what no later step is part of any more, at the end of the run.
    public mutating func finish(_ file: OutputFile) throws {
        for replica in open.indices {
            guard let line = open[replica] else { continue }
            open[replica] = nil
            try write(line, file)
        }
    }

    /// Notes who joined, left or gave up.
    private mutating func note(_ plan: DecidedPlan, _ plans: DecidedPlans) {
        for place in plan.changes {
            let change = plans.changes[place]
            if change.joins {
                changes[plan.replica].joined.append(change.id)
            } else {
                changes[plan.replica].left.append(change.id)
            }
        }
        for place in plan.aborted { changes[plan.replica].aborted.append(plans.aborted[place].id) }
    }

    private func write(_ line: Line, _ file: OutputFile) throws {
        try writeHead(line.plan, file)
        try file.write(line.lists)
        try file.write(atMost: 8) { $0.put(Words.endOfLine) }
    }

    /// Who joined, left, gave up or was preempted, and the entries.
    private func lists(_ plan: DecidedPlan, _ plans: DecidedPlans) -> [UInt8] {
        var text: [UInt8] = []
        append(Words.joined, changes[plan.replica].joined, to: &text)
        append(Words.left, changes[plan.replica].left, to: &text)
        append(Words.aborted, changes[plan.replica].aborted, to: &text)
        append(Words.preempted, plan.preempted.map { plans.preempted[$0].id }, to: &text)
        guard !plan.entries.isEmpty else { return text }
        text += Words.entries
        for place in plan.entries {
            if place > plan.entries.lowerBound { text.append(UInt8(ascii: ",")) }
            append(plans.entries[place], to: &text)
        }
        text.append(UInt8(ascii: "]"))
        return text
    }

    private func append(_ name: [UInt8], _ ids: [Int64], to bytes: inout [UInt8]) {
        guard !ids.isEmpty else { return }
        bytes += name
        for (number, id) in ids.enumerated() {
            if number > 0 { bytes.append(UInt8(ascii: ",")) }
            compose(into: &bytes) { $0.put(id) }
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private func append(_ entry: ScheduledEntry, to bytes: inout [UInt8]) {
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

    private func compose(into bytes: inout [UInt8], _ body: (inout TextRoom) -> Void) {
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
            put(Words.times, Int64(plan.times), &text)
            if namesReplica { put(Words.replica, Int64(plan.replica), &text) }
            put(Words.time, microseconds(plan.time), &text)
            put(Words.start, microseconds(plan.start), &text)
            put(Words.end, microseconds(plan.lastEnd), &text)
            if plan.times > 1 {
                put(Words.first, microseconds(plan.duration), &text)
                put(Words.last, microseconds(plan.lastEnd - plan.lastStart), &text)
            }
            if plan.members > 0 { put(Words.members, Int64(plan.members), &text) }
            put(Words.waiting, Int64(plan.waiting), &text)
            put(Words.running, Int64(plan.running), &text)
            put(Words.free, Int64(plan.freeBlocks), &text)
        }
    }

    private func put(_ name: [UInt8], _ value: Int64, _ text: inout TextRoom) {
        text.put(name)
        text.put(value)
    }

    private func microseconds(_ picoseconds: Int64) -> Int64 { (picoseconds + 500_000) / 1_000_000 }
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
