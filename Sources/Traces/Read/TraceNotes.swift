import Basics
import Synchronization

/// Something that was dropped or mended in a trace, by reason.
package enum TraceQuirk: String, CaseIterable, Sendable {
    /// A row without prompt tokens, so there is nothing to prefill: dropped.
    case zeroPrompt = "zero_prompt"
    /// A row without output tokens, of which the file does not say why: dropped.
    case zeroOutput = "zero_output"
    /// Block ids for whole blocks only, although the format also has one for the rest: the rest of
    /// the prompt is assumed to be unshared.
    case floorBlockCount = "floor_block_count"
    /// The clock restarts: a week is added.
    case clockRestart = "clock_restart"
    /// A turn whose predecessor is not in the trace: it arrives at its recorded time.
    case unknownParent = "unknown_parent"
    /// A turn without its own time and without a predecessor's: it arrives with the row before it.
    case noTimestamp = "no_timestamp"
    /// A gap between turns longer than `TraceOptions.longestGap`: shortened to it.
    case longGap = "long_gap"
    /// One block id more than there are whole blocks, although the format has ids for whole blocks
    /// only: the last one is read as a partial block.
    case ceilBlockCount = "ceil_block_count"
    /// A block id for a partial block in one row and for more or fewer tokens in another: the
    /// shorter one is read as the beginning of the longer one.
    case partialID = "partial_id"
    /// A later turn that shares no block with the turn before it, or that is shorter and has no
    /// ids, as if rows held only what a turn adds: read as a whole prompt.
    case unsharedTurn = "unshared_turn"
    /// A question without an answer, so that its output length is unknown: dropped.
    case unanswered
    /// A session or conversation without requests, beside others that have some: dropped.
    case emptySession = "empty_session"
    /// A request recorded before the one it follows: it arrives with that one.
    case timeBack = "time_back"
    /// A `max_tokens` that the recorded output exceeds: not used.
    case lowMaxTokens = "low_max_tokens"
    /// A span around another one with token counts, so the same call or the sum of several:
    /// dropped; the inner ones count.
    case nestedSpan = "nested_span"
    /// A span exported twice, with the same ids and start: the second one is dropped.
    case repeatedSpan = "repeated_span"

    /// A request of a benchmark's warm-up, before it measured anything: dropped.
    case warmUp = "warm_up"
    /// A request that failed, as the file says: dropped.
    case failed
    /// A request that its client cancelled, so that the length of its whole answer is unknown:
    /// dropped.
    case cancelled

    /// A turn whose predecessor was dropped or is outside the window: it arrives at its recorded
    /// time.
    case parentLeftOut = "parent_left_out"
    /// The same for a turn without its own time: it arrives when it would if every request took its
    /// recorded or assumed time.
    case assumedTime = "assumed_time"
    /// A later turn that the window cuts off a session whose earlier turns it keeps, or that has no
    /// time of its own and follows a turn outside the window: dropped.
    case turnLeftOut = "turn_left_out"

    /// Whether rows with it are dropped; otherwise they are mended and kept.
    package var drops: Bool {
        switch self {
        case .zeroPrompt, .zeroOutput, .turnLeftOut, .unanswered, .emptySession, .nestedSpan,
            .repeatedSpan, .warmUp, .failed, .cancelled:
            true
        default: false
        }
    }

    /// The description on a page.
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
        case .warmUp: "a request of the benchmark's warm-up"
        case .failed: "a request that failed, as the file says"
        case .cancelled: "a request that its client cancelled"
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
        case .warmUp: "the measured phase of a benchmark"
        case .failed: "requests that succeeded"
        case .cancelled: "requests with their whole answer"
        }
    }
}

/// What a reader found out about a trace, growing during reading.
///
/// Complete once the source has returned nil. The source shares one object with the reports, so the
/// source can be handed on.
package final class TraceNotes: Sendable {
    struct State {
        var rows = 0
        var counts = [Int](repeating: 0, count: TraceQuirk.allCases.count)
        var origin: Int64 = 0
        var unknownKeys: [UnknownKeys.Count] = []
        var models = ModelNames()
        var asides: [String] = []
        var labels: [RequestLabels] = []
    }

    /// The trace's path as given.
    package let path: String
    /// The format, recognised or given.
    package let format: TraceFormat
    /// Tokens per content block of the format; nil if it has none or blocks vary.
    package let blockTokens: Int?
    /// The assumptions of the reader where the format is ambiguous, one sentence each.
    package let assumptions: [String]
    /// The measured latencies of a real server, by request id; nil if the trace has none.
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

    /// Rows read so far, including dropped ones.
    package var rows: Int { state.withLock { $0.rows } }

    /// How often each quirk occurred, in the order of `TraceQuirk.allCases`; only those that did.
    package var quirks: [(quirk: TraceQuirk, count: Int)] {
        let counts = state.withLock { $0.counts }
        return zip(TraceQuirk.allCases, counts).compactMap { $1 > 0 ? ($0, $1) : nil }
    }

    /// Unknown keys that the reader skipped, and how often.
    package var unknownKeys: [(name: String, count: Int)] {
        state.withLock { $0.unknownKeys }.map { key in
            let name = key.name.withUnsafeBytes { bytes in
                let cursor = ByteCursor(bytes)
                return cursor.printable(0..<cursor.end)
            }
            return (name, key.count)
        }
    }

    /// What was skipped without changing any replayed request, one sentence each.
    package var remarks: [String] {
        let keys = unknownKeys.map { "\($0.name) (\($0.count))" }.joined(separator: ", ")
        let odd =
            oddLatencies > 0
            ? ["measured latencies that are negative, or end before they begin: \(oddLatencies)"]
            : []
        return state.withLock { state in
            state.asides + (state.models.remark.map { [$0] } ?? [])
        } + odd
            + (keys.isEmpty ? [] : ["keys that are not known, and not used: \(keys)"])
    }

    /// The first request's time, which becomes time 0, in nanoseconds of the file's clock.
    package var origin: Int64 { state.withLock { $0.origin } }

    /// Whether `origin` is a moment: a date, or a time since 1970. Times of other clocks are
    /// nowhere near three years (1e17 ns), where `TimeUnit` begins to look for epochs, too.
    package var isDated: Bool { origin >= 100_000_000_000_000_000 }

    /// How much later each trace begins than the first of them, in nanoseconds; nil unless all are
    /// dated. Known once each trace's first rows are read.
    package static func distances(_ notes: [TraceNotes]) -> [Int64]? {
        guard notes.allSatisfy(\.isDated), let first = notes.map(\.origin).min() else {
            return nil
        }
        return notes.map { $0.origin - first }
    }

    /// The loss of that time, in words.
    package var lostOrigin: String { TraceWriter.lostOrigin(origin) }

    func publish(_ counters: ReaderCounters) {
        state.withLock {
            $0.rows = counters.rows
            $0.counts = counters.counts
            $0.origin = counters.origin
            $0.unknownKeys = counters.unknownKeys
            $0.models = counters.models
        }
    }

    /// The requested names by kind; empty if the format has no such names.
    package internal(set) var labels: [RequestLabels] {
        get { state.withLock { $0.labels } }
        set { state.withLock { $0.labels = newValue } }
    }

    /// The names of requests of one kind; nil if they were not requested or the format has none.
    package func labels(_ kind: TraceLabel) -> RequestLabels? {
        labels.first { $0.label == kind }
    }

    /// Adds a sentence to the remarks.
    func add(remark: String) { state.withLock { $0.asides.append(remark) } }
}

/// A reader's own running counts, published once per batch.
struct ReaderCounters {
    var rows = 0
    var counts = [Int](repeating: 0, count: TraceQuirk.allCases.count)
    /// The time of the file's clock at which the trace's is 0, in nanoseconds.
    var origin: Int64 = 0
    let isStrict: Bool
    var models: ModelNames
    /// Unknown names, in order of first appearance.
    private(set) var unknownKeys: [UnknownKeys.Count] = []

    init(isStrict: Bool) { (self.isStrict, models) = (isStrict, ModelNames()) }

    init(_ options: TraceOptions) {
        (isStrict, models) = (options.isStrict, ModelNames(kept: options.model))
    }

    /// Questions without an answer so far.
    var unanswered: Int { counts[TraceQuirk.allCases.firstIndex(of: .unanswered)!] }

    /// Counts a key that occurred before and changes no schedule. Returns false for any other.
    /// O(names).
    mutating func countAgain(_ name: [UInt8]) -> Bool {
        guard let known = unknownKeys.firstIndex(where: { $0.name == name }),
            !unknownKeys[known].changesSchedule
        else { return false }
        unknownKeys[known].count += 1
        return true
    }

    /// Counts a key that the reader does not know, or refuses it in strict mode.
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

    /// Counts one quirk, or refuses it in strict mode.
    mutating func note(_ quirk: TraceQuirk) throws {
        if isStrict {
            throw ScanFailure(
                quirk.words + " (refused by strict reading)",
                expected: quirk.expected)
        }
        counts[TraceQuirk.allCases.firstIndex(of: quirk)!] += 1
    }
}
