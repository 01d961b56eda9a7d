import Basics

/// A sweep's table as points, with figures averaged over traces and seeds.
///
/// A point only counts if all of its runs are present and did not fail; of others, only the reasons
/// are kept.
///
///     let table = try SweepTable(file: "points.csv")
///     let fronts = table.fronts, effects = table.effects
package struct SweepTable: Sendable {
    /// A figure that points have.
    package struct Figure: Sendable, Equatable {
        /// Its column; "output_throughput_per_gpu" is derived.
        package let name: String

        /// Output tokens per second over the GPUs of all replicas.
        package static let perGPU = Figure(name: "output_throughput_per_gpu")

        /// All figures, in the order of `SweepTable.figures`.
        package static let all =
            [
                "mean_ttft_ms", "p99_ttft_ms", "mean_tpot_ms", "p99_tpot_ms", "mean_e2el_ms",
                "output_throughput",
            ].map(Figure.init) + [perGPU]

        /// Its index in `all`.
        package static func place(_ name: String) -> Int { all.firstIndex { $0.name == name }! }
    }

    /// A text that some runs share.
    package struct Remark: Sendable, Equatable {
        /// The text; for remarks with a number reached, the one with the largest.
        package fileprivate(set) var text: String
        /// Number of runs with it.
        package fileprivate(set) var runs: Int
        /// The text without its digits, which identifies remarks with a number reached.
        fileprivate var pattern: String

        fileprivate init(_ text: String) {
            (self.text, runs) = (text, 1)
            pattern = Self.pattern(of: text)
        }

        /// "reached 9,511": the number differs in nearly every run. Other remarks keep theirs.
        fileprivate static func pattern(of text: String) -> String {
            text.contains(" reached ") ? text.filter { !$0.isNumber && $0 != "," } : text
        }

        /// Merges another run's remark of the same pattern. A longer text has the larger number; of
        /// equal lengths, the later one in order has.
        fileprivate mutating func add(_ other: String) {
            runs += 1
            if (other.count, other) > (text.count, text) { text = other }
        }
    }

    /// The file's path.
    package let file: String
    /// The keys that vary.
    package let keys: [String]
    /// The values of each key, in the order of the space.
    package private(set) var levels: [[String]]
    /// Numbers of the points, ascending.
    package private(set) var points: [Int] = []
    /// For each key, the index of each point's value.
    package private(set) var choices: [[Int32]]
    /// GPUs of each point; NaN if it failed.
    package private(set) var gpus: [Double] = []
    /// For each figure (`Figure.all`), the mean over a point's runs; NaN if missing.
    package private(set) var figures: [[Double]]
    /// Whether all runs of a point held the promises; nil without promises, or if it failed.
    package private(set) var meets: [Bool?] = []
    /// Whether the queue was stable in every run of a point (`Trial.isSteady`); nil if some are too
    /// short to tell, or the point failed.
    package private(set) var isSteady: [Bool?] = []
    /// Whether all runs of a point are present and did not fail.
    package private(set) var ran: [Bool] = []
    /// Number of rows, and of those of failed runs.
    package private(set) var runs = 0
    package private(set) var failedRuns = 0
    /// Number of runs in the space.
    package private(set) var runsOfSpace = 0
    /// Why runs failed, and what runs warned of: the first distinct texts, with their runs.
    package private(set) var problems: [Remark] = []
    package private(set) var warnings: [Remark] = []
    /// Where step times come from.
    package private(set) var clocks: [Remark] = []
    /// Whether there are promises.
    package private(set) var isPromised = false
    /// The space's goal; nil in tables of earlier versions.
    package private(set) var goal: ConfigurationSpace.Goal?

    /// Whether all runs of the space are present.
    package var isWhole: Bool { runs == runsOfSpace }
    /// Points of which some run failed or is missing.
    package var failedPoints: Int { ran.count { !$0 } }

    /// Most points read: about 150 bytes each.
    package static let mostPoints = 1_000_000
    private static let mostRemarks = 20

    /// Reads a table. O(bytes), and memory for the points. `isInput`: whether it counts as an input
    /// of the command (`FileLedger`), rather than as its own output.
    ///
    /// - Throws: `InputError` for a file that is not a sweep's table, or has too many points.
    package init(file: String, isInput: Bool = true) throws {
        let records = try CSVRecords(file, isInput: isInput)
        guard let header = try records.next() else {
            throw InputError(file, "is empty", expected: "a table that headway sweep has written")
        }
        let columns = try SweepHeader(CSVRecords.fields(header).map(CSVRecords.text), file: file)
        self.file = file
        keys = columns.keys
        levels = keys.map { _ in [] }
        choices = keys.map { _ in [] }
        figures = Figure.all.map { _ in [] }
        var tally = PointTally(keys.count)
        var seen = keys.map { _ in [String: Int32]() }
        while let record = try records.next() {
            let fields = CSVRecords.fields(record)
            let place = "\(file):\(records.line)"
            guard fields.count == columns.width, CSVRecords.isWhole(record) else {
                throw InputError(
                    place, "has \(fields.count) fields, or no end",
                    expected: "\(columns.width) fields: a table that is whole")
            }
            guard SweepColumns.isSealed(record) else {
                throw InputError(
                    place, "was edited: its row_xxh64 is of other bytes",
                    expected: "rows as headway sweep wrote them")
            }
            let row = try SweepRow(fields, columns, place: place)
            goal = row.goal
            if let point = tally.point, point != row.point {
                close(&tally)
                guard row.point > point else {
                    throw InputError(
                        place, "is of point \(row.point), after \(point)",
                        expected: "rows in the order of their runs")
                }
            }
            if tally.point == nil {
                guard points.count < Self.mostPoints else { throw Self.tooMany(file) }
                begin(row.point, fields, columns, &seen)
            }
            take(row, &tally)
        }
        if tally.point != nil { close(&tally) }
        guard !isInput || !points.isEmpty else {
            throw InputError(
                file, "has no point yet", expected: "a table that headway sweep has written")
        }
        isPromised = meets.contains { $0 != nil }
    }

    private static func tooMany(_ file: String) -> InputError {
        InputError(
            file, "has more than \(mostPoints) points, which no page is made of",
            expected: "a program that reads tables, such as pandas")
    }

    private mutating func begin(
        _ point: Int, _ fields: [ArraySlice<UInt8>], _ columns: SweepHeader,
        _ seen: inout [[String: Int32]]
    ) {
        points.append(point)
        for (index, column) in columns.keyColumns.enumerated() {
            let text = CSVRecords.text(fields[column])
            if seen[index][text] == nil {
                seen[index][text] = Int32(levels[index].count)
                levels[index].append(text)
            }
            choices[index].append(seen[index][text]!)
        }
    }

    private mutating func take(_ row: SweepRow, _ tally: inout PointTally) {
        tally.add(row)
        runs += 1
        runsOfSpace = max(runsOfSpace, row.runs)
        if !row.problem.isEmpty {
            failedRuns += 1
            Self.note(row.problem, &problems)
        }
        for warning in row.warnings { Self.note(warning, &warnings) }
        if !row.clock.isEmpty { Self.note(row.clock, &clocks) }
    }

    private static func note(_ text: String, _ remarks: inout [Remark]) {
        let pattern = Remark.pattern(of: text)
        if let index = remarks.firstIndex(where: { $0.pattern == pattern }) {
            remarks[index].add(text)
        } else if remarks.count < mostRemarks {
            remarks.append(Remark(text))
        }
    }

    private mutating func close(_ tally: inout PointTally) {
        let isRun = tally.failed == 0 && tally.runs > 0
        ran.append(isRun)
        gpus.append(isRun ? tally.gpus / Double(tally.runs) : .nan)
        for index in Figure.all.indices.dropLast() {
            figures[index].append(isRun ? tally.means[index].mean : .nan)
        }
        let throughput = figures[Figure.all.count - 2].last!
        figures[Figure.all.count - 1].append(throughput / gpus.last!)
        meets.append(isRun ? tally.meets : nil)
        isSteady.append(isRun ? Trial.areSteady(tally.steady) : nil)
        tally = PointTally(keys.count)
    }
}

/// Running totals of a point's runs.
private struct PointTally {
    struct Mean {
        var sum = 0.0
        var count = 0
        var mean: Double { count > 0 ? sum / Double(count) : .nan }
    }

    var point: Int?
    var runs = 0
    var failed = 0
    var gpus = 0.0
    var means: [Mean]
    var meets: Bool?
    var steady: [Bool?] = []

    init(_ keys: Int) { means = SweepTable.Figure.all.map { _ in Mean() } }

    mutating func add(_ row: SweepRow) {
        point = row.point
        runs += 1
        guard row.problem.isEmpty else {
            failed += 1
            return
        }
        gpus += row.gpus
        for (index, value) in row.figures.enumerated() where !value.isNaN {
            means[index].sum += value
            means[index].count += 1
        }
        if let met = row.meets { meets = (meets ?? true) && met }
        steady.append(row.isSteady)
    }
}

/// Positions of a table's columns.
private struct SweepHeader {
    var keys: [String]
    var keyColumns: Range<Int>
    var width: Int
    private var places: [String: Int]

    init(_ names: [String], file: String) throws {
        width = names.count
        let places = Dictionary(
            names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        self.places = places
        let firstKey = SweepColumns.first.count
        let needed =
            [
                "seed", "gpus", "warnings", "slo_met", "problem", "overloaded", "clock",
            ] + SweepTable.Figure.all.dropLast().map(\.name)
        guard Array(names.prefix(firstKey)) == SweepColumns.first,
            needed.allSatisfy({ places[$0] != nil })
        else {
            throw InputError(
                file, "is no table of a sweep, or of another version of headway",
                expected: "a file that headway sweep --out has written")
        }
        keyColumns = firstKey..<max(firstKey, places["trace"] ?? places["seed"]!)
        keys = Array(names[keyColumns])
    }

    subscript(name: String) -> Int { places[name]! }
    /// Position of a column that earlier versions lack; nil if absent.
    func place(of name: String) -> Int? { places[name] }
}

/// One row of a table, with what points need.
private struct SweepRow {
    var runs: Int
    var point: Int
    var gpus: Double
    var figures: [Double]
    var meets: Bool?
    var isSteady: Bool?
    var goal: ConfigurationSpace.Goal?
    var warnings: [String]
    var clock: String
    var problem: String

    init(_ fields: [ArraySlice<UInt8>], _ columns: SweepHeader, place: String) throws {
        func text(_ name: String) -> String { CSVRecords.text(fields[columns[name]]) }
        func number(_ name: String) throws -> Double {
            let text = text(name)
            guard !text.isEmpty else { return .nan }
            guard let value = Double(text) else {
                throw InputError(place, "\(name) is \(text.echoed())", expected: "a number")
            }
            return value
        }
        guard let runs = Int(text("runs")), let point = Int(text("point")), runs > 0, point >= 0
        else { throw InputError(place, "has no point and runs", expected: "integers") }
        (self.runs, self.point) = (runs, point)
        (clock, problem) = (text("clock"), text("problem"))
        gpus = try number("gpus")
        figures = try SweepTable.Figure.all.dropLast().map { try number($0.name) }
        let truths = ["true": true, "false": false]
        meets = truths[text("slo_met")]
        let isOverloaded = text("overloaded") == "true"
        isSteady =
            columns.place(of: "steady").map { truths[CSVRecords.text(fields[$0])] }
            ?? (isOverloaded ? false : nil)
        goal = try columns.place(of: "objective").map {
            try ConfigurationSpace.goal(
                CSVRecords.text(fields[$0]), place: "\(place): objective")
        }
        let warning = text("warnings")
        warnings = warning.isEmpty ? [] : warning.components(separatedBy: " | ")
        guard problem.isEmpty == gpus.isFinite else {
            throw InputError(
                place, "has gpus \(gpus) and the problem \(problem.echoed(atMost: 40))",
                expected: "one of the two")
        }
    }
}
