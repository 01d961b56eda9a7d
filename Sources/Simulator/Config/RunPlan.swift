import StepTime
import Traces

/// How requests are spread over replicas.
package struct RouterConfiguration: Sendable, Equatable {
    /// How the replica of a request is chosen.
    package enum Policy: String, Sendable, CaseIterable, Codable {
        /// One after the other.
        case roundRobin = "round_robin"
        /// Any, with equal chance.
        case random
        /// The one with the fewest requests that have not ended.
        case leastOutstanding = "least_outstanding"
        /// The better of two drawn ones.
        case powerOfTwo = "power_of_two"
        /// The one that served this prompt's beginning, unless it is too loaded.
        case prefixAffinity = "prefix_affinity"
    }

    package var policy = Policy.leastOutstanding
    /// The router reads the replicas' state at most this often, picoseconds; 0: always fresh.
    package var staleness: Int64 = 0
    /// `prefix_affinity`: how many more outstanding requests than the least loaded replica the
    /// preferred one may have.
    package var affinitySlack = 8

    package init() {}
}

/// Limits a request must meet to count as good, picoseconds; nil: not limited.
package struct ServiceLevelObjective: Sendable, Equatable {
    package var timeToFirstToken: Int64?
    package var timePerOutputToken: Int64?
    package var endToEnd: Int64?
    /// Of a request's own 99th percentile of the gaps between its tokens. Keeps every request by
    /// itself, which takes longer.
    package var interTokenTail: Int64?

    package init() {}
}

/// How requests enter the cluster.
package enum ArrivalMode: Sendable, Equatable {
    /// At the times of the trace (turns of a session after their predecessor).
    case openLoop
    /// This many requests are always in the cluster; the trace's times are ignored.
    case closedLoop(concurrency: Int)
    /// At the times of the trace, and at most this many in the cluster: a request whose time has
    /// come waits at the client, first come, first sent, until one ends.
    case capped(concurrency: Int)
    /// In stages, each at a rate or with so many in flight; the trace's times are ignored, and what
    /// the stages leave of it is not sent.
    case staged(LoadStages)
}

/// A scheduler in another process, and how long it may think.
package struct ExternalSchedulerConfiguration: Sendable, Equatable {
    /// What the shell is to run.
    package var command: String
    /// Wall time for one step, seconds.
    package var limitSeconds: Double

    /// A command with its limit.
    package init(command: String, limitSeconds: Double = 10) {
        self.command = command
        self.limitSeconds = limitSeconds
    }
}

/// Everything that decides a run besides its requests.
public struct RunPlan: Sendable {
    package var engine = EngineConfiguration()
    package var stepTime: StepTime
    /// What steps ask of the GPUs besides time, for utilisation; nil: not known.
    package var demand: StepDemand?
    package var replicas = 1
    package var router = RouterConfiguration()
    package var arrivals = ArrivalMode.openLoop
    /// The pauses of a closed loop's users.
    package var thinkTime = ThinkTime()
    /// How long clients wait for an answer; nil: for ever.
    package var patience: ClientPatience?
    package var objective = ServiceLevelObjective()
    /// What requests of a class, by its name, are held to in its own figures instead.
    package var classObjectives: [String: ServiceLevelObjective] = [:]
    /// What is left out of latencies, goodput and throughput.
    package var margins = Margins()
    public var seed: UInt64 = 0
    /// A scheduling policy in place of the engine's own; nil: what `engine.policy` names.
    public var policy: (any SchedulingPolicy)?
    /// A scheduler in another process, which goes before any policy.
    package var externalScheduler: ExternalSchedulerConfiguration?
    /// Threads for replicas that cannot influence one another; nil: one per processor. Never
    /// changes a result.
    package var threads: Int?
    /// Keep the KV blocks one by one, with their numbers, instead of extents of them: the oracle of
    /// runs, and slower. Never changes a result.
    package var numbersBlocks = false
    /// Keep every request by itself, none as part of sums: the plain simulator, and slower. Over
    /// numbered blocks it is the oracle of all else. Never changes a result.
    package var isPlain = false
    /// Look at the invariants that take O(requests + blocks) between the steps, and throw
    /// `InvariantFailure` where one is broken. Slow; never changes a result.
    package var checksInvariants = false
    /// Keep every record in the result.
    package var keepsRecords = true
    /// How often what the instances do is noted; nil: not at all. Never changes a result.
    package var sampling: Sampling?
    /// Whether the observer is told each gap between tokens, and so whose it is.
    var tellsGaps = false
    /// Whether the observer is told when the tokens of each step left.
    var tellsDeliveries = false

    package init(stepTime: StepTime) { self.stepTime = stepTime }

    /// Whether requests may wait at the client before they are sent, or are sent again.
    package var holdsBack: Bool {
        if case .capped = arrivals { return true }
        return patience != nil
    }

    /// Whether the load has stages.
    package var hasStages: Bool {
        if case .staged = arrivals { return true }
        return false
    }

    /// Whether requests that decode steadily are kept as sums. Not for programs in other languages,
    /// which decide each step. Nor where it matters whose each gap is. Nor where each block that a
    /// member takes counts and a policy, not the running list, says in which order they are taken.
    var keepsCohort: Bool {
        guard !isPlain, externalScheduler == nil, objective.interTokenTail == nil, !tellsGaps,
            margins.isNone
        else { return false }
        let policy = policy ?? engine.policyObject
        let countsBlocks = numbersBlocks || engine.groups != [.full]
        return !(countsBlocks && policy?.ordersRunning == true)
    }
}
