import Traces

/// A request on its way from the router to a replica.
struct ArrivingRequest {
    var id: Int64
    var sequence: Int64
    /// In picoseconds.
    var arrival: Int64
    var promptTokens: Int32
    var outputTokens: Int32
    var maxTokens: Int32
    var priority: Int32
    /// In picoseconds; `Int64.max` for never.
    var abort: Int64
    /// When the client gives up if it has no first token by then, in picoseconds; `Int64.max` for
    /// never.
    var firstTokenLimit = Int64.max
    var outputContent: Int64
    /// Whether the trace gives the content of outputs, so that others may quote them.
    var isQuotable: Bool
    /// Empty for content that no other request names.
    var content: ArraySlice<Segment>
    /// How many of its prompt's first tokens earlier requests of the run had, if that is more than
    /// its own replica knows: the most that unlimited prefix caches could find.
    var shared: Int32 = 0

    /// The prompt's content, under a generated name if the trace gives none.
    var prompt: ArraySlice<Segment> {
        if !content.isEmpty { return content }
        return [Segment.whole(of: sequence, length: promptTokens)]
    }

    /// The part of its output that others may quote. Its last token is never computed.
    var quotableAnswer: Segment? {
        let length = min(outputTokens, .max - promptTokens) - 1
        return isQuotable && length > 0 ? Segment(content: outputContent, length: length) : nil
    }
}

extension Segment {
    /// The content of a prompt that no other request names, by the request's place in the run.
    static func whole(of sequence: Int64, length: Int32) -> Segment {
        Segment(content: privateContent + 2 * sequence, length: length)
    }

    /// Content id of an output that no other request names.
    static func answer(of sequence: Int64) -> Int64 { privateContent + 2 * sequence + 1 }
}
