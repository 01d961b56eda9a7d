/// Holm's step-down correction for several tests at once (Holm 1979).
package enum Holm {
    /// Adjusted p-values, in the given order. Rejecting those of at most α keeps the probability of
    /// any false rejection at α, however the tests depend on each other. O(n log n).
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
