import Basics

/// How often a suite raises a false alarm, and how often it detects a real one: gates the suite
/// against itself with other seeds, and against an engine whose steps are slower by a known share.
package struct GateSelfCheck: Sendable, Encodable {
    /// Results of one kind of trial.
    package struct Trials: Sendable, Encodable {
        package var passed = 0
        package var regressions = 0
        package var inconclusive = 0

        mutating func add(_ status: GateFinding.Status) {
            switch status {
            case .pass: passed += 1
            case .regression: regressions += 1
            case .inconclusive: inconclusive += 1
            }
        }
    }

    package var trials: Int
    package var seeds: Int
    /// How much slower the planted regression makes each step, as a fraction.
    package var slowdown: Double
    /// Nothing changed, but the seeds differ from the baseline's.
    package var unchangedOtherSeeds = Trials()
    /// Slower steps with the baseline's seeds: the usual way to use a gate.
    package var slowedSameSeeds = Trials()
    /// Slower steps and other seeds.
    package var slowedOtherSeeds = Trials()

    /// Runs the trials, each with its own seeds. Leaves out exact metrics, since other seeds give
    /// other runs. Calls `progress` after each trial. O(3 × trials × cases × seeds) runs.
    package init(
        _ suite: GateSuite, trials: Int = 200, slowdown: Double = 0.03,
        progress: (Int) -> Void = { _ in }
    ) throws {
        self.trials = trials
        self.slowdown = slowdown
        seeds = suite.seeds.count
        var suite = suite
        suite.cases = suite.cases.compactMap { entry in
            var entry = entry
            entry.metrics.removeAll { $0.margin == .exact }
            return entry.metrics.isEmpty ? nil : entry
        }
        guard !suite.cases.isEmpty else {
            throw InputError(
                suite.path, "has exact metrics only", expected: "a metric with a margin to check")
        }
        var slowed = suite
        for index in slowed.cases.indices {
            slowed.cases[index].configuration.stepTime.scale *= 1 + slowdown
        }
        for trial in 0..<trials {
            // Beyond any seeds chosen by hand, and disjoint.
            let first = 1_000_000 + 2 * seeds * trial
            let own = Array(first..<(first + seeds))
            let others = own.map { $0 + seeds }
            let judgement = try GateJudgement(
                suite, GateBaseline(suite: suite.name, cases: suite.measure(seeds: own)))
            let unchanged = try suite.measure(seeds: others)
            let slow = try slowed.measure(seeds: own)
            unchangedOtherSeeds.add(try judgement.judge(unchanged).status)
            slowedSameSeeds.add(try judgement.judge(slow).status)
            let opposite = try GateJudgement(
                suite, GateBaseline(suite: suite.name, cases: unchanged))
            slowedOtherSeeds.add(try opposite.judge(slow).status)
            progress(trial + 1)
        }
    }
}
