import Basics

/// Whole numbers with their counts, for exact ranks. Memory grows with the additions that differ
/// from the one before, not with the count.
struct CountedValues {
    private var entries: [(value: Int64, count: Int)] = []
    /// Sorted distinct values, and how many values are at most that large, once `sort` was called.
    private var values: [Int64] = []
    private var ends: [Int] = []
    private(set) var count = 0

    /// Adds a value `added` times. O(1) amortised.
    mutating func add(_ value: Int64, count added: Int = 1) {
        guard added > 0 else { return }
        count += added
        if let last = entries.last, last.value == value {
            entries[entries.count - 1].count += added
        } else {
            entries.append((value, added))
        }
    }

    /// Sorts the values; nothing may be added afterwards. O(additions · log additions).
    mutating func sort() {
        entries.sort { $0.value < $1.value }
        var sum = 0
        for entry in entries {
            sum += entry.count
            if values.last == entry.value {
                ends[ends.count - 1] = sum
            } else {
                values.append(entry.value)
                ends.append(sum)
            }
        }
        entries = []
    }

    /// How many values are below a limit. O(log values).
    func count(below limit: Int64) -> Int {
        let index = Self.first(values) { $0 >= limit }
        return index == 0 ? 0 : ends[index - 1]
    }

    /// Quantiles at the given shares (0...1), linear between neighbours; empty without values.
    func quantiles(_ shares: [Double]) -> [Double] {
        guard count > 0 else { return [] }
        return shares.map { share in
            Quantile.value(share, of: count) { Double(value(at: $0)) }
        }
    }

    private func value(at rank: Int) -> Int64 { values[Self.first(ends) { $0 > rank }] }

    /// The first index whose element meets a condition that holds for all later ones.
    private static func first<Element>(
        _ sorted: [Element], _ condition: (Element) -> Bool
    ) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if condition(sorted[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
