import Models

/// The state of prefix lookups: the order of the groups, and what the latest lookup found.
struct Lookup: ~Copyable {
    /// Counts lookups, so that a hit is not used after the cache has forgotten its pieces.
    var serial = 0
    /// Groups of equal kind are looked up together, full attention first.
    var kinds = HotArray<LookupKind>()
    var members = HotArray<Int32>()

    /// Hits by group: with extents, and by block number.
    var extents = HotArray<HotArray<ExtentRange>>()
    var numbers = HotArray<HotArray<Int32>>()
    /// With extents: the parts of the request's chain that the tree knows.
    var path = HotArray<ChainPart>()
    /// Scratch: blocks of a part that all groups of a kind have, and blocks that slide out
    /// together.
    var common = HotArray<ChainPart>()
    var retained = HotArray<Range<Int32>>()

    init(_ groups: [CacheGroup], _ rules: borrowing HotArray<GroupRules>) {
        for _ in groups {
            extents.append(HotArray())
            numbers.append(HotArray())
        }
        for kind in Self.order(groups) {
            let first = members.count
            for group in kind { members.append(Int32(group)) }
            let window = rules[kind[0]].window
            kinds.append(
                LookupKind(
                    members: first..<members.count,
                    needed: window == 0 ? 0 : Int32(max(1, rules[kind[0]].needed))))
        }
    }

    private static func order(_ groups: [CacheGroup]) -> [[Int]] {
        var kinds: [(kind: CacheGroup, members: [Int])] = []
        for (index, kind) in groups.enumerated() {
            if let known = kinds.firstIndex(where: { $0.kind == kind }) {
                kinds[known].members.append(index)
            } else {
                kinds.append((kind, [index]))
            }
        }
        return kinds.filter { $0.kind == .full }.map(\.members)
            + kinds.filter { $0.kind != .full }.map(\.members)
    }
}

/// Groups of one kind, which are looked up together.
struct LookupKind {
    /// Its groups, as places in `Lookup.members`.
    var members: Range<Int>
    /// Cached blocks in a row that a hit needs, at least one; 0: all from the first one, for full
    /// attention.
    var needed: Int32
    /// What the lookup under way found for it.
    var hits: Range<Int32> = 0..<0
}
