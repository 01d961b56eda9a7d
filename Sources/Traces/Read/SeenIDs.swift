/// Which ids were seen, so that a second one is found. Memory follows the gaps between ids that
/// come in order, not their number.
struct SeenIDs {
    private var runs: [ClosedRange<Int64>] = []
    private var stragglers: Set<Int64> = []

    /// Whether an id was added. O(log gaps).
    func contains(_ id: Int64) -> Bool {
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].upperBound < id { low = middle + 1 } else { high = middle }
        }
        return (low < runs.count && runs[low].contains(id)) || stragglers.contains(id)
    }

    /// Adds an id; false when it was there. O(log gaps).
    mutating func insert(_ id: Int64) -> Bool {
        guard let last = runs.last else {
            runs.append(id...id)
            return true
        }
        if id > last.upperBound {
            if id == last.upperBound + 1 {
                runs[runs.count - 1] = last.lowerBound...id
            } else {
                runs.append(id...id)
            }
            return true
        }
        return contains(id) ? false : stragglers.insert(id).inserted
    }
}
