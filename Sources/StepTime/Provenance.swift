import Basics

/// Where a clock's figures come from, and the range they were measured over.
package struct Provenance: Sendable, Equatable {
    /// The kind: "linear", "table", or the GPU's name.
    package var kind: String
    /// Engine profile; empty where there is none.
    package var profile = ""
    /// Versions and data, in words.
    package var source: String
    /// Median errors of the operators on rows that were not fitted, in words; nil: not known.
    package var errors: String?
    /// Whether operators were measured on the GPU.
    package var isMeasured = true
    /// Most tokens in a step that were measured; nil: not measured at all.
    package var mostTokens: Int?
    /// Longest context that was measured, tokens.
    package var longestContext: Int?
    /// Most decodes in a step that were measured.
    package var mostDecodes: Int?
    /// What makes this clock another than the one that was measured, a few words each: a factor,
    /// an ablation. No errors are known of it then.
    package private(set) var changes: [String] = []
    /// Parts of this clock that rest on assumptions, one line each.
    package var assumptions: [String] = []

    package init(kind: String, source: String) {
        self.kind = kind
        self.source = source
    }

    /// Notes a change of the measured clock, of which no errors are known.
    package mutating func change(_ words: String) {
        changes.append(words)
        errors = nil
    }

    /// A clock that the user gave: nothing to warn about.
    package static func given(_ kind: String) -> Provenance {
        Provenance(kind: kind, source: "given in the configuration")
    }

    /// What to tell the user about a run that went up to these sizes; empty when it stayed inside
    /// the measured range.
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
