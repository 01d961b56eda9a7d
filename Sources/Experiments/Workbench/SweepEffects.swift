/// The effect of a key, or of keys that vary together, on the figures of a sweep.
package struct SweepEffect: Sendable, Equatable {
    /// The effect on one figure.
    package struct Change: Sendable, Equatable {
        /// The figure's name.
        package let figure: String
        /// The lowest and highest mean over the key's values, averaging over the other keys. Uses
        /// only those choices of the others at which every value ran; nil if there are none.
        package let lowest: Double?
        package let highest: Double?
        /// The share of the figure's variance over these points that lies between the means, 0 to
        /// 1; nil: the figure does not vary.
        package let varianceShare: Double?
        /// The largest (most - least) / least among points that differ only in this; nil if there
        /// are no two such.
        package let largest: Double?
    }

    /// The keys; several if linked.
    package let keys: [String]
    /// Number of their values.
    package let values: Int
    /// One for each figure that points have.
    package let changes: [Change]

    /// Smallest relative change that counts: 1 %.
    package static let threshold = 0.01

    /// Whether some figure changes by at least 1 % between points that differ only in this; nil if
    /// there are no two such.
    package var matters: Bool? {
        let largest = changes.compactMap(\.largest)
        return largest.isEmpty ? nil : largest.contains { $0 >= Self.threshold }
    }
}

extension SweepTable {
    /// The effect of each key, with linked keys as one. Leaves out failed points. O(keys² x
    /// points).
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

    /// A number for each point, equal for points that agree in something.
    private struct Codes {
        var values: [Int]
        var count: Int
    }

    /// Numbers for the combinations of several codes. O(codes x points).
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

    /// Groups of linked keys. Two keys are linked if some value of one never occurs with some value
    /// of the other. A sweep's space is a product of its axes, so the groups are its axes, unless a
    /// linked set is itself a product.
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
        // Failed points would otherwise shift the means at some values only.
        let balanced = places.filter { ranges[families.values[$0]].count == values }
        let means = Self.means(balanced.map { (own.values[$0], figure[$0]) }, of: own.count)
        return SweepEffect.Change(
            figure: name, lowest: means.levels.min(), highest: means.levels.max(),
            varianceShare: means.share, largest: changes.max())
    }

    /// The mean at each value, and the share of the variance between them. All values have equally
    /// many points.
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
        // Rounding differences of equal figures do not count as variance.
        let varies = variance > Double(points.count) * mean * mean * 1e-20
        return (levels.map { $0.sum / $0.count }, varies ? min(1, between / variance) : nil)
    }
}
