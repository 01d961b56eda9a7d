import Basics
import Scenario
import Simulator

/// Tests your own scheduling policy as `headway gate`, `compare` and `diff` do.
///
///     let experiment = PolicyExperiment(PassOver(), name: "pass-over")
///     let result = try experiment.gate(.read("gate.json5"))
///     print(result.text)  // with `import Reports`
///     exit(result.exitStatus)
///
/// Every function runs the same requests twice: under this policy, and under another one or the
/// configured one (`engine.scheduling_policy`). It returns the value that the verb prints. Module
/// `Reports` turns it into the verb's page (`text`); it encodes to the verb's JSON.
///
/// All throw `InputError` for a configuration that cannot run, and for one with an external
/// scheduler (`engine.scheduler`), which would decide in the policy's place.
public struct PolicyExperiment: Sendable {
    /// The policy's name in reports.
    public var name: String
    public var policy: any SchedulingPolicy

    /// A policy and its name in reports.
    public init(_ policy: any SchedulingPolicy, name: String) {
        (self.policy, self.name) = (policy, name)
    }

    /// Gates the policy as `headway gate` does: pass, regression, or not enough evidence.
    /// `baseline`: nil runs the suite's cases as configured. `exactly`: requires every run to have
    /// the baseline's digest.
    ///
    /// For a case that does not pass, the result shows its requests' latencies before and now, by
    /// prompt length. O(cases × seeds) runs, on all cores, and the same again without a baseline.
    public func gate(
        _ suite: GateSuite, against baseline: GateBaseline? = nil, exactly: Bool = false
    ) throws -> GateResult {
        let suite = try deciding(suite)
        if let baseline {
            let judgement = try GateJudgement(suite, baseline)
            return try judgement.explained(judgement.judge(suite.measure(), exactly: exactly))
        }
        var measured = try Self.baseline(of: suite, under: nil, withCosts: false)
        var result = try GateJudgement(suite, measured).judge(suite.measure(), exactly: exactly)
        if !result.unsettled.isEmpty {
            var configured = suite
            configured.policy = nil
            measured.costs = try configured.costs(of: result.unsettled)
            result = try GateJudgement(suite, measured).explained(result)
        }
        for index in result.findings.indices {
            result.findings[index].note = result.findings[index].note
                .replacing("--bless and gate with", with: "gate with")
        }
        return result
    }

    /// Measures a suite's cases as configured, or under another policy: a baseline for several
    /// policies. Includes how requests fare. O(cases × seeds) runs, twice.
    public static func baseline(
        of suite: GateSuite, under experiment: PolicyExperiment? = nil
    ) throws -> GateBaseline {
        try baseline(of: suite, under: experiment, withCosts: true)
    }

    private static func baseline(
        of suite: GateSuite, under experiment: PolicyExperiment?, withCosts: Bool
    ) throws -> GateBaseline {
        var suite = try experiment?.deciding(suite) ?? suite
        suite.policy = experiment?.policy
        return GateBaseline(
            suite: suite.name, cases: try suite.measure(),
            costs: withCosts ? try suite.costs() : nil)
    }

    /// Compares runs of a configuration request by request, as `headway compare` does: under
    /// another policy (nil: the configured one), and under this one. `metric` ranks: a key of
    /// summary.json.
    ///
    ///     print(ComparisonReport(try experiment.compare(configuration)).text)
    public func compare(
        _ configuration: Configuration, to other: PolicyExperiment? = nil,
        by metric: String? = nil
    ) throws -> Ranking {
        try Self.rank([self], over: configuration, against: other, by: metric)
    }

    /// The same for several policies, best first.
    public static func rank(
        _ experiments: [PolicyExperiment], over configuration: Configuration,
        against other: PolicyExperiment? = nil, by metric: String? = nil
    ) throws -> Ranking {
        guard !experiments.isEmpty else {
            throw InputError("the policies", "are none", expected: "one or more to compare")
        }
        for experiment in experiments {
            try experiment.check(configuration.resolved().plan, "engine.scheduler")
        }
        let all: [PolicyExperiment?] = [other] + experiments
        let runs = try mapOnAllCores(all) { experiment in
            try ComparedRun.run(
                configuration, name: Self.name(experiment, configuration)
            ) { plan in
                if let experiment { plan.policy = experiment.policy }
            }
        }
        return try Ranking(runs[0], Array(runs.dropFirst()), by: metric)
    }

    /// Finds the first step at which the schedules differ, and the affected requests, as `headway
    /// diff` does: under another policy (nil: the configured one), and under this one. Lists the
    /// first `most` affected requests.
    public func diff(
        _ configuration: Configuration, from other: PolicyExperiment? = nil, keeping most: Int = 10
    ) throws -> ScheduleDifference {
        try check(configuration.resolved().plan, "engine.scheduler")
        let runs = [other, self].map { experiment in
            LoggedRun(configuration, name: Self.name(experiment, configuration)) { plan in
                if let experiment { plan.policy = experiment.policy }
            }
        }
        return try ScheduleDifference(runs, keeping: most)
    }

    private static func name(
        _ experiment: PolicyExperiment?, _ configuration: Configuration
    ) -> String {
        experiment?.name ?? configuration.engine.schedulingPolicy.rawValue
    }

    /// The suite with this policy in every case.
    private func deciding(_ suite: GateSuite) throws -> GateSuite {
        guard suite.versions == nil else {
            throw InputError(
                suite.path, "compares two versions of vLLM",
                expected: "a suite without the key versions: a policy is no version's")
        }
        for entry in suite.cases {
            try check(
                entry.configuration.resolved().plan, "case \(entry.name): engine.scheduler")
        }
        var suite = suite
        suite.policy = policy
        return suite
    }

    /// Refuses an external scheduler, which takes precedence over any policy.
    private func check(_ plan: RunPlan, _ place: String) throws {
        guard plan.externalScheduler == nil else {
            throw InputError(
                place, "names a program, which would decide in place of \(name)",
                expected: "no engine.scheduler")
        }
    }
}
