import Basics
import Synchronization

/// Something in a trace that was dropped or mended, by reason.
package enum TraceQuirk: String, CaseIterable, Sendable {
    /// A row without prompt tokens: dropped, there is nothing to prefill.
    case zeroPrompt = "zero_prompt"
    /// A row without output tokens (a failed or cancelled request): dropped.
    case zeroOutput = "zero_output"
    /// Block ids for the whole blocks only, where the format has one for the rest, too: the rest
    /// of the prompt is taken as unshared.
    case floorBlockCount = "floor_block_count"
    /// The clock starts again: a week is added.
    case clockRestart = "clock_restart"
    /// A turn whose predecessor is not in the trace: it arrives at its recorded time.
    case unknownParent = "unknown_parent"
    /// A turn without a time of its own and without a predecessor's: it arrives with the row
    /// before it.
    case noTimestamp = "no_timestamp"
    /// A gap between turns longer than `TraceOptions.longestGap`: shortened to it.
    case longGap = "long_gap"
    /// One block id more than the whole blocks, where the format has ids for those alone: the last
    /// one is taken as a partial block.
    case ceilBlockCount = "ceil_block_count"
    /// A block id that stands for a partial block in one row and for more or fewer tokens in
    /// another: the shorter one is taken as the beginning of the longer one.
    case partialID = "partial_id"
    /// A later turn that shares no block with the turn before it, or without ids is shorter, as
    /// where rows hold only what a turn adds: read as a whole prompt.
    case unsharedTurn = "unshared_turn"
    /// A question without an answer, whose output length is unknown: dropped.
    case unanswered
    /// A session or conversation without requests, beside others: dropped.
    case emptySession = "empty_session"
    /// A request that is recorded before the one it follows: it arrives with that one.
    case timeBack = "time_back"
    /// A `max_tokens` that the recorded output exceeds: not used.
    case lowMaxTokens = "low_max_tokens"
    /// A span around another one with token counts, which is the same call or the sum of several:
    /// dropped, the inner ones count.
    case nestedSpan = "nested_span"
    /// A span that was exported twice, with the same ids and start: dropped the second time.
    case repeatedSpan = "repeated_span"

    /// A turn whose predecessor was dropped or lies outside the window: it arrives at its recorded
    /// time.
    case parentLeftOut = "parent_left_out"
    /// The same of one without a time of its own: it arrives when it would if every request took
    /// what it is recorded, or assumed, to take.
    case assumedTime = "assumed_time"
    /// A later turn that the window leaves out of a session whose earlier turns it keeps, or that
    /// has no time of its own and follows a turn outside: dropped.
    case turnLeftOut = "turn_left_out"

    /// Whether rows with it are dropped (else they are mended and kept).
    package var drops: Bool {
        switch self {
        case .zeroPrompt, .zeroOutput, .turnLeftOut, .unanswered, .emptySession, .nestedSpan,
            .repeatedSpan:
            true
        default: false
        }
    }

    /// What a page says of it, in words.
    package var words: String {
        switch self {
        case .longGap: "long gap, a pause cut to an hour"
        case .floorBlockCount: "no hash id for the rest of a prompt, which is taken as unshared"
        case .ceilBlockCount: "a hash id for the rest of a prompt, taken as a partial block"
        case .partialID: "a hash id of a partial block is a longer block elsewhere"
        case .emptySession: "a session without requests"
        case .timeBack: "a request recorded before the one it follows arrives with that one"
        case .lowMaxTokens: "max_tokens below the output length is not used"
        case .unsharedTurn:
            "a later turn shares no block with the turn before it, or is shorter: read as a whole"
                + " prompt (rows of what a turn adds: --format mooncake_delta, trace.format)"
        case .unanswered: "a question without an answer"
        case .parentLeftOut:
            "a turn whose session began outside the window, or with a row that is dropped, arrives"
                + " at its recorded time, or after the others that it waits for"
        case .assumedTime:
            "a request without a time of its own, and without those that it waits for, arrives when"
                + " it would after answers of recorded or assumed length"
        case .turnLeftOut: "a later turn of a session that the window cuts"
        case .nestedSpan: "a span around a span with token counts, which counts instead"
        default: rawValue.replacing("_", with: " ")
        }
    }

    var expected: String {
        switch self {
        case .zeroPrompt: "at least 1 prompt token"
        case .zeroOutput: "at least 1 output token"
        case .floorBlockCount: "an id for the last, partial block"
        case .clockRestart: "rows in order of time"
        case .unknownParent: "a turn that is in the trace"
        case .noTimestamp: "a timestamp"
        case .longGap: "at most an hour"
        case .ceilBlockCount: "ids of whole blocks only"
        case .partialID: "an id of its own for each partial block"
        case .unsharedTurn: "the whole prompt in every turn"
        case .unanswered: "an answer to every question"
        case .emptySession: "requests in every session"
        case .timeBack: "a session's requests in order of time"
        case .lowMaxTokens: "a limit that allows the output"
        case .parentLeftOut, .assumedTime, .turnLeftOut: "a window between sessions"
        case .nestedSpan: "token counts in one span a call"
        case .repeatedSpan: "each span once"
        }
    }
}

/// What a reader found out about a trace, growing while the trace is read.
///
/// Complete when the source has returned nil. The source shares one object with what reports,
/// so the source can be handed on.
package final class TraceNotes: Sendable {
    struct State {
        var rows = 0
        var counts = [Int](repeating: 0, count: TraceQuirk.allCases.count)
        var origin: Int64 = 0
        var unknownKeys: [UnknownKeys.Count] = []
        var asides: [String] = []
        var labels: [RequestLabels] = []
    }

    /// The trace's path as given.
    package let path: String
    /// The format that was recognised or insisted on.
    package let format: TraceFormat
    /// Tokens per content block of the format, nil where it has none or blocks vary.
    package let blockTokens: Int?
    /// What the reader assumed because the format leaves it open, a sentence each.
    package let assumptions: [String]
    /// What a real server did with the requests, by their ids; nil where the trace does not say.
    package let measured: MeasuredLatencies?
    /// Whether arrivals are drawn at a rate, as none are recorded.
    package let drawsArrivals: Bool
    private let oddLatencies: Int
    private let state = Mutex(State())

    init(
        path: String, format: TraceFormat, blockTokens: Int? = nil, assumptions: [String] = [],
        measured: MeasuredLatencies? = nil, drawsArrivals: Bool = false
    ) {
        self.drawsArrivals = drawsArrivals
        self.measured = measured.flatMap { $0.count > 0 ? $0 : nil }
        oddLatencies = measured?.odd ?? 0
        self.path = path
        self.assumptions = assumptions
        self.format = format
        self.blockTokens = blockTokens
    }

    /// Rows read so far, dropped ones included.
    package var rows: Int { state.withLock { $0.rows } }

    /// How often each quirk was met, only those met, in the order of `TraceQuirk.allCases`.
    package var quirks: [(quirk: TraceQuirk, count: Int)] {
        let counts = state.withLock { $0.counts }
        return zip(TraceQuirk.allCases, counts).compactMap { $1 > 0 ? ($0, $1) : nil }
    }

    /// Keys that the reader does not know and passed over, with the number of times.
    package var unknownKeys: [(name: String, count: Int)] {
        state.withLock { $0.unknownKeys }.map { key in
            let name = key.name.withUnsafeBytes { bytes in
                let cursor = ByteCursor(bytes)
                return cursor.printable(0..<cursor.end)
            }
            return (name, key.count)
        }
    }

    /// What was passed over without changing any request that is replayed, a sentence each.
    package var remarks: [String] {
        let keys = unknownKeys.map { "\($0.name) (\($0.count))" }.joined(separator: ", ")
        let odd =
            oddLatencies > 0
            ? ["measured latencies that are negative, or end before they begin: \(oddLatencies)"]
            : []
        return state.withLock { $0.asides } + odd
            + (keys.isEmpty ? [] : ["keys that are not known, and not used: \(keys)"])
    }

    /// The first request's time, nanoseconds of the file's clock, where it becomes time 0.
    package var origin: Int64 { state.withLock { $0.origin } }

    /// That loss in words.
    package var lostOrigin: String { TraceWriter.lostOrigin(origin) }

    func publish(_ counters: ReaderCounters) {
        state.withLock {
            $0.rows = counters.rows
            $0.counts = counters.counts
            $0.origin = counters.origin
            $0.unknownKeys = counters.unknownKeys
        }
    }

    /// The names that were asked for, by their kinds; empty where the format is not looked through
    /// for them.
    package internal(set) var labels: [RequestLabels] {
        get { state.withLock { $0.labels } }
        set { state.withLock { $0.labels = newValue } }
    }

    /// Adds a sentence to the remarks.
    func add(remark: String) { state.withLock { $0.asides.append(remark) } }
}

/// A reader's own running count, published once per batch.
struct ReaderCounters {
    var rows = 0
    var counts = [Int](repeating: 0, count: TraceQuirk.allCases.count)
    /// Nanoseconds of the file's clock at which the trace's is 0.
    var origin: Int64 = 0
    let isStrict: Bool
    /// Unknown names, in order of their first appearance.
    private(set) var unknownKeys: [UnknownKeys.Count] = []

    /// Questions without an answer so far.
    var unanswered: Int { counts[TraceQuirk.allCases.firstIndex(of: .unanswered)!] }

    /// Counts a key that was met before and changes no schedule; false for any other. O(names).
    mutating func countAgain(_ name: [UInt8]) -> Bool {
        guard let known = unknownKeys.firstIndex(where: { $0.name == name }),
            !unknownKeys[known].changesSchedule
        else { return false }
        unknownKeys[known].count += 1
        return true
    }

    /// Counts a key that the reader does not know, or refuses it under `--strict`.
    mutating func count(_ name: [UInt8], shown: String, changesSchedule: Bool) throws {
        if isStrict {
            throw ScanFailure(
                "the key \(shown) is not known (refused by strict reading)",
                expected: "only keys that the format has")
        }
        if let known = unknownKeys.firstIndex(where: { $0.name == name }) {
            unknownKeys[known].count += 1
        } else if unknownKeys.count < UnknownKeys.most {
            unknownKeys.append(.init(name: name, changesSchedule: changesSchedule))
        }
    }

    /// Counts one quirk, or refuses it under `--strict`.
    mutating func note(_ quirk: TraceQuirk) throws {
        if isStrict {
            throw ScanFailure(
                quirk.words + " (refused by strict reading)",
                expected: quirk.expected)
        }
        counts[TraceQuirk.allCases.firstIndex(of: quirk)!] += 1
    }
}
