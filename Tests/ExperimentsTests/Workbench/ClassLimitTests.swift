import Basics
import Reports
import Results
import Scenario
import Testing
import Traces

@testable import Experiments
@testable import Simulator

@Suite("Limits of classes in the figures of the whole run")
struct ClassLimitTests {
    private static let base = [
        "trace.limit=120", "cluster.replicas=1", "output.by=prompt", "output.prompt_buckets=900",
        "slo.tpot_ms=1000000",
    ]

    private func trial(_ changes: String...) throws -> Trial {
        let configuration = try Configuration.read(file: nil, changes: Self.base + changes)
        return try Trial(configuration, traces: TraceStore(), keepsRecords: true)
    }

    private func milliseconds(_ record: RequestRecord) -> Double {
        Double(record.firstToken - record.arrival) / 1e9
    }

    @Test("a request is good by the limits of its class, and the run's figure is the sum")
    func sums() throws {
        let all = try trial("slo.ttft_ms=1000000")
        #expect(all.summary.goodRequests == 120)
        let small = all.records.filter { $0.promptTokens < 900 }.map(milliseconds).sorted()
        let limit = small[small.count / 2]
        let own = "slo.classes={\"below 900\": {ttft_ms: \(limit)}}"
        let trial = try trial("slo.ttft_ms=1000000", own)
        let good = trial.records.count { $0.promptTokens >= 900 || milliseconds($0) <= limit }
        #expect(good < 120 && trial.summary.goodRequests == good)
        let classes = trial.summary.classes.filter(\.isWanted).flatMap(\.classes)
        #expect(classes.map(\.goodRequests).reduce(0, +) == good)
        #expect(trial.figures["good_requests"] == .number(Double(good)))
        let verdict = try #require(trial.verdict)
        #expect(verdict.lines.map(\.value) == [Double(good) / 120])
        // Priorities, by which the classes are not told apart, are judged the same.
        let other = trial.summary.classes.filter { !$0.isWanted }.flatMap(\.classes)
        #expect(other.allSatisfy { $0.goodRequests <= good })
        let slo = trial.resolved.configuration.slo
        #expect(slo.description.hasSuffix("ms and TPOT at most 1000000 ms (below 900)"))
        let page = RunReport.text(
            trial.summary, result: RunResult(), objective: slo.description, slo: slo)
        let worst = Quantity.percent(small[small.count - 1] / limit)
        #expect(page.contains("(\(worst), below 900), TPOT"), "\(page)")
        // A study that stops hopeless runs counts in the same way.
        let plan = trial.resolved.plan
        var watch = TuneWatch(
            [ServiceRequirement(.goodput, limit: 1)], plan: plan, limits: trial.limits,
            requests: 120)
        #expect(throws: TuneWatch.Refuted.self) {
            for record in trial.records { try watch.add(record) }
        }
        let stages = StageClasses(plan.objective, trial.limits)
        for var record in trial.records {
            record.stage = 0
            stages.add(record)
        }
        let run = StageRun(stage: .init(.rate(1), .requests(120)), begin: 0, sent: 120)
        #expect(stages.classes(of: [run]).map(\.goodRequests) == [good])
    }

    @Test("limits of classes alone make a promise of 99 % of requests, too")
    func alone() throws {
        let slo = "slo.classes={\"below 900\": {ttft_ms: 1}}"
        let trial = try trial("slo.ttft_ms=null", "slo.tpot_ms=null", slo)
        #expect(trial.verdict?.assumesGoodput == true && trial.verdict?.isMet == false)
        _ = try self.trial("slo.ttft_ms=null", "slo.tpot_ms=null", "slo.goodput=0.1", slo)
    }
}
