/// The columns of one batch, filled row by row without the checks that an array makes at every
/// append: these are a third of the time of reading a trace of lengths.
///
/// Optional columns are created by the first row that needs them; earlier rows get the value that
/// the column's absence means.
struct BatchColumns {
    private let room: Room
    private(set) var count = 0
    /// The content of the rows so far, including the one being read.
    var segments: [Segment] = []
    private var end = 0
    /// What the rows so far, including the one being read, wait for besides their predecessors.
    var waits: [Wait] = []
    private var hasOptions = false
    private var said = Said()

    /// Which optional columns some row needs.
    private struct Said {
        var maxTokens = false
        var priority = false
        var abort = false
        var outputContent = false
        var predecessor = false
        var toolTime = false
        var waits = false
    }

    /// Space for `capacity` rows, at least one.
    init(capacity: Int) { room = Room(max(1, capacity)) }

    /// Appends a checked row whose segments, if any, are at the end of `segments`. O(1), except
    /// O(rows) for the first row with anything optional.
    @inline(__always)
    mutating func append(_ row: TraceRow, arrival: Int64) {
        precondition(count < room.capacity, "more rows than the batch has room for")
        room.ids[count] = row.id
        room.arrivals[count] = arrival
        room.prompts[count] = Int32(truncatingIfNeeded: row.prompt)
        room.outputs[count] = Int32(truncatingIfNeeded: row.output)
        if hasOptions || row.hasOptions { appendOptions(of: row) }
        if !segments.isEmpty { appendEnd() }
        count &+= 1
    }

    /// Removes the segments of a row that is not kept.
    mutating func dropSegments(from start: Int) {
        if segments.count > start { segments.removeLast(segments.count - start) }
    }

    /// Removes the waits of a row that is not kept.
    mutating func dropWaits(from start: Int) {
        if waits.count > start { waits.removeLast(waits.count - start) }
    }

    @inline(never)
    private mutating func appendOptions(of row: TraceRow) {
        if !hasOptions {
            hasOptions = true
            for index in 0..<count { setOptions(of: TraceRow(), at: index) }
        }
        if row.maxTokens >= 0 { said.maxTokens = true }
        if row.priority != 0 { said.priority = true }
        if row.abort >= 0 { said.abort = true }
        if row.outputContent >= 0 { said.outputContent = true }
        if row.predecessor != TraceRow.noSessions { said.predecessor = true }
        if row.toolTime > 0 { said.toolTime = true }
        if row.waitCount > 0 { said.waits = true }
        setOptions(of: row, at: count)
    }

    @inline(__always)
    private func setOptions(of row: TraceRow, at index: Int) {
        room.maxTokens[index] = row.maxTokens >= 0 ? row.maxTokens : Int64(room.outputs[index])
        room.priorities[index] = row.priority
        room.aborts[index] = row.abort
        room.outputContents[index] =
            row.outputContent >= 0 ? row.outputContent : OwnContent.output(of: room.ids[index])
        room.predecessors[index] = max(-1, row.predecessor)
        // A pause means something only if turns are told apart.
        room.thinkTimes[index] = said.predecessor ? row.thinkTime : 0
        room.toolTimes[index] = said.predecessor ? row.toolTime : 0
        // Rows before the first one with anything optional have no waits.
        room.waitEnds[index] = index == count ? waits.count : 0
    }

    @inline(__always) private mutating func appendEnd() {
        if segments.count == end {
            appendOwnPrompt()
        } else if end == 0, count > 0 {
            insertOwnPrompts()
        }
        end = segments.count
        room.ends[count] = end
    }

    /// Gives a row without content, among others that have some, content that no row shares.
    @inline(never) private mutating func appendOwnPrompt() {
        segments.append(
            Segment(content: OwnContent.prompt(of: room.ids[count]), length: room.prompts[count]))
    }

    /// The same for all rows before the first one with content.
    @inline(never) private mutating func insertOwnPrompts() {
        let own = (0..<count).map {
            Segment(content: OwnContent.prompt(of: room.ids[$0]), length: room.prompts[$0])
        }
        segments.insert(contentsOf: own, at: 0)
        for index in 0..<count { room.ends[index] = index + 1 }
    }

    /// Takes the batch and begins another one. O(rows + segments).
    mutating func take() -> Workload {
        func column<Element>(
            _ start: UnsafeMutablePointer<Element>, _ isThere: Bool = true
        ) -> [Element] {
            isThere ? Array(UnsafeBufferPointer(start: start, count: count)) : []
        }
        var batch = Workload()
        batch.ids = column(room.ids)
        batch.arrivals = column(room.arrivals)
        batch.promptTokens = column(room.prompts)
        batch.outputTokens = column(room.outputs)
        batch.maxTokens = column(room.maxTokens, said.maxTokens)
        batch.priorities = column(room.priorities, said.priority)
        batch.aborts = column(room.aborts, said.abort)
        batch.outputContents = column(room.outputContents, said.outputContent)
        batch.predecessors = column(room.predecessors, said.predecessor)
        batch.thinkTimes = column(room.thinkTimes, said.predecessor)
        batch.toolTimes = column(room.toolTimes, said.toolTime)
        batch.waitEnds = column(room.waitEnds, said.waits)
        batch.waits = waits
        waits = []
        batch.segmentEnds = column(room.ends, !segments.isEmpty)
        batch.segments = segments
        segments = []
        // The next batch will probably be as large.
        segments.reserveCapacity(batch.segments.count)
        (count, end, hasOptions, said) = (0, 0, false, Said())
        return batch
    }

    /// Memory for the columns, freed with the last batch that uses it.
    private final class Room {
        let capacity: Int
        let ids: UnsafeMutablePointer<Int64>
        let arrivals: UnsafeMutablePointer<Int64>
        let prompts: UnsafeMutablePointer<Int32>
        let outputs: UnsafeMutablePointer<Int32>
        let maxTokens: UnsafeMutablePointer<Int64>
        let priorities: UnsafeMutablePointer<Int32>
        let aborts: UnsafeMutablePointer<Int64>
        let outputContents: UnsafeMutablePointer<Int64>
        let predecessors: UnsafeMutablePointer<Int64>
        let thinkTimes: UnsafeMutablePointer<Int64>
        let toolTimes: UnsafeMutablePointer<Int64>
        let waitEnds: UnsafeMutablePointer<Int>
        let ends: UnsafeMutablePointer<Int>

        init(_ capacity: Int) {
            self.capacity = capacity
            ids = .allocate(capacity: capacity)
            arrivals = .allocate(capacity: capacity)
            prompts = .allocate(capacity: capacity)
            outputs = .allocate(capacity: capacity)
            maxTokens = .allocate(capacity: capacity)
            priorities = .allocate(capacity: capacity)
            aborts = .allocate(capacity: capacity)
            outputContents = .allocate(capacity: capacity)
            predecessors = .allocate(capacity: capacity)
            thinkTimes = .allocate(capacity: capacity)
            toolTimes = .allocate(capacity: capacity)
            waitEnds = .allocate(capacity: capacity)
            ends = .allocate(capacity: capacity)
        }

        deinit {
            ids.deallocate()
            arrivals.deallocate()
            prompts.deallocate()
            outputs.deallocate()
            maxTokens.deallocate()
            priorities.deallocate()
            aborts.deallocate()
            outputContents.deallocate()
            predecessors.deallocate()
            thinkTimes.deallocate()
            toolTimes.deallocate()
            waitEnds.deallocate()
            ends.deallocate()
        }
    }
}
