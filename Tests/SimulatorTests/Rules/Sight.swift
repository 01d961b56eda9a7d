import Basics
import Simulator

/// What was seen of a scene's run.
struct Sight {
    let decisions: [Decision]
    let result: RunResult

    var calls: [ScheduleDecision] {
        decisions.compactMap { if case .scheduled(let call) = $0 { call } else { nil } }
    }

    var updates: [UpdateDecision] {
        decisions.compactMap { if case .updated(let update) = $0 { update } else { nil } }
    }

    /// What happened, a line for each schedule call ("1: run 1 x1, admit 2 x4 hit 8, preempt 3")
    /// and for each update that ended a request or wasted a computation ("1 ends 2").
    var lines: [String] {
        decisions.compactMap {
            switch $0 {
            case .scheduled(let call): call.line
            case .updated(let update): update.line
            }
        }
    }

    /// Times of the schedule calls, microseconds.
    var times: [Int64] { calls.map { $0.time / 1_000_000 } }
    /// When their batches start to be executed, microseconds.
    var starts: [Int64] { calls.map { $0.executionStart / 1_000_000 } }
    /// Free blocks after each call, and after each update.
    var free: [Int] { calls.map(\.freeBlocks) }
    var freeAfterUpdates: [Int] { updates.map(\.freeBlocks) }
    /// Distinct keys after each call.
    var keys: [Int?] { calls.map(\.keys) }
    var evictions: [Int] { calls.map(\.evictions) }

    func record(_ id: Int64) -> RequestRecord? { result.records.first { $0.id == id } }
}

extension ScheduleDecision {
    fileprivate var line: String {
        var parts: [String] = []
        if !aborted.isEmpty { parts.append("abort " + list(aborted)) }
        for entry in entries {
            let verb = ["run", "admit", "resume"][Int(entry.kind.rawValue)]
            var part = "\(verb) \(entry.id) x\(entry.tokens)"
            if entry.kind != .running, entry.computedBefore > 0 {
                part += " hit \(entry.computedBefore)"
            }
            parts.append(part)
        }
        if entries.isEmpty { parts.append("nothing") }
        if !preempted.isEmpty { parts.append("preempt " + list(preempted)) }
        return "\(number): " + parts.joined(separator: ", ")
    }
}

extension UpdateDecision {
    fileprivate var line: String? {
        var parts: [String] = []
        if !aborted.isEmpty { parts.append("aborts " + list(aborted)) }
        if !finished.isEmpty { parts.append("ends " + list(finished)) }
        if wasted > 0 { parts.append("wastes \(wasted)") }
        return parts.isEmpty ? nil : "\(number) " + parts.joined(separator: ", ")
    }
}

private func list(_ ids: [Int64]) -> String { ids.map(String.init).joined(separator: " ") }

/// Digest of a free queue, from its front.
func queue(_ blocks: [Int]) -> UInt64 {
    var digest = Fingerprint()
    for block in blocks { digest.add(block) }
    return digest.value
}

/// Digest of the running requests' block tables, group by group; 0 is the null block.
func tables(_ tables: [(id: Int64, blocks: [Int])]) -> UInt64 {
    var digest = Fingerprint()
    for table in tables {
        digest.add(Int(table.id))
        for block in table.blocks { digest.add(block) }
    }
    return digest.value
}
