/// Content ids that readers assign to unshared prompts and answers. They are separate from the ids
/// of traces (below 2⁶¹ in practice) and from those the simulator makes (from 2⁶² on).
enum OwnContent {
    static let first: Int64 = 1 << 61

    /// The prompt of the request with this id; ids are below 2⁶⁰.
    static func prompt(of id: Int64) -> Int64 { first + 2 * id }
    /// The answer of the request with this id.
    static func output(of id: Int64) -> Int64 { first + 2 * id + 1 }
}

extension Workload {
    /// Appends another part of the same trace. Columns that only one part has are filled with the
    /// value that their absence means. O(other), amortised.
    package mutating func append(contentsOf other: Workload) {
        let mine = count
        if maxTokens.isEmpty != other.maxTokens.isEmpty {
            if maxTokens.isEmpty { maxTokens = outputTokens.map(Int64.init) }
            maxTokens += other.maxTokens.isEmpty ? other.outputTokens.map(Int64.init) : []
        }
        maxTokens += other.maxTokens
        if outputContents.isEmpty != other.outputContents.isEmpty {
            if outputContents.isEmpty { outputContents = ids.map(OwnContent.output) }
            outputContents += other.outputContents.isEmpty ? other.ids.map(OwnContent.output) : []
        }
        outputContents += other.outputContents
        priorities.join(other.priorities, mine, other.count, absent: 0)
        aborts.join(other.aborts, mine, other.count, absent: -1)
        predecessors.join(other.predecessors, mine, other.count, absent: -1)
        thinkTimes.join(other.thinkTimes, mine, other.count, absent: 0)
        toolTimes.join(other.toolTimes, mine, other.count, absent: 0)
        if !waitEnds.isEmpty || !other.waitEnds.isEmpty {
            if waitEnds.isEmpty { waitEnds = .init(repeating: 0, count: mine) }
            let base = waits.count
            waitEnds +=
                other.waitEnds.isEmpty
                ? .init(repeating: base, count: other.count) : other.waitEnds.map { base + $0 }
            waits += other.waits
        }
        appendContent(of: other)
        ids += other.ids
        arrivals += other.arrivals
        promptTokens += other.promptTokens
        outputTokens += other.outputTokens
    }

    private mutating func appendContent(of other: Workload) {
        guard !segmentEnds.isEmpty || !other.segmentEnds.isEmpty else { return }
        if segmentEnds.isEmpty { for row in 0..<count { appendOwnPrompt(of: row, in: self) } }
        if other.segmentEnds.isEmpty {
            for row in 0..<other.count { appendOwnPrompt(of: row, in: other) }
        } else {
            let base = segments.count
            segments += other.segments
            segmentEnds += other.segmentEnds.map { base + $0 }
        }
    }

    private mutating func appendOwnPrompt(of row: Int, in part: Workload) {
        segments.append(
            Segment(content: OwnContent.prompt(of: part.ids[row]), length: part.promptTokens[row]))
        segmentEnds.append(segments.count)
    }
}

extension Array {
    /// Appends a column to another one; either may be empty for "no values".
    fileprivate mutating func join(
        _ other: [Element], _ mine: Int, _ theirs: Int, absent: Element
    ) {
        if isEmpty, other.isEmpty { return }
        if isEmpty { self = .init(repeating: absent, count: mine) }
        self += other.isEmpty ? .init(repeating: absent, count: theirs) : other
    }
}
