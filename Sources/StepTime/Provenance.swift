import Basics

/// Where a clock's figures come from, and the measured range.
package struct Provenance: Sendable, Equatable {
    /// The kind of clock: "linear", "table", or the GPU's name.
    package var kind: String
    /// Engine profile; empty if none.
    package var profile = ""
    /// Versions and data, in words.
    package var source: String
    /// Median errors of the operators on held-out rows, in words; nil: unknown.
    package var errors: String?
    /// Whether operators were measured on the GPU.
    package var isMeasured = true
    /// Most tokens measured in a step; nil: not measured at all.
    package var mostTokens: Int?
    /// Longest measured context, tokens.
    package var longestContext: Int?
    /// Most decodes measured in a step.
    package var mostDecodes: Int?
    /// How this clock differs from the measured one (a factor, an ablation), a few words each. Its
    /// errors are then unknown.
    package private(set) var changes: [String] = []
    /// Assumptions behind parts of this clock, one line each.
    package var assumptions: [String] = []

    package init(kind: String, source: String) {
        self.kind = kind
        self.source = source
    }

    /// Records a change to the measured clock. Its errors are then unknown.
    package mutating func change(_ words: String) {
        changes.append(words)
        errors = nil
    }

    /// A clock that the user supplied: never warns.
    package static func given(_ kind: String) -> Provenance {
        Provenance(kind: kind, source: "given in the configuration")
    }

    /// Warnings for a run that reached these sizes; empty if it stayed in the measured range.
    package func warnings(tokens: Int, context: Int, decodes: Int) -> [String] {
        func warning(_ what: String, _ value: Int, _ limit: Int?) -> String? {
            guard let limit, value > limit else { return nil }
            return "\(what) reached \(Quantity.count(value)), measured up to "
                + "\(Quantity.count(limit)): prices are extrapolated"
        }
        return [
            warning("tokens per step", tokens, mostTokens),
            warning("context of one request", context, longestContext),
            warning("decodes per step", decodes, mostDecodes),
        ].compactMap(\.self)
    }
}
