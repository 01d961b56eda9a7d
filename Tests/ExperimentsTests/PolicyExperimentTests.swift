import Basics
import ExamplePolicies
import Foundation
import Reports
import Scenario
import Simulator
import TestSupport
import Testing

@testable import Experiments

@Suite("Gating, comparing and diffing a policy of one's own")
struct PolicyExperimentTests {
    private let passOver = PolicyExperiment(PassOver(reach: 3, patience: 4), name: "pass over")

    /// A queue in which the order matters.
    private static let crowded = [
        "cluster.replicas=1", "trace.limit=90", "engine.num_gpu_blocks=1300",
        "engine.max_model_len=20000",
    ]

    private func configuration(_ changes: [String] = []) throws -> Configuration {
        try Configuration.read(file: nil, changes: Self.crowded + changes)
    }

    private func suite(_ metrics: String, config: String = "") throws -> GateSuite {
        let folder = try ScratchFolder()
        let text = """
            { seeds: 3, cases: [{ name: "queue", metrics: \(metrics), config: {
              cluster: { replicas: 1 }, trace: { limit: 90 },
              engine: { num_gpu_blocks: 1300, max_model_len: 20000 \(config) } } }] }
            """
        return try GateSuite.read(folder.write("suite.json5", Data(text.utf8)))
    }

    @Test("a policy that is the configured one passes exactly, and nothing differs")
    func same() throws {
        let own = PolicyExperiment(FirstComeFirstServed(), name: "own")
        let result = try own.gate(suite("{ digest: \"exact\" }"), exactly: true)
        #expect(result.status == .pass && result.exitStatus == 0 && result.seeds == 3)
        #expect(result.text.contains("suite: pass, 1 check over 3 seeds."))
        let ranking = try own.compare(configuration())
        #expect(ranking.entries.count == 1 && ranking.entries[0].verdict.outcome == .identical)
        #expect(ranking.baseline.name == "fcfs")
        #expect(try !own.diff(configuration()).isDifferent)
    }

    @Test("figures are those of runs made by hand, and costs say whom a regression hits")
    func figures() throws {
        let result = try passOver.gate(
            suite("{ mean_ttft_ms: { relative: 0.0 }, digest: \"exact\" }"))
        #expect(result.exitStatus == 1)
        #expect(result.findings.contains { $0.metric == "digest" && $0.status == .regression })
        #expect(result.costs.map(\.after.name) == ["queue"])
        #expect(!result.findings.contains { $0.note.contains("--bless") })

        let ranking = try passOver.compare(configuration())
        let difference = try passOver.diff(configuration(), keeping: 3)
        var plan = try configuration().resolved().plan
        let before = try simulate(plan, source: configuration().openTrace().source)
        plan.policy = passOver.policy
        let after = try simulate(plan, source: configuration().openTrace().source)
        #expect(before.digest != after.digest)
        let comparison = ranking.entries[0].comparison
        #expect(comparison.before.digest == before.digest)
        #expect(comparison.after.digest == after.digest && comparison.after.name == "pass over")
        #expect(difference.isDifferent && difference.affected.count == 3)
        #expect(difference.stepsBefore > 0 && difference.parting != nil)
        #expect(ComparisonReport(ranking).text.hasPrefix("pass over is worse: p99 E2E"))
        #expect(difference.text.hasPrefix("The schedules part at step "))
    }

    @Test("a measured baseline serves several policies, and one policy another")
    func shared() throws {
        let suite = try suite("{ mean_e2el_ms: { relative: 0.9 }, digest: \"exact\" }")
        let baseline = try PolicyExperiment.baseline(of: suite)
        #expect(baseline.costs?.map(\.name) == ["queue"])
        let direct = try passOver.gate(suite)
        let held = try passOver.gate(suite, against: baseline)
        #expect(direct.text == held.text)
        let own = try PolicyExperiment.baseline(of: suite, under: passOver)
        #expect(try passOver.gate(suite, against: own).status == .pass)
        let short = PolicyExperiment(ShortRequestsFirst(threshold: 500), name: "short")
        let ranking = try PolicyExperiment.rank([short, passOver], over: configuration())
        #expect(ranking.entries.count == 2 && ranking.entries.allSatisfy { $0.adjustedP != nil })
        #expect(
            try short.compare(configuration(), to: short).entries[0].verdict.outcome == .identical)
        #expect(try short.diff(configuration(), from: passOver).before == "pass over")
    }

    @Test("a program that schedules, versions and no policies are refused")
    func refused() throws {
        let program = try configuration(["engine.scheduler=exec:false"])
        #expect(throws: InputError.self) { try passOver.compare(program) }
        #expect(throws: InputError.self) { try passOver.diff(program) }
        #expect(throws: InputError.self) {
            try passOver.gate(suite("{ digest: \"exact\" }", config: ", scheduler: \"exec:false\""))
        }
        var versions = try suite("{ digest: \"exact\" }")
        versions.versions = try VersionPair("0.29.0,0.33.0", place: "versions")
        #expect(throws: InputError.self) { try passOver.gate(versions) }
        #expect(throws: InputError.self) {
            try PolicyExperiment.rank([], over: configuration())
        }
    }
}
