import Basics
import Reports
import Scenario
import TestSupport
import Testing

@testable import Experiments

/// What chance alone moves: runs whose step times differ by a millionth.
@Suite("Nearby runs")
struct NearbyRunsTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func busy(_ changes: [String] = []) throws -> Configuration {
        try Configuration.read(
            file: nil,
            changes: [
                "hardware.gpus_per_node=4", "cluster.replicas=4", "trace.rate_scale=1.3",
                "trace.limit=1500",
            ] + changes)
    }

    @Test("the error of one difference is the root of both sides' variances")
    func spread() throws {
        let first = [10.0, 12, 14]
        let both = try #require(Estimate(spreadOf: first, and: [20, 21, 22, 23]))
        // Variances 4 and 5/3; Satterthwaite's degrees of freedom.
        #expect(abs(both.error - (4 + 5.0 / 3).squareRoot()) < 1e-12)
        let freedom = (4 + 5.0 / 3) * (4 + 5.0 / 3) / (4 * 4 / 2 + 25.0 / 9 / 3)
        #expect(abs(both.freedom - freedom) < 1e-12 && both.value == 0)
        let one = try #require(Estimate(spreadOf: first, and: [7]))
        #expect(abs(one.error - 8.0.squareRoot()) < 1e-12 && one.freedom == 2)
        #expect(Estimate(spreadOf: [1], and: [2]) == nil)
        #expect(try #require(Estimate(spreadOf: [3, 3], and: [4, 4])).error == 0)
        var narrow = Estimate(value: 1, error: 0.1, freedom: 20)
        narrow.widen(to: both)
        #expect(narrow.value == 1 && narrow.error == both.error)
        var wide = Estimate(value: 1, error: 50, freedom: 20)
        wide.widen(to: both)
        #expect(wide.error == 50)
    }

    @Test("a change of a millionth under a router is chance, which blocks alone do not show")
    func chance() throws {
        let before = try ComparedRun.run(busy(), name: "before")
        let after = try ComparedRun.run(busy(["step_time.scale=1.000007"]), name: "after")
        let blocks = try Comparison(before, after)
        let comparison = try Ranking(before, [after]).entries[0].comparison
        #expect(comparison.before.nearby.count == 3 && comparison.after.nearby.count == 3)
        #expect(comparison.before.nearby.allSatisfy { $0 != before.requests })
        var wider = 0
        for row in comparison.rows {
            guard let own = blocks.row(row.metric)?.interval, let interval = row.interval
            else { continue }
            let (old, new) = (
                own.upperBound - own.lowerBound, interval.upperBound - interval.lowerBound
            )
            #expect(new >= old - 1e-12, "\(row.metric)")
            wider += new > old * 1.001 ? 1 : 0
        }
        #expect(wider > 0)
        #expect(comparison.rows.allSatisfy { $0.isBetter == nil })
    }

    @Test("a folder's run is made again where that gives its digest, else the page says so")
    func folders() throws {
        let folder = try scratch.run("kept", ["step_time.scale=1.1"])
        var kept = try RunFolder.read(folder)
        kept.addNearbyRuns()
        #expect(kept.nearby.count == 3 && kept.nearbyProblem == nil)
        var foreign = try RunFolder.read(folder)
        foreign.digest = "0123456789abcdef"
        let ranking = try Ranking(ComparedRun.run(small(), name: "own"), [foreign])
        let text = ComparisonReport(ranking).text.split(separator: "\n").joined(separator: " ")
        #expect(text.contains("made again here, it has another digest, so its intervals"))
        #expect(ranking.entries[0].comparison.after.nearby.isEmpty)
    }
}
