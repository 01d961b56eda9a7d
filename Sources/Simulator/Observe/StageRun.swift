import Traces

/// What a stage of a load did.
package struct StageRun: Sendable, Equatable {
    package var stage: LoadStages.Stage
    /// When it began, picoseconds; nil: the trace ended before it.
    package var begin: Int64?
    /// Requests, or sessions, that it sent.
    package var sent: Int

    /// A stage with what it did.
    package init(stage: LoadStages.Stage, begin: Int64?, sent: Int) {
        (self.stage, self.begin, self.sent) = (stage, begin, sent)
    }

    /// Whether the trace ended before it had sent all that it was to send, as far as that is known.
    package var isCutShort: Bool { begin == nil || sent < stage.requests ?? 0 }
}
