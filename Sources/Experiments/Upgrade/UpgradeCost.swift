import Scenario
import Simulator

/// Which requests a change slows down: a group, with its latencies in both runs.
package struct UpgradeCost: Sendable, Encodable, Equatable {
    /// How requests are grouped.
    package enum Kind: String, Sendable, Encodable {
        /// By prompt length.
        case prompt
        /// By priority, if there are several.
        case priority
        /// By the change of their prefix hits.
        case hits
        /// By the change of their preemptions, if there are any.
        case preemptions
    }

    package var kind: Kind
    /// The group, "prompts of 256 to 1023 tokens".
    package var name: String
    /// The same below the heading of its kind: "256 to 1023".
    package var group: String
    /// Requests that finished in both runs.
    package var requests: Int
    /// Prompt tokens hit in the cache, mean per request.
    package var hitTokensBefore: Double
    package var hitTokensAfter: Double
    /// Mean latencies, milliseconds.
    package var ttftMsBefore: Double
    package var ttftMsAfter: Double
    package var e2elMsBefore: Double
    package var e2elMsAfter: Double

    /// (after − before) / before of the mean E2E latency.
    package var relative: Double { e2elMsBefore == 0 ? 0 : e2elMsAfter / e2elMsBefore - 1 }

    /// The non-empty groups of a comparison, by kind. O(requests).
    static func all(_ comparison: Comparison) -> [UpgradeCost] {
        let pairs = comparison.shared
            .filter { $0.isFinished && $1.isFinished }
        let rule = comparison.before.configuration.output.promptBuckets.rule
        return byPrompt(pairs, rule) + byPriority(pairs) + byHits(pairs) + byPreemptions(pairs)
    }

    private typealias Pair = (before: ComparedRequest, after: ComparedRequest)

    private init?(_ kind: Kind, _ name: String, _ group: String, _ pairs: [Pair]) {
        guard !pairs.isEmpty else { return nil }
        func mean(_ value: (Pair) -> Double) -> Double {
            pairs.reduce(0) { $0 + value($1) } / Double(pairs.count)
        }
        self.kind = kind
        self.name = name
        self.group = group
        requests = pairs.count
        hitTokensBefore = mean { Double($0.before.hitTokens) }
        hitTokensAfter = mean { Double($0.after.hitTokens) }
        ttftMsBefore = mean { $0.before.timeToFirstToken ?? 0 }
        ttftMsAfter = mean { $0.after.timeToFirstToken ?? 0 }
        e2elMsBefore = mean { $0.before.endToEnd ?? 0 }
        e2elMsAfter = mean { $0.after.endToEnd ?? 0 }
    }

    private static func byPrompt(_ pairs: [Pair], _ rule: ClassRule) -> [UpgradeCost] {
        let groups = Dictionary(grouping: pairs) { pair in
            rule.key(id: 0, priority: 0, promptTokens: Int32(clamping: pair.before.promptTokens))
        }
        return groups.keys.sorted().compactMap { key in
            let name = rule.name(key)
            return UpgradeCost(.prompt, GateCost.prompts(name), name, groups[key] ?? [])
        }
    }

    private static func byPriority(_ pairs: [Pair]) -> [UpgradeCost] {
        let groups = Dictionary(grouping: pairs) { $0.before.priority }
        guard groups.count > 1 else { return [] }
        return groups.keys.sorted().compactMap { priority in
            UpgradeCost(
                .priority, "priority \(priority)", String(priority), groups[priority] ?? [])
        }
    }

    private static func byHits(_ pairs: [Pair]) -> [UpgradeCost] {
        threeWays(pairs, .hits, "prefix hit") { $0.hitTokens }
    }

    private static func byPreemptions(_ pairs: [Pair]) -> [UpgradeCost] {
        guard pairs.contains(where: { $0.before.preemptions + $0.after.preemptions > 0 }) else {
            return []
        }
        return threeWays(pairs, .preemptions, "preemptions") { $0.preemptions }
    }

    /// Groups of requests with less, equal and more of something after the change.
    private static func threeWays(
        _ pairs: [Pair], _ kind: Kind, _ name: String, _ amount: (ComparedRequest) -> Int
    ) -> [UpgradeCost] {
        let words =
            kind == .hits
            ? ("a shorter", "the same", "a longer") : ("fewer", "as many", "more")
        let less = pairs.filter { amount($0.after) < amount($0.before) }
        let equal = pairs.filter { amount($0.after) == amount($0.before) }
        let more = pairs.filter { amount($0.after) > amount($0.before) }
        return [(words.0, less), (words.1, equal), (words.2, more)].compactMap { word, group in
            UpgradeCost(kind, "\(word) \(name)", word, group)
        }
    }
}
