import Basics
import Foundation
import Simulator

/// Compares a whole trace's run with `checkpoints.jsonl`, `head.jsonl.gz` (if present) and
/// `requests.csv.gz`: cumulative counts, state, a digest chained over all decisions, and each
/// request's times.
final class WholeTraceChecker: ConformanceChecker {
    private let folder: String
    private let asynchronous: Bool
    private let expected: [Substring]
    private let head: [Substring]
    private let requests: [Substring]
    private let caching: Bool

    private var digest = Fingerprint()
    private var counts = Counts()
    private var pending: ScheduleDecision?
    private var checkpoint = 0
    private var headLine = 0
    private var records: [RequestRecord] = []
    private(set) var compared = 0
    private(set) var difference: ConformanceDifference?
    private(set) var before = "(the start)"

    private struct Counts {
        var tokens = 0
        var entries = 0
        var preempted = 0
        var hit = 0
        var finished = 0
        var evicted = 0
        var wasted = 0
    }

    init(_ folder: String, _ plan: RunPlan) throws {
        self.folder = folder
        asynchronous = plan.engine.asyncScheduling
        caching = plan.engine.enablePrefixCaching
        expected = try CaseFile.lines(folder + "/checkpoints.jsonl")
        let headPath = folder + "/head.jsonl.gz"
        head =
            FileSystem.exists(headPath) ? try CaseFile.lines(headPath) : []
        requests = try CaseFile.lines(folder + "/requests.csv.gz")
    }

    var decisionDetail: DecisionDetail { .decisions }

    func record(_ record: RequestRecord) throws { records.append(record) }

    func decided(_ decision: Decision) throws {
        switch decision {
        case .scheduled(let step):
            count(step)
            if asynchronous { digest.add(1) }
            fold(step)
            pending = step
        case .updated(let step):
            counts.finished += step.finished.count
            counts.wasted += step.wasted
            if asynchronous {
                digest.add(2)
                digest.add(step.number)
                digest.add(Int(step.time / 1_000_000))
            }
            fold(step.finished)
            try compareHead(step)
            if step.number % 1000 == 999 || (checkpoint == expected.count - 1 && step.idle) {
                try compareCheckpoint(step)
            }
        }
    }

    private func count(_ step: ScheduleDecision) {
        counts.entries += step.entries.count
        counts.preempted += step.preempted.count
        counts.evicted += step.evictions
        for entry in step.entries {
            counts.tokens += entry.tokens
            if entry.kind != .running { counts.hit += entry.computedBefore }
        }
    }

    private func fold(_ step: ScheduleDecision) {
        digest.add(step.number)
        digest.add(Int(step.time / 1_000_000))
        digest.add(step.entries.count)
        for entry in step.entries {
            digest.add(Int(entry.id))
            digest.add(entry.tokens)
            digest.add(entry.computedBefore)
            digest.add(UInt64(entry.kind.rawValue))
        }
        fold(step.preempted)
    }

    private func fold(_ ids: [Int64]) {
        digest.add(ids.count)
        for id in ids { digest.add(Int(id)) }
    }

    private func compareCheckpoint(_ step: UpdateDecision) throws {
        let name = asynchronous ? "u" : "s"
        var line = "{\"\(name)\":\(step.number),\"t\":\(step.time / 1_000_000)"
        line += ",\"tok\":\(counts.tokens),\"ent\":\(counts.entries),\"pre\":\(counts.preempted)"
        line += ",\"hit\":\(counts.hit),\"fin\":\(counts.finished),\"ev\":\(counts.evicted)"
        if asynchronous { line += ",\"waste\":\(counts.wasted)" }
        line += ",\"r\":\(step.running),\"w\":\(step.waiting),\"free\":\(step.freeBlocks)"
        line += ",\"h\":\"\(digest.hexadecimal)\""
        if caching, let keys = step.keys { line += ",\"keys\":\(keys)" }
        line += "}"
        guard checkpoint < expected.count else {
            return try stop("checkpoints.jsonl", "the end of the log", line)
        }
        guard LineComparison.equal(expected[checkpoint], line) else {
            try UnreadableLine.check(
                expected[checkpoint], place: "\(folder)/checkpoints.jsonl:\(checkpoint + 1)")
            return try stop(
                "checkpoints.jsonl:\(checkpoint + 1)", String(expected[checkpoint]), line)
        }
        before = line
        checkpoint += 1
        compared += asynchronous ? 1 : 1000
    }

    private func compareHead(_ step: UpdateDecision) throws {
        guard headLine < head.count, let scheduled = pending else { return }
        var line = "{\"s\":\(scheduled.number),\"t\":\(scheduled.time / 1_000_000),\"sched\":["
        line += scheduled.entries.map { entry in
            let kind = entry.kind == .running ? "" : entry.kind == .admitted ? ",\"N\"" : ",\"P\""
            return "[\(entry.id),\(entry.tokens),\(entry.computedBefore)\(kind)]"
        }.joined(separator: ",")
        line += "]"
        func list(_ name: String, _ ids: [Int64]) {
            if !ids.isEmpty {
                line += ",\"\(name)\":[" + ids.map(String.init).joined(separator: ",") + "]"
            }
        }
        list("pre", scheduled.preempted)
        list("fin", step.finished)
        line += ",\"en\":\(step.time / 1_000_000),\"h\":\"\(digest.hexadecimal)\"}"
        guard LineComparison.equal(head[headLine], line) else {
            try UnreadableLine.check(
                head[headLine], place: "\(folder)/head.jsonl.gz:\(headLine + 1)")
            return try stop("head.jsonl.gz:\(headLine + 1)", String(head[headLine]), line)
        }
        before = line
        headLine += 1
    }

    func finish(_ result: RunResult) throws {
        if checkpoint < expected.count {
            try stop(
                "checkpoints.jsonl:\(checkpoint + 1)", String(expected[checkpoint]),
                "the run ended")
        }
        for (index, record) in records.enumerated() {
            let line =
                "\(record.id),\(record.firstToken / 1_000_000),\(record.finish / 1_000_000),"
                + "\(record.hitTokens),\(record.preemptions)"
            guard index + 1 < requests.count, requests[index + 1] == line else {
                let wanted = index + 1 < requests.count ? String(requests[index + 1]) : "the end"
                return try stop("requests.csv.gz:\(index + 2)", wanted, line)
            }
        }
        if records.count + 1 != requests.count {
            try stop(
                "requests.csv.gz", "\(requests.count - 1) requests", "\(records.count) requests")
        }
        compared = result.counters.steps
    }

    private func stop(_ place: String, _ expected: String, _ actual: String) throws {
        difference = ConformanceDifference(
            place: folder + "/" + place, expected: expected, actual: actual, before: before)
        throw ConformanceStop()
    }
}
