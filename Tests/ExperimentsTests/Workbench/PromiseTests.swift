import Basics
import Foundation
import Results
import Scenario
import Simulator
import TestSupport
import Testing

@testable import Experiments

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
        // Another promise takes none away.
        let both = try #require(try trial("ttft_ms=1,ttft_p99_ms=1e9").verdict)
        #expect(both.lines.map(\.requirement.name) == ["ttft_p99_ms", "goodput"])
        #expect(both.lines.map(\.isMet) == [true, false] && both.assumesGoodput && !both.isMet)
    }

    @Test("a share of good requests is one of all, aborted ones among them")
    func aborted() throws {
        let rows = (0..<20).map { row in
            "{\"arrival_us\":\(row * 1_000_000),\"output_tokens\":50,\"prompt_tokens\":30"
                + (row < 5 ? ",\"abort_us\":\(row * 1_000_000 + 50_000)" : "") + "}\n"
        }
        let scratch = try Scratch()
        let trace = try scratch.write(rows.joined(), "aborts.jsonl")
        var configuration = try Configuration.read(
            file: nil, changes: ["trace.file=\(trace)", "cluster.replicas=1"])
        configuration.slo = try .init(short: "ttft_ms=1e6,goodput=0.8,ttft_p99_ms=1e6")
        let trial = try Trial(configuration, traces: TraceStore(), keepsRecords: true)
        #expect(trial.summary.counters.aborted == 5 && trial.summary.goodRequests == 15)
        let lines = try #require(trial.verdict).lines
        // They have no latency that could be late.
        #expect(lines.map(\.isMet) == [true, false] && lines[1].value == 0.75)
        var watch = TuneWatch(
            [ServiceRequirement(.goodput, limit: 0.9)], plan: trial.resolved.plan,
            limits: trial.limits, requests: 20)
        #expect(throws: TuneWatch.Refuted.self) {
            for record in trial.records { try watch.add(record) }
        }
    }

    @Test("limits of which a class has a share are assumed for the other requests")
    func otherClasses() throws {
        var configuration = try Configuration.read(
            file: nil,
            changes: [
                "trace.limit=150", "output.by=prompt", "output.prompt_buckets=1000",
                "slo.ttft_ms=1e9", "slo.tpot_ms=null",
            ])
        try configuration.apply(
            change: "slo.classes={\"1000 or more\": {ttft_ms: 0, goodput: 0}}")
        let verdict = try #require(
            try Trial(configuration, traces: TraceStore()).verdict)
        let others = try #require(verdict.lines.first { $0.requirement.isAssumed })
        #expect(others.requirement.excepted == ["1000 or more"])
        #expect(others.value == 1 && verdict.isMet)
    }

    @Test("a class is held to its own limits, and to the general ones that it does not give")
    func classes() throws {
        var configuration = try Configuration.read(
            file: nil,
            changes: [
                "trace.limit=150", "output.by=prompt", "output.prompt_buckets=1000",
                "slo.ttft_ms=1", "slo.tpot_ms=null",
            ])
        try configuration.apply(
            change: "slo.classes={\"1000 or more\": {ttft_ms: 1e9, goodput: 1}, "
                + "\"below 1000\": {goodput: 0.5}}")
        let trial = try Trial(configuration, traces: TraceStore())
        let names = trial.summary.classes.flatMap(\.classes).map(\.name)
        let lines = try #require(trial.verdict).lines
        let long = trial.summary.classes.flatMap(\.classes).first { $0.name == "1000 or more" }
        #expect(trial.summary.goodRequests == long?.counters.requests)
        #expect(names.contains("1000 or more") && names.contains("below 1000"))
        let own = lines.first { $0.requirement.className == "1000 or more" }
        #expect(own?.value == 1 && own?.isMet == true)
        let heir = lines.first { $0.requirement.className == "below 1000" }
        #expect(heir?.value == 0 && heir?.isMet == false)
    }

    @Test("a class that no request is of is refused, whole or cut early")
    func unknownClass() throws {
        for (by, name, known) in [
            ("priority", "9", "one of 0"), ("tenant", "glod", "gold, free"),
            ("prompt", "nobody", "below 256"), ("session", "chat", "no classes by session"),
        ] {
            let rows = ["gold", "free"].enumerated().map { place, tenant in
                "{\"arrival_us\":\(place),\"output_tokens\":5,\"prompt_tokens\":30,"
                    + "\"tenant\":\"\(tenant)\"}\n"
            }
            let scratch = try Scratch()
            let trace = try scratch.write(rows.joined(), "two.jsonl")
            let configuration = try Configuration.read(
                file: nil,
                changes: [
                    "trace.file=\(trace)", "output.by=\(by)",
                    "slo.classes={\"\(name)\": {ttft_ms: {p99: 1e9}}}",
                ])
            let error = #expect(throws: InputError.self) {
                _ = try Trial(configuration, traces: TraceStore())
            }
            #expect(error?.place == "slo.classes.\(name)")
            let words = error?.description ?? ""
            for part in known.split(separator: ", ") { #expect(words.contains(part), "\(words)") }
        }
        // The beginning of a trace may hold none of a class that the whole has.
        var part = try Configuration.read(
            file: nil, changes: ["trace.limit=150", "output.by=prompt"])
        let whole = try Trial(part, traces: TraceStore())
        let last = try #require(whole.summary.classes.flatMap(\.classes).last?.name)
        try part.apply(change: "slo.classes={\"\(last)\": {ttft_ms: {p99: 0}}}")
        #expect(try Trial(part, traces: TraceStore()).verdict?.isMet == false)
        let first = try Trial(part, traces: TraceStore(), share: 0.001)
        #expect(first.verdict?.isMet == true && first.verdict?.lines.first?.value == nil)
    }

    @Test("a promised share keeps the configuration's limits, or there must be some")
    func keptLimits() throws {
        var own = Configuration()
        let said = try #require(try own.promise("goodput=0.9"))
        #expect(said.contains("TTFT at most 450 ms and TPOT at most 40 ms"))
        #expect(own.slo.limits.timeToFirstToken.each == 450 && own.slo.limits.goodput == 0.9)
        var named = Configuration()
        #expect(try named.promise("goodput=0.9,ttft_ms=60") == nil)
        #expect(named.slo.limits.timePerOutputToken.each == nil)
        var figures = Configuration()
        #expect(try figures.promise("ttft_p99_ms=500") == nil)
        #expect(!figures.slo.limits.limitsRequests)
        var none = try Configuration.read(
            file: nil, changes: ["slo.ttft_ms=null", "slo.tpot_ms={p99: 40}"])
        #expect(try none.promise("goodput=0.9") == nil)
        let error = #expect(throws: InputError.self) { _ = try none.resolved() }
        #expect(error?.place == "slo.goodput")
        try none.apply(change: "slo.goodput=null")
        _ = try none.resolved()
        none.output.by = .priority
        try none.apply(change: "slo.classes={\"0\": {goodput: 1}}")
        let promised = #expect(throws: InputError.self) { _ = try none.resolved() }
        #expect(promised?.place == "slo.classes.0.goodput")
        try none.apply(change: "slo.classes={\"0\": {goodput: 1, e2e_ms: 9000}}")
        _ = try none.resolved()
    }

    @Test("a space's promises keep the base's limits of single requests")
    func keptLimitsOfSpace() throws {
        let scratch = try Scratch()
        func space(_ base: String, _ slo: String) throws -> ConfigurationSpace {
            let file = try scratch.write(
                "{ base: {slo: {\(base)}}, keys: {\"cluster.replicas\": [1, 2]}, slo: {\(slo)} }",
                "space-\(UUID().uuidString).json5")
            return try ConfigurationSpace(file: file)
        }
        let kept = try space("ttft_ms: 300, tpot_ms: 40", "goodput: 0.99")
        #expect(kept.keptLimits?.contains("TTFT at most 300 ms") == true)
        #expect(kept.base.slo.limits.timeToFirstToken.each == 300)
        #expect(try space("ttft_ms: 300", "goodput: 0.9, e2e_ms: 9").keptLimits == nil)
        #expect(throws: InputError.self) {
            _ = try space("ttft_ms: null, tpot_ms: null", "goodput: 0.9")
        }
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

    @Test("means have intervals in steady runs alone, none of them below 0")
    func intervals() throws {
        for (changes, why) in [
            (["trace.limit=100"], "fewer than 200 requests finished"),
            (["trace.limit=400", "cluster.replicas=1"], "the load is not steady"),
        ] {
            let configuration = try Configuration.read(file: nil, changes: changes)
            let summary = try Trial(configuration, traces: TraceStore()).summary
            #expect(summary.intervals.isEmpty && summary.intervalsProblem == why)
        }
        let calm = try Configuration.read(
            file: nil,
            changes: [
                "step_time.kind=linear", "step_time.fixed_us=5000", "step_time.per_token_us=0",
                "trace.limit=1500", "trace.random_input_len=20", "trace.random_output_len=2",
                "trace.request_rate=5", "engine.num_gpu_blocks=1000", "cluster.replicas=1",
            ])
        let summary = try Trial(calm, traces: TraceStore()).summary
        #expect(summary.intervalsProblem == nil && summary.intervals.count == 4)
        for (key, interval) in summary.intervals {
            #expect(interval.low >= 0 && interval.low <= interval.mean, "\(key)")
        }
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
