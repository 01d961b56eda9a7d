import Basics
import Simulator
import Traces

/// Holds the striding gait against the walking one on random small workloads and plans.
public enum GaitComparison {
    /// What differs between the two gaits for a seed; nil when all of it is equal: records,
    /// counters, histograms, block use, times, digest, and the place of an error.
    public static func difference(seed: UInt64) throws -> String? {
        try difference(RandomCase(seed: seed))
    }

    /// The same for a case.
    public static func difference(_ random: RandomCase) throws -> String? {
        // A policy of one's own is walked over single blocks, whatever the gait is called.
        let gaits = random.gaits
        let walk = try result(random, .walk)
        switch (walk, gaits.count > 1 ? try result(random, .stride) : walk) {
        case (.failure(let walked), .failure(let strode)):
            return walked.place == strode.place ? nil : "errors: \(walked) and \(strode)"
        case (.failure(let error), .success): return "only walking fails: \(error)"
        case (.success, .failure(let error)): return "only striding fails: \(error)"
        case (.success(let walked), .success(let strode)):
            if let difference = difference(walked, strode) { return difference }
            if let difference = try plainDifference(random, strode) { return difference }
            // Watched runs go request by request, unwatched ones may go replica by replica.
            for gait in gaits {
                if gaits.count > 1 {
                    guard case .success(let single) = try result(random, gait, numbered: true)
                    else { return "only single blocks fail" }
                    if let difference = difference(strode, single) {
                        return "\(difference) over single blocks in a \(gait.rawValue)"
                    }
                }
                switch try result(random, gait, watched: true) {
                case .failure(let error): return "only watching a \(gait.rawValue) fails: \(error)"
                case .success(let watched):
                    if let difference = difference(strode, watched) {
                        return "\(difference) when a \(gait.rawValue) is watched"
                    }
                }
            }
            return random.mirrorsEngine ? try mirrored(random, strode) : nil
        }
    }

    /// What differs from runs that keep every request by itself, over extents and over single
    /// blocks.
    private static func plainDifference(
        _ random: RandomCase, _ run: RunResult
    ) throws -> String? {
        for numbered in [false, true] where random.gaits.count > 1 {
            let plain = try result(random, .walk, numbered: numbered, plain: true)
            guard case .success(let plain) = plain else { return "only the plain simulator fails" }
            if let difference = difference(run, plain) {
                return "\(difference) in the plain simulator\(numbered ? " over blocks" : "")"
            }
        }
        return nil
    }

    /// What differs from a run of the engine's own scheduler, where the policy is one of its own
    /// written anew.
    private static func mirrored(_ random: RandomCase, _ run: RunResult) throws -> String? {
        var own = random
        own.plan.policy = nil
        guard case .success(let engine) = try result(own, .walk) else {
            return "only the engine's own scheduler fails"
        }
        return difference(run, engine).map { "\($0) from the engine's own scheduler" }
    }

    /// Looks at every decision and holds it to what vLLM asserts at the end of `schedule`.
    struct Watcher: RunObserver {
        let plan: RunPlan
        var decisionDetail: DecisionDetail { .decisionsAndBlocks }

        func decided(_ decision: Decision) throws {
            guard case .scheduled(let step) = decision else { return }
            func require(_ holds: Bool, _ problem: String) throws {
                guard !holds else { return }
                throw InputError("step \(step.number)", problem, expected: "vLLM's assertions")
            }
            let engine = plan.engine
            let tokens = step.entries.reduce(0) { $0 + $1.tokens }
            let budget = engine.tokenBudget
            try require(tokens <= budget, "schedules \(tokens) of \(budget) tokens")
            let ids = Set(step.entries.map(\.id))
            try require(ids.count == step.entries.count, "schedules a request twice")
            try require(
                step.entries.count <= step.running,
                "schedules \(step.entries.count) of \(step.running) running requests")
            let limit = engine.maxNumActiveSeqs ?? engine.maxNumSeqs
            try require(step.running <= limit, "runs \(step.running) of \(limit) requests")
            try require(step.entries.allSatisfy { $0.tokens > 0 }, "schedules no tokens")
            try require(
                step.entries.allSatisfy { $0.computedBefore + $0.tokens <= engine.maxModelLen },
                "computes beyond the model's length")
        }
    }

    private static func result(
        _ random: RandomCase, _ gait: EngineConfiguration.Gait, watched: Bool = false,
        numbered: Bool = false, plain: Bool = false
    ) throws -> Result<RunResult, InputError> {
        var plan = random.plan
        plan.engine.gait = gait
        plan.numbersBlocks = numbered
        plan.isPlain = plain
        do {
            let source = InMemorySource(random.workload)
            let watcher = watched ? Watcher(plan: plan) : nil
            return .success(try simulate(plan, source: source, observer: watcher))
        } catch let error as InputError {
            return .failure(error)
        }
    }

    /// The first part in which two results differ.
    static func difference(_ a: RunResult, _ b: RunResult) -> String? {
        let parts: [(name: String, isEqual: Bool)] = [
            ("records", a.records == b.records),
            ("counters", a.counters == b.counters),
            ("ITL", a.interTokenLatency == b.interTokenLatency),
            ("TTFT", a.timeToFirstToken == b.timeToFirstToken),
            ("TPOT", a.timePerOutputToken == b.timePerOutputToken),
            ("E2E latency", a.endToEnd == b.endToEnd),
            ("queue time", a.queueTime == b.queueTime),
            ("good requests", a.goodRequests == b.goodRequests),
            ("block use", a.usedBlockSeconds == b.usedBlockSeconds),
            ("peak blocks", a.peakUsedBlocks == b.peakUsedBlocks),
            ("busy time", a.busyTime == b.busyTime),
            ("host wait", a.hostWaitTime == b.hostWaitTime),
            ("work", a.work == b.work),
            ("most preemptions", a.mostPreemptions == b.mostPreemptions),
            ("longest context", a.longestContext == b.longestContext),
            ("overload", a.overload == b.overload),
            ("start", a.start == b.start), ("end", a.end == b.end),
            ("digest", a.digest == b.digest),
        ]
        return parts.first { !$0.isEqual }?.name
    }
}
