import Traces

/// What a stage of a load did.
package struct StageRun: Sendable, Equatable {
    package var stage: LoadStages.Stage
    /// When it began, in picoseconds; nil if the trace ended before it.
    package var begin: Int64?
    /// Requests, or sessions, that it sent.
    package var sent: Int

    package init(stage: LoadStages.Stage, begin: Int64?, sent: Int) {
        (self.stage, self.begin, self.sent) = (stage, begin, sent)
    }

    /// Whether the trace ended before the stage had sent everything it was to send, as far as
    /// known.
    package var isCutShort: Bool { begin == nil || sent < stage.requests ?? 0 }
}
