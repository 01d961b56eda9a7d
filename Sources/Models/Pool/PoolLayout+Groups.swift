extension [PlacedCache] {
    /// One group of all caches.
    func group(_ options: PoolOptions) -> PoolLayout.Group {
        var bytes = [Int64](repeating: 0, count: options.pipelineParallel)
        for cache in self { bytes[cache.stage] += cache.pageBytes }
        let first = self[0]
        let isMixed = !allSatisfy {
            $0.pageBytes == first.pageBytes && $0.spec.rowBytes == first.spec.rowBytes
                && $0.spec.kind == first.spec.kind
        }
        let drafting = count { $0.spec.isDraft }
        return PoolLayout.Group(
            kind: first.spec.kind, layers: count, blockSize: first.blockSize,
            pageBytes: isMixed ? reduce(0) { $0 + $1.pageBytes } : first.pageBytes,
            isMixed: isMixed, draftLayers: drafting,
            isMarked: options.marksDrafts && drafting > 0, bytesByStage: bytes)
    }

    /// Groups of about equally many layers from buckets of like ones. The group size is the
    /// smallest bucket's, or the largest's if that has less than 1.5 times as many layers. Layer j
    /// of a bucket goes to group j mod groups, so sizes differ by at most one.
    func groupsOfEqualPages(_ options: PoolOptions) -> [PoolLayout.Group] {
        let buckets = buckets { $0.isLike($1) }
        let fewest = buckets.map(\.count).min() ?? 1
        let most = buckets.map(\.count).max() ?? 1
        let size = 2 * most < 3 * fewest ? most : fewest
        return buckets.flatMap { $0.dealt(into: $0.count.dividedUp(by: size), options) }
    }

    /// DeepSeek-V4's groups: one per way of counting and block size, each with its own pages.
    /// Windows with many bytes are split into enough groups to keep a block as small as the
    /// unwindowed caches need.
    func groupsByBlockSize(_ options: PoolOptions) -> [PoolLayout.Group] {
        let buckets = buckets { $0.isCountedLike($1) }
        let unwindowed = buckets.filter { $0[0].spec.window == nil }
        let room = unwindowed.map { $0.reduce(0) { $0 + $1.pageBytes } }.max() ?? 0
        return buckets.flatMap { bucket in
            let bytes = bucket.reduce(0) { $0 + $1.pageBytes }
            let number = room > 0 ? Int((bytes + room - 1) / room) : 1
            return bucket.dealt(into: Swift.max(1, number), options)
        }.map {
            var group = $0
            group.isMixed = true
            return group
        }
    }

    private func dealt(into number: Int, _ options: PoolOptions) -> [PoolLayout.Group] {
        (0..<number).map { first in
            stride(from: first, to: count, by: number).map { self[$0] }.group(options)
        }
    }

    /// Like caches together, in order of first appearance.
    func buckets(_ areAlike: (PlacedCache, PlacedCache) -> Bool) -> [[PlacedCache]] {
        var buckets: [[PlacedCache]] = []
        for cache in self {
            if let known = buckets.firstIndex(where: { areAlike($0[0], cache) }) {
                buckets[known].append(cache)
            } else {
                buckets.append([cache])
            }
        }
        return buckets
    }
}
