import Basics
import Simulator
import Traces

/// Compares fast-forward with stepping on random small workloads and plans.
package enum AdvanceComparison {
    /// The first difference between the two ways of advancing for a seed; nil if all is equal:
    /// records, counters, histograms, block use, times, digest, and the place of an error.
    package static func difference(seed: UInt64) throws -> String? {
        do {
            return try difference(RandomCase(seed: seed, hasImpatientClients: true))
        } catch let failure as InvariantFailure {
            return "\(failure)"
        }
    }

    /// The same for a given case.
    package static func difference(_ random: RandomCase) throws -> String? {
        switch (try result(random, .step), try result(random, .fastForward)) {
        case (.failure(let stepped), .failure(let forwarded)):
            return stepped.place == forwarded.place ? nil : "errors: \(stepped) and \(forwarded)"
        case (.failure(let error), .success): return "only stepping fails: \(error)"
        case (.success, .failure(let error)): return "only fast-forward fails: \(error)"
        case (.success(let stepped), .success(let forwarded)):
            if let difference = difference(stepped, forwarded) { return difference }
            if let difference = try plainDifference(random, forwarded) { return difference }
            // Observed runs advance request by request; others may advance replica by replica.
            for advance in EngineConfiguration.Advance.allCases {
                guard case .success(let single) = try result(random, advance, numbered: true)
                else { return "only single blocks fail" }
                if let difference = difference(forwarded, single) {
                    return "\(difference) over single blocks in a \(advance.rawValue)"
                }
                if let difference = try watchedDifference(random, advance, forwarded) {
                    return "\(difference) when a \(advance.rawValue) is watched"
                }
            }
            return random.mirrorsEngine ? try mirrored(random, forwarded) : nil
        }
    }

    /// The first difference from runs that keep every request individually, with extents and with
    /// single blocks.
    private static func plainDifference(
        _ random: RandomCase, _ run: RunResult
    ) throws -> String? {
        for numbered in [false, true] {
            let plain = try result(random, .step, numbered: numbered, plain: true)
            guard case .success(let plain) = plain else { return "only the plain simulator fails" }
            if let difference = difference(run, plain) {
                return "\(difference) in the plain simulator\(numbered ? " over blocks" : "")"
            }
        }
        return nil
    }

    /// The first difference from a run of the engine's own scheduler, if the case has a policy that
    /// reimplements it.
    private static func mirrored(_ random: RandomCase, _ run: RunResult) throws -> String? {
        var own = random
        own.plan.policy = nil
        guard case .success(let engine) = try result(own, .step) else {
            return "only the engine's own scheduler fails"
        }
        return difference(run, engine).map { "\($0) from the engine's own scheduler" }
    }

    /// The first difference from observed runs, stepped and as configured, or between the latency
    /// breakdowns that these two give.
    private static func watchedDifference(
        _ random: RandomCase, _ advance: EngineConfiguration.Advance, _ run: RunResult
    ) throws -> String? {
        var plan = random.plan
        plan.engine.advance = advance
        let stepWatcher = StepWatcher(plan)
        let planWatcher = PlanWatcher(plan)
        for observer in [stepWatcher, planWatcher] as [any RunObserver] {
            switch try result(random, advance, observer: observer) {
            case .failure(let error): return "the error \(error)"
            case .success(let watched):
                if let difference = difference(run, watched) { return difference }
            }
        }
        let places = stepWatcher.parts.indices
        for place in places where stepWatcher.parts[place] != planWatcher.parts[place] {
            return "the parts of request \(run.records[place].id)"
        }
        return stepWatcher.parts == stepWatcher.fromPlans ? nil : "the parts from single steps"
    }

    private static func result(
        _ random: RandomCase, _ advance: EngineConfiguration.Advance,
        observer: (any RunObserver)? = nil,
        numbered: Bool = false, plain: Bool = false
    ) throws -> Result<RunResult, InputError> {
        var plan = random.plan
        plan.engine.advance = advance
        plan.numbersBlocks = numbered
        plan.isPlain = plain
        plan.checksInvariants = true
        do {
            let source = InMemorySource(random.workload)
            return .success(try simulate(plan, source: source, observer: observer))
        } catch let error as InputError {
            return .failure(error)
        }
    }

    /// The first part in which two results differ.
    static func difference(_ a: RunResult, _ b: RunResult) -> String? {
        let parts: [(name: String, isEqual: Bool)] = [
            ("records", a.records == b.records),
            ("counters: " + firstDifference(a.counters, b.counters), a.counters == b.counters),
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
            ("work", a.work == b.work), ("limits", a.limits == b.limits),
            ("most preemptions", a.mostPreemptions == b.mostPreemptions),
            ("longest context", a.longestContext == b.longestContext),
            ("overload", a.overload == b.overload),
            ("start", a.start == b.start), ("end", a.end == b.end),
            ("digest", a.digest == b.digest),
        ]
        return parts.first { !$0.isEqual }?.name
    }

    /// The name of the first counter that differs, with both values; empty if none does.
    private static func firstDifference(_ a: Counters, _ b: Counters) -> String {
        for (one, other) in zip(Mirror(reflecting: a).children, Mirror(reflecting: b).children)
        where String(describing: one.value) != String(describing: other.value) {
            return "\(one.label ?? "?") \(one.value) and \(other.value)"
        }
        return ""
    }
}
