/// Gives the requests and contents of several traces new ids, so that they stay apart in one trace.
struct Relabelling {
    private struct Key: Hashable {
        let part: Int
        let id: Int64
    }

    private var contents: [Key: Int64] = [:]
    private var requests: [Key: Int64] = [:]
    private var nextRequest: Int64 = 0
    private let sharesContent: Bool

    /// `sharesContent`: equal content ids of different parts stay equal.
    init(sharesContent: Bool) { self.sharesContent = sharesContent }

    /// The new id of a content of a part.
    mutating func content(_ id: Int64, of part: Int) -> Int64 {
        if sharesContent, id < OwnContent.first { return id }
        let fresh = (sharesContent ? OwnContent.first >> 1 : 0) + Int64(contents.count)
        let key = Key(part: part, id: id)
        if let known = contents[key] { return known }
        contents[key] = fresh
        return fresh
    }

    /// A new id for a request of a part; `remembers`: later ones may follow it.
    mutating func request(_ id: Int64, of part: Int, remembers: Bool) -> Int64 {
        defer { nextRequest += 1 }
        if remembers { requests[Key(part: part, id: id)] = nextRequest }
        return nextRequest
    }

    /// The new id of a request that a later one follows; -1 if it does not exist.
    func predecessor(_ id: Int64, of part: Int) -> Int64 {
        id < 0 ? -1 : requests[Key(part: part, id: id)] ?? -1
    }
}

extension Workload {
    /// The row as a reader would give it, without its content.
    func row(_ index: Int) -> TraceRow {
        var row = TraceRow()
        row.id = ids[index]
        row.time = arrivals[index]
        row.prompt = Int64(promptTokens[index])
        row.output = Int64(outputTokens[index])
        if !maxTokens.isEmpty { row.maxTokens = maxTokens[index] }
        if !priorities.isEmpty { row.priority = priorities[index] }
        if !aborts.isEmpty { row.abort = aborts[index] }
        if !outputContents.isEmpty { row.outputContent = outputContents[index] }
        if !predecessors.isEmpty {
            row.predecessor = predecessors[index]
            row.thinkTime = thinkTimes[index]
            if !toolTimes.isEmpty { row.toolTime = toolTimes[index] }
        }
        return row
    }
}

extension BatchColumns {
    /// Appends a row of another workload at a new time; patience counts from the arrival. Keeps
    /// waits for requests that pass `isKept`.
    mutating func append(
        _ index: Int, of other: Workload, row: TraceRow, at time: Int64,
        isKept: (Int64) -> Bool
    ) {
        var row = row
        row.abort = row.abort < 0 ? -1 : row.abort - row.time + time
        segments.append(contentsOf: other.segments(of: index))
        let shift = time - row.time
        appendWaits(
            other.waits(of: index).compactMap { wait in
                switch wait.event {
                case .origin: Wait(request: -1, event: .origin, delay: max(0, wait.delay + shift))
                default: isKept(wait.request) ? wait : nil
                }
            }, to: &row)
        append(row, arrival: time)
    }

    /// Adds what a row waits for besides its predecessor, unless that is only the clock.
    mutating func appendWaits(_ list: [Wait], to row: inout TraceRow) {
        guard row.predecessor >= 0 || list.contains(where: { $0.event != .origin }) else { return }
        waits += list
        row.waitCount = Int32(list.count)
    }
}
