import Basics
import Experiments
import Foundation
import Results
import Scenario
import Simulator
import TestSupport
import Testing

@Suite("Whether a run held what was promised")
struct PromiseTests {
    private func trial(_ slo: String, _ changes: String...) throws -> Trial {
        var configuration = try Configuration.read(
            file: nil, changes: ["trace.limit=150", "cluster.replicas=1"] + changes)
        configuration.slo = try .init(short: slo)
        return try Trial(configuration, traces: TraceStore(), keepsRecords: true)
    }

    /// NumPy's linear percentile, written down again.
    private func percentile(_ values: [Double], _ percent: Double) -> Double {
        let sorted = values.sorted()
        let rank = percent / 100 * Double(sorted.count - 1)
        let below = Int(rank)
        guard below + 1 < sorted.count else { return sorted[below] }
        return sorted[below] + (rank - Double(below)) * (sorted[below + 1] - sorted[below])
    }

    @Test("percentiles and shares are those of the requests themselves")
    func values() throws {
        let trial = try trial(
            "ttft_p97.5_ms=1,e2e_mean_ms=1e9,tpot_max_ms=1e9,goodput=0.5,ttft_ms=60")
        let lines = try #require(trial.verdict).lines
        let first = trial.records.map { Double($0.firstToken - $0.arrival) / 1e9 }
        let whole = trial.records.map { Double($0.finish - $0.arrival) / 1e9 }
        let perToken = trial.records.compactMap { $0.timePerOutputToken.map { Double($0) / 1e9 } }
        let wanted = [
            "ttft_p97.5_ms": percentile(first, 97.5), "tpot_max_ms": perToken.max()!,
            "e2e_mean_ms": whole.reduce(0, +) / Double(whole.count),
            "goodput": Double(first.count { $0 <= 60 }) / Double(first.count),
        ]
        #expect(Set(lines.map(\.requirement.name)) == Set(wanted.keys))
        for line in lines {
            let value = try #require(line.value)
            #expect(abs(value - wanted[line.requirement.name]!) < 1e-6 * max(1, value))
        }
        #expect(lines.map(\.isMet) == [false, true, true, wanted["goodput"]! >= 0.5])
        #expect(trial.verdict?.isMet == false)
        #expect(trial.verdict?.worst?.requirement.name == "ttft_p97.5_ms")
    }

    @Test("requests that were never served stand behind all others")
    func neverServed() throws {
        let trial = try trial(
            "ttft_p50_ms=1e9,ttft_p99_ms=1e9,ttft_mean_ms=1e9", "engine.max_model_len=1500")
        let rejected = trial.summary.counters.rejected
        #expect(rejected > 2 && rejected < 75)
        let lines = try #require(trial.verdict).lines
        let values = lines.map(\.value)
        #expect(values[0] == .infinity && values[2] == .infinity)
        let finished = trial.records.filter { $0.outcome == .finished }
            .map { Double($0.firstToken - $0.arrival) / 1e9 }
        // The same percentile with values without end in their places.
        let all = finished + [Double](repeating: 1e300, count: rejected)
        #expect(abs(try #require(values[1]) - percentile(all, 50)) < 1e-6)
        #expect(lines.map(\.isMet) == [false, true, false])
    }

    @Test("limits of each request alone promise 99 % of them, and say so")
    func assumed() throws {
        let verdict = try #require(try trial("ttft_ms=60").verdict)
        #expect(verdict.assumesGoodput)
        #expect(verdict.lines.map(\.requirement.name) == ["goodput"])
        #expect(verdict.lines[0].requirement.limit == ServiceVerdict.assumedGoodput)
        #expect(try trial("tpot_p95_ms=30").verdict?.assumesGoodput == false)
    }

    @Test("a class is held to its own limits")
    func classes() throws {
        var configuration = try Configuration.read(
            file: nil,
            changes: [
                "trace.limit=150", "output.by=prompt", "output.prompt_buckets=1000",
                "slo.ttft_ms=1", "slo.tpot_ms=null",
            ])
        try configuration.apply(
            change: "slo.classes={\"1000 or more\": {ttft_ms: 1e9, goodput: 1}, "
                + "\"nobody\": {goodput: 0}}")
        let trial = try Trial(configuration, traces: TraceStore())
        let names = trial.summary.classes.flatMap(\.classes).map(\.name)
        let lines = try #require(trial.verdict).lines
        #expect(trial.summary.goodRequests == 0)
        let own = lines.first { $0.requirement.className != "nobody" }
        if names.contains("1000 or more") {
            #expect(own?.value == 1 && own?.isMet == true)
        } else {
            Issue.record("classes are called \(names)")
        }
        let nobody = lines.first { $0.requirement.className == "nobody" }
        #expect(nobody?.isMet == false && nobody?.value == nil)
    }

    @Test(
        "the short form is refused where it is none",
        arguments: [
            "", "ttft", "ttft_p99_ms", "ttft_p99_ms=", "ttft_p99_ms=-1", "ttft_p99_ms=nan",
            "ttft_p99_s=3", "goodput=2", "ttft_p99_ms=1,ttft_p99_ms=2", "ttft_p101_ms=3", "_ms=3",
            "ttft__ms=3", "ttft_p99_ms=5,", "ttft_p99_ms=5;tpot_ms=3", "e2el_p99_ms=3",
        ])
    func shortForm(_ text: String) {
        let error = #expect(throws: InputError.self) {
            _ = try Configuration.ObjectiveSection(short: text)
        }
        #expect(error?.place == "--slo")
    }

    @Test("a trial has the digest and the figures of a run, and a share of it its beginning")
    func sameAsRun() throws {
        let configuration = try Configuration.read(file: nil, changes: ["trace.limit=120"])
        let traces = TraceStore()
        let trial = try Trial(configuration, traces: traces)
        let resolved = try configuration.resolved()
        let result = try simulate(
            resolved.plan, source: try configuration.openTrace().source)
        #expect(trial.summary.digest == result.digest)
        #expect(trial.gpus == 8)
        #expect(trial.figures["completed"] == .number(120))
        #expect(trial.figures["overloaded"] == .truth(false))
        let half = try Trial(configuration, traces: traces, share: 0.5)
        #expect(half.figures["completed"] == .number(60))
        #expect(half.workload == trial.workload)
    }
}
