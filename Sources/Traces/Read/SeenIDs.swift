/// The ids seen so far, to detect duplicates. Memory grows with the gaps between ids that come in
/// order, not with their number.
struct SeenIDs {
    /// The runs of consecutive ids before the last one.
    private var runs: [ClosedRange<Int64>] = []
    /// The last run, empty at first.
    private var low: Int64 = 0
    private var high: Int64 = -1
    private var stragglers: Set<Int64> = []

    /// Whether an id was added. O(log gaps).
    func contains(_ id: Int64) -> Bool {
        if id >= low, id <= high { return true }
        var first = 0
        var end = runs.count
        while first < end {
            let middle = (first + end) / 2
            if runs[middle].upperBound < id { first = middle + 1 } else { end = middle }
        }
        return (first < runs.count && runs[first].contains(id)) || stragglers.contains(id)
    }

    /// Adds an id. Returns false if it was there already. O(log gaps).
    mutating func insert(_ id: Int64) -> Bool {
        if extend(to: id) { return true }
        guard id > high else { return contains(id) ? false : stragglers.insert(id).inserted }
        if low <= high { runs.append(low...high) }
        low = id
        high = id
        return true
    }

    /// Adds an id that follows the last one. Returns false, and adds nothing, for any other. O(1).
    @inline(__always) mutating func extend(to id: Int64) -> Bool {
        guard id > 0, id &- 1 == high else { return false }
        high = id
        return true
    }
}
