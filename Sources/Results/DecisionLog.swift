import Basics
import Simulator

/// Formats a scheduler's decisions as JSON lines, in the form of captures of the real engine:
/// `steps.jsonl` for synchronous scheduling (one line per step), `events.jsonl` for asynchronous
/// scheduling (one line per call and one per update). Times are in microseconds.
package struct DecisionLog {
    /// How much of the scheduled entries a line shows.
    package enum Entries: Sendable {
        /// Every entry.
        case full
        /// Their number and a digest.
        case digest
    }

    private let asynchronous: Bool
    private let entries: Entries
    private let namesReplica: Bool
    private var pending: [Int: String] = [:]

    /// - Parameters:
    ///   - asynchronous: whether schedule calls and updates have separate lines.
    ///   - namesReplica: whether lines contain the replica's number.
    package init(asynchronous: Bool, entries: Entries = .full, namesReplica: Bool = false) {
        self.asynchronous = asynchronous
        self.entries = entries
        self.namesReplica = namesReplica
    }

    /// The line that a decision completes, without its newline; nil while a step is incomplete.
    package mutating func line(_ decision: Decision) -> String? {
        switch decision {
        case .scheduled(let step):
            let text = scheduled(step)
            if asynchronous { return text + "}" }
            pending[step.replica] = text
            return nil
        case .updated(let step):
            if asynchronous { return updated(step) }
            guard var text = pending.removeValue(forKey: step.replica) else { return nil }
            if !step.finished.isEmpty { text += ",\"fin\":\(list(step.finished))" }
            return text + ",\"fe\":\(step.freeBlocks)}"
        }
    }

    private func scheduled(_ step: ScheduleDecision) -> String {
        var text = "{\"s\":\(step.number),\"t\":\(microseconds(step.time))"
        if namesReplica { text += ",\"replica\":\(step.replica)" }
        if asynchronous {
            text += ",\"st\":\(microseconds(step.executionStart))"
            text += ",\"en\":\(microseconds(step.executionEnd))"
        }
        if !step.aborted.isEmpty { text += ",\"ab\":\(list(step.aborted))" }
        switch entries {
        case .full: text += ",\"sched\":" + scheduledEntries(step.entries)
        case .digest:
            text += ",\"nsched\":\(step.entries.count),\"sched_fnv\":\"\(digest(step.entries))\""
        }
        if !step.preempted.isEmpty { text += ",\"pre\":\(list(step.preempted))" }
        let hit = step.entries.reduce(0) { $0 + ($1.kind == .running ? 0 : $1.computedBefore) }
        if hit > 0 { text += ",\"hit\":\(hit)" }
        text += ",\"w\":\(step.waiting),\"r\":\(step.running),\"free\":\(step.freeBlocks)"
        if let keys = step.keys {
            if step.evictions > 0 { text += ",\"ev\":\(step.evictions)" }
            text += ",\"keys\":\(keys)"
        }
        if let queue = step.queueDigest { text += ",\"fq\":\"\(queue.hexadecimal)\"" }
        if let tables = step.tablesDigest { text += ",\"bt\":\"\(tables.hexadecimal)\"" }
        return text
    }

    private func updated(_ step: UpdateDecision) -> String {
        var text = "{\"u\":\(step.number),\"t\":\(microseconds(step.time))"
        if namesReplica { text += ",\"replica\":\(step.replica)" }
        if !step.aborted.isEmpty { text += ",\"ab\":\(list(step.aborted))" }
        text += ",\"tok\":\(step.delivered)"
        if !step.finished.isEmpty { text += ",\"fin\":\(list(step.finished))" }
        text += ",\"fe\":\(step.freeBlocks)"
        if let keys = step.keys { text += ",\"keys\":\(keys)" }
        return text + "}"
    }

    private func scheduledEntries(_ entries: [ScheduledEntry]) -> String {
        var text = "["
        for (index, entry) in entries.enumerated() {
            if index > 0 { text += "," }
            text += "[\(entry.id),\(entry.tokens),\(entry.computedBefore)"
            switch entry.kind {
            case .running: text += "]"
            case .admitted: text += ",\"N\"]"
            case .resumed: text += ",\"P\"]"
            }
        }
        return text + "]"
    }

    private func digest(_ entries: [ScheduledEntry]) -> String {
        var digest = Fingerprint()
        for entry in entries {
            digest.add(Int(entry.id))
            digest.add(entry.tokens)
            digest.add(entry.computedBefore)
            digest.add(UInt64(entry.kind.rawValue))
        }
        return digest.hexadecimal
    }

    private func list(_ ids: [Int64]) -> String {
        "[" + ids.map(String.init).joined(separator: ",") + "]"
    }

    /// Rounded to the nearest, as in requests.csv.
    private func microseconds(_ picoseconds: Int64) -> Int64 {
        (picoseconds + 500_000) / 1_000_000
    }
}
