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
    /// Order of arrival over the whole run: unique, never reused.
    var sequence: Int64
    var id: Int64
    /// Picoseconds.
    var arrival: Int64
    /// When the client gives up, picoseconds; `Int64.max`: never.
    var abort: Int64
    var lastToken: Int64 = -1
    /// Content id of the outputs.
    var outputContent: Int64
    /// Where a full group's hit went on past the sliding groups', in tokens; 0: nowhere.
    var junction: Int32 = 0

    /// How it decodes (`StrideState`). Unless explicit, its token counts follow from the tick:
    /// computed = steadyBase + tick while steady, steadyBase + steadyUntil when ending.
    var pace = Pace.explicit
    var steadyBase: Int64 = 0
    /// Tick of its first and of its last steady step plus one.
    var steadySince: Int64 = 0
    var steadyUntil: Int64 = 0
    /// Its place in the running list, kept up only where the list is unordered.
    var place: Int32 = 0
    /// Order of admission: the order of the running list.
    var admission: Int64 = 0
    /// Whether its content is counted in `QuoteCounts`.
    var isQuotable = false
    /// Whether nobody else can name its content, so that its blocks are a number (`RunPool`).
    var isPrivate = false

    var delivered: Int32 { known - promptTokens }
}

/// A request's blocks in one KV group.
struct BlockTable {
    var list = Slab<Int32>.List()
    /// Leading blocks whose registration has been decided, or -1 before the first one.
    var cached: Int32 = -1
}

/// A request's chained block keys, computed as far as anyone asked.
struct KeyChain {
    var keys = Slab<UInt64>.List()
    var segments = Slab<Segment>.List()
    /// The segment and the position inside it where the next block starts; past the last segment
    /// the outputs follow.
    var segment: Int32 = 0
    var consumed: Int32 = 0
}
