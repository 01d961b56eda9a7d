import Basics
import Foundation
import Scenario
import Simulator
import TestSupport
import Testing

@testable import Experiments

@Suite("A study of capacity ends hopeless runs early")
struct EarlyEndTests {
    private func same(_ base: Configuration, _ over: CapacityAxis.Over, _ hint: Comment) throws
        -> (cut: Int, whole: Int)
    {
        let findings = try [true, false].map {
            try CapacityFinding(base, over: over, seeds: nil, endsEarly: $0)
        }
        #expect(findings[0].search.answers == findings[1].search.answers, hint)
        #expect(findings[0].search.edges == findings[1].search.edges, hint)
        #expect(findings[0].interval == findings[1].interval, hint)
        #expect(findings[0].ending == findings[1].ending, hint)
        #expect(findings[0].runner.count == findings[1].runner.count, hint)
        let studies = try findings.map { try CapacityStudy($0) }
        for (first, second) in zip(studies[0].points, studies[1].points) {
            #expect(first.runs.map(\.digest) == second.runs.map(\.digest), hint)
            #expect(first.runs.map(\.figures) == second.runs.map(\.figures), hint)
            #expect(first.runs.allSatisfy { !$0.isCut }, hint)
        }
        #expect(studies[0].points.map(\.x) == studies[1].points.map(\.x), hint)
        #expect(studies[0].pressures == studies[1].pressures, hint)
        return (findings[0].runner.cutRuns, findings[0].runner.count)
    }

    @Test("with the answers of whole runs")
    func answers() throws {
        let seed: UInt64 = 51
        var random = SeededRandom(seed: seed)
        var (cut, whole) = (0, 0)
        for trial in 0..<6 {
            var base = try small([
                "trace.limit=\(60 + random.below(120))", "cluster.replicas=\(1 + random.below(3))",
                "hardware.nodes=3",
                "trace.rate_scale=\(0.02 + 0.3 * random.uniform())",
            ])
            let slo = [
                "ttft_p95_ms=\(60 + random.below(600))", "goodput=0.9,e2e_ms=6000",
                "e2e_mean_ms=\(2_000 + random.below(4_000))", "ttft_max_ms=1",
                "tpot_p90_ms=\(20 + random.below(40)),ttft_p50_ms=200",
            ][random.below(5)]
            base.slo = try .init(short: slo)
            let over: CapacityAxis.Over = trial % 2 == 0 ? .rate : .replicas
            let counts = try same(base, over, "seed \(seed), trial \(trial): \(over) \(slo)")
            (cut, whole) = (cut + counts.cut, whole + counts.whole)
        }
        #expect(cut > whole / 10, "\(cut) of \(whole)")
    }

    @Test("stretches behind a warm-up among them")
    func recorded() throws {
        var base = try small(["trace.limit=700", "trace.rate_scale=0.5"])
        base.trace.file = packageRoot.appendingPathComponent("traces/chat.jsonl.gz").path
        base.slo = try .init(short: "ttft_p95_ms=600")
        let counts = try same(base, .rate, "recorded")
        #expect(counts.cut > 0)
    }

    @Test("draws the curve of the answer alone when it seeks GPUs")
    func layouts() throws {
        var base = try small(["trace.limit=300", "hardware.gpus_per_node=4"])
        base.slo = try .init(short: "ttft_p95_ms=600")
        let study = try CapacityStudy.leastGPUs(base, seeds: .count(2))
        #expect(study.layouts.count == 3 && study.ending == .found)
        let searches = try study.layouts.map { layout in
            var sized = base
            sized.engine.tensorParallelSize = layout.tensorParallel
            let finding = try CapacityFinding(
                sized.with(replicas: max(1, 1 / layout.tensorParallel)), over: .gpus,
                seeds: .count(2))
            #expect(finding.value == layout.gpus)
            return finding.runner.count
        }
        let curve = study.points.count * 2
        #expect(study.runs <= searches.reduce(0, +) + curve)
    }
}
