/// How many more repetitions would settle a question.
public enum SeedsNeeded {
    /// Beyond this many seeds the answer is "no number of seeds that anyone would run".
    public static let most = 10_000

    /// Seeds after which the interval around the estimate would no longer hold `margin`, if value
    /// and spread stay as `seeds` seeds showed them; nil beyond `most`. At least `seeds`.
    ///
    /// The error shrinks with the root of the number of seeds and the t quantile with the degrees
    /// of freedom, which grow in proportion. O(log most).
    public static func total(
        _ estimate: Estimate, seeds: Int, margin: Double, confidence: Double = 0.95
    ) -> Int? {
        func settled(_ count: Int) -> Bool {
            let grown = Double(count) / Double(seeds)
            let after = Estimate(
                value: estimate.value, error: estimate.error / grown.squareRoot(),
                freedom: estimate.freedom * grown)
            return !after.interval(confidence: confidence).contains(margin)
        }
        if settled(seeds) { return seeds }
        guard estimate.value != margin, settled(most) else { return nil }
        var (low, high) = (seeds, most)
        while high - low > 1 {
            let middle = (low + high) / 2
            if settled(middle) { high = middle } else { low = middle }
        }
        return high
    }
}
