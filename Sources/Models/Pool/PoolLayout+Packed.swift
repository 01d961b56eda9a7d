extension [PlacedCache] {
    /// Whether the pages of all layers of a block lie side by side, so that they need not be equal:
    /// in the models that keep a ring of open keys, whose kernels take no other layout (vLLM
    /// 0.33.0, `supported_kv_cache_layouts`).
    var arePacked: Bool { contains { $0.spec.state?.isRing == true } }

    /// Groups whose pages need not be equal (vLLM 0.33.0, `_get_packed_kv_cache_groups`).
    ///
    /// Layers that are counted alike stay together. Where each layer has one page of every size, as
    /// a latent and its indexer's entries, the layers repeat a pattern; groups get equally many
    /// repeats. States are split further until they fit the block that the others need.
    func groupsPacked(_ options: PoolOptions) -> [PoolLayout.Group] {
        let patterns = buckets { $0.isCountedLike($1) }.map(Pattern.init)
        let fewest = patterns.filter { $0.isBalanced && $0.pages.count > 1 }.map(\.repeats).max()
        let size = fewest.map { fewest in
            Self.sizeOfGroups(patterns.filter(\.isBalanced).map(\.repeats), atLeast: fewest)
        }
        func number(_ pattern: Pattern) -> Int {
            guard pattern.isBalanced, let size else { return 1 }
            return pattern.repeats.dividedUp(by: size)
        }
        let room: Int64 =
            patterns.map { pattern -> Int64 in
                let isState = pattern.isState(splitsWindows: size == nil)
                return pattern.bytes(in: isState ? pattern.caches.count : number(pattern))
            }.max() ?? 0
        return patterns.flatMap { pattern in
            var number = number(pattern)
            if room > 0, pattern.isState(splitsWindows: size == nil) {
                let fitting = Swift.max(1, Int(room / Swift.max(1, pattern.caches[0].pageBytes)))
                number = Swift.max(number, pattern.caches.count.dividedUp(by: fitting))
            }
            return pattern.dealt(into: number).map { $0.group(options) }
        }
    }

    /// The number of repeats that rounds all up with the least padding; the larger of two.
    private static func sizeOfGroups(_ repeats: [Int], atLeast fewest: Int) -> Int {
        var best = (size: fewest, padding: Int.max)
        for size in fewest...Swift.max(fewest, repeats.max() ?? fewest) {
            let padding = repeats.reduce(0) { $0 + $1.dividedUp(by: size) * size - $1 }
            if padding <= best.padding { best = (size, padding) }
        }
        return best.size
    }
}

/// Layers that are counted alike, by the size of their pages.
private struct Pattern {
    var caches: [PlacedCache]
    /// The layers of each size of page, in order of first appearance.
    var pages: [[PlacedCache]] = []

    init(_ caches: [PlacedCache]) {
        self.caches = caches
        for cache in caches {
            if let known = pages.firstIndex(where: { $0[0].pageBytes == cache.pageBytes }) {
                pages[known].append(cache)
            } else {
                pages.append([cache])
            }
        }
    }

    /// Whether there are equally many layers of each size.
    var isBalanced: Bool { pages.allSatisfy { $0.count == pages[0].count } }

    /// Most layers of one size.
    var repeats: Int { pages.map(\.count).max() ?? 1 }

    /// Whether its groups may be as small as one layer: states, and windows where nothing repeats.
    func isState(splitsWindows: Bool) -> Bool {
        switch caches[0].spec.kind {
        case .state: true
        case .sliding: splitsWindows
        case .full, .mla, .chunked: false
        }
    }

    /// Bytes of the widest of `number` groups.
    func bytes(in number: Int) -> Int64 {
        pages.reduce(0) { $0 + Int64($1.count.dividedUp(by: number)) * $1[0].pageBytes }
    }

    /// The layers in `number` groups, each with every `number`-th repeat.
    func dealt(into number: Int) -> [[PlacedCache]] {
        guard number > 1 else { return [caches] }
        return (0..<number).map { first in
            stride(from: first, to: repeats, by: number).flatMap { index in
                pages.map { $0[index] }
            }
        }
    }
}
