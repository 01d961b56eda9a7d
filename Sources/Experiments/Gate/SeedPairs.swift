/// How the seeds of a case are matched with its baseline's.
struct SeedPairs: Equatable {
    /// Seeds on both sides.
    let shared: [Int]
    /// Seeds of this run that the baseline lacks.
    let unknown: [Int]
    /// Whether the shared seeds are compared in pairs; otherwise the two sides are independent
    /// samples. Two pairs are the fewest that show a spread.
    let isPaired: Bool

    init(before: [Int], now: [Int]) {
        shared = now.filter(before.contains)
        unknown = now.filter { !before.contains($0) }
        isPaired = unknown.isEmpty || shared.count >= 2
    }

    /// A note on what is not compared and what to bless; nil if nothing is left over. `before` are
    /// the baseline's seeds, `now` this run's, in order.
    func note(suite: String, before: [Int], now: [Int]) -> String? {
        guard !unknown.isEmpty else { return nil }
        let bless =
            "on the version to hold to: headway gate \(suite) --bless --seeds \(now.count) "
            + "--first-seed \(now[0])"
        guard isPaired else {
            return "the baseline has seeds \(Self.words(before)), this run \(Self.words(now)): "
                + "the two sides are compared as independent samples, which needs far more seeds. "
                + "To compare in pairs, bless these seeds \(bless)"
        }
        return "seeds \(Self.words(unknown)) have no baseline and are left out; seeds "
            + "\(Self.words(shared)) are compared in pairs. To compare all of them, bless "
            + bless
    }

    /// Seeds in words: "1 to 4", "2, 9".
    private static func words(_ seeds: [Int]) -> String {
        guard let first = seeds.first, let last = seeds.last else { return "none" }
        if seeds.count > 2, last - first == seeds.count - 1 { return "\(first) to \(last)" }
        let shown = seeds.prefix(8).map(String.init).joined(separator: ", ")
        return seeds.count > 8 ? shown + ", …" : shown
    }
}
