import Basics
import Results
import Scenario
import Simulator

/// How a case's requests fare by prompt length, and where their time goes. The gate shows both,
/// before and after, for a case that did not pass.
package struct GateCost: Sendable, Codable, Equatable {
    /// Requests with prompts of similar length, over all seeds.
    package struct Group: Sendable, Codable, Equatable {
        /// Its prompt lengths as output.by=prompt names them, "256 to 1023"; nil in files of
        /// earlier versions, whose groups had other bounds.
        package var name: String?
        /// Longest prompt, tokens; nil: no limit.
        package var limit: Int?
        /// Number of finished requests.
        package var requests: Int
        /// Mean latencies, milliseconds.
        package var ttft: Double
        package var e2el: Double
    }

    /// The case's name.
    package var name: String
    /// Groups in order of length, without empty ones.
    package var groups: [Group]
    /// Means of the parts of TTFT and TPOT, milliseconds, by key of summary.json.
    package var parts: [String: Double]

    /// A group of prompts in words: "prompts of 256 to 1023 tokens", "prompts below 256 tokens".
    package static func prompts(_ name: String) -> String {
        "prompts \(name.hasPrefix("below") ? "" : "of ")\(name) tokens"
    }
}

extension GateSuite {
    /// How the requests of cases fare over all seeds (the suite's, unless given); nil: of every
    /// case. Runs them with every decision observed. The result does not depend on the number of
    /// cores.
    ///
    /// Throws the error of the first failing run, in order.
    package func costs(of names: Set<String>? = nil, seeds: [Int]? = nil) throws -> [GateCost] {
        let seeds = seeds ?? self.seeds
        let prepared = try cases.filter { names?.contains($0.name) ?? true }
            .map { try PreparedCase($0, policy: policy) }
        let jobs = prepared.indices.flatMap { number in seeds.map { (number, $0) } }
        let watched = try mapOnAllCores(jobs) { number, seed in
            let entry = prepared[number]
            var observer: any RunObserver = CostObserver(
                entry.resolved.plan, entry.entry.configuration.output.promptBuckets)
            _ = try entry.replay(seed: seed, watching: &observer)
            return (observer as! CostObserver).sums
        }
        return prepared.enumerated().map { number, entry in
            let runs = watched[(number * seeds.count)..<((number + 1) * seeds.count)]
            return GateCost(
                entry.entry.name, entry.entry.configuration.output.promptBuckets, Array(runs))
        }
    }
}

/// Sums over the requests of a run.
private struct CostSums: Sendable {
    /// Sums over the requests of a group, picoseconds.
    struct Group {
        var requests = 0
        var toFirstToken: Int128 = 0
        var endToEnd: Int128 = 0
    }

    var groups: [Group]
    var parts: [RunSummary.MeanPart] = []
}

/// Accumulates the sums during the run.
private struct CostObserver: RunObserver {
    private let rule: ClassRule
    private var groups: [CostSums.Group]
    private var latency: BreakdownObserver

    init(_ plan: RunPlan, _ buckets: Configuration.PromptBuckets) {
        rule = buckets.rule
        groups = Array(repeating: CostSums.Group(), count: buckets.bounds.count + 1)
        latency = BreakdownObserver(plan)
    }

    var sums: CostSums { CostSums(groups: groups, parts: latency.report.means) }

    var decisionDetail: DecisionDetail { latency.decisionDetail }

    mutating func decided(_ plans: DecidedPlans) { latency.decided(plans) }

    mutating func record(_ record: RequestRecord) {
        latency.record(record)
        guard record.outcome == .finished else { return }
        let group = rule.key(of: record)
        groups[group].requests += 1
        groups[group].toFirstToken += Int128(record.firstToken - record.arrival)
        groups[group].endToEnd += Int128(record.finish - record.arrival)
    }
}

extension GateCost {
    fileprivate init(
        _ name: String, _ buckets: Configuration.PromptBuckets, _ runs: [CostSums]
    ) {
        self.name = name
        groups = []
        for number in 0...buckets.bounds.count {
            let requests = runs.reduce(0) { $0 + $1.groups[number].requests }
            guard requests > 0 else { continue }
            func mean(_ sum: (CostSums.Group) -> Int128) -> Double {
                let picoseconds = runs.reduce(Int128(0)) { $0 + sum($1.groups[number]) }
                return Double(picoseconds) * 1e-9 / Double(requests)
            }
            groups.append(
                Group(
                    name: buckets.rule.name(number),
                    limit: number < buckets.bounds.count ? buckets.bounds[number] - 1 : nil,
                    requests: requests, ttft: mean(\.toFirstToken), e2el: mean(\.endToEnd)))
        }
        parts = [:]
        for run in runs {
            for part in run.parts {
                parts[part.key, default: 0] += part.milliseconds / Double(runs.count)
            }
        }
    }
}
