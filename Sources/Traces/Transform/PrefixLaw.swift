import Basics

/// The assumed shared prefixes of a trace without content: a law, not a measurement.
///
/// The seed alone assigns requests to groups, each group with equal chance. Prompts of a group
/// begin with the same tokens and share nothing else.
package struct PrefixLaw: Sendable, Equatable {
    /// How long the prefix is.
    package enum Length: Sendable, Equatable {
        /// This many tokens, or the whole prompt except its last token if that is shorter.
        case tokens(Int)
        /// This share of each prompt's tokens, rounded down; more than 0 and less than 1.
        case share(Double)
    }

    package var length: Length
    /// Number of different prefixes, at least 1.
    package var groups: Int

    /// A prefix per group.
    package init(_ length: Length, groups: Int = 1) {
        (self.length, self.groups) = (length, groups)
    }

    /// How many of a prompt's tokens are its group's. O(1).
    func tokens(of prompt: Int32) -> Int32 {
        switch length {
        case .tokens(let tokens): min(Int32(clamping: tokens), max(0, prompt - 1))
        case .share(let share): Int32((Double(prompt) * share).rounded(.down))
        }
    }

    /// The law in words.
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

/// A trace without content whose prompts share prefixes by a law.
package struct SharedPrefixSource: RequestSource {
    private var source: any RequestSource
    private let law: PrefixLaw
    private let seed: UInt64

    package init(_ source: any RequestSource, _ law: PrefixLaw, seed: UInt64) {
        (self.source, self.law, self.seed) = (source, law, seed)
    }

    /// The next batch. Throws `InputError` if the trace gives the content of its prompts. O(rows).
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
