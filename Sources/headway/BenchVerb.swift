import Basics
import Experiments
import Foundation
import Reports

extension Verb {
    /// `headway bench [NAME...]`
    static let bench = Verb(
        "bench",
        summary: "Measure the simulator's own speed, with the counts that explain it.",
        operands: "[NAME...]", operandCount: 0...100,
        details: """
            Without operands it runs every benchmark but the long ones. Times belong to this
            machine; steps, evictions and digests are the same everywhere. The benchmarks are
            \(Benchmark.all.map { $0.name + " (" + $0.meaning + ")" }.joined(separator: ",\n"))
            """,
        flags: [
            Flag("--repeat", "N", "Run each so many times and show the median by CPU time."),
            .json,
        ]
    ) { arguments in
        let repeats = try arguments.integer("--repeat", atLeast: 1) ?? 1
        let chosen = try benchmarks(arguments.operands)
        let table = BenchmarkTable()
        if !arguments.has("--json") { try Console.write(table.header) }
        var results: [BenchmarkResult] = []
        for benchmark in chosen {
            let runs = try (0..<repeats).map { _ in try benchmark.run() }
                .sorted { $0.cpuSeconds < $1.cpuSeconds }
            results.append(runs[runs.count / 2])
            if !arguments.has("--json") { try Console.write(table.row(runs[runs.count / 2])) }
        }
        if arguments.has("--json") { try Console.writeJSON(results) }
        return 0
    }

    private static func benchmarks(_ names: [String]) throws -> [Benchmark] {
        if names.isEmpty { return Benchmark.all.filter { !$0.isLong } }
        return try names.map { name in
            if let known = Benchmark.all.first(where: { $0.name == name }) { return known }
            let all = Benchmark.all.map(\.name)
            throw InputError(
                "bench", "\"\(name)\" is not a benchmark",
                expected: nearest(to: name, among: all) ?? all.joined(separator: ", "))
        }
    }
}

/// Lines of the benchmark table, printed one by one as results come in.
private struct BenchmarkTable {
    private static let widths = [12, 11, 13, 11, 12, 9, 9, 13, 9, 9]

    var header: String {
        line([
            "", "requests", "tokens", "steps", "executed", "CPU s", "wall s", "req/CPU-s",
            "ns/token", "ns/step",
        ])
    }

    func row(_ result: BenchmarkResult) -> String {
        line([
            result.name, Quantity.count(result.requests), Quantity.count(result.outputTokens),
            Quantity.count(result.steps), Quantity.count(result.executedSteps),
            Quantity.significant(result.cpuSeconds), Quantity.significant(result.wallSeconds),
            Quantity.count(Int(result.requestsPerCpuSecond)),
            Quantity.significant(result.nanosecondsPerOutputToken),
            Quantity.significant(result.nanosecondsPerStep),
        ])
    }

    private func line(_ cells: [String]) -> String {
        zip(cells, Self.widths).enumerated().map { index, cell in
            let padding = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
            return index == 0 ? cell.0 + padding : padding + cell.0
        }.joined(separator: " ")
    }
}
