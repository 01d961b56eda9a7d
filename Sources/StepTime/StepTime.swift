import Models

/// Prices a step in integer picoseconds. Built once per run; a value without references to mutable
/// state.
///
///     let clock = StepTime(LinearStepTime(...))                        // conformance
///     let clock = try StepTime.measured(model, deployment, options)        // measured operators
///     clock.picoseconds(load)                                          // any step
///     clock.decodeLine(decodes: 64)                                    // decode-only steps
@usableFromInline package struct StepTime: Sendable {
    /// The linear form, if it prices steps; nil: `tables` does. Not an enumeration of the two:
    /// inspecting one copies the tables, which takes more instructions than pricing a step.
    @usableFromInline package let linear: LinearStepTime?
    @usableFromInline let tables: TabulatedStepTime
    /// Attention window to which the price clips context sums, in tokens; 0: none.
    package let window: Int
    /// Where the figures come from and what range they cover, for reports.
    package private(set) var provenance: Provenance
    /// Factor on every price, in millionths: 1,030,000 makes steps 3 % slower.
    @usableFromInline private(set) var millionths: Int64 = 1_000_000

    package init(_ linear: LinearStepTime) {
        self.linear = linear
        tables = .free
        window = 0
        provenance = .given("linear")
    }

    package init(_ tables: TabulatedStepTime, window: Int, provenance: Provenance) {
        linear = nil
        self.tables = tables
        self.window = window
        self.provenance = provenance
    }

    /// The time that one replica's GPUs need for a step, in picoseconds. O(1).
    @inlinable @inline(__always)
    package func picoseconds(_ load: StepLoad) -> Int64 {
        let price = linear?.picoseconds(load) ?? tables.picoseconds(load)
        return millionths == 1_000_000 ? price : scaled(price)
    }

    /// This clock with every price multiplied by `millionths` / 1,000,000, rounded down; at most
    /// 1,000-fold. For experiments: the result is no longer calibrated.
    package func scaled(byMillionths millionths: Int64) -> StepTime {
        precondition((1...1_000_000_000).contains(millionths), "a scale is out of range")
        var clock = self
        clock.millionths = millionths
        if millionths != 1_000_000 {
            clock.provenance.change("times \(Double(millionths) / 1e6)")
        }
        return clock
    }

    /// This clock with every request of a step `picoseconds` dearer: a change too small to matter
    /// by itself, which shows what turns a run takes by chance. Decodes keep their closed form.
    package func nudged(by picoseconds: Int64) -> StepTime {
        guard linear == nil else { return scaled(byMillionths: millionths + picoseconds) }
        var tables = tables
        tables.perRequest += picoseconds
        return StepTime(tables, window: window, provenance: provenance)
            .scaled(byMillionths: millionths)
    }

    /// A partial sum over many prices, scaled as they are.
    package func scaled(_ sum: Int128) -> Int128 { sum * Int128(millionths) / 1_000_000 }

    /// Longest step that a plan may allow, seconds: a week. A run's clock has room for two.
    package static let longestStep = 600_000.0

    /// An upper bound of any step's price within an engine's limits, seconds: `tokens` tokens
    /// computed for `sequences` sequences of `length` tokens each. O(1).
    package func longest(tokens: Int, sequences: Int, length: Int) -> Double {
        let sequences = Double(min(sequences, tokens))
        let (tokens, length) = (Double(tokens), Double(length))
        let price =
            linear?.most(tokens: tokens, sequences: sequences, length: length)
            ?? tables.most(tokens: tokens, sequences: sequences, length: length)
        return price * 1e-12 * (Double(millionths) * 1e-6)
    }

    @usableFromInline
    func scaled(_ price: Int64) -> Int64 {
        let product = price.multipliedFullWidth(by: millionths)
        return Int64(1_000_000).dividingFullWidth(product).quotient
    }

    /// The exact price of steps with `decodes` decodes and nothing else. Nil where it is not affine
    /// in context (with `kv_cache` off, an ablation, or on a scaled clock, which rounds each
    /// price); such runs are stepped. O(1).
    package func decodeLine(decodes: Int) -> DecodeLine? {
        guard millionths == 1_000_000 else { return nil }
        return linear?.decodeLine(decodes: decodes) ?? tables.decodeLine(decodes: decodes)
    }
}
