import Basics
import Experiments
import Foundation
import Reports

extension Verb {
    /// `headway bench [NAME...]`
    static let bench = Verb(
        "bench",
        summary: "Measure the simulator's own speed, and what explains it.",
        operands: "[NAME...]", operandCount: 0...100,
        details: """
            Without NAME it runs every benchmark but the long ones. Times belong to this
            machine. Steps, evictions and digests are the same everywhere.

            Benchmarks of the simulator:
            \(Benchmark.all.map { "  " + $0.name + ": " + $0.meaning }.joined(separator: "\n"))

            Benchmarks of files, 30 to 220 MB each in the temporary folder:
            \(FileBenchmark.all.map { "  " + $0.name + ": " + $0.meaning }.joined(separator: "\n"))
            """,
        flags: [
            Flag(
                "--repeat", "N",
                "Runs of each benchmark, 1 to 100000; shows the one of median CPU time."),
            .json,
        ]
    ) { arguments in
        let repeats = try arguments.integer("--repeat", atLeast: 1) ?? 1
        guard repeats <= mostRepeats else {
            throw InputError(
                "--repeat", "\(repeats) is above \(mostRepeats)",
                expected: "1 to \(mostRepeats) runs of each, all of which the median needs")
        }
        let chosen = try Chosen(arguments.operands)
        let printsTable = !arguments.has("--json")
        let machine = Machine()
        if printsTable { try Console.writePage("On \(machine.description)\n") }
        let simulation = try results(
            chosen.simulation, SimulationTable(), printsTable: printsTable
        ) { benchmark in try (0..<repeats).map { _ in try benchmark.run() } }
        if printsTable, !simulation.isEmpty { try writeCounts(simulation) }
        let files = try results(
            chosen.files, FileTable(), printsTable: printsTable
        ) { try $0.run(times: repeats) }
        if !printsTable {
            try Console.writeJSON(
                Results(machine: machine, simulation: simulation, files: files))
        }
        return 0
    }

    /// The results of all runs are kept for the median.
    private static let mostRepeats = 100_000

    /// The medians by CPU time. Prints each as it arrives.
    private static func results<Benchmark, Table: BenchmarkTable>(
        _ benchmarks: [Benchmark], _ table: Table, printsTable: Bool,
        run: (Benchmark) throws -> [Table.Result]
    ) throws -> [Table.Result] {
        if printsTable, !benchmarks.isEmpty { try Console.write(table.line(table.header)) }
        return try benchmarks.map { benchmark in
            let runs = try run(benchmark)
                .sorted { table.cpuSeconds($0) < table.cpuSeconds($1) }
            let median = runs[runs.count / 2]
            if printsTable { try Console.write(table.line(table.row(median))) }
            return median
        }
    }

    /// The counts that explain the times; except for memory they are the same on every machine.
    private static func writeCounts(_ results: [BenchmarkResult]) throws {
        func write(_ table: some BenchmarkTable<BenchmarkResult>) throws {
            try Console.write("\n" + table.line(table.header))
            for result in results { try Console.write(table.line(table.row(result))) }
        }
        try write(StepTable())
        try write(CountTable())
        try Console.write("")
    }

    /// The output of `--json`.
    private struct Results: Encodable {
        let machine: Machine
        let simulation: [BenchmarkResult]
        let files: [FileBenchmarkResult]
    }

    /// The selected benchmarks.
    private struct Chosen {
        var simulation: [Benchmark] = []
        var files: [FileBenchmark] = []

        /// Former names, which scripts may use.
        private static let formerNames = [
            "walk-32": "step-32", "walk-decode": "step-decode",
            "walk-decode-256": "step-decode-256",
        ]

        init(_ names: [String]) throws {
            if names.isEmpty {
                simulation = Benchmark.all.filter { !$0.isLong }
                files = FileBenchmark.all
            }
            for given in names {
                let name = Self.formerNames[given] ?? given
                if let known = Benchmark.all.first(where: { $0.name == name }) {
                    simulation.append(known)
                } else if let known = FileBenchmark.all.first(where: { $0.name == name }) {
                    files.append(known)
                } else {
                    let all = Benchmark.all.map(\.name) + FileBenchmark.all.map(\.name)
                    throw InputError(
                        "bench", "\"\(name)\" is not a benchmark", word: name, among: all)
                }
            }
        }
    }
}

/// Lines of a benchmark table, printed as results arrive.
private protocol BenchmarkTable<Result> {
    associatedtype Result
    var widths: [Int] { get }
    var header: [String] { get }
    func row(_ result: Result) -> [String]
    func cpuSeconds(_ result: Result) -> Double
}

extension BenchmarkTable {
    fileprivate func line(_ cells: [String]) -> String {
        var lines = [""]
        for (index, (cell, width)) in zip(cells, widths).enumerated() {
            let padding = String(repeating: " ", count: max(0, width - cell.count))
            let text = index == 0 ? cell + padding : " " + padding + cell
            // Text that does not fit on a terminal line continues, indented, on the next.
            if lines[lines.count - 1].count + text.count > PageWidth.prose {
                lines.append("  ")
            }
            lines[lines.count - 1] += text
        }
        return lines.joined(separator: "\n")
    }
}

private struct SimulationTable: BenchmarkTable {
    let widths = [16, 10, 8, 7, 9, 8, 8, 7]
    let header = [
        "", "requests", "CPU s", "wall s", "req/CPU-s", "ns/token", "ns/step", "peak MB",
    ]

    func row(_ result: BenchmarkResult) -> [String] {
        [
            result.name, Quantity.count(result.requests),
            Quantity.significant(result.cpuSeconds), Quantity.significant(result.wallSeconds),
            Quantity.count(Int(result.requestsPerCpuSecond)),
            Quantity.significant(result.nanosecondsPerOutputToken),
            Quantity.significant(result.nanosecondsPerStep),
            Quantity.decimal(result.peakMegabytes, 0),
        ]
    }

    func cpuSeconds(_ result: BenchmarkResult) -> Double { result.cpuSeconds }
}

/// What the times are for.
private struct StepTable: BenchmarkTable {
    let widths = [16, 14, 13, 13]
    let header = ["", "output tokens", "steps", "executed"]

    func row(_ result: BenchmarkResult) -> [String] {
        [
            result.name, Quantity.count(result.outputTokens), Quantity.count(result.steps),
            Quantity.count(result.executedSteps),
        ]
    }

    func cpuSeconds(_ result: BenchmarkResult) -> Double { result.cpuSeconds }
}

/// Deterministic counts per request.
private struct CountTable: BenchmarkTable {
    let widths = [16, 9, 8, 7, 9, 7, 7, 7]
    let header = [
        "per request", "forwarded", "executed", "events", "queue ops", "probes", "spans", "allocs",
    ]

    func row(_ result: BenchmarkResult) -> [String] {
        let counts = [
            result.strodeSteps, result.executedSteps, result.events, result.queueOperations,
            result.hashProbes, result.blockStretches, result.allocations,
        ]
        let requests = Double(max(1, result.requests))
        return [result.name] + counts.map { Quantity.significant(Double($0) / requests) }
    }

    func cpuSeconds(_ result: BenchmarkResult) -> Double { result.cpuSeconds }
}

private struct FileTable: BenchmarkTable {
    let widths = [13, 11, 9, 9, 9, 9, 10]
    let header = ["", "requests", "MB", "CPU s", "wall s", "MB/CPU-s", "ns/request"]

    func row(_ result: FileBenchmarkResult) -> [String] {
        [
            result.name, Quantity.count(result.requests),
            Quantity.decimal(Double(result.bytes) / 1e6, 0),
            Quantity.significant(result.cpuSeconds), Quantity.significant(result.wallSeconds),
            Quantity.count(Int(result.megabytesPerCpuSecond)),
            Quantity.significant(result.nanosecondsPerRequest),
        ]
    }

    func cpuSeconds(_ result: FileBenchmarkResult) -> Double { result.cpuSeconds }
}
