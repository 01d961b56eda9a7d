import Foundation
import Results
import Simulator

/// Compares every decision with the lines of `steps.jsonl` or `events.jsonl`.
final class LineChecker: ConformanceChecker {
    private let path: String
    private let expected: [Substring]
    private var log: DecisionLog
    private let withBlocks: Bool
    private(set) var compared = 0
    private(set) var difference: ConformanceDifference?

    init(_ folder: String, _ plan: RunPlan, digests: Bool) throws {
        let asynchronous = plan.engine.asyncScheduling
        path = folder + (asynchronous ? "/events.jsonl" : "/steps.jsonl")
        expected = try CaseFile.lines(path)
        log = DecisionLog(asynchronous: asynchronous, entries: digests ? .digest : .full)
        // Captures have digests of block numbers for pools up to this size.
        withBlocks = plan.engine.numGPUBlocks <= 4097
    }

    var decisionDetail: DecisionDetail { withBlocks ? .decisionsAndBlocks : .decisions }
    var before: String { compared == 0 ? "(the start)" : String(expected[compared - 1]) }

    func decided(_ decision: Decision) throws {
        guard let line = log.line(decision) else { return }
        guard compared < expected.count else {
            return try stop(expected: "the end of the log", actual: line)
        }
        guard LineComparison.equal(expected[compared], line) else {
            try UnreadableLine.check(expected[compared], place: "\(path):\(compared + 1)")
            return try stop(expected: String(expected[compared]), actual: line)
        }
        compared += 1
    }

    func finish(_ result: RunResult) throws {
        if compared < expected.count {
            try UnreadableLine.check(expected[compared], place: "\(path):\(compared + 1)")
            try stop(expected: String(expected[compared]), actual: "the run ended")
        }
    }

    private func stop(expected: String, actual: String) throws {
        difference = ConformanceDifference(
            place: "\(path):\(compared + 1)", expected: expected, actual: actual, before: before)
        throw ConformanceStop()
    }
}
