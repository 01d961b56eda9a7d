import Basics
import Synchronization

/// Something in a trace that was dropped or mended, by reason.
public enum TraceQuirk: String, CaseIterable, Sendable {
    /// A row without prompt tokens: dropped, there is nothing to prefill.
    case zeroPrompt = "zero_prompt"
    /// A row without output tokens (a failed or cancelled request): dropped.
    case zeroOutput = "zero_output"

    /// Whether rows with it are dropped (else they are mended and kept).
    public var drops: Bool {
        switch self {
        case .zeroPrompt, .zeroOutput: true
        }
    }

    var expected: String {
        switch self {
        case .zeroPrompt: "at least 1 prompt token"
        case .zeroOutput: "at least 1 output token"
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
    private let state = Mutex(State())

    init(path: String, format: TraceFormat, blockTokens: Int?) {
        self.path = path
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
