import Basics
import Foundation
import Testing

@testable import Experiments

@Suite("What a sweep's table says")
struct SweepAnalysisTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// A point's values, GPUs and figures by their columns; nil: it failed.
    private struct Row {
        var values: [String]
        var gpus = 1
        var figures: [String: Double]?
    }

    /// A table as a sweep writes it.
    private func table(
        _ keys: [String], _ rows: [Row], objective: String? = "gpus"
    ) throws -> SweepTable {
        // Earlier versions wrote neither objective nor steady.
        let isOld = objective == nil
        let names =
            SweepColumns.first + keys + ["seed"] + (isOld ? [] : ["objective"]) + ["gpus"]
            + SweepColumns.figures + ["warnings"] + (isOld ? [] : ["steady"]) + ["slo_met"]
            + SweepColumns.last
        var text = SweepColumns.line(names) + "\n"
        for (number, row) in rows.enumerated() {
            let figures = SweepColumns.figures.map { row.figures?[$0].map { String($0) } ?? "" }
            let state = row.figures == nil ? ["", "", "no room"] : ["w", "d", ""]
            let cells =
                ["0123456789abcdef", "\(rows.count)", "\(number)", "\(number)"] + row.values
                + ["0"] + (objective.map { [$0] } ?? [])
                + [row.figures == nil ? "" : String(row.gpus)] + figures + ["", ""]
                + (isOld ? [] : [""]) + state
            text += SweepColumns.sealed(SweepColumns.line(cells))
        }
        return try SweepTable(file: scratch.write(text, "table.csv"))
    }

    private func row(_ values: [Int], ttft: Double, failed: Bool = false) -> Row {
        Row(
            values: values.map(String.init),
            figures: failed ? nil : ["mean_ttft_ms": ttft, "output_throughput": 100])
    }

    @Test("a key's share of the variance and its largest change are those of the figures")
    func effects() throws {
        // TTFT = 10 a + b with a in 1, 2 and b in 0, 4: variance 25 + 4 around the mean.
        let rows = [1, 2].flatMap { a in
            [0, 4].map { b in row([a, b, 7], ttft: Double(10 * a + b)) }
        }
        let effects = try table(["x.a", "x.b", "x.c"], rows).effects
        #expect(effects.map(\.keys) == [["x.a"], ["x.b"], ["x.c"]])
        let (a, b, c) = (effects[0].changes[0], effects[1].changes[0], effects[2].changes[0])
        #expect(a.figure == "mean_ttft_ms" && a.lowest == 12 && a.highest == 22)
        #expect(abs(a.varianceShare! - 25.0 / 29) < 1e-12)
        #expect(abs(b.varianceShare! - 4.0 / 29) < 1e-12)
        #expect(a.largest == 1 && b.largest == 0.4 && c.largest == nil)
        #expect(effects.map(\.matters) == [true, true, nil])
        #expect(effects[0].changes.first { $0.figure == "output_throughput" }?.largest == 0)
        // A figure without a value at any point is none.
        #expect(!effects[0].changes.contains { $0.figure == "mean_tpot_ms" })
    }

    @Test("keys that vary together are one, and failed points shift no mean")
    func linked() throws {
        var rows: [Row] = []
        for (a, b) in [(1, 4), (2, 2), (4, 1)] {
            for c in [8, 16] {
                rows.append(row([a, b, c], ttft: Double(a), failed: a == 4 && c == 8))
            }
        }
        let table = try table(["x.a", "x.b", "x.c"], rows)
        #expect(table.failedPoints == 1 && table.failedRuns == 1)
        #expect(table.problems.map(\.text) == ["no room"])
        let effects = table.effects
        #expect(effects.map(\.keys) == [["x.a", "x.b"], ["x.c"]])
        #expect(effects[0].values == 3 && effects[0].changes[0].largest == 3)
        #expect(effects[1].changes[0].varianceShare == 0 && effects[1].matters == false)
        #expect(effects[0].changes[0].lowest == 1 && effects[0].changes[0].highest == 4)
    }

    @Test("a front holds what no other point beats", arguments: 0..<20)
    func fronts(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for (x, y) in [(1.0, 1.0), (-1.0, -1.0)] {
            let points = (0..<30).map { place in
                SweepFront.Member(
                    place: place, x: Double(random.next() % 7), y: Double(random.next() % 7))
            }
            let front = SweepFront(points, best: x, y).members
            let expected = points.filter { point in
                !points.contains { other in
                    let isNoWorse = other.x * x >= point.x * x && other.y * y >= point.y * y
                    let isSame = other.x == point.x && other.y == point.y
                    return isNoWorse && (!isSame || other.place < point.place)
                }
            }
            #expect(front == expected.sorted { $0.x < $1.x }, "seed \(seed)")
        }
    }

    @Test("points are ranked by the goal, those without figures last")
    func ranks() throws {
        let rows = [(4, 10.0, 100.0), (2, 30, 90), (2, 20, 80), (8, 5, 400)].map {
            Row(
                values: [], gpus: $0,
                figures: ["mean_e2el_ms": $1, "output_throughput": $2, "mean_tpot_ms": 5])
        }
        let table = try table([], rows + [Row(values: [], figures: nil)])
        #expect(table.ranked(by: .gpus) == [2, 1, 0, 3])
        #expect(table.ranked(by: .latency) == [3, 0, 2, 1])
        #expect(table.ranked(by: .throughput) == [3, 0, 1, 2])
        #expect(table.ranked(by: .cost) == [3, 1, 2, 0])
        #expect(table.figures.last!.prefix(4) == [25, 45, 40, 50])
        #expect(table.throughputFront.members.map(\.place) == [3])
        #expect(table.isWhole && table.runsOfSpace == 5)
    }

    @Test("the objective is the table's own; an earlier version's has none")
    func objective() throws {
        let rows = [Row(values: [], figures: ["mean_e2el_ms": 3])]
        for goal in ConfigurationSpace.Goal.allCases {
            #expect(try table([], rows, objective: goal.rawValue).goal == goal)
        }
        let old = try table([], rows, objective: nil)
        #expect(old.goal == nil && old.isSteady == [nil])
        #expect(throws: InputError.self) { try table([], rows, objective: "speed") }
    }

    @Test("what is no table of a sweep is refused")
    func refusals() throws {
        let header = SweepColumns.line(SweepColumns.first + ["seed"]) + "\n"
        for text in ["", "a,b\n1,2\n", header, "space,runs,run,point\n"] {
            let file = try scratch.write(text, "bad.csv")
            #expect(throws: InputError.self) { try SweepTable(file: file) }
        }
    }
}
