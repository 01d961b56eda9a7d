import Basics
import Foundation

/// WEKA's coding sessions: one JSON object per session with `requests`, each with `t` (seconds from
/// the session's start), `in`, `out`, `hash_ids` of whole 64-token blocks (local to the session),
/// `api_time` and `think_time`; markers of type `subagent` hold requests of their own.
///
/// A request follows the one before it, `think_time` after its answer. A sub-agent's first request
/// follows the request before the marker; the next request of the main line follows whatever ended
/// last before it. Session starts are not recorded: they are drawn as a Poisson process
/// (`TraceOptions.sessionRate`, `seed`); a single session starts at 0.
struct WEKASessions {
    private var collected = CollectedRows()
    private var tally: Tally
    private let options: TraceOptions
    private var starts: ArrivalProcess
    private var sessionCount: Int64 = 0
    private var blocks = BlockIdentity(tokens: 64)

    /// The source for a file, or for a folder's `.json` and `.json.gz` files in order of name.
    static func open(
        _ files: [String], path: String, options: TraceOptions
    ) throws -> (source: any RequestSource, notes: TraceNotes) {
        var reader = WEKASessions(options)
        for file in files { try reader.read(file) }
        let starts = "session starts are drawn: \(options.sessionRate) per second, Poisson, seed"
        let notes = TraceNotes(
            path: path, format: .weka, blockTokens: Int(reader.blocks.tokens),
            assumptions: files.count > 1 ? ["\(starts) \(options.seed)"] : [])
        return (
            CollectedTrace(
                reader.collected, tally: reader.tally, options: options, notes: notes,
                countsFromFirstRow: false), notes
        )
    }

    private init(_ options: TraceOptions) {
        self.options = options
        tally = Tally(isStrict: options.isStrict)
        starts = ArrivalProcess(
            .init(rate: options.sessionRate), sessionRate: options.sessionRate, start: 0,
            random: SeededRandom(seed: options.seed, stream: 4))
    }

    private mutating func read(_ file: String) throws {
        var reader = try LineReader(file)
        var cursor = ByteCursor(try reader.rest())
        let start = sessionCount == 0 ? 0 : Int64(drawn: starts.next() * 1e6, unit: 1_000)
        sessionCount += 1
        do {
            let shape = try WEKAShape(&cursor)
            if shape.blockTokens != Int(blocks.tokens) {
                guard sessionCount == 1 else {
                    throw ScanFailure(
                        "block_size is \(shape.blockTokens), in files before it \(blocks.tokens)",
                        expected: "one block size throughout")
                }
                blocks = BlockIdentity(tokens: shape.blockTokens)
            }
            cursor.at = shape.requestsAt
            let space = shape.isGlobal ? 0 : sessionCount << 32
            var chain = Chain(space: space, base: start)
            try readRequests(&cursor, &chain)
        } catch let failure as ScanFailure {
            throw LineReader.locate(failure, cursor, path: file)
        }
    }

    /// A line of requests that follow each other.
    private struct Chain {
        let space: Int64
        /// Nanoseconds at which its clock is 0.
        let base: Int64
        /// Markers around it.
        var depth = 0
        /// The last request, and when it ended.
        var last: (id: Int64, end: Int64) = (-1, 0)
        /// Where sub-agents ended since then.
        var branches: [(id: Int64, end: Int64)] = []

        /// A time of its clock, at least 0, in nanoseconds of the trace.
        func moment(_ time: Int64) throws -> Int64 {
            let (moment, overflow) = base.addingReportingOverflow(time)
            // A session may start as late as `latest` and go on for as long.
            guard !overflow, moment <= 2 * TraceRow.latest else {
                throw ScanFailure("t is out of range", expected: "seconds from the session's start")
            }
            return moment
        }
    }

    /// Deepest nesting of sub-agents that is read, as reading one takes stack.
    private static let deepest = 32

    private mutating func readRequests(_ cursor: inout ByteCursor, _ chain: inout Chain) throws {
        var isFirst = true
        try cursor.openArray("requests")
        while try cursor.nextElement(0x5d, &isFirst) {
            var call = try WEKACall(&cursor, blocks, space: chain.space, &collected.segments)
            if let inner = call.requestsAt {
                try readBranch(&cursor, call, at: inner, &chain)
            } else {
                try blocks.fit(
                    call.idCount, to: &call.row, segments: &collected.segments, tally: &tally,
                    floorIsRule: true)
                try append(call, to: &chain)
            }
        }
    }

    private mutating func append(_ call: WEKACall, to chain: inout Chain) throws {
        var row = call.row
        let start = try chain.moment(call.time)
        var before = chain.last
        for branch in chain.branches where branch.end <= start && branch.end > before.end {
            before = branch
        }
        row.predecessor = before.id
        let gap = max(0, start - before.end)
        row.thinkTime = before.id == chain.last.id ? call.think ?? gap : gap
        if row.thinkTime > options.longestGap {
            try tally.note(.longGap)
            row.thinkTime = options.longestGap
        }
        // A predecessor must come first where both have the same recorded time.
        row.time = before.id >= 0 ? max(start, collected.rows[Int(before.id)].time) : start
        if row.prompt == 0 || row.output == 0 {
            // It will be dropped; whoever comes next follows the one before it.
            row.predecessor = -1
            _ = collected.append(row)
            return
        }
        let answer = call.api ?? NominalAnswer.pauselessEnd(output: row.output)
        chain.last = (collected.append(row), start + answer)
        chain.branches = []
    }

    private mutating func readBranch(
        _ cursor: inout ByteCursor, _ marker: WEKACall, at inner: Int, _ chain: inout Chain
    ) throws {
        guard chain.depth < Self.deepest else {
            throw ScanFailure(
                "sub-agents are nested more than \(Self.deepest) deep",
                expected: "at most \(Self.deepest) inside each other")
        }
        let after = cursor.at
        cursor.at = inner
        // Inner times count from the marker, in other collections of the format from the session's
        // start: those are never before the marker.
        let first = try WEKACall.firstTime(cursor)
        let isAbsolute = marker.time > 0 && first >= marker.time
        var branch = Chain(
            space: chain.space,
            base: isAbsolute ? chain.base : try chain.moment(marker.time),
            depth: chain.depth + 1, last: chain.last)
        try readRequests(&cursor, &branch)
        if branch.last.id != chain.last.id { chain.branches.append(branch.last) }
        cursor.at = after
    }
}

extension NominalAnswer {
    /// Nanoseconds an answer is assumed to take.
    static func pauselessEnd(output: Int64) -> Int64 {
        firstToken + token * min(max(0, output), TraceRow.longest)
    }
}

/// What stands around the requests of a session.
private struct WEKAShape {
    var blockTokens = 64
    var isGlobal = false
    var requestsAt = -1

    init(_ cursor: inout ByteCursor) throws {
        var isFirst = true
        try cursor.openObject()
        while try cursor.nextElement(0x7d, &isFirst) {
            let key = try cursor.key()
            if cursor.matches(key, "block_size") {
                let size = try cursor.integer("block_size")
                guard (1...1 << 20).contains(size) else {
                    throw ScanFailure("block_size is \(size)", expected: "1 to 1048576")
                }
                blockTokens = Int(size)
            } else if cursor.matches(key, "hash_id_scope") {
                let scope = try cursor.stringRange()
                isGlobal = !cursor.matches(scope, "local")
            } else {
                if cursor.matches(key, "requests") { requestsAt = cursor.at }
                try cursor.skipValue()
            }
        }
        guard requestsAt >= 0 else {
            throw ScanFailure("the key requests is missing", expected: "a coding session")
        }
    }
}

/// One request or sub-agent marker.
private struct WEKACall {
    var row = TraceRow()
    var time: Int64 = 0
    var think: Int64?
    var api: Int64?
    var idCount = 0
    var requestsAt: Int?

    init(
        _ cursor: inout ByteCursor, _ blocks: BlockIdentity, space: Int64,
        _ segments: inout [Segment]
    ) throws {
        var isFirst = true
        var found = 0
        try cursor.openObject()
        while try cursor.nextElement(0x7d, &isFirst) {
            let key = try cursor.key()
            if cursor.matches(key, "hash_ids") {
                if found & 8 != 0 { throw ScanFailure.repeated("hash_ids") }
                found |= 8
                idCount = try blocks.read(&cursor, space: space, into: &segments)
            } else if cursor.matches(key, "t") {
                time = try cursor.time("t", scale: 9)
                found |= 1
            } else if cursor.matches(key, "in") {
                row.prompt = try cursor.integer("in")
                found |= 2
            } else if cursor.matches(key, "out") {
                row.output = try cursor.integer("out")
                found |= 4
            } else if cursor.matches(key, "think_time") {
                think = try cursor.optionalSeconds("think_time")
            } else if cursor.matches(key, "api_time") {
                api = try cursor.optionalSeconds("api_time")
            } else {
                if cursor.matches(key, "requests") { requestsAt = cursor.at }
                try cursor.skipValue()
            }
        }
        guard time >= 0, found & 7 == 7 || (requestsAt != nil && found & 1 == 1) else {
            throw ScanFailure("a key is missing or negative", expected: "t, in and out")
        }
    }

    /// The time at which the first request of an array starts; 0 without one, or without `t`.
    static func firstTime(_ start: ByteCursor) throws -> Int64 {
        var cursor = start
        var isFirst = true
        var isFirstKey = true
        try cursor.openArray("requests")
        guard try cursor.nextElement(0x5d, &isFirst) else { return 0 }
        try cursor.openObject()
        while try cursor.nextElement(0x7d, &isFirstKey) {
            let key = try cursor.key()
            if cursor.matches(key, "t") { return try cursor.time("t", scale: 9) }
            try cursor.skipValue()
        }
        return 0
    }
}

extension ByteCursor {
    /// Seconds as nanoseconds, nil for null; negative ones count as 0.
    mutating func optionalSeconds(_ name: StaticString) throws -> Int64? {
        if skipNull() { return nil }
        return min(max(0, try decimal(name, scale: 9)), 1 << 55)
    }
}
