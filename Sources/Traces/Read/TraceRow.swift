/// One request as a format gives it, before the checks that all formats share.
///
/// For optional columns, -1 means that the trace gives no value.
struct TraceRow {
    var id: Int64 = -1
    /// In nanoseconds on the format's own clock.
    var time: Int64 = 0
    var prompt: Int64 = 0
    var output: Int64 = 0
    var maxTokens: Int64 = -1
    var priority: Int32 = 0
    /// In nanoseconds on the format's own clock.
    var abort: Int64 = -1
    var outputContent: Int64 = -1
    /// Id of the previous turn; -1 for none, `noSessions` if the trace knows no sessions.
    var predecessor = Self.noSessions
    /// In nanoseconds.
    var thinkTime: Int64 = 0
    /// The part of the pause that is tool time, in nanoseconds.
    var toolTime: Int64 = 0
    /// How many waits the row has besides its predecessor. They are kept beside the row, like
    /// segments.
    var waitCount: Int32 = 0
    /// Whether `time` is the row's own rather than copied from the row before.
    var hasOwnTime = true
    /// Whether it is left out because of its model, and whether it names one.
    var isOfOtherModel = false
    var namesModel = false
    /// Why it has no output, where the file says so.
    var loss: TraceQuirk?
    /// Prompt tokens at the end that no segment covers: content of this request only.
    var ownTail: Int32 = 0

    static let noSessions = Int64.min

    /// Resets every value, ready for the next line.
    @inline(__always) mutating func reset() {
        id = -1
        maxTokens = -1
        priority = 0
        abort = -1
        outputContent = -1
        predecessor = Self.noSessions
        thinkTime = 0
        toolTime = 0
        waitCount = 0
        ownTail = 0
        hasOwnTime = true
        isOfOtherModel = false
        namesModel = false
        loss = nil
        time = 0
        prompt = 0
        output = 0
    }

    /// Whether any optional column has a value.
    @inline(__always) var hasOptions: Bool {
        maxTokens >= 0 || priority != 0 || abort >= 0 || outputContent >= 0
            || predecessor != Self.noSessions
    }

    /// Longest prompt or output accepted as real: ten times the longest context of any published
    /// model (10 million tokens, Llama 4 Scout).
    static let longest: Int64 = 100_000_000

    /// Latest time that is read or drawn, in nanoseconds: 73 years from a clock's zero. Differences
    /// and sums of a few times fit 64 bits, and Unix times fit until 2043.
    static let latest: Int64 = 1 << 61
}

extension Int64 {
    /// A drawn time of `count` units of `unit` nanoseconds, rounded down to whole units, at most
    /// `TraceRow.latest`: if events are rare, the next may be drawn beyond the end of any clock.
    init(drawn count: Double, unit: Int64) {
        self = Int64(Swift.min(count, Double(TraceRow.latest / unit)).rounded(.down)) * unit
    }
}

extension [Segment] {
    /// Appends a piece of a prompt, joined to the last piece if it continues that one and that one
    /// lies at or after `start`, so that equal prompts have equal segments. O(1) amortised.
    @inline(__always)
    mutating func appendPiece(_ content: Int64, offset: Int32, length: Int32, from start: Int) {
        if count > start {
            let last = self[count - 1]
            let (reach, overflow) = last.offset.addingReportingOverflow(last.length)
            if last.content == content, reach == offset, !overflow,
                !last.length.addingReportingOverflow(length).overflow
            {
                self[count - 1].length += length
                return
            }
        }
        append(Segment(content: content, offset: offset, length: length))
    }
}
