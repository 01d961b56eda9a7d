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
    /// The group, "prompts of 257 to 1,024 tokens".
    package var name: String
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
        return byPrompt(pairs) + byPriority(pairs) + byHits(pairs) + byPreemptions(pairs)
    }

    private typealias Pair = (before: ComparedRequest, after: ComparedRequest)

    private init?(_ kind: Kind, _ name: String, _ pairs: [Pair]) {
        guard !pairs.isEmpty else { return nil }
        func mean(_ value: (Pair) -> Double) -> Double {
            pairs.reduce(0) { $0 + value($1) } / Double(pairs.count)
        }
        self.kind = kind
        self.name = name
        requests = pairs.count
        hitTokensBefore = mean { Double($0.before.hitTokens) }
        hitTokensAfter = mean { Double($0.after.hitTokens) }
        ttftMsBefore = mean { $0.before.timeToFirstToken ?? 0 }
        ttftMsAfter = mean { $0.after.timeToFirstToken ?? 0 }
        e2elMsBefore = mean { $0.before.endToEnd ?? 0 }
        e2elMsAfter = mean { $0.after.endToEnd ?? 0 }
    }

    private static func byPrompt(_ pairs: [Pair]) -> [UpgradeCost] {
        let limits = GateCost.limits
        let groups = Dictionary(grouping: pairs) { pair in
            limits.firstIndex { pair.before.promptTokens <= $0 } ?? limits.count
        }
        return groups.keys.sorted().compactMap { number in
            let group = GateCost.words(limit: number < limits.count ? limits[number] : nil)
            return UpgradeCost(.prompt, "prompts of \(group) tokens", groups[number] ?? [])
        }
    }

    private static func byPriority(_ pairs: [Pair]) -> [UpgradeCost] {
        let groups = Dictionary(grouping: pairs) { $0.before.priority }
        guard groups.count > 1 else { return [] }
        return groups.keys.sorted().compactMap { priority in
            UpgradeCost(.priority, "priority \(priority)", groups[priority] ?? [])
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
            UpgradeCost(kind, "\(word) \(name)", group)
        }
    }
}
