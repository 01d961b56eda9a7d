import Traces

/// What a stage of a load did.
public struct StageRun: Sendable, Equatable {
    public var stage: LoadStages.Stage
    /// When it began, picoseconds; nil: the trace ended before it.
    public var begin: Int64?
    /// Requests, or sessions, that it sent.
    public var sent: Int

    /// A stage with what it did.
    public init(stage: LoadStages.Stage, begin: Int64?, sent: Int) {
        (self.stage, self.begin, self.sent) = (stage, begin, sent)
    }

    /// Whether the trace ended before it had sent all that it was to send, as far as that is known.
    public var isCutShort: Bool { begin == nil || sent < stage.requests ?? 0 }
}
