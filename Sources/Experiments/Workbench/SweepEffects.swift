/// What a key, or keys that vary together, do to the figures of a sweep.
package struct SweepEffect: Sendable, Equatable {
    /// What it does to one figure.
    package struct Change: Sendable, Equatable {
        /// The figure's name.
        package let figure: String
        /// The least and the most of the means at each value, the other keys averaged, over those
        /// choices of the others at which every value ran; nil: there is no such choice.
        package let lowest: Double?
        package let highest: Double?
        /// The part of the figure's variance over the same points that is between those means, 0 to
        /// 1; nil: the figure does not vary.
        package let varianceShare: Double?
        /// The largest (most - least) / least among points that differ in nothing else; nil: there
        /// are no two such.
        package let largest: Double?
    }

    /// The keys: several are linked.
    package let keys: [String]
    /// How many values they have.
    package let values: Int
    /// One of each figure that points have.
    package let changes: [Change]

    /// A change below this is none: 1 %.
    package static let threshold = 0.01

    /// Whether some figure changes by 1 % or more between points that differ in nothing else; nil:
    /// there are no two such.
    package var matters: Bool? {
        let largest = changes.compactMap(\.largest)
        return largest.isEmpty ? nil : largest.contains { $0 >= Self.threshold }
    }
}

extension SweepTable {
    /// What each key does, keys that vary together as one. Points that failed are left out.
    /// O(keys² x points).
    package var effects: [SweepEffect] {
        let groups = linkedKeys
        let codes = groups.map(codes)
        return groups.indices.map { index in
            let others = codes.indices.filter { $0 != index }.map { codes[$0] }
            let families = Self.combined(others, count: points.count)
            return SweepEffect(
                keys: groups[index].map { keys[$0] }, values: codes[index].count,
                changes: Figure.all.indices.compactMap {
                    change(Figure.all[$0].name, figures[$0], codes[index], families)
                })
        }
    }

    /// A number for each point, equal for those that are alike in something.
    private struct Codes {
        var values: [Int]
        var count: Int
    }

    /// Numbers of the combinations that some codes have together. O(codes x points).
    private static func combined(_ codes: [Codes], count: Int) -> Codes {
        codes.reduce(Codes(values: Array(repeating: 0, count: count), count: 1)) { whole, part in
            var numbers: [Int: Int] = [:]
            var values: [Int] = []
            values.reserveCapacity(count)
            for (a, b) in zip(whole.values, part.values) {
                let next = numbers.count
                let both = a * part.count + b
                values.append(numbers[both] ?? next)
                if values.last == next { numbers[both] = next }
            }
            return Codes(values: values, count: numbers.count)
        }
    }

    private func codes(_ group: [Int]) -> Codes {
        Self.combined(
            group.map { Codes(values: choices[$0].map(Int.init), count: levels[$0].count) },
            count: points.count)
    }

    /// Keys by those they vary with: two are linked where not every value of one meets every value
    /// of the other. A shipped space is a product of its axes, so that these are its axes, but for
    /// a linked set that is itself a product.
    private var linkedKeys: [[Int]] {
        var groups: [[Int]] = []
        for key in keys.indices {
            let linked = groups.indices.filter { groups[$0].contains { isLinked($0, key) } }
            var group = [key]
            for index in linked.reversed() { group = groups.remove(at: index) + group }
            groups.append(group)
        }
        return groups.map { $0.sorted() }.sorted { $0[0] < $1[0] }
    }

    private func isLinked(_ a: Int, _ b: Int) -> Bool {
        let (rows, columns) = (levels[a].count, levels[b].count)
        guard rows * columns <= points.count else { return true }
        var met = Array(repeating: false, count: rows * columns)
        for (row, column) in zip(choices[a], choices[b]) {
            met[Int(row) * columns + Int(column)] = true
        }
        return met.contains(false)
    }

    private func change(
        _ name: String, _ figure: [Double], _ own: Codes, _ families: Codes
    ) -> SweepEffect.Change? {
        let places = figure.indices.filter { figure[$0].isFinite }
        guard !places.isEmpty else { return nil }
        var ranges = Array(
            repeating: (least: Double.infinity, most: -Double.infinity, count: 0),
            count: families.count)
        var hasRun = Array(repeating: false, count: own.count)
        for place in places {
            let family = families.values[place]
            ranges[family].least = min(ranges[family].least, figure[place])
            ranges[family].most = max(ranges[family].most, figure[place])
            ranges[family].count += 1
            hasRun[own.values[place]] = true
        }
        let changes = ranges.filter { $0.count > 1 }.map { range in
            range.most > range.least
                ? (range.least > 0 ? (range.most - range.least) / range.least : .infinity) : 0
        }
        let values = hasRun.count { $0 }
        // Points that failed would else shift the means at some values and not at others.
        let balanced = places.filter { ranges[families.values[$0]].count == values }
        let means = Self.means(balanced.map { (own.values[$0], figure[$0]) }, of: own.count)
        return SweepEffect.Change(
            figure: name, lowest: means.levels.min(), highest: means.levels.max(),
            varianceShare: means.share, largest: changes.max())
    }

    /// The mean at each value, each as often as the others, and the share of the variance that is
    /// between them.
    private static func means(
        _ points: [(value: Int, figure: Double)], of values: Int
    ) -> (levels: [Double], share: Double?) {
        guard !points.isEmpty else { return ([], nil) }
        var sums = Array(repeating: (sum: 0.0, count: 0.0), count: values)
        for (value, figure) in points {
            sums[value].sum += figure
            sums[value].count += 1
        }
        let mean = points.reduce(0) { $0 + $1.figure } / Double(points.count)
        let variance = points.reduce(0) { $0 + ($1.figure - mean) * ($1.figure - mean) }
        let levels = sums.filter { $0.count > 0 }
        let between = levels.reduce(0) { sum, level in
            let distance = level.sum / level.count - mean
            return sum + level.count * distance * distance
        }
        // What rounding leaves of equal figures is no variance.
        let varies = variance > Double(points.count) * mean * mean * 1e-20
        return (levels.map { $0.sum / $0.count }, varies ? min(1, between / variance) : nil)
    }
}
