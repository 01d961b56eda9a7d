/// The running requests that decode steadily, one token in every step, kept as sums.
///
/// A member is not visited step by step: its tokens, its next block and its end follow from the
/// tick (article "Fast-forward"). It becomes *individual* again before anything else can set it
/// apart (`Cohort+Membership.swift`).
struct Cohort: ~Copyable {
    let isOn: Bool
    /// Schedule calls so far, except those that left the members out, and their number modulo block
    /// size.
    var tick: Int64 = 0
    var phase = 0
    /// The tick at which members last joined and left.
    var updatedAt: Int64 = -1
    /// Number of members.
    var count = 0
    /// Σ (computed + 1) over members: the context of their next tokens.
    var context = 0
    /// The same with at most `window` per member, and how many members are still below it; 0
    /// without a window.
    let window: Int
    var windowed = 0
    var growing = 0
    /// Members that need a block at a tick, by tick modulo block size.
    private(set) var blockPhases: HotArray<Int32>
    /// A bit for each phase with such members.
    private var phaseBits: HotArray<UInt64>
    /// Members by the tick after their last step; growing ones by the tick at which their context
    /// fills the window, if that is earlier.
    var exits = TickWheel()
    var needs = CohortNeeds()
    /// Requests whose last step is in flight.
    var leaving = HotArray<Int32>()
    /// Running requests that are neither members nor leaving, in running order.
    var individuals = HotArray<Int32>()
    /// Tokens that the individuals want in the step being scheduled.
    var wanted = HotArray<Int32>()
    /// Tokens that each member had in flight when its latest step was scheduled; 0 after a step
    /// that left the members out.
    var inFlight: Int
    /// When the last batch with tokens of members was processed, in picoseconds.
    var lastDelivery: Int64 = -1
    /// Requests admitted so far; numbers the running list.
    var admissions: Int64 = 0
    /// Whether the running list has lost its order.
    var isDisordered = false
    /// Contents that several live requests name.
    var quotes = QuoteCounts()
    /// Members that joined or left since observers were last told; kept only for observers.
    var isWatched = false
    var changes = HotArray<CohortChange>()

    init(isOn: Bool, blockSize: Int, window: Int, inFlight: Int) {
        self.isOn = isOn
        self.window = window
        self.inFlight = inFlight
        blockPhases = HotArray(repeating: 0, count: isOn ? blockSize : 1)
        phaseBits = HotArray(repeating: 0, count: (blockPhases.count + 63) / 64)
    }

    /// Counts a member that needs a block at a phase, or subtracts it with `sign` -1.
    mutating func countPhase(_ phase: Int, _ sign: Int32) {
        blockPhases[phase] += sign
        let bit: UInt64 = 1 << UInt64(phase & 63)
        if blockPhases[phase] > 0 {
            phaseBits[phase >> 6] |= bit
        } else {
            phaseBits[phase >> 6] &= ~bit
        }
    }

    /// Steps from a phase to the next one that needs a block, at most one round. O(block size /
    /// 64).
    @inline(__always)
    mutating func stepsToNeed(after phase: Int) -> Int {
        let size = blockPhases.count
        let next = phase + 1 == size ? 0 : phase + 1
        var word = next >> 6
        var bits = phaseBits[word] & (~0 << UInt64(next & 63))
        // One word more than there are: the first one is visited from both ends.
        for _ in 0...phaseBits.count {
            if bits != 0 {
                let found = word << 6 + bits.trailingZeroBitCount
                return found > phase ? found - phase : found + size - phase
            }
            word = word + 1 == phaseBits.count ? 0 : word + 1
            bits = phaseBits[word]
        }
        return size
    }

    /// Blocks the members need at the current tick.
    var blocksNeeded: Int { Int(blockPhases[phase]) }

    /// Advances past the step just decided, with the members in it.
    @inline(__always)
    mutating func step(_ share: inout CohortShare) {
        share.count = count
        share.context = context
        share.windowed = windowed
        tick += 1
        phase = phase + 1 == blockPhases.count ? 0 : phase + 1
        context += count
        windowed += growing
    }
}

/// The entries of a step that are kept as sums.
struct CohortShare {
    /// Members and their context, in full and within the price's window.
    var count = 0
    var context = 0
    var windowed = 0
    /// Entries for requests whose last token is already in flight, unforeseen, and their context.
    var wasted = 0
    var wastedContext = 0
    var wastedWindowed = 0

    var isEmpty: Bool { count + wasted == 0 }
}
