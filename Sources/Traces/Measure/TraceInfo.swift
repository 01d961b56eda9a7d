import Basics

/// A summary of a trace: rate, burstiness, lengths, sessions, reuse, and what was dropped.
package struct TraceInfo: Sendable {
    package let notes: TraceNotes
    package private(set) var arrivals = ArrivalStatistics()
    package private(set) var prompts = LengthCounts()
    package private(set) var outputs = LengthCounts()
    /// Requests that wait for an earlier one.
    package private(set) var laterTurns = 0
    /// How requests wait for one another; nil if none does.
    package private(set) var dependencies: DependencyShape?
    package private(set) var aborts = 0
    /// Reuse of content; nil if the trace has none.
    package private(set) var reuse: BlockReuse.Result?
    /// Tokens per block in `reuse`; nil for chunks.
    package let blockTokens: Int?

    /// Reads a source to its end, streaming. O(segments), or O(blocks) if the trace has its own
    /// blocks.
    ///
    /// Throws what the source throws.
    package init(_ source: any RequestSource, notes: TraceNotes) throws {
        self.notes = notes
        let hasOwnBlocks = notes.blockTokens != nil || notes.format == .ragpulse
        blockTokens = hasOwnBlocks ? notes.blockTokens : Int(PrefixReuse.blockTokens)
        var blocks = BlockReuse(blockTokens: notes.blockTokens)
        var prefixes = PrefixReuse()
        var hasContent = false
        var shape = DependencyShape()
        var source = source
        while let batch = try source.next() {
            for row in 0..<batch.count {
                arrivals.add(batch.arrivals[row])
                prompts.add(batch.promptTokens[row])
                outputs.add(batch.outputTokens[row])
            }
            shape.add(batch)
            aborts += batch.aborts.lazy.filter { $0 >= 0 }.count
            hasContent = hasContent || !batch.segmentEnds.isEmpty
            if hasOwnBlocks { blocks.add(batch) } else { prefixes.add(batch) }
        }
        laterTurns = shape.followers
        if shape.followers > 0 { dependencies = shape.finished() }
        if hasContent { reuse = hasOwnBlocks ? blocks.finish() : prefixes.finish() }
    }

    /// Whether so many arrivals share a time that burstiness below a minute is an artefact of the
    /// clock (such as Mooncake's three-second ticks).
    package var hasCoarseClock: Bool {
        arrivals.count > 100 && 4 * arrivals.distinctTimes < arrivals.count
    }
}
