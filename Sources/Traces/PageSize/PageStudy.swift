import Basics

/// The cost of each KV cache page size on a trace, at every capacity, from one pass over it.
///
///     let log = try ReuseLog(source)
///     let study = try PageStudy(log, setting: .init(capacityTokens: 430_000))
///     print(study.best?.pageTokens ?? 16)
///
/// There are three kinds of loss, each as a share of the work or memory it wastes: prompt tokens
/// that a finer page would have hit, space in pages that stays empty, and bookkeeping per page.
package struct PageStudy: Sendable {
    /// The cache to study.
    package struct Setting: Sendable {
        /// Tokens that fit in the cache.
        package var capacityTokens: Int
        /// Page sizes to compare, tokens.
        package var pageSizes = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024]
        /// Bytes of keys and values per token.
        package var bytesPerToken = 131_072.0
        /// Host bytes of bookkeeping per page. 128 is vLLM's order of magnitude: a 32-byte SHA-256
        /// key, an index entry, a block object with its queue links, and four bytes of block table.
        package var metadataBytesPerPage = 128.0

        /// The only page size that a server of the model has; nil: any that kernels run.
        package var serverPage: Int?
        /// What the study leaves out of account for this model, one sentence each.
        package var notes: [String] = []

        package init(capacityTokens: Int) { self.capacityTokens = capacityTokens }
    }

    /// Hits at one capacity, as shares of all prompt tokens.
    package struct Point: Sendable {
        package let capacityTokens: Int
        package let pages: Int
        package let lru: Double
        /// The most that any replacement policy could hit.
        package let optimal: Double
    }

    /// One page size.
    package struct Row: Sendable {
        package let pageTokens: Int
        /// At the setting's capacity.
        package let atCapacity: Point
        /// At capacities from the longest request up to the whole trace.
        package let curve: [Point]
        /// Hits of an infinite cache.
        package let infinite: Double
        package let fragmentation: Double
        /// Bookkeeping bytes per byte of keys and values.
        package let metadata: Double
        package let uniquePages: Int
        package let largestRequestPages: Int
        /// Hits lost compared with the best page size at the capacity.
        package fileprivate(set) var lostHits = 0.0

        /// The sum of the three shares. They have different bases (prompt tokens, space, bytes), so
        /// the sum may exceed 1 and serves only to rank.
        package var loss: Double { lostHits + fragmentation + metadata }

        /// Whether attention kernels support this page size, and a server of the model has it.
        package let runs: Bool
    }

    package let setting: Setting
    package let requests: Int
    package let promptTokens: Int
    /// Whether the trace gives the content of prompts. Without it nothing is hit, at any size.
    package let holdsContent: Bool
    /// One row per page size.
    package private(set) var rows: [Row]

    /// Analyses every page size. O(page sizes · capacities · pieces · log pieces).
    ///
    /// Throws `InputError` for page sizes outside 1...2²⁰, and for a capacity that cannot hold the
    /// trace's longest request.
    package init(_ log: ReuseLog, setting: Setting) throws {
        let sizes = Set(setting.pageSizes).sorted()
        guard let largest = sizes.last, sizes[0] >= 1, largest <= 1 << 20 else {
            throw InputError("page sizes", "none, or one is out of range", expected: "1 to 1048576")
        }
        let longest = log.longestRequest + largest
        guard setting.capacityTokens >= longest else {
            throw InputError(
                "--capacity",
                "\(setting.capacityTokens) tokens is too small for the longest request "
                    + "(\(log.longestRequest) tokens, in pages of \(largest)); use at least "
                    + "\(longest)")
        }
        self.setting = setting
        requests = log.count
        promptTokens = log.totalPromptTokens
        holdsContent = log.holdsContent
        let capacities = Self.capacities(from: longest, through: log.uniqueTokens + largest)
        rows = sizes.map { Self.row($0, log, setting, capacities) }
        let bestHit = rows.map(\.atCapacity.lru).max() ?? 0
        for index in rows.indices { rows[index].lostHits = bestHit - rows[index].atCapacity.lru }
    }

    /// The page sizes that can be chosen, least loss first. Ties go to the larger size.
    package var ranked: [Row] {
        rows.filter(\.runs).sorted { ($0.loss, $1.pageTokens) < ($1.loss, $0.pageTokens) }
    }

    /// The page size to choose; nil if kernels support none of those studied.
    package var best: Row? { ranked.first }

    /// Capacities that double from the longest request on.
    private static func capacities(from least: Int, through most: Int) -> [Int] {
        var result: [Int] = []
        var capacity = 1 << (Int.bitWidth - (least - 1).leadingZeroBitCount)
        while capacity < 2 * most, result.count < 24 {
            result.append(capacity)
            capacity *= 2
        }
        return result
    }

    private static func row(
        _ page: Int, _ log: ReuseLog, _ setting: Setting, _ capacities: [Int]
    ) -> Row {
        let curve = PageCurve(log, pageTokens: page)
        let bound = ClairvoyantBound(log, pageTokens: page)
        func point(_ capacity: Int) -> Point {
            let pages = capacity / page
            let total = Double(max(1, log.totalPromptTokens))
            return Point(
                capacityTokens: capacity, pages: pages, lru: curve.hitRatio(pages: pages),
                optimal: Double(bound.hitTokens(pages: pages)) / total)
        }
        return Row(
            pageTokens: page, atCapacity: point(setting.capacityTokens),
            curve: capacities.map(point), infinite: curve.hitRatio(pages: Int.max),
            fragmentation: curve.fragmentation,
            metadata: setting.metadataBytesPerPage / (Double(page) * setting.bytesPerToken),
            uniquePages: curve.uniquePages, largestRequestPages: curve.largestRequest,
            runs: AttentionPages.run(page) && page == setting.serverPage ?? page)
    }
}
