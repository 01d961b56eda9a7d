/// The requests that decode steadily, one token in every step, kept as sums.
///
/// Such a request is *steady*: nothing about it is touched step by step. Its tokens follow from
/// the tick, the number of schedule calls that steady requests took part in; its next block from
/// a count of block boundaries by tick modulo block size; its end from a heap. It becomes
/// *explicit* again (`StrideTransitions.swift`) before anything can set it apart: its last token,
/// an abort, a shortage of blocks or budget. The walking gait has explicit requests only.
struct StrideState {
    let isOn: Bool
    /// Schedule calls that steady requests took part in.
    var tick: Int64 = 0
    /// Number of steady requests.
    var count = 0
    /// Σ (computed + 1) over steady requests: the context of their next tokens.
    var context = 0
    /// Steady requests that need a block at a tick, by tick modulo block size.
    var blockPhases: [Int32]
    /// When steady requests must become explicit, by tick.
    var exits = EventHeap()
    /// Running requests that are not steady, in running order.
    var explicit: [Int32] = []
    /// When the last batch with tokens was processed, picoseconds.
    var lastDelivery: Int64 = -1
    /// Steady requests of the step being scheduled, and their context.
    var stepCount = 0
    var stepContext = 0
    /// Requests admitted so far: the order of the running list.
    var admissions: Int64 = 0
    /// Contents that several live requests name.
    var quotes = QuoteCounts()

    init(isOn: Bool, blockSize: Int) {
        self.isOn = isOn
        blockPhases = isOn ? Array(repeating: 0, count: blockSize) : []
    }

    /// Blocks the steady requests need at the current tick.
    var blocksNeeded: Int {
        count == 0 ? 0 : Int(blockPhases[Int(tick % Int64(blockPhases.count))])
    }

    /// Counts the step just decided.
    mutating func step() {
        stepCount = count
        stepContext = context
        guard count > 0 else { return }
        tick += 1
        context += count
    }
}

/// Which contents of outputs other live requests may quote, by hash: an answer that is quoted
/// while it is being generated registers its blocks in the order of all others.
///
/// Counts by hash can only be too high, which costs speed, never exactness.
struct QuoteCounts {
    private static let size = 1 << 14
    private var quoted: [Int32] = []
    private var outputs: [Int32] = []
    /// Whether an arrival quoted what might be the output of a live request.
    var mayConflict = false

    private static func place(_ content: Int64) -> Int {
        Int((UInt64(bitPattern: content) &* 0x9e37_79b9_7f4a_7c15) >> 50)
    }

    /// Counts a live request's contents, or takes them back with `sign` -1. O(segments).
    mutating func count(_ contents: some Sequence<Int64>, output: Int64, sign: Int32) {
        if quoted.isEmpty {
            quoted = Array(repeating: 0, count: Self.size)
            outputs = Array(repeating: 0, count: Self.size)
        }
        for content in contents {
            let place = Self.place(content)
            quoted[place] += sign
            if sign > 0, outputs[place] > 0 { mayConflict = true }
        }
        let place = Self.place(output)
        outputs[place] += sign
        if sign > 0, outputs[place] > 1 { mayConflict = true }
    }

    /// Whether nobody else alive names this output.
    func isPrivate(_ output: Int64) -> Bool {
        if quoted.isEmpty { return true }
        let place = Self.place(output)
        return quoted[place] == 0 && outputs[place] <= 1
    }
}
