import Basics
import Synchronization

/// Something in a trace that was dropped or mended, by reason.
public enum TraceQuirk: String, CaseIterable, Sendable {
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

    /// Whether rows with it are dropped (else they are mended and kept).
    public var drops: Bool { self == .zeroPrompt || self == .zeroOutput }

    var expected: String {
        switch self {
        case .zeroPrompt: "at least 1 prompt token"
        case .zeroOutput: "at least 1 output token"
        case .floorBlockCount: "an id for the last, partial block"
        case .clockRestart: "rows in order of time"
        case .unknownParent: "a turn that is in the trace"
        case .noTimestamp: "a timestamp"
        case .longGap: "a shorter gap"
        }
    }
}

/// What a reader found out about a trace, growing while the trace is read.
///
/// Complete when the source has returned nil. One object is shared by the source and whoever
/// reports, so the source can be handed on.
public final class TraceNotes: Sendable {
    struct State {
        var rows = 0
        var counts = [Int](repeating: 0, count: TraceQuirk.allCases.count)
    }

    /// The trace's path as given.
    public let path: String
    /// The format that was recognised or insisted on.
    public let format: TraceFormat
    /// Tokens per content block of the format, nil where it has none or blocks vary.
    public let blockTokens: Int?
    /// What the reader assumed because the format leaves it open, a sentence each.
    public let assumptions: [String]
    private let state = Mutex(State())

    init(
        path: String, format: TraceFormat, blockTokens: Int? = nil, assumptions: [String] = []
    ) {
        self.path = path
        self.assumptions = assumptions
        self.format = format
        self.blockTokens = blockTokens
    }

    /// Rows read so far, dropped ones included.
    public var rows: Int { state.withLock { $0.rows } }

    /// How often each quirk was met, only those met, in the order of `TraceQuirk.allCases`.
    public var quirks: [(quirk: TraceQuirk, count: Int)] {
        let counts = state.withLock { $0.counts }
        return zip(TraceQuirk.allCases, counts).compactMap { $1 > 0 ? ($0, $1) : nil }
    }

    func publish(_ tally: Tally) {
        state.withLock {
            $0.rows = tally.rows
            $0.counts = tally.counts
        }
    }
}

/// A reader's own running count, published once per batch.
struct Tally {
    var rows = 0
    var counts = [Int](repeating: 0, count: TraceQuirk.allCases.count)
    let isStrict: Bool

    /// Counts one quirk, or refuses it under `--strict`.
    mutating func note(_ quirk: TraceQuirk) throws {
        if isStrict {
            throw ScanFailure(
                quirk.rawValue.replacing("_", with: " ") + " (refused by strict reading)",
                expected: quirk.expected)
        }
        counts[TraceQuirk.allCases.firstIndex(of: quirk)!] += 1
    }
}
