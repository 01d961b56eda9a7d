/// The calls of one session as a provider recorded them, with the prompt tokens that it found
/// cached.
///
/// No content is recorded. A call is assumed to share its cached tokens with the prompt and output
/// of the call before it; the rest is content of its own. Calls of different sessions share
/// nothing.
struct SessionCalls {
    /// One call.
    struct Call {
        /// In nanoseconds since 1970.
        var start: Int64
        var duration: Int64
        var prompt: Int64
        var output: Int64
        /// Prompt tokens found cached.
        var cached: Int64
        var priority: Int32
        /// Its place in the buffer, for messages.
        var place: Int
        /// Its names, one of each requested kind.
        var labels: [String?] = []
    }

    static let assumption =
        "a call shares with the call before it in its session what the provider found cached, and"
        + " nothing with other sessions"

    private var pieces: Int64 = 0

    /// Adds a session to a graph: calls in order of their starts, each following the latest that
    /// had ended. Throws `ScanFailure` for invalid lengths. O(n log n).
    mutating func append(
        _ calls: [Call], tools: [(start: Int64, end: Int64)], to graph: inout RequestGraph
    ) throws {
        var path: [Segment] = []
        var places: [Int] = []
        let ordered = calls.enumerated().sorted {
            let (a, b) = ($0.element.start, $1.element.start)
            return a != b ? a < b : $0.offset < $1.offset
        }
        for (_, call) in ordered {
            for (length, name) in [
                (call.prompt, "prompt"), (call.output, "output"), (call.cached, "cached"),
            ] where !(0...TraceRow.longest).contains(length) {
                throw ScanFailure(
                    "\(length) \(name) tokens", expected: "0 to \(TraceRow.longest)")
            }
            var next = RequestGraph.Call()
            next.row.time = call.start
            next.row.prompt = call.prompt
            next.row.output = call.output
            next.row.priority = call.priority
            next.duration = call.duration
            next.place = call.place
            next.labels = call.labels
            path = prefix(of: path, tokens: min(call.cached, call.prompt))
            let shared = path.reduce(0) { $0 + Int64($1.length) }
            if call.prompt > shared {
                pieces += 1
                path.append(
                    Segment(content: 2 * pieces, length: Int32(call.prompt - shared)))
            } else {
                pieces += 1
            }
            if call.prompt > 0 { graph.segments += path }
            next.row.outputContent = 2 * pieces + 1
            places.append(graph.append(next))
            if call.output > 0 {
                path.append(Segment(content: 2 * pieces + 1, length: Int32(call.output)))
            }
        }
        graph.chain(places, tools: ToolSpans(tools))
    }

    /// The first tokens of a path.
    private func prefix(of path: [Segment], tokens: Int64) -> [Segment] {
        var left = tokens
        var result: [Segment] = []
        for segment in path {
            guard left > 0 else { break }
            var segment = segment
            segment.length = Int32(min(Int64(segment.length), left))
            left -= Int64(segment.length)
            result.append(segment)
        }
        return result
    }
}
