import Experiments
import Simulator

extension WhyReport: Encodable {
    private struct Request: Encodable {
        var id: Int64
        var latencyPs: Int64
        /// By the keys of `LatencyCause`, all of them.
        var parts: [String: Int64]
        var culprits: [Blame]
    }

    private struct Blame: Encodable {
        var id: Int64
        var part: String
        var ps: Int64
    }

    private struct Cost: Encodable {
        var id: Int64
        var queuePs: Int64
        var interferencePs: Int64
        var preemptionPs: Int64
    }

    private struct Reuse: Encodable {
        var reusableTokens: Int
        var hitTokens: Int
        var lostTokens: [String: Int]
        /// What other pools would have hit, if known.
        var bestReplacementTokens: Int?
        var endlessPoolTokens: Int?
    }

    private enum CodingKeys: String, CodingKey {
        case requests, digest, costs, reuse, meanTtftParts, p99TtftParts
    }

    /// Writes `requests` and the figures of the whole run: `mean_ttft_parts` and `p99_ttft_parts`
    /// in milliseconds, the latter over the slowest 1 %, `costs` and `reuse`.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(
            study.requests.map { answer in
                let parts = LatencyCause.allCases.map { ($0.key, answer.causes[$0]) }
                return Request(
                    id: answer.record.id, latencyPs: answer.latency,
                    parts: Dictionary(uniqueKeysWithValues: parts),
                    culprits: answer.culprits.map {
                        Blame(id: $0.id, part: $0.cause.key, ps: $0.time)
                    })
            }, forKey: .requests)
        try container.encode(study.result.digest, forKey: .digest)
        try container.encode(
            study.costliest.map { id, cost in
                Cost(
                    id: id, queuePs: Self.whole(cost.queue),
                    interferencePs: Self.whole(cost.interference),
                    preemptionPs: Self.whole(cost.preemption))
            }, forKey: .costs)
        if study.toFirstToken.count > 0 {
            try container.encode(milliseconds(slowest: 1), forKey: .meanTtftParts)
            try container.encode(milliseconds(slowest: 0.01), forKey: .p99TtftParts)
        }
        if study.result.tellsSharing { try container.encode(reuseOfTokens, forKey: .reuse) }
    }

    private static func whole(_ picoseconds: Double) -> Int64 {
        Int64(min(picoseconds.rounded(), 9.2e18))
    }

    private func milliseconds(slowest share: Double) -> [String: Double] {
        let means = study.toFirstToken.means(slowest: share)
        return Dictionary(
            uniqueKeysWithValues: LatencyCause.allCases.map {
                ($0.key, means[$0.rawValue] * 1e3)
            })
    }

    private var reuseOfTokens: Reuse {
        let counters = study.result.counters
        let lost = counters.sharedTokensLost
        return Reuse(
            reusableTokens: counters.sharedTokens, hitTokens: counters.hitTokens,
            lostTokens: [
                "last_token": lost.lastToken, "block_size": lost.blockSize,
                "other_replica": lost.otherReplica, "evicted": lost.evicted,
                "not_computed": lost.notComputed, "window": lost.window,
            ],
            bestReplacementTokens: study.clairvoyant?.bestReplacement,
            endlessPoolTokens: study.clairvoyant?.endlessPool)
    }
}
