/// A piece of a prompt whose content is known only by identity: two tokens are equal exactly if
/// their content ids and positions inside the content are equal.
public struct Segment: Hashable, Sendable {
    /// The content's identity. Ids at or above `Segment.privateContent` are reserved.
    public var content: Int64
    /// Position of the first token inside the content.
    public var offset: Int32
    /// Number of tokens, at least 1.
    public var length: Int32

    public init(content: Int64, offset: Int32 = 0, length: Int32) {
        self.content = content
        self.offset = offset
        self.length = length
    }

    /// Content ids from here on belong to the simulator: prompts and answers that no other prompt
    /// quotes.
    package static let privateContent: Int64 = 1 << 62
}

/// Requests in order of arrival, as columns.
/// An optional column is empty if the trace gives no values for it. Row `i` of every non-empty
/// column belongs to the same request. A large trace is a sequence of such batches
/// (`RequestSource`), so a workload may be a whole trace or a part of it.
public struct Workload: Sendable, Equatable {
    /// Identity of each request as the trace gives it; otherwise the row number, from 0.
    public var ids: [Int64] = []
    /// Arrival in nanoseconds from the trace's origin; non-decreasing (ties keep file order).
    public var arrivals: [Int64] = []
    /// Prompt length in tokens, at least 1.
    public var promptTokens: [Int32] = []
    /// Output length in tokens, at least 1.
    public var outputTokens: [Int32] = []
    /// Output limit that the scheduler knows beforehand; empty: equal to the output length.
    public var maxTokens: [Int64] = []
    /// Priority, smaller first; empty: all 0.
    public var priorities: [Int32] = []
    /// When the client gives up, in nanoseconds from the origin, or -1; empty: never.
    package var aborts: [Int64] = []
    /// Content id of the answer's tokens; empty: no prompt quotes an answer.
    package var outputContents: [Int64] = []
    /// Where each request's segments end in `segments`; empty: no prompt shares anything.
    public var segmentEnds: [Int] = []
    /// The prompts' content, request by request.
    public var segments: [Segment] = []
    /// Row id (in `ids`) of the turn that must finish first, or -1; empty: open loop throughout.
    /// Such a request arrives `thinkTimes` after its predecessor's finish, not at `arrivals`.
    public var predecessors: [Int64] = []
    /// Nanoseconds between the predecessor's finish and this arrival; parallel to `predecessors`.
    public var thinkTimes: [Int64] = []
    /// Tool time in each request's pause, in nanoseconds, at most the pause; empty: none known. It
    /// is part of the pause and changes no arrival.
    package var toolTimes: [Int64] = []
    /// Where each request's waits end in `waits`; empty: none waits for more than its predecessor.
    package var waitEnds: [Int] = []
    /// What requests wait for besides their predecessors, request by request.
    package var waits: [Wait] = []

    public init() {}

    /// Number of requests.
    public var count: Int { arrivals.count }

    /// The segments of request `row`; empty if the trace has no content identity.
    package func segments(of row: Int) -> ArraySlice<Segment> {
        guard !segmentEnds.isEmpty else { return [] }
        return segments[(row == 0 ? 0 : segmentEnds[row - 1])..<segmentEnds[row]]
    }
}

/// A source of requests, a batch at a time, so that memory grows with the requests alive.
public protocol RequestSource {
    /// The next requests in order of arrival (across batches too), or nil at the end.
    mutating func next() throws -> Workload?
}

/// A source that holds its requests in memory.
public struct InMemorySource: RequestSource {
    private var workload: Workload?

    public init(_ workload: Workload) { self.workload = workload }

    public mutating func next() -> Workload? {
        defer { workload = nil }
        return workload
    }
}
