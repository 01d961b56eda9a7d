import Basics

/// The requests of a file that wait for one another, in the file's order.
///
/// `collected` sorts each behind everything it waits for, turns places in the file into ids, and
/// gives requests without a time the time at which they would arrive if every request took its
/// recorded or assumed time.
struct RequestGraph {
    /// One thing that a request waits for.
    struct Edge {
        /// The other request's place in the graph.
        var call: Int
        var event = Wait.Event.end
        /// In nanoseconds.
        var delay: Int64
    }

    /// A request. `row.hasOwnTime` says whether it has its own time.
    struct Call {
        var row = TraceRow()
        var edges: [Edge] = []
        /// Its names, if any were requested and exist.
        var labels: [String?] = []
        /// Nanoseconds from arrival to end, as recorded or assumed.
        var duration: Int64 = 0
        /// Earliest arrival if it waits for others, in nanoseconds of the file's clock.
        var notBefore: Int64?
        var measured: MeasuredLatencies.Request?
        /// Where its segments end in the graph's.
        fileprivate var segmentEnd = 0
        /// Its place in the buffer, for messages.
        var place = 0

        var isReplayed: Bool { row.prompt > 0 && row.output > 0 }
    }

    private(set) var calls: [Call] = []
    /// The prompts' content, request by request.
    var segments: [Segment] = []

    /// Adds a request whose segments are already at the end of `segments`. Returns its place.
    @discardableResult
    mutating func append(_ call: Call) -> Int {
        var call = call
        call.segmentEnd = segments.count
        // A request that will be dropped answered nothing and has no known duration.
        if call.duration == 0, call.isReplayed {
            call.duration = NominalAnswer.pauselessEnd(output: call.row.output)
        }
        calls.append(call)
        return calls.count - 1
    }

    /// Changes a request that was added.
    mutating func update(_ place: Int, _ change: (inout Call) -> Void) { change(&calls[place]) }

    /// When a request would end.
    func end(of place: Int) -> Int64 {
        Self.sum(calls[place].row.time, calls[place].duration)
    }

    /// The rows, each behind those it waits for, and their measured latencies. `inside` is the
    /// buffer that places refer to. O(calls + edges).
    ///
    /// Throws `InputError` for requests that wait for themselves or for each other and, in strict
    /// mode, `ScanFailure` for anything it would mend.
    mutating func collected(
        _ counters: inout ReaderCounters, inside buffer: ByteCursor, path: String,
        measuredFrom: String = ""
    ) throws -> (rows: CollectedRows, measured: MeasuredLatencies) {
        let order = try order(inside: buffer, path: path)
        for place in order { try settle(place, &counters) }
        var rows = CollectedRows()
        var measured = MeasuredLatencies(origin: measuredFrom)
        var ids = [Int64](repeating: -1, count: calls.count)
        for place in order {
            var row = calls[place].row
            row.predecessor = -1
            let start = place == 0 ? 0 : calls[place - 1].segmentEnd
            rows.segments += segments[start..<calls[place].segmentEnd]
            let edges = calls[place].edges
            let first = edges.firstIndex { $0.event == .end && $0.call >= 0 }
            for (index, edge) in edges.enumerated() where index != first {
                rows.waits.append(
                    Wait(
                        request: edge.call < 0 ? -1 : ids[edge.call],
                        event: edge.call < 0 ? .origin : edge.event, delay: edge.delay))
            }
            if let first {
                row.predecessor = ids[edges[first].call]
                row.thinkTime = edges[first].delay
            }
            if let time = calls[place].notBefore, !edges.isEmpty {
                rows.waits.append(Wait(request: -1, event: .origin, delay: time))
            }
            ids[place] = rows.append(row)
            rows.name(ids[place], calls[place].labels)
            if let request = calls[place].measured { measured.add(request, id: ids[place]) }
        }
        return (rows, measured)
    }

    /// Places ordered so that each comes after everything it waits for; the file's order if that is
    /// one.
    private func order(inside buffer: ByteCursor, path: String) throws -> [Int] {
        var order: [Int] = []
        order.reserveCapacity(calls.count)
        // 0: not visited, 1: waits for those above it on the stack, 2: in order.
        var states = [UInt8](repeating: 0, count: calls.count)
        var stack: [(place: Int, next: Int)] = []
        for root in calls.indices where states[root] == 0 {
            stack.append((root, 0))
            states[root] = 1
            while let (place, next) = stack.last {
                guard next < calls[place].edges.count else {
                    states[place] = 2
                    order.append(place)
                    stack.removeLast()
                    continue
                }
                stack[stack.count - 1].next += 1
                let other = calls[place].edges[next].call
                guard other >= 0 else { continue }
                switch states[other] {
                case 0:
                    states[other] = 1
                    stack.append((other, 0))
                case 1:
                    var cursor = buffer
                    cursor.at = calls[place].place
                    throw LineReader.locate(
                        ScanFailure(
                            other == place
                                ? "a request waits for itself"
                                : "requests wait for each other, this one among them",
                            expected: "requests that can begin"), cursor, path: path)
                default: break
                }
            }
        }
        return order
    }

    /// Gives a request its time, and replaces the requests it waits for that will be dropped.
    private mutating func settle(_ place: Int, _ counters: inout ReaderCounters) throws {
        var call = calls[place]
        var latest: Int64 = 0
        var others: Int64 = 0
        for index in call.edges.indices {
            let edge = call.edges[index]
            let other = calls[edge.call]
            others = max(others, other.row.time)
            let moment = edge.event == .arrival ? other.row.time : end(of: edge.call)
            latest = max(latest, Self.sum(moment, edge.delay))
            if !other.isReplayed { call.edges[index] = standIn(for: edge) }
        }
        // Several dropped requests may have had the same predecessor.
        if call.edges.count > 1 {
            var seen: Set<[Int64]> = []
            call.edges.removeAll {
                !seen.insert([Int64($0.call), Int64($0.event.rawValue), $0.delay]).inserted
            }
        }
        if call.row.hasOwnTime {
            if !call.edges.isEmpty, call.row.time < others { try counters.note(.timeBack) }
            call.row.time = max(call.row.time, call.edges.isEmpty ? .min : others)
        } else if !call.edges.isEmpty {
            call.row.time = max(latest, call.notBefore ?? 0)
        }
        calls[place] = call
    }

    /// What to wait for instead of a request that will be dropped: the last thing that it waited
    /// for itself, or the clock.
    private func standIn(for edge: Edge) -> Edge {
        let dropped = calls[edge.call]
        let delay = Self.sum(
            edge.delay, edge.event == .end ? max(0, end(of: edge.call) - dropped.row.time) : 0)
        func moment(_ other: Edge) -> Int64 {
            guard other.call >= 0 else { return other.delay }
            return other.event == .arrival ? calls[other.call].row.time : end(of: other.call)
        }
        guard let last = dropped.edges.max(by: { moment($0) < moment($1) }) else {
            return Edge(call: -1, event: .origin, delay: Self.sum(dropped.row.time, delay))
        }
        return Edge(call: last.call, event: last.event, delay: Self.sum(last.delay, delay))
    }

    /// A sum of times, clamped to the range of times that are read.
    private static func sum(_ time: Int64, _ other: Int64) -> Int64 {
        let (sum, overflow) = time.addingReportingOverflow(other)
        return overflow ? TraceRow.latest : min(sum, TraceRow.latest)
    }
}

/// Times in which some tool of a session was running.
struct ToolSpans {
    private var starts: [Int64] = []
    private var ends: [Int64] = []
    /// Nanoseconds covered before each span.
    private var covered: [Int64] = []

    /// Joins overlapping spans. Spans that end before they start are ignored. O(n log n).
    init(_ spans: [(start: Int64, end: Int64)]) {
        var total: Int64 = 0
        for span in spans.filter({ $0.end > $0.start }).sorted(by: { $0.start < $1.start }) {
            if let last = ends.last, span.start <= last {
                guard span.end > last else { continue }
                total += span.end - last
                ends[ends.count - 1] = span.end
            } else {
                covered.append(total)
                starts.append(span.start)
                ends.append(span.end)
                total += span.end - span.start
            }
        }
    }

    /// Nanoseconds before a moment in which a tool was running. O(log n).
    private func time(before moment: Int64) -> Int64 {
        var low = 0
        var high = starts.count
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] < moment { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return 0 }
        return covered[low - 1] + min(moment, ends[low - 1]) - starts[low - 1]
    }

    /// Nanoseconds between two moments in which a tool was running. O(log n).
    func time(from start: Int64, to end: Int64) -> Int64 {
        end > start ? time(before: end) - time(before: start) : 0
    }
}

extension RequestGraph {
    /// Chains the calls of a session, in order of their starts: each follows the latest call that
    /// had ended when it began, after the pause between them. If all earlier calls were still
    /// running, it follows the latest that had begun. O(n log n).
    mutating func chain(_ places: [Int], tools: ToolSpans = ToolSpans([])) {
        let ended = places.indices.sorted {
            let (a, b) = (end(of: places[$0]), end(of: places[$1]))
            return a != b ? a < b : $0 < $1
        }
        var next = 0
        var last: Int?
        for (index, place) in places.enumerated() {
            let start = calls[place].row.time
            while next < ended.count, end(of: places[ended[next]]) <= start {
                // A call without duration may end as it begins. No call follows itself or a later
                // one.
                if ended[next] < index { last = ended[next] }
                next += 1
            }
            if let last {
                let end = end(of: places[last])
                let gap = start - end
                update(place) { call in
                    call.edges.append(Edge(call: places[last], delay: gap))
                    call.row.toolTime = min(gap, tools.time(from: end, to: start))
                }
            } else if index > 0 {
                let before = places[index - 1]
                let gap = start - calls[before].row.time
                update(place) {
                    $0.edges.append(Edge(call: before, event: .arrival, delay: gap))
                }
            }
        }
    }
}
