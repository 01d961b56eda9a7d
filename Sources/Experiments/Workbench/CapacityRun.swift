import Basics
import Results
import Scenario
import Simulator

/// A replication: a stand-in for another day of the same traffic.
package enum CapacityReplication: Sendable, Equatable {
    /// Another random seed.
    case seed(Int)
    /// A recorded trace as it is.
    case whole
    /// A stretch of it: the rows to replay, and how many of them only warm the cluster up.
    case stretch(rows: Range<Int>, warmup: Int)
}

/// One run at one load, with what a capacity study needs of it.
package struct CapacityRun: Sendable {
    /// What the run shows about the load.
    package enum Standing: String, Sendable, Equatable {
        /// It can be carried.
        case holds
        /// A promise is missed.
        case missed
        /// The cluster falls behind: the queue grows.
        case growing
        /// Promises hold, but the run is too short to tell whether the queue grows.
        case unclear
    }

    package var replication: CapacityReplication
    package var standing: Standing
    package var verdict: ServiceVerdict?
    /// Numbers of summary.json.
    package var figures: [String: Double]
    /// Requests per second from the first arrival to the last.
    package var offered: Double
    /// Whether the queue is stable; nil: the run is too short to tell.
    package var isSteady: Bool?
    /// Requests by which the cluster fell behind, as a share of those that arrived once it had
    /// filled; nil: too short to tell.
    package var behind: Double?
    /// How close it came to each of its limits.
    var pressures: [CapacityPressure]
    /// Whether no easier load can help: every request had a replica to itself.
    var isHopeless: Bool
    package var digest: String
    /// The warnings of its page.
    package var warnings: [String]
    /// Digest of the requests.
    package var workload: String
    /// Whether it was stopped once a promise was lost. It has no figures then.
    var isCut = false

    /// Judges a trial.
    init(_ trial: Trial, _ replication: CapacityReplication, isCount: Bool) {
        self.replication = replication
        let summary = trial.summary
        verdict = trial.verdict
        digest = summary.digest
        warnings = summary.warnings
        workload = trial.workload
        figures = trial.figures.compactMapValues { figure in
            if case .number(let value) = figure { value } else { nil }
        }
        let requests = Double(summary.counters.requests)
        offered = trial.lastArrival > 0 ? (requests - 1) / trial.lastArrival : 0
        behind = trial.behind
        pressures = CapacityPressure.all(trial)
        isHopeless = Self.isHopeless(
            concurrency: summary.mostConcurrent ?? .max, replicas: summary.replicas, isCount)
        isSteady = trial.isSteady
        let isMet = verdict?.isMet ?? true
        standing = !isMet ? .missed : isSteady.map { $0 ? .holds : .growing } ?? .unclear
    }

    /// A run that lost a promise and was stopped.
    init(cut replication: CapacityReplication) {
        self.replication = replication
        standing = .missed
        (figures, pressures, warnings) = ([:], [], [])
        (offered, isHopeless, isCut) = (0, false, true)
        (digest, workload) = ("", "")
    }

    /// Whether no easier load can help a failed run: so few requests were in the cluster at once
    /// that each had a replica to itself.
    static func isHopeless(concurrency: Int, replicas: Int, _ isCount: Bool) -> Bool {
        isCount ? concurrency <= replicas / 4 : concurrency <= 1
    }
}

/// How close a run came to one of its limits.
package struct CapacityPressure: Sendable, Equatable {
    /// A resource that may run out.
    package enum Resource: String, Sendable, CaseIterable {
        case kvBlocks = "kv_blocks"
        case tokenBudget = "token_budget"
        case sequences
        case compute
        case bandwidth
        case host
    }

    package var resource: Resource
    /// Share of the time in which the limit held steps back, of the peak rate, or of the steps'
    /// time that is the host's; 1 is all.
    package var share: Double
    /// How full it was: blocks at peak, tokens and requests per step on average; nil if unknown.
    package var filled: Double?
    /// Its size: blocks, tokens or requests; nil if it has none.
    package var size: Int?

    /// All pressures of a run.
    static func all(_ trial: Trial) -> [CapacityPressure] {
        let (summary, engine) = (trial.summary, trial.resolved.plan.engine)
        let (limits, used) = (summary.limits, summary.utilization)
        var all = [
            CapacityPressure(
                resource: .kvBlocks, share: limits.blocks, filled: summary.peakKVUse,
                size: summary.blocksPerReplica),
            CapacityPressure(
                resource: .tokenBudget, share: limits.tokenBudget, filled: used.tokenBudget,
                size: engine.maxNumScheduledTokens ?? engine.maxNumBatchedTokens),
            CapacityPressure(
                resource: .sequences, share: limits.runningRequests, filled: used.runningLimit,
                size: engine.maxNumActiveSeqs ?? engine.maxNumSeqs),
        ]
        if let flops = used.flops { all.append(.init(resource: .compute, share: flops)) }
        if let bytes = used.memoryBandwidth {
            all.append(.init(resource: .bandwidth, share: bytes))
        }
        all.append(.init(resource: .host, share: summary.host.timeShare))
        return all
    }

    /// Means over runs, the fullest first; equals keep their order.
    static func means(_ runs: [[CapacityPressure]]) -> [CapacityPressure] {
        guard let first = runs.first else { return [] }
        let means = first.map { one in
            let own = runs.compactMap { run in run.first { $0.resource == one.resource } }
            func mean(_ values: [Double]) -> Double {
                values.reduce(0, +) / Double(max(1, values.count))
            }
            var result = one
            result.share = mean(own.map(\.share))
            result.filled = one.filled.map { _ in mean(own.compactMap(\.filled)) }
            return result
        }
        let order = means.enumerated().sorted {
            ($1.element.share, $0.offset) < ($0.element.share, $1.offset)
        }
        return order.map(\.element)
    }
}
