import Basics
import Foundation
import Reports
import Simulator

/// Watches a run for the command line: rows and decisions into files, progress onto the terminal,
/// and the figures that need every record.
///
/// A class, because the simulation keeps its observer and the command line reads it afterwards.
final class RunWatcher: RunObserver {
    private let requests: OutputFile?
    private let decisions: OutputFile?
    private let showsProgress: Bool
    private let total: Int?
    private var row: [UInt8] = []
    private let began = ContinuousClock.now
    private var lastShown = ContinuousClock.now
    /// Rejected requests by reason.
    private(set) var rejections: [String: Int] = [:]
    /// Longest context of a request, tokens.
    private(set) var longestContext = 0

    /// `total` is the number of requests, where it is known beforehand.
    init(requests: OutputFile?, decisions: OutputFile?, showsProgress: Bool, total: Int?) {
        self.requests = requests
        self.decisions = decisions
        self.showsProgress = showsProgress
        self.total = total
    }

    var wantsDecisions: Bool { decisions != nil }

    func record(_ record: RequestRecord) throws {
        try Interruption.check()
        if record.outcome == .rejected { rejections[record.rejection.name, default: 0] += 1 }
        longestContext = max(longestContext, Int(record.promptTokens) + Int(record.outputTokens))
        guard let requests else { return }
        row.removeAll(keepingCapacity: true)
        RequestLine.append(record, to: &row)
        try requests.write(row)
    }

    func decision(_ line: String) throws {
        try Interruption.check()
        try decisions?.writeLine(line)
    }

    func progress(ended: Int, time: Int64) {
        guard showsProgress else { return }
        let now = ContinuousClock.now
        // Ten lines a second are as many as an eye can follow.
        guard now - lastShown > .milliseconds(100) else { return }
        lastShown = now
        let passed = (now - began) / .seconds(1)
        let share = total.map { " of \(Quantity.count($0))" } ?? ""
        Console.progress(
            "\(Quantity.count(ended))\(share) requests, "
                + "\(Quantity.duration(picoseconds: time)) simulated, "
                + "\(Quantity.count(Int(Double(ended) / max(passed, 1e-3)))) requests/s")
    }

    /// Takes the progress line away.
    func finish() {
        if showsProgress { Console.progress("") }
    }
}
