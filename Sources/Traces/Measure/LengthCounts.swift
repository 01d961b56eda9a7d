import Basics

/// How often each length occurs. Quantiles are exact, and memory grows with the longest length, not
/// with the number of requests.
package struct LengthCounts: Sendable {
    private var small: [Int32] = []
    private var large: [Int32: Int] = [:]
    /// Number of lengths, their sum, and the largest.
    package private(set) var count = 0
    package private(set) var sum = 0
    package private(set) var largest = 0

    /// Lengths below 2²¹ are counted in an array (at most 8 MiB), others in a dictionary.
    private static let smallLimit = 1 << 21

    package init() {}

    /// Counts one length, at least 0. O(1) amortised.
    package mutating func add(_ length: Int32) {
        let index = Int(length)
        count += 1
        sum += index
        largest = max(largest, index)
        guard index < Self.smallLimit else {
            large[length, default: 0] += 1
            return
        }
        if index >= small.count {
            let size = min(Self.smallLimit, max(1024, 2 * index))
            small.append(contentsOf: repeatElement(0, count: size - small.count))
        }
        small[index] += 1
    }

    package var mean: Double { count == 0 ? 0 : Double(sum) / Double(count) }

    /// Quantiles at the given shares (0...1), linear between neighbours: the value at rank (n −
    /// 1)·share, NumPy's default. O(largest length).
    package func quantiles(_ shares: [Double]) -> [Double] {
        guard count > 0 else { return shares.map { _ in 0 } }
        let entries = self.entries
        return shares.map { share in
            Quantile.value(share, of: count) { rank in
                var seen = 0
                let entry = entries.first { entry in
                    seen += entry.number
                    return rank < seen
                }
                return Double(entry?.length ?? largest)
            }
        }
    }

    /// Every length that occurs with its count, in order of length. O(largest length).
    package var entries: [(length: Int, number: Int)] {
        small.indices.filter { small[$0] > 0 }.map { ($0, Int(small[$0])) }
            + large.keys.sorted().map { (Int($0), large[$0]!) }
    }
}
