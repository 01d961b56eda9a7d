import Results
import Scenario
import Simulator

/// Detects during a run that it can no longer hold a promise.
///
/// Of at most `requests` requests, a percentile certainly exceeds its limit once more of them
/// missed it than lie above its rank, however fast the rest are. Waits for one more miss, so that
/// rounding of a rank never decides: every stopped run would have missed. Promises to classes and
/// on gaps are left to the whole run.
struct TuneWatch: Sendable {
    /// Thrown to stop a run.
    struct Refuted: Error {
        /// Index of the missed promise.
        var requirement: Int
    }

    private struct Bound: Sendable {
        var requirement: Int
        var latency: String
        var statistic: LatencyStatistic?
        /// Milliseconds above which a request misses.
        var limit: Double
        /// Most misses before the promise is lost.
        var allowed: Double
        var missed = 0.0
    }

    private var bounds: [Bound] = []
    private var limits: RequestLimits?
    /// Most requests in the run.
    private(set) var requests = 0
    /// Requests that ended so far.
    private(set) var seen = 0
    /// Number of first requests that figures leave out.
    private var warmup = 0

    /// A watch without promises.
    init() {}

    /// A watch for a run of at most `requests` requests. Never stops runs whose clients retry, or
    /// whose figures leave out a number of requests that is not known beforehand.
    init(
        _ requirements: [ServiceRequirement], plan: RunPlan, limits: RequestLimits, requests: Int
    ) {
        self.limits = limits
        self.requests = requests
        guard plan.patience == nil, plan.margins.end == .requests(0),
            case .requests(let warmup) = plan.margins.start
        else { return }
        self.warmup = warmup
        let requests = requests - warmup
        guard requests > 0 else { return }
        // Above this number, percentiles come from a histogram, accurate to 0.1 %.
        let slack = requests > RequestLatencies.most ? 1.002 : 1
        for (place, requirement) in requirements.enumerated()
        where requirement.className == nil && requirement.excepted.isEmpty {
            var bound = Bound(
                requirement: place, latency: "", statistic: nil,
                limit: requirement.limit * slack, allowed: 0)
            switch requirement.figure {
            case .goodput: bound.allowed = (1 - requirement.limit) * Double(requests) + 1
            case .latency("itl", _): continue
            case .latency(let name, let statistic):
                (bound.latency, bound.statistic) = (name, statistic)
                switch statistic {
                case .mean:
                    bound.allowed = requirement.limit * Double(requests) * (1 + 1e-9)
                case .maximum: bound.allowed = 0
                case .percentile(let percent):
                    let rank = (Double(requests - 1) * (percent / 100)).rounded(.down)
                    bound.allowed = Double(requests) - rank
                }
            }
            bounds.append(bound)
        }
    }

    /// Takes an ended request. O(promises).
    ///
    /// - Throws: `Refuted` once a promise is certainly missed.
    mutating func add(_ record: RequestRecord) throws {
        seen += 1
        guard seen > warmup else { return }
        for place in bounds.indices {
            // An aborted request is not good, and has no latency.
            guard record.outcome != .aborted || bounds[place].statistic == nil else { continue }
            bounds[place].missed += weight(record, bounds[place])
            if bounds[place].missed > bounds[place].allowed {
                throw Refuted(requirement: bounds[place].requirement)
            }
        }
    }

    /// A request's contribution: a miss, or its latency for a mean.
    private mutating func weight(_ record: RequestRecord, _ bound: Bound) -> Double {
        let isServed = record.outcome == .finished
        guard let statistic = bound.statistic else {
            return limits?.objective(of: record).isMet(by: record) == false ? 1 : 0
        }
        guard isServed else { return statistic == .mean ? .infinity : 1 }
        guard let latency = record.milliseconds(bound.latency) else { return 0 }
        if statistic == .mean { return latency }
        return latency > bound.limit ? 1 : 0
    }
}

extension RequestRecord {
    /// A finished request's "ttft", "tpot" or "e2e", milliseconds; nil if it has none.
    func milliseconds(_ latency: String) -> Double? {
        guard outcome == .finished else { return nil }
        let picoseconds =
            switch latency {
            case "ttft": firstToken - arrival
            case "tpot": timePerOutputToken
            case "e2e": finish - arrival
            default: Int64?.none
            }
        return picoseconds.map { Double($0) / 1e9 }
    }
}
