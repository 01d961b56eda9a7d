import Traces

/// A request on its way from the router to a replica.
struct ArrivingRequest {
    var id: Int64
    var sequence: Int64
    /// Picoseconds.
    var arrival: Int64
    var promptTokens: Int32
    var outputTokens: Int32
    var maxTokens: Int32
    var priority: Int32
    /// Picoseconds; `Int64.max`: never.
    var abort: Int64
    /// By when its client must have the first token, or it gives up, picoseconds; `Int64.max`:
    /// whenever.
    var firstTokenLimit = Int64.max
    var outputContent: Int64
    /// Whether the trace says what answers are, so that others may quote them.
    var isQuotable: Bool
    /// Empty: content that nobody else names.
    var content: ArraySlice<Segment>
    /// How many of its prompt's first tokens earlier requests of the run had, where that is more
    /// than its own replica can tell: the most that prefix caches without limits could find.
    var shared: Int32 = 0

    /// The prompt's content, with a name of its own where the trace gives none.
    var prompt: ArraySlice<Segment> {
        if !content.isEmpty { return content }
        return [Segment.whole(of: sequence, length: promptTokens)]
    }

    /// What of its answer others may quote; its last token is computed by nobody.
    var quotableAnswer: Segment? {
        let length = min(outputTokens, .max - promptTokens) - 1
        return isQuotable && length > 0 ? Segment(content: outputContent, length: length) : nil
    }
}

extension Segment {
    /// The content of a prompt that nobody else names, by the request's place in the run.
    static func whole(of sequence: Int64, length: Int32) -> Segment {
        Segment(content: privateContent + 2 * sequence, length: length)
    }

    /// Content id of an answer that nobody else names.
    static func answer(of sequence: Int64) -> Int64 { privateContent + 2 * sequence + 1 }
}
