import Basics
import Foundation
import Scenario

/// Runs a space, or a share of it, into the rows of a table.
///
/// A run is a point over a trace with a seed; runs are numbered by point, then trace, then seed.
/// Runs share what they replay (`TraceStore`): common random numbers.
///
///     let sweep = try Sweep(ConfigurationSpace(file: "space.json5"))
///     let state = try sweep.perform(to: "points.csv") { done, whole in ... }
package struct Sweep: Sendable {
    package let space: ConfigurationSpace
    package let shard: Shard
    /// Identifies the space: equal fingerprints have equal rows.
    package let fingerprint: String
    let columns: SweepColumns
    private let traces = TraceStore()

    /// Number of runs in the whole space.
    package var runs: Int { space.points * space.runsOfPoint }

    /// Number of runs in this shard.
    package var ownRuns: Int { max(0, runs - shard.number + shard.count) / shard.count }

    /// Reads and checks everything that all runs need before anything is written. O(bytes of
    /// traces).
    ///
    /// - Throws: `InputError` for a trace that cannot be read, or only once.
    package init(_ space: ConfigurationSpace, shard: Shard = .all) throws {
        self.space = space
        self.shard = shard
        columns = SweepColumns(space)
        fingerprint = try SpaceFingerprint.of(space, header: columns.header)
        try checkTraces()
    }

    /// Reads each trace once, unless points read it differently.
    private func checkTraces() throws {
        guard !space.keys.contains(where: { $0.hasPrefix("trace.") }) else { return }
        for trace in space.traces {
            var configuration = space.base
            if let file = trace.file { configuration.trace.file = file }
            if space.namesSeeds { configuration.seed = space.seeds[0] }
            _ = try traces.trace(of: configuration)
        }
    }

    /// The number of the run at a position of this shard.
    func run(at position: Int) -> Int { shard.number - 1 + position * shard.count }

    /// The first cells of every row, by which a file is recognised as this sweep's.
    func mark(run: Int) -> String { "\(fingerprint),\(runs),\(run)," }

    /// The row of a run, with its line end.
    func row(run: Int) -> String {
        let point = run / space.runsOfPoint
        let trace = run % space.runsOfPoint / space.seeds.count
        let seed = run % space.seeds.count
        var cells = space.values(at: point).map(SweepColumns.text)
        if columns.namesTraces { cells.append(SweepColumns.harmless(space.traces[trace].name)) }
        cells += [String(space.seeds[seed]), space.goal.rawValue]
        do {
            let configuration = try space.configuration(point: point, trace: trace, seed: seed)
            cells += columns.cells(try Trial(configuration, traces: traces))
        } catch let error as InputError {
            cells += columns.cells(problem: error.description)
        } catch {
            cells += columns.cells(problem: String(describing: error).echoed())
        }
        return SweepColumns.sealed(mark(run: run) + SweepColumns.line([String(point)] + cells))
    }

    /// Runs started per core before waiting for the others.
    private static let batch = 64

    /// The result of `perform`.
    package struct Outcome: Sendable, Equatable {
        /// Rows written by an earlier call.
        package var found: Int
        /// Rows added by this call.
        package var added: Int
    }

    /// Writes the shard's rows into a file on all cores. Keeps rows of an earlier call, so that an
    /// interrupted sweep ends with the same bytes as an uninterrupted one. Memory does not grow
    /// with the runs. `report` receives the runs done by this call and its total.
    ///
    /// - Throws: `InputError` for a file that cannot be written or belongs to another sweep.
    @discardableResult
    package func perform(
        to path: String, report: @Sendable (Int, Int) -> Void = { _, _ in }
    ) throws -> Outcome {
        let place = try SweepPlace(path)
        if let rows = try place.complete(self) { return Outcome(found: rows, added: 0) }
        let journal = try SweepJournal(place, of: self)
        let found = journal.found
        var position = found
        while position < ownRuns {
            let end = min(
                ownRuns, position + Self.batch * ProcessInfo.processInfo.activeProcessorCount)
            let begin = position
            _ = try mapOnAllCores(
                Array(begin..<end), { row(run: run(at: $0)) },
                each: { row in report(try journal.append(row) - found, ownRuns - found) })
            position = end
        }
        try journal.finish()
        return Outcome(found: found, added: ownRuns - found)
    }
}

/// A share of a space's runs: those whose number has a given remainder.
package struct Shard: Sendable, Equatable {
    /// The shard's number, from 1.
    package let number: Int
    /// The number of shards.
    package let count: Int

    /// All runs.
    package static let all = Self(number: 1, count: 1)

    private init(number: Int, count: Int) {
        self.number = number
        self.count = count
    }

    /// Most shards: more than any cluster has tasks.
    private static let most = 1_000_000

    /// "2/4", counted from 1.
    ///
    /// - Throws: `InputError` at `--shard`.
    package init(_ text: String) throws {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in
            part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(part) : nil
        }
        guard parts.count == 2, numbers.count == 2, (1...Self.most).contains(numbers[1]) else {
            throw InputError(
                "--shard", "is \"\(text.echoed())\"",
                expected: "I/N, the Ith of N shards, as 1/4")
        }
        guard (1...numbers[1]).contains(numbers[0]) else {
            throw InputError(
                "--shard", "is \(text)",
                expected: "1/\(numbers[1]) to \(numbers[1])/\(numbers[1]): to an index that counts"
                    + " from 0, add 1")
        }
        (number, count) = (numbers[0], numbers[1])
    }
}
