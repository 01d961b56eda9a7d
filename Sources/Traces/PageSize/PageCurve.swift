/// The effect of one page size on a trace: LRU hits at every capacity, fragmentation, and pages
/// needed.
///
/// The cache is a pool of pages fed one request at a time, like vLLM's prefix cache: only full
/// pages are shared, at least one prompt token is always computed, and a finished request's pages
/// are reused last page first, its partial page before all others. Stack distances (Mattson et al.
/// 1970) are exact: a page is hit exactly by pools with more pages than were used since. One
/// exception: if a whole prompt of full pages is cached, the engine computes its last page a second
/// time and keeps both copies; here the new one replaces the old.
package struct PageCurve: Sendable {
    /// Tokens per page.
    package let pageTokens: Int
    /// Runs of consecutive distances: `length` pages at distances `distance`, `distance` + 1, ...
    private var runs: [(distance: Int, length: Int)] = []
    private let promptTokens: Int
    /// Pages that an infinite cache fills, counting shared ones once.
    package private(set) var uniquePages = 0
    /// Most pages that one request needs: smaller pools cannot serve the trace.
    package private(set) var largestRequest = 0
    /// Share of the tokens' space in pages, per request, that stays empty.
    package private(set) var fragmentation = 0.0

    /// Computes the curve of a page size, at least 1. O(pieces · log requests).
    package init(_ log: ReuseLog, pageTokens: Int) {
        precondition(pageTokens >= 1, "a page holds at least one token")
        self.pageTokens = pageTokens
        promptTokens = log.totalPromptTokens
        let page = Int32(clamping: pageTokens)
        var weights = FenwickTree(count: log.count)
        var total = 0
        var allocated = 0
        var stored = 0
        var partialBefore = 0
        for request in 0..<log.count {
            let limit = Int((log.promptTokens[request] - 1) / page)
            for piece in log.pieces(of: request) {
                let first = Int(piece.start / page)
                let end = Int(piece.end / page)
                guard end > first else { continue }
                let owner = Int(piece.owner)
                // Pages of later owners, and this request's own first ones: those were more recent
                // still, and have been taken from their owners already.
                let later = first + total - weights.sum(before: owner + 1)
                let hits = min(end, limit) - first
                if hits > 0 { runs.append((later + partialBefore, hits)) }
                weights.add(first - end, at: owner)
                total -= end - first
            }
            let tokens = Int(log.storedTokens[request])
            let full = tokens / pageTokens
            weights.add(full, at: request)
            total += full
            partialBefore = tokens % pageTokens > 0 ? 1 : 0
            allocated += (full + partialBefore) * pageTokens
            stored += tokens
            largestRequest = max(largestRequest, full + partialBefore)
        }
        uniquePages = total
        fragmentation = allocated > 0 ? 1 - Double(stored) / Double(allocated) : 0
    }

    /// Prompt tokens that a pool of `pages` usable pages hits. O(pieces).
    package func hitTokens(pages: Int) -> Int {
        var hits = 0
        for run in runs where run.distance < pages {
            hits += min(run.length, pages - run.distance)
        }
        return hits * pageTokens
    }

    /// The same as a share of all prompt tokens.
    package func hitRatio(pages: Int) -> Double {
        promptTokens > 0 ? Double(hitTokens(pages: pages)) / Double(promptTokens) : 0
    }
}
