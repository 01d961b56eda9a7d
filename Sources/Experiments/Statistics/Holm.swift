/// Holm's step-down correction for several tests at once (Holm 1979).
package enum Holm {
    /// Adjusted p-values, in the order given: rejecting those at most α keeps the chance of any
    /// false rejection at α, whatever the tests' dependence. O(n log n).
    package static func adjusted(_ pValues: [Double]) -> [Double] {
        let order = pValues.indices.sorted {
            (pValues[$0], $0) < (pValues[$1], $1)
        }
        var result = pValues
        var largest = 0.0
        for (rank, index) in order.enumerated() {
            largest = max(largest, min(1, pValues[index] * Double(pValues.count - rank)))
            result[index] = largest
        }
        return result
    }
}
