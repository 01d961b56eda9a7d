import StepTime
import Traces

/// How the router spreads requests over replicas.
package struct RouterConfiguration: Sendable, Equatable {
    /// How the router picks the replica for a request.
    package enum Policy: String, Sendable, CaseIterable, Codable {
        /// Each replica in turn.
        case roundRobin = "round_robin"
        /// Any replica, with equal chance.
        case random
        /// The replica with the fewest unfinished requests.
        case leastOutstanding = "least_outstanding"
        /// The less loaded of two random replicas.
        case powerOfTwo = "power_of_two"
        /// The replica that served this prompt's prefix, unless it is too loaded.
        case prefixAffinity = "prefix_affinity"
    }

    package var policy = Policy.leastOutstanding
    /// The router refreshes its view of the replicas at most this often, in picoseconds; 0: always.
    package var staleness: Int64 = 0
    /// `prefix_affinity`: how many more outstanding requests the preferred replica may have than
    /// the least loaded one.
    package var affinitySlack = 8

    package init() {}
}

/// Limits a request must meet to count as good, in picoseconds; nil: no limit.
package struct ServiceLevelObjective: Sendable, Equatable {
    package var timeToFirstToken: Int64?
    package var timePerOutputToken: Int64?
    package var endToEnd: Int64?
    /// Limit on the 99th percentile of a request's own gaps between tokens. Tracks every request
    /// individually, which is slower.
    package var interTokenTail: Int64?

    package init() {}
}

/// How requests enter the cluster.
package enum ArrivalMode: Sendable, Equatable {
    /// At the times of the trace; turns of a session follow their predecessor.
    case openLoop
    /// This many requests are always in the cluster; the trace's times are ignored.
    case closedLoop(concurrency: Int)
    /// At the times of the trace, with at most this many in the cluster. A request whose time has
    /// come waits at the client, first come, first served, until one ends.
    case capped(concurrency: Int)
    /// In stages, each at a rate or with a fixed number in flight. The trace's times are ignored,
    /// and requests left over after the last stage are not sent.
    case staged(LoadStages)
}

/// A scheduler in another process, with its time limit.
package struct ExternalSchedulerConfiguration: Sendable, Equatable {
    /// The command for the shell.
    package var command: String
    /// Wall time allowed per step, in seconds.
    package var limitSeconds: Double

    /// A command with its limit per step.
    package init(command: String, limitSeconds: Double = 10) {
        self.command = command
        self.limitSeconds = limitSeconds
    }
}

/// Everything that decides a run except its requests.
public struct RunPlan: Sendable {
    package var engine = EngineConfiguration()
    package var stepTime: StepTime
    /// FLOPs and bytes of steps, for utilisation; nil: not known.
    package var demand: StepDemand?
    package var replicas = 1
    package var router = RouterConfiguration()
    package var arrivals = ArrivalMode.openLoop
    /// The pauses between requests of a closed loop's users.
    package var thinkTime = ThinkTime()
    /// How long clients wait for an output; nil: for ever.
    package var patience: ClientPatience?
    package var objective = ServiceLevelObjective()
    /// Objectives of request classes, by name, that replace `objective` in the class's own figures.
    package var classObjectives: [String: ServiceLevelObjective] = [:]
    /// What latencies, goodput and throughput leave out.
    package var margins = Margins()
    public var seed: UInt64 = 0
    /// A scheduling policy in place of the engine's own; nil: what `engine.policy` names.
    public var policy: (any SchedulingPolicy)?
    /// A scheduler in another process. It takes precedence over any policy.
    package var externalScheduler: ExternalSchedulerConfiguration?
    /// Threads for replicas that cannot influence one another; nil: one per processor. Never
    /// changes a result.
    package var threads: Int?
    /// Keep each KV block individually, by number, instead of in extents. Slower; the oracle of the
    /// extents. Never changes a result.
    package var numbersBlocks = false
    /// Keep every request individually, none in the cohort's sums. The plainest simulator, and
    /// slower; with numbered blocks it is the oracle of everything else. Never changes a result.
    package var isPlain = false
    /// Check between steps the invariants that take O(requests + blocks), and throw
    /// `InvariantFailure` if one is broken. Slow; never changes a result.
    package var checksInvariants = false
    /// Keep every record in the result.
    package var keepsRecords = true
    /// How often to sample the instances; nil: never. Never changes a result.
    package var sampling: Sampling?
    /// Whether the observer gets each gap between tokens with the request it belongs to.
    var tellsGaps = false
    /// Whether the observer learns when the tokens of each step were delivered.
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

    /// Whether steadily decoding requests are kept as sums. Not with an external scheduler, which
    /// decides each step. Not where each gap must be attributed to a request. Not where each block
    /// that a member takes counts and a policy, instead of the running list, decides the order in
    /// which blocks are taken.
    var keepsCohort: Bool {
        guard !isPlain, externalScheduler == nil, objective.interTokenTail == nil, !tellsGaps,
            margins.isNone
        else { return false }
        let policy = policy ?? engine.policyObject
        let countsBlocks = numbersBlocks || engine.groups != [.full]
        return !(countsBlocks && policy?.ordersRunning == true)
    }
}
