/// Content ids that readers give to prompts and answers whose content nobody shares, apart from
/// the ids of traces (below 2⁶¹ in practice) and those the simulator makes (from 2⁶² on).
enum OwnContent {
    static let first: Int64 = 1 << 61

    /// The prompt of the request with this id; ids are below 2⁶⁰.
    static func prompt(of id: Int64) -> Int64 { first + 2 * id }
    /// Its answer.
    static func output(of id: Int64) -> Int64 { first + 2 * id + 1 }
}

extension Workload {
    /// Appends another part of the same trace; columns that only one part has are filled with
    /// what their absence means. O(other), amortised.
    public mutating func append(contentsOf other: Workload) {
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

    /// Makes room for a batch in the columns that every trace has.
    mutating func reserve(_ rows: Int) {
        ids.reserveCapacity(rows)
        arrivals.reserveCapacity(rows)
        promptTokens.reserveCapacity(rows)
        outputTokens.reserveCapacity(rows)
    }

    /// Appends a checked row whose segments are already at the end of `segments`.
    ///
    /// Optional columns come into being with the first row that needs them. O(1) amortised.
    @inline(never)
    mutating func append(_ row: TraceRow, arrival: Int64, abort: Int64) {
        if row.hasOptions || hasOptionalColumns { appendOptions(of: row, abort: abort) }
        ids.append(row.id)
        arrivals.append(arrival)
        promptTokens.append(Int32(truncatingIfNeeded: row.prompt))
        outputTokens.append(Int32(truncatingIfNeeded: row.output))
        if !segments.isEmpty { appendSegmentEnd() }
    }

    private var hasOptionalColumns: Bool {
        !(maxTokens.isEmpty && priorities.isEmpty && aborts.isEmpty && outputContents.isEmpty
            && predecessors.isEmpty)
    }

    @inline(never)
    private mutating func appendOptions(of row: TraceRow, abort: Int64) {
        let before = arrivals.count
        if row.maxTokens >= 0 || !maxTokens.isEmpty {
            if maxTokens.isEmpty { maxTokens = outputTokens.map(Int64.init) }
            maxTokens.append(row.maxTokens >= 0 ? row.maxTokens : row.output)
        }
        if row.priority != 0 || !priorities.isEmpty {
            if priorities.isEmpty { priorities = .init(repeating: 0, count: before) }
            priorities.append(row.priority)
        }
        if abort >= 0 || !aborts.isEmpty {
            if aborts.isEmpty { aborts = .init(repeating: -1, count: before) }
            aborts.append(abort)
        }
        if row.outputContent >= 0 || !outputContents.isEmpty {
            if outputContents.isEmpty { outputContents = ids.map(OwnContent.output) }
            outputContents.append(
                row.outputContent >= 0 ? row.outputContent : OwnContent.output(of: row.id))
        }
        if row.predecessor != TraceRow.noSessions || !predecessors.isEmpty {
            if predecessors.isEmpty {
                predecessors = .init(repeating: -1, count: before)
                thinkTimes = .init(repeating: 0, count: before)
            }
            predecessors.append(max(-1, row.predecessor))
            thinkTimes.append(row.thinkTime)
        }
    }

    @inline(__always) private mutating func appendSegmentEnd() {
        let row = promptTokens.count - 1
        if segmentEnds.count == row, segments.count > (segmentEnds.last ?? 0) {
            segmentEnds.append(segments.count)
        } else {
            appendMissingSegments(row)
        }
    }

    @inline(never) private mutating func appendMissingSegments(_ row: Int) {
        if segmentEnds.count < row {
            // Rows before the first one with content: nobody shares theirs.
            precondition(segmentEnds.isEmpty, "segment ends lag behind the rows")
            let own = (0..<row).map {
                Segment(content: OwnContent.prompt(of: ids[$0]), length: promptTokens[$0])
            }
            segments.insert(contentsOf: own, at: 0)
            segmentEnds = Array(1..<(row + 1))
        }
        if segments.count == (segmentEnds.last ?? 0) {
            appendOwnPrompt(of: row, in: self)
        } else {
            segmentEnds.append(segments.count)
        }
    }
}

extension Array {
    /// Appends a column that may be empty for "nothing said" to one that may be, too.
    fileprivate mutating func join(
        _ other: [Element], _ mine: Int, _ theirs: Int, absent: Element
    ) {
        if isEmpty, other.isEmpty { return }
        if isEmpty { self = .init(repeating: absent, count: mine) }
        self += other.isEmpty ? .init(repeating: absent, count: theirs) : other
    }
}
