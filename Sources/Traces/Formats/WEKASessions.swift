import Basics
import Foundation

/// WEKA's coding sessions: JSON objects, in sequence, in an array or in separate files, each a
/// session with `requests`. A request has `t` (seconds from the session's start), `in`, `out`,
/// `hash_ids` of whole 64-token blocks (local to the session), `api_time` and `think_time`; markers
/// of type `subagent` hold requests of their own.
///
/// A request follows the one before it, `think_time` after its answer. A sub-agent's first request
/// follows the request before the marker; the next request of the main line follows whatever ended
/// last before it. Session starts are not recorded: they are drawn as a Poisson process
/// (`TraceOptions.sessionRate`, `seed`); a single session starts at 0.
struct WEKASessions {
    private var collected = CollectedRows()
    private var counters: ReaderCounters
    private let options: TraceOptions
    private var starts: ArrivalProcess
    private var sessionCount: Int64 = 0
    private var blocks = BlockIdentity(tokens: 64)
    private var guessesBlocks = false

    /// Opens a file, or a folder's `.json` and `.json.gz` files in order of name. Opens each file
    /// only once, because a pipe can be read only once.
    static func open(
        _ files: some Sequence<() throws -> LineReader>, path: String, options: TraceOptions
    ) throws -> (source: any RequestSource, notes: TraceNotes) {
        var reader = WEKASessions(options)
        for file in files { try reader.read(try file()) }
        let starts = "session starts are drawn: \(options.sessionRate) per second, Poisson, seed"
        let isDrawn = reader.sessionCount > 1
        let guess =
            "hash ids are taken as blocks of 64 tokens, as sessions name no block_size (another:"
            + " trace.block_size; headway trace: --block-size)"
        let notes = TraceNotes(
            path: path, format: .weka, blockTokens: Int(reader.blocks.tokens),
            assumptions: (isDrawn ? ["\(starts) \(options.seed)"] : [])
                + (reader.guessesBlocks ? [guess] : []))
        notes.labels = options.labels.map(RequestLabels.init)
        return (
            CollectedTrace(
                reader.collected, counters: reader.counters, options: options, notes: notes,
                countsFromFirstRow: false), notes
        )
    }

    private init(_ options: TraceOptions) {
        self.options = options
        counters = ReaderCounters(options)
        starts = ArrivalProcess(
            .init(rate: options.sessionRate), sessionRate: options.sessionRate, start: 0,
            random: SeededRandom(seed: options.seed, stream: 4))
    }

    private mutating func read(_ file: LineReader) throws {
        var reader = file
        var cursor = ByteCursor(try reader.rest())
        // The reader owns the bytes.
        try withExtendedLifetime(reader) {
            do {
                try cursor.eachObject { try readSession(&$0) }
            } catch let failure as ScanFailure {
                throw LineReader.locate(failure, cursor, path: file.path)
            }
        }
    }

    private mutating func readSession(_ cursor: inout ByteCursor) throws {
        let start = sessionCount == 0 ? 0 : Int64(drawn: starts.next() * 1e6, unit: 1_000)
        sessionCount += 1
        let shape = try WEKAShape(&cursor, &counters)
        let end = cursor.at
        let size = shape.blockTokens ?? options.blockTokens ?? 64
        if shape.blockTokens == nil, options.blockTokens == nil { guessesBlocks = true }
        guard options.blockTokens ?? size == size else {
            throw ScanFailure(
                "block_size is \(size), trace.block_size (headway trace: --block-size) says"
                    + " \(options.blockTokens!)", expected: "the file's")
        }
        if size != Int(blocks.tokens) {
            guard sessionCount == 1 else {
                throw ScanFailure(
                    "block_size is \(size), in sessions before it \(blocks.tokens)",
                    expected: "one block size throughout")
            }
            blocks = BlockIdentity(tokens: size)
        }
        cursor.at = shape.requestsAt
        var chain = Chain(space: shape.isGlobal ? 0 : sessionCount << 32, base: start)
        let rows = collected.count
        try readRequests(&cursor, &chain)
        if collected.count == rows { try counters.note(.emptySession) }
        cursor.at = end
    }

    /// A sequence of requests that follow each other.
    private struct Chain {
        let space: Int64
        /// The time at which its clock reads 0, in nanoseconds.
        let base: Int64
        /// Number of markers around it.
        var depth = 0
        /// The last request, and when it ended.
        var last: (id: Int64, end: Int64) = (-1, 0)
        /// Ends of sub-agents since then.
        var branches: [(id: Int64, end: Int64)] = []
        /// The kind of agent that makes the requests; nil if it is not given, as for the session's
        /// own.
        var agent: String?

        /// A time of its clock, at least 0, as nanoseconds of the trace.
        func moment(_ time: Int64) throws -> Int64 {
            let (moment, overflow) = base.addingReportingOverflow(time)
            // A session may start as late as `latest` and last as long again.
            guard !overflow, moment <= 2 * TraceRow.latest else {
                throw ScanFailure("t is out of range", expected: "seconds from the session's start")
            }
            return moment
        }
    }

    /// Deepest nesting of sub-agents that is read, because each level takes stack.
    private static let deepest = 32

    private mutating func readRequests(_ cursor: inout ByteCursor, _ chain: inout Chain) throws {
        var isFirst = true
        try cursor.openArray("requests")
        while try cursor.nextElement(0x5d, &isFirst) {
            counters.models.begin()
            var call = try WEKACall(
                &cursor, &blocks, space: chain.space, &collected.segments, &counters)
            call.row.take(counters.models)
            if let inner = call.requestsAt {
                try readBranch(&cursor, call, at: inner, &chain)
            } else {
                try blocks.fitWhole(
                    call.idCount, to: &call.row, segments: &collected.segments, counters: &counters)
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
            try counters.note(.longGap)
            row.thinkTime = options.longestGap
        }
        // A predecessor must come first if both have the same recorded time.
        let earliest = before.id >= 0 ? collected.rows[Int(before.id)].time : start
        if start < earliest { try counters.note(.timeBack) }
        row.time = max(start, earliest)
        if row.prompt == 0 || row.output == 0 {
            // It will be dropped; the next request follows the one before it.
            row.predecessor = -1
            _ = collected.append(row)
            return
        }
        let answer = call.api ?? NominalAnswer.pauselessEnd(output: row.output)
        chain.last = (collected.append(row), start + answer)
        if let agent = chain.agent {
            collected.name(chain.last.id, options.labels.map { $0 == .session ? agent : nil })
        }
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
        // Inner times count from the marker. In other collections of the format they count from the
        // session's start, and are then never before the marker.
        let first = try WEKACall.firstTime(cursor)
        let isAbsolute = marker.time > 0 && first >= marker.time
        var branch = Chain(
            space: chain.space,
            base: isAbsolute ? chain.base : try chain.moment(marker.time),
            depth: chain.depth + 1, last: chain.last, agent: marker.agent)
        try readRequests(&cursor, &branch)
        if branch.last.id != chain.last.id { chain.branches.append(branch.last) }
        cursor.at = after
    }
}

extension NominalAnswer {
    /// Nanoseconds that an answer is assumed to take.
    static func pauselessEnd(output: Int64) -> Int64 {
        firstToken + token * min(max(0, output), TraceRow.longest)
    }
}

/// The parts of a session around its requests.
private struct WEKAShape {
    var blockTokens: Int?
    private var scope: Range<Int>?
    var isGlobal = false
    var requestsAt = -1

    /// Keys that change nothing here.
    private static let ignored: [StaticString] = [
        "id", "models", "tool_tokens", "system_tokens", "totals",
    ]

    init(_ cursor: inout ByteCursor, _ counters: inout ReaderCounters) throws {
        var isFirst = true
        try cursor.openObject()
        while try cursor.nextElement(0x7d, &isFirst) {
            let key = try cursor.key()
            if cursor.matches(key, "block_size") {
                guard blockTokens == nil else { throw ScanFailure.repeated("block_size") }
                let size = try cursor.integer("block_size")
                guard (1...1 << 20).contains(size) else {
                    throw ScanFailure("block_size is \(size)", expected: "1 to 1048576")
                }
                blockTokens = Int(size)
            } else if cursor.matches(key, "hash_id_scope") {
                guard scope == nil else { throw ScanFailure.repeated("hash_id_scope") }
                let word = try cursor.stringRange()
                scope = word
                isGlobal = cursor.matches(word, "global")
                guard isGlobal || cursor.matches(word, "local") else {
                    throw ScanFailure(
                        "hash_id_scope is \"\(cursor.printable(word))\"",
                        expected: "local or global")
                }
            } else if cursor.matches(key, "model") {
                // Its requests name theirs.
                try cursor.skipValue()
            } else {
                if cursor.matches(key, "requests") {
                    guard requestsAt < 0 else { throw ScanFailure.repeated("requests") }
                    requestsAt = cursor.at
                } else {
                    try cursor.count(key, unless: Self.ignored, &counters)
                }
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
    /// The kind of agent that makes a marker's requests.
    var agent: String?

    /// Keys that change nothing here.
    private static let ignored: [StaticString] = [
        "type", "model", "stop", "input_types", "output_types", "ttft", "agent_id",
        "subagent_type", "duration_ms", "total_tokens", "tool_use_count", "status", "models",
        "tool_tokens", "system_tokens",
    ]

    init(
        _ cursor: inout ByteCursor, _ blocks: inout BlockIdentity, space: Int64,
        _ segments: inout [Segment], _ counters: inout ReaderCounters
    ) throws {
        var isFirst = true
        var found = 0
        /// Marks a key as found. Throws if it was found before.
        func find(_ bit: Int, _ name: String) throws {
            if found & bit != 0 { throw ScanFailure.repeated(name) }
            found |= bit
        }
        try cursor.openObject()
        while try cursor.nextElement(0x7d, &isFirst) {
            let key = try cursor.key()
            if cursor.matches(key, "hash_ids") {
                try find(8, "hash_ids")
                idCount = try blocks.read(&cursor, space: space, into: &segments) ?? 0
            } else if cursor.matches(key, "t") {
                try find(1, "t")
                time = try cursor.time("t", scale: 9)
            } else if cursor.matches(key, "in") {
                try find(2, "in")
                row.prompt = try cursor.integer("in")
            } else if cursor.matches(key, "out") {
                try find(4, "out")
                row.output = try cursor.integer("out")
            } else if cursor.matches(key, "think_time") {
                try find(16, "think_time")
                think = try cursor.optionalSeconds("think_time")
            } else if cursor.matches(key, "priority") {
                try find(128, "priority")
                if !cursor.skipNull() { row.priority = try cursor.priority() }
            } else if cursor.matches(key, "api_time") {
                try find(32, "api_time")
                api = try cursor.optionalSeconds("api_time")
            } else {
                if cursor.matches(key, "requests") {
                    try find(64, "requests")
                    requestsAt = cursor.at
                } else if cursor.matches(key, "subagent_type"), cursor.current == 0x22 {
                    var value = cursor
                    agent = value.label(json: try value.stringRange())
                } else {
                    try cursor.count(key, unless: Self.ignored, &counters)
                }
                try cursor.skipValue()
            }
        }
        guard time >= 0, found & 7 == 7 || (requestsAt != nil && found & 1 == 1) else {
            throw ScanFailure("a key is missing or negative", expected: "t, in and out")
        }
    }

    /// The start of the first request in an array; 0 without one or without `t`.
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
    /// Seconds, as nanoseconds; nil for null. Negative values count as 0.
    mutating func optionalSeconds(_ name: StaticString) throws -> Int64? {
        if skipNull() { return nil }
        return min(max(0, try decimal(name, scale: 9)), 1 << 55)
    }
}
