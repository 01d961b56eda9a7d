import Traces

/// Where a request stands in its replica.
enum RequestState: UInt8 {
    case waiting
    /// Waiting again after a preemption.
    case preempted
    case running
    /// Finished or aborted; the slot lives on while a dispatched batch still names it.
    case ended
}

/// How a running request decodes in the striding gait.
enum Pace: UInt8 {
    /// Scheduled and processed one by one, as in the walking gait.
    case explicit
    /// One token in every step, as part of the sums in `StrideState`.
    case steady
    /// Its last step is in flight; it waits for that batch to be processed.
    case ending
}

/// A request that a replica knows, without references. Token counts throughout.
///
/// Ticks are kept as 32 bits, which may wrap around: no request decodes for 2³¹ steps, so that
/// their differences are exact.
struct LiveRequest {
    /// Prompt and delivered outputs.
    var known: Int32
    /// Everything scheduled so far, batches in flight included.
    var computed: Int32 = 0
    /// Up to this many computed tokens nothing has to be allocated, registered or slid.
    var quietUntil: Int32 = -1
    /// Tokens being sampled in batches in flight.
    var placeholders: Int32 = 0
    /// Scheduled tokens whose batch has not been processed yet.
    var inFlight: Int32 = 0
    /// The part of `inFlight` that precedes a preemption.
    var stale: Int32 = 0
    var promptTokens: Int32
    /// Outputs after which the request ends, foreseen or not.
    var outputTokens: Int32
    /// Outputs after which the scheduler foresees the end; at least `outputTokens`.
    var maxTokens: Int32
    var priority: Int32
    var state = RequestState.waiting
    /// Whether its latest scheduled step left known tokens uncomputed.
    var prefilling = false
    /// How it decodes (`StrideState`). Unless explicit, its token counts follow from the tick:
    /// `computed(at:)` while steady, `computedAtEnd` when ending.
    var pace = Pace.explicit
    /// Whether its content is counted in `QuoteCounts`.
    var isQuotable = false
    /// Whether nobody else can name its content, so that its blocks are a number (`RunPool`).
    var isPrivate = false
    /// Whether, while steady, its context is still shorter than the price's window.
    var isGrowing = false
    /// Where a full group's hit went on past the sliding groups', in tokens; 0: nowhere.
    var junction: Int32 = 0
    /// Tokens computed less the tick, while steady.
    var steadyBase: Int32 = 0
    /// Tick of its first and of its last steady step plus one.
    var steadySince: Int32 = 0
    var steadyUntil: Int32 = 0
    /// Its place in the running list, kept up only where the list is unordered.
    var place: Int32 = 0
    /// Prefix tokens found in the cache at the first admission.
    var hitTokens: Int32 = 0
    var preemptions: Int32 = 0
    /// Order of admission: the order of the running list.
    var admission: Int64 = 0
    /// Order of arrival over the whole run: unique, never reused.
    var sequence: Int64
    var id: Int64
    /// Picoseconds.
    var arrival: Int64
    /// First admission to the running list, picoseconds; -1 before.
    var admitted: Int64 = -1
    /// When its first and its latest token were delivered, picoseconds; -1 before.
    var firstToken: Int64 = -1
    var lastToken: Int64 = -1
    /// When the client gives up, picoseconds; `Int64.max`: never.
    var abort: Int64
    /// Content id of the outputs.
    var outputContent: Int64

    var delivered: Int32 { known - promptTokens }
    /// What decides which of its blocks a window's group retains.
    var retention: Retention { Retention(promptTokens: promptTokens, junction: junction) }

    /// What remains of it when it ends.
    @inline(__always)
    func record(_ outcome: Outcome, at finish: Int64, replica: Int32) -> RequestRecord {
        RequestRecord(
            id: id, arrival: arrival, admitted: admitted, firstToken: firstToken, finish: finish,
            promptTokens: promptTokens, hitTokens: hitTokens, outputTokens: delivered,
            preemptions: preemptions, replica: replica, outcome: outcome)
    }

    /// Tokens computed before the step of a tick, while steady.
    @inline(__always)
    func computed(at tick: Int64) -> Int {
        Int(steadyBase &+ Int32(truncatingIfNeeded: tick))
    }

    /// Tokens computed before the step after its last steady one.
    @inline(__always)
    var computedAtEnd: Int { Int(steadyBase &+ steadyUntil) }

    /// Whether its last steady step is the one before a tick.
    @inline(__always)
    func ends(at tick: Int64) -> Bool { steadyUntil == Int32(truncatingIfNeeded: tick) }

    /// While steady, the tick at which its context fills a window.
    @inline(__always)
    func filling(_ window: Int) -> Int32 { Int32(window) &- 1 &- steadyBase }

    /// Whether a tick is the first of its steady steps or a later one.
    @inline(__always)
    func isSteadySince(_ tick: Int64) -> Bool {
        Int32(truncatingIfNeeded: tick) &- steadySince >= 0
    }

    /// Whether a tick comes after all its steady steps.
    @inline(__always)
    func isPast(_ tick: Int64) -> Bool { Int32(truncatingIfNeeded: tick) &- steadyUntil >= 0 }
}
