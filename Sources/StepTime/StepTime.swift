import Models

/// Prices a step in integer picoseconds. Built once per run; a value without references to
/// anything that changes.
///
///     let clock = StepTime(LinearStepTime(...))                        // conformance
///     let clock = try StepTime.h100(model, deployment, options)        // measured operators
///     clock.picoseconds(load)                                          // any step
///     clock.decodeLine(decodes: 64)                                    // decode-only steps
public struct StepTime: Sendable {
    /// How the price is formed.
    public enum Form: Sendable {
        case linear(LinearStepTime)
        case tabulated(TabulatedStepTime)
    }

    public let form: Form
    /// Attention window whose clipped context sums the price needs, in tokens; 0: none.
    public let window: Int
    /// Where the figures come from and what they cover, for reports.
    public let provenance: Provenance

    public init(_ linear: LinearStepTime) {
        form = .linear(linear)
        window = 0
        provenance = .given("linear")
    }

    public init(_ tabulated: TabulatedStepTime, window: Int, provenance: Provenance) {
        form = .tabulated(tabulated)
        self.window = window
        self.provenance = provenance
    }

    /// The time the GPUs of one replica need for a step, in picoseconds. O(1).
    public func picoseconds(_ load: StepLoad) -> Int64 {
        switch form {
        case .linear(let linear): linear.picoseconds(load)
        case .tabulated(let tables): tables.picoseconds(load)
        }
    }

    /// The price of steps of `decodes` decodes and nothing else, exactly; nil where it is not
    /// affine in context (the `kv_cache` off ablation), so that such runs are walked. O(1).
    public func decodeLine(decodes: Int) -> DecodeLine? {
        switch form {
        case .linear(let linear): linear.decodeLine(decodes: decodes)
        case .tabulated(let tables): tables.decodeLine(decodes: decodes)
        }
    }
}
