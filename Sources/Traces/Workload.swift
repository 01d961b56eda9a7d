/// A piece of a prompt whose content is known only by identity: two tokens are the same exactly
/// when content id and position inside the content are the same.
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

    /// Content ids from here on are the simulator's own: prompts and answers that no other prompt
    /// quotes.
    package static let privateContent: Int64 = 1 << 62
}

/// Requests in order of arrival, as columns.
///
/// An optional column is empty when the trace says nothing about it. Row `i` of every non-empty
/// column belongs to the same request. A large trace is a sequence of such batches
/// (`RequestSource`), so a workload may be the whole trace or a part of it.
public struct Workload: Sendable, Equatable {
    /// Identity of each request, as the trace gives it, else the row number counted from 0.
    public var ids: [Int64] = []
    /// Arrival in nanoseconds from the trace's origin; non-decreasing (ties keep file order).
    public var arrivals: [Int64] = []
    /// Prompt length in tokens, at least 1.
    public var promptTokens: [Int32] = []
    /// Output length in tokens, at least 1.
    public var outputTokens: [Int32] = []
    /// Limit on the output the scheduler knows beforehand; empty: equal to the output length.
    public var maxTokens: [Int64] = []
    /// Priority, smaller first; empty: all 0.
    public var priorities: [Int32] = []
    /// When the client gives up, nanoseconds from the origin, or -1; empty: never.
    package var aborts: [Int64] = []
    /// Content id of the answer's tokens; empty: no prompt quotes an answer.
    package var outputContents: [Int64] = []
    /// Where each request's segments end in `segments`; empty: no prompt shares anything.
    public var segmentEnds: [Int] = []
    /// The prompts' content, request after request.
    public var segments: [Segment] = []
    /// Row id (in `ids`) of the turn that must finish first, or -1; empty: open loop throughout.
    /// Such a request arrives `thinkTimes` after its predecessor's finish, not at `arrivals`.
    public var predecessors: [Int64] = []
    /// Nanoseconds between the predecessor's finish and this arrival; parallel to `predecessors`.
    public var thinkTimes: [Int64] = []
    /// Nanoseconds of each request's pause that a tool took, at most the pause; empty: none is
    /// known. They are part of the pause and change no arrival.
    package var toolTimes: [Int64] = []
    /// Where each request's waits end in `waits`; empty: none waits for more than its predecessor.
    package var waitEnds: [Int] = []
    /// What requests wait for besides their predecessors, request after request.
    package var waits: [Wait] = []

    public init() {}

    /// Number of requests.
    public var count: Int { arrivals.count }

    /// The segments of request `row`; empty when the trace has no content identity.
    package func segments(of row: Int) -> ArraySlice<Segment> {
        guard !segmentEnds.isEmpty else { return [] }
        return segments[(row == 0 ? 0 : segmentEnds[row - 1])..<segmentEnds[row]]
    }
}

/// Where requests come from, a batch at a time, so that memory follows the requests alive.
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
