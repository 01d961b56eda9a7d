import Basics

/// The checks and options that all formats share, row by row.
struct Gate {
    let options: TraceOptions
    let countsFromFirstRow: Bool
    var counters: ReaderCounters
    /// Whether rows of one model only are kept.
    let keepsOneModel: Bool
    /// Whether no later row can be kept.
    private(set) var isClosed = false
    /// No window, no limit, times as recorded.
    private let keepsEverything: Bool
    private var origin: Int64?
    private var lastTime = Int64.min
    private var seen = SeenIDs()
    /// Ids of rows that were read but not kept.
    private var lostIDs = SeenIDs()
    /// Rows left out of sessions whose earlier rows are kept.
    private var cutIDs = SeenIDs()
    private var hasSessions = false
    private var kept = 0
    /// A lower bound for the id of the next row without one; above 0 once some row needed it.
    private var nextID: Int64 = 0

    init(options: TraceOptions, countsFromFirstRow: Bool) {
        self.options = options
        self.countsFromFirstRow = countsFromFirstRow
        keepsOneModel = options.model != nil
        counters = ReaderCounters(options)
        keepsEverything =
            options.model == nil && options.window == nil && options.limit == nil
            && options.timeScale.multiplier == options.timeScale.divisor
    }

    /// Checks a row and returns its arrival; nil if it is dropped or outside the window.
    ///
    /// A row that passes has its id, its abort relative to the origin, all its segments, and, of
    /// its waits (the last ones in `waits`), those for requests that are kept.
    @inline(__always)
    mutating func admit(
        _ row: inout TraceRow, segments: inout [Segment], waits: inout [Wait]
    ) throws -> Int64? {
        if let arrival = admitPlain(&row) { return arrival }
        // A copy, so that the row itself can stay in registers.
        var copy = row
        let arrival = try admitAny(&copy, segments: &segments, waits: &waits)
        row = copy
        return arrival
    }

    /// Admits the usual row: within bounds, in order, nothing cut or scaled, no session. Returns
    /// nil, with nothing changed, for any other row.
    @inline(__always)
    private mutating func admitPlain(_ row: inout TraceRow) -> Int64? {
        let origin = countsFromFirstRow ? self.origin : 0
        guard keepsEverything, let origin, row.prompt > 0, row.prompt <= TraceRow.longest,
            row.output > 0, row.output <= TraceRow.longest, row.maxTokens < 0, row.abort < 0,
            row.predecessor == TraceRow.noSessions, row.ownTail == 0
        else { return nil }
        let (time, overflow) = row.time.subtractingReportingOverflow(origin)
        guard !overflow, time >= max(0, lastTime) else { return nil }
        let id = row.id < 0 ? nextID : row.id
        guard seen.extend(to: id) else { return nil }
        if row.id < 0 {
            row.id = id
            nextID = id &+ 1
        }
        counters.rows &+= 1
        kept &+= 1
        lastTime = time
        return time
    }

    @inline(never)
    private mutating func admitAny(
        _ row: inout TraceRow, segments: inout [Segment], waits: inout [Wait]
    ) throws -> Int64? {
        counters.rows += 1
        try checkLengths(row)
        let time = try relative(row.time)
        guard time >= lastTime else {
            throw ScanFailure(
                "time goes back by \(Self.span(from: time, to: lastTime))",
                expected: "rows in order of time (headway trace sort FILE --out SORTED.jsonl)")
        }
        lastTime = time
        if row.id >= 0, !seen.insert(row.id) {
            throw ScanFailure(
                "the id \(row.id) occurs twice"
                    + (nextID > 0 ? " (rows without one were given the least ids)" : ""),
                expected: nextID > 0 ? "each id once, in every row or none" : "each id once")
        }
        if row.isOfOtherModel {
            counters.models.countLeftOut(named: row.namesModel)
            lose(row.id)
            return nil
        }
        if row.prompt == 0 || row.output == 0 {
            try counters.note(row.loss ?? (row.prompt == 0 ? .zeroPrompt : .zeroOutput))
            lose(row.id)
            return nil
        }
        let window = options.window ?? 0..<Int64.max
        let before = row.predecessor
        if before != TraceRow.noSessions {
            hasSessions = true
            var (isLost, isCut) = try checkPredecessor(&row, isKept: window.contains(time))
            if row.waitCount > 0, window.contains(time) {
                let others = try checkWaits(&row, &waits, origin: window.lowerBound)
                (isLost, isCut) = (isLost || others.isLost, isCut || others.isCut)
            }
            // Once per row, however many others it lost.
            if isLost {
                let isTold = row.hasOwnTime || row.predecessor >= 0 || row.waitCount > 0
                try counters.note(isTold ? .parentLeftOut : .assumedTime)
            }
            if isCut { try counters.note(.longGap) }
        }
        guard window.contains(time) else {
            // Later rows may still be turns of sessions that are kept, and must be counted.
            if time >= window.upperBound { isClosed = !hasSessions }
            try cut(row, after: before)
            return nil
        }
        if row.id < 0 { row.id = freeID() }
        if row.ownTail > 0 {
            segments.append(
                Segment(content: OwnContent.prompt(of: row.id), length: row.ownTail))
        }
        if row.abort >= 0 {
            row.abort = try Self.scaled(
                relative(row.abort) - window.lowerBound, options.timeScale)
        }
        let arrival = try Self.scaled(time - window.lowerBound, options.timeScale)
        kept += 1
        if let limit = options.limit, kept >= limit { isClosed = true }
        return arrival
    }

    /// The smallest id that no row has, for a row without one. O(1) amortised if no row has any.
    private mutating func freeID() -> Int64 {
        while !seen.insert(nextID) { nextID += 1 }
        defer { nextID += 1 }
        return nextID
    }

    /// The time between two moments, for a message.
    private static func span(from start: Int64, to end: Int64) -> String {
        // The difference may need all 64 bits.
        let nanoseconds = UInt64(bitPattern: end &- start)
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let digits = String(rest)
        var fraction = String(repeating: "0", count: 9 - digits.count) + digits
        while fraction.last == "0" { fraction.removeLast() }
        return fraction.isEmpty ? "\(seconds) s" : "\(seconds).\(fraction) s"
    }

    /// Leaves out a row outside the window, and counts it if that cuts a session.
    private mutating func cut(_ row: TraceRow, after before: Int64) throws {
        lose(row.id)
        guard before >= 0, options.followsSessions else { return }
        let isPart = !lostIDs.contains(before) || cutIDs.contains(before)
        guard isPart || !row.hasOwnTime else { return }
        _ = cutIDs.insert(row.id)
        try counters.note(.turnLeftOut)
    }

    private mutating func lose(_ id: Int64) {
        if id >= 0 { _ = lostIDs.insert(id) }
    }

    /// Makes a turn arrive by itself if its predecessor was dropped or is outside the window.
    /// Returns whether it does, and whether its pause was cut.
    private func checkPredecessor(
        _ row: inout TraceRow, isKept: Bool
    ) throws -> (isLost: Bool, isCut: Bool) {
        var (isLost, isCut) = (false, false)
        if row.predecessor >= 0, row.predecessor == row.id {
            throw ScanFailure(
                "the request \(row.id) follows itself", expected: "the id of an earlier row")
        }
        if row.predecessor >= 0, !seen.contains(row.predecessor) {
            throw ScanFailure(
                "follows the request \(row.predecessor), which is not in the rows before it",
                expected: "the id of an earlier row")
        }
        guard isKept else { return (false, false) }
        if !options.followsSessions {
            row.predecessor = TraceRow.noSessions
        } else if lostIDs.contains(row.predecessor) {
            isLost = true
            row.predecessor = -1
        }
        // Formats with clocks of their own have cut, and counted, their pauses already.
        isCut = row.predecessor >= 0 && row.thinkTime > options.longestGap
        row.thinkTime = min(row.thinkTime, options.longestGap)
        row.toolTime = row.predecessor >= 0 ? min(row.toolTime, row.thinkTime) : 0
        return (isLost, isCut)
    }

    /// Keeps a row's waits, besides its predecessor, for requests that are kept. Waits for the
    /// clock alone are dropped, because the row has an arrival of its own. Returns whether some are
    /// not kept, and whether a pause was cut.
    private mutating func checkWaits(
        _ row: inout TraceRow, _ waits: inout [Wait], origin: Int64
    ) throws -> (isLost: Bool, isCut: Bool) {
        let start = waits.count - Int(row.waitCount)
        var end = start
        var isLost = false
        var isCut = false
        var follows = row.predecessor >= 0
        for index in start..<waits.count {
            var wait = waits[index]
            if wait.event == .origin {
                wait.delay = try Self.scaled(relative(wait.delay) - origin, options.timeScale)
            } else {
                guard wait.request != row.id, seen.contains(wait.request) else {
                    throw ScanFailure(
                        "waits for the request \(wait.request), which is not in the rows before it",
                        expected: "the id of an earlier row")
                }
                guard !lostIDs.contains(wait.request) else {
                    isLost = true
                    continue
                }
                isCut = isCut || wait.delay > options.longestGap
                wait.delay = min(wait.delay, options.longestGap)
                follows = true
            }
            waits[end] = wait
            end += 1
        }
        if !follows || !options.followsSessions { end = start }
        waits.removeLast(waits.count - end)
        row.waitCount = Int32(end - start)
        return options.followsSessions ? (isLost, isCut) : (false, false)
    }

    @inline(__always) private func checkLengths(_ row: TraceRow) throws {
        try checkLength(row.prompt, "prompt")
        try checkLength(row.output, "output")
        if row.maxTokens >= 0, row.maxTokens < row.output {
            throw ScanFailure(
                "max_tokens \(row.maxTokens) is below the output length \(row.output)",
                expected: "a limit that allows the output")
        }
    }

    @inline(__always)
    private func checkLength(_ length: Int64, _ name: StaticString) throws {
        guard length >= 0 else {
            throw ScanFailure(
                "the \(name) length is negative: \(length)", expected: "at least 1 token")
        }
        guard length <= TraceRow.longest else {
            throw ScanFailure(
                "the \(name) length is absurd: \(length) tokens",
                expected: "at most \(TraceRow.longest)")
        }
    }

    /// Nanoseconds from the origin.
    @inline(__always) private mutating func relative(_ time: Int64) throws -> Int64 {
        guard countsFromFirstRow else {
            guard time >= 0 else {
                throw ScanFailure("the time is negative", expected: "at least 0")
            }
            return time
        }
        guard let origin else {
            origin = time
            counters.origin = time
            return 0
        }
        let (result, overflow) = time.subtractingReportingOverflow(origin)
        guard !overflow else {
            throw ScanFailure(
                "the time is more than 292 years from the first row's", expected: "a nearer time")
        }
        return result
    }

    /// A time as it is replayed. Static, so that no caller copies the whole gate.
    @inline(__always) private static func scaled(_ time: Int64, _ scale: TimeScale) throws -> Int64
    {
        guard let result = scale.apply(max(0, time)) else {
            throw ScanFailure(
                "the scaled time is beyond 292 years", expected: "a smaller time scale")
        }
        return result
    }

    /// Throws if no row was kept.
    func checkYield(path: String) throws {
        guard kept == 0 else { return }
        if options.limit == 0 {
            throw InputError(path, "a limit of 0 requests leaves nothing", expected: "at least 1")
        }
        if let reason = counters.models.nothingKept, counters.rows > 0 {
            throw InputError(path, reason.problem, expected: reason.expected)
        }
        let losses = zip(TraceQuirk.allCases, counters.counts).filter { $0.drops && $1 > 0 }
        let dropped = losses.reduce(0) { $0 + $1.1 }
        let outside = counters.rows - dropped
        let reasons =
            losses.map { "\($1) times \($0.words)" }
            + (counters.rows > 0 && outside > 0 ? ["\(outside) outside the window"] : [])
        let why = reasons.isEmpty ? "" : ": " + reasons.joined(separator: ", ")
        let reason =
            (counters.rows == 0
                ? "no request in the file"
                : "none of its \(Quantity.counted(counters.rows, "row")) can be replayed") + why
        throw InputError(path, reason, expected: "at least one request")
    }
}
