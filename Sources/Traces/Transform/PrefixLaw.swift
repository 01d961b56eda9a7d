import Basics

/// What prompts of a trace without content are assumed to begin with: a law, not a measurement.
///
/// Requests fall into groups, each with equal chance and by the seed alone. Prompts of a group
/// begin with the same tokens and share nothing else.
package struct PrefixLaw: Sendable, Equatable {
    /// How long the beginning is.
    package enum Length: Sendable, Equatable {
        /// So many tokens, or the whole prompt but its last token where that is shorter.
        case tokens(Int)
        /// This share of each prompt's tokens, rounded down; more than 0 and less than 1.
        case share(Double)
    }

    package var length: Length
    /// How many different beginnings there are, at least 1.
    package var groups: Int

    /// A beginning in so many groups.
    package init(_ length: Length, groups: Int = 1) {
        (self.length, self.groups) = (length, groups)
    }

    /// Tokens of a prompt that are its group's. O(1).
    func tokens(of prompt: Int32) -> Int32 {
        switch length {
        case .tokens(let tokens): min(Int32(clamping: tokens), max(0, prompt - 1))
        case .share(let share): Int32((Double(prompt) * share).rounded(.down))
        }
    }

    /// The law as a sentence says it.
    package var words: String {
        let length =
            switch length {
            case .tokens(let tokens): "with the same \(tokens) tokens"
            case .share(let share): "with \(share) of their tokens alike"
            }
        return "prompts are assumed to begin \(length)"
            + (groups > 1 ? ", in \(groups) groups of equal chance" : "")
            + " (trace.shared_prefix): no trace says so"
    }
}

/// A trace without content whose prompts begin alike by a law.
package struct SharedPrefixSource: RequestSource {
    private var source: any RequestSource
    private let law: PrefixLaw
    private let seed: UInt64

    /// The requests of a source.
    package init(_ source: any RequestSource, _ law: PrefixLaw, seed: UInt64) {
        (self.source, self.law, self.seed) = (source, law, seed)
    }

    /// The next batch. Throws `InputError` where the trace says what its prompts hold. O(rows).
    package mutating func next() throws -> Workload? {
        guard var batch = try source.next() else { return nil }
        try batch.checkColumns()
        guard batch.segmentEnds.isEmpty else {
            throw InputError(
                "trace.shared_prefix",
                "is a law for traces without content, and this one says what its prompts hold",
                expected: "null")
        }
        for row in 0..<batch.count {
            let (id, prompt) = (batch.ids[row], batch.promptTokens[row])
            let shared = law.tokens(of: prompt)
            if shared > 0 {
                let chance = SeededRandom.hash(UInt64(bitPattern: id), seed: seed ^ 0x5A4E)
                let group = chance.multipliedFullWidth(by: UInt64(law.groups)).high
                batch.segments.append(Segment(content: Int64(group), length: shared))
            }
            if shared < prompt {
                batch.segments.append(
                    Segment(content: OwnContent.prompt(of: id), length: prompt - shared))
            }
            batch.segmentEnds.append(batch.segments.count)
        }
        return batch
    }
}
