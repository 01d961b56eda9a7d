/// How often each length occurs: exact quantiles in memory that follows the longest length, not
/// the number of requests.
public struct LengthCounts: Sendable {
    private var small: [Int32] = []
    private var large: [Int32: Int] = [:]
    /// Number of lengths, their sum, and the largest.
    public private(set) var count = 0
    public private(set) var sum = 0
    public private(set) var largest = 0

    /// Lengths below 2²¹ are counted in an array (8 MiB at most), others in a dictionary.
    private static let smallLimit = 1 << 21

    public init() {}

    /// Counts one length, at least 0. O(1) amortised.
    public mutating func add(_ length: Int32) {
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

    public var mean: Double { count == 0 ? 0 : Double(sum) / Double(count) }

    /// The lengths at shares of the sorted values (0...1), straight between neighbours: value at
    /// rank (n − 1)·share, as NumPy's default. O(largest length).
    public func quantiles(_ shares: [Double]) -> [Double] {
        guard count > 0 else { return shares.map { _ in 0 } }
        var wanted: [Int] = []
        for share in shares {
            let rank = Double(count - 1) * share
            wanted += [Int(rank), min(Int(rank) + 1, count - 1)]
        }
        let values = atRanks(wanted)
        return shares.indices.map { index in
            let rank = Double(count - 1) * shares[index]
            let low = Double(values[2 * index])
            return low + (Double(values[2 * index + 1]) - low) * (rank - rank.rounded(.down))
        }
    }

    private func atRanks(_ ranks: [Int]) -> [Int] {
        var result = [Int](repeating: largest, count: ranks.count)
        let order = ranks.indices.sorted { ranks[$0] < ranks[$1] }
        var next = 0
        var seen = 0
        for (length, number) in entries {
            seen += number
            while next < order.count, ranks[order[next]] < seen {
                result[order[next]] = length
                next += 1
            }
        }
        return result
    }

    /// Every length that occurs with its number, in order of length. O(largest length).
    public var entries: [(length: Int, number: Int)] {
        small.indices.filter { small[$0] > 0 }.map { ($0, Int(small[$0])) }
            + large.keys.sorted().map { (Int($0), large[$0]!) }
    }
}
