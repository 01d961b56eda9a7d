import StepTime

/// One request's share of a step.
struct Entry {
    var slot: Int32
    var tokens: Int32
    var computedBefore: Int32
    var kind: ScheduledEntry.Kind
    /// Whether the step samples a token for the request.
    var samples = false

    /// One more token of a decoding request.
    static func decode(_ slot: Int32, computedBefore: Int) -> Entry {
        Entry(
            slot: slot, tokens: 1, computedBefore: Int32(computedBefore), kind: .running,
            samples: true)
    }
}

/// The decision for a step in progress: vLLM's `SchedulerOutput`, with the limits it is made under.
///
/// Only the verbs `run`, `admit` and `preempt` write entries. The members of the cohort are a sum
/// (`share`).
struct Plan: ~Copyable {
    var entries = HotArray<Entry>()
    /// The members of the cohort in the step.
    var share = CohortShare()
    var preempted = HotArray<Int32>()
    /// The request that lacked blocks for each preemption, possibly itself; -1 if a policy chose
    /// it.
    var preemptors = HotArray<Int32>()
    /// Token budget left.
    var budget = 0
    /// Long-prefill threshold; 0 for none.
    var threshold = 0
    /// Prefill tokens left in a policy's quota.
    var prefillQuota = Int.max
    /// Prefill tokens scheduled so far.
    var prefill = 0
    /// Whether the cadence keeps prefill out of this step.
    var holds = false
    /// Whether requests still wait after the admissions, or one was preempted.
    var leavesSome = false
    /// What refused the head of the queue, if that ended the admissions. For an external scheduler:
    /// `blocks` after a refusal for lack of blocks, or `other` if it preempted by choice before
    /// that.
    var stop: StepLimit?
    /// Whether requests that get their last token in the step end in the order of its entries;
    /// otherwise they end in running-list order. If set, all of them have entries.
    var endsAsEntered = false
    /// Whether the step leaves out the members of the cohort, of which there are some.
    var skipsMembers = false
    /// When the call is made, in picoseconds.
    var time: Int64 = 0

    /// Starts the decision of a call.
    @inline(__always)
    mutating func begin(budget: Int, threshold: Int, holds: Bool, at time: Int64) {
        entries.removeAll()
        preempted.removeAll()
        preemptors.removeAll()
        share = CohortShare()
        self.budget = budget
        self.threshold = threshold
        prefillQuota = .max
        prefill = 0
        self.holds = holds
        leavesSome = false
        stop = nil
        endsAsEntered = false
        skipsMembers = false
        self.time = time
    }

    var isEmpty: Bool { entries.isEmpty && share.isEmpty }
    /// Whether a limit may have kept the step from holding more.
    var isBound: Bool { @inline(__always) get { leavesSome || budget == 0 } }

    /// `tokens` clipped to the long-prefill threshold.
    @inline(__always)
    func clipped(_ tokens: Int) -> Int {
        threshold > 0 && tokens > threshold ? threshold : tokens
    }

    /// The load of the step, which determines its price.
    @inline(__always)
    func load(window: Int) -> StepLoad {
        var load = StepLoad()
        for position in entries.indices {
            let entry = entries[position]
            load.add(
                Int(entry.tokens), past: Int(entry.computedBefore), samples: entry.samples,
                window: window)
        }
        if !share.isEmpty {
            let decodes = share.count + share.wasted
            load.addDecodes(
                decodes, context: share.context + share.wastedContext,
                windowedContext: share.windowed + share.wastedWindowed)
            load.sampled += decodes
        }
        return load
    }
}

/// A dispatched plan without its entries, until it is committed.
struct BatchHeader {
    /// Number of the schedule call, from 0.
    var number = 0
    /// Start and end of execution, in picoseconds.
    var start: Int64 = 0
    var end: Int64 = 0
    /// Members of the cohort in the step, and the tick at which it was scheduled.
    var members = 0
    var tick: Int64 = 0
    /// Requests that get a token in the step.
    var sampled = 0
    /// Entries for members whose last token was already in flight, unforeseen.
    var wasted = 0
    /// Whether it only tells the workers about an ended request; such a batch is not counted or
    /// logged.
    var isCleanup = false
    /// See `Plan`.
    var endsAsEntered = false
    var skipsMembers = false
}

/// A dispatched plan.
struct Batch: ~Copyable {
    var header = BatchHeader()
    /// The entries of individual requests.
    var entries = HotArray<Entry>()

    /// Whether no request takes part in the step.
    var isEmpty: Bool { entries.isEmpty && header.members == 0 && header.wasted == 0 }
}

/// The batches dispatched and not yet committed, oldest first, at most `depth`. Their entry lists
/// are reused, so that steps do not allocate.
struct Pipeline: ~Copyable {
    let depth: Int
    /// A ring buffer; its size is a power of two.
    private var batches = HotArray<Batch>()
    private let mask: Int
    private var head = 0
    private(set) var count = 0

    init(depth: Int) {
        self.depth = depth
        var room = 1
        while room < depth { room *= 2 }
        mask = room - 1
        for _ in 0..<room { batches.append(Batch()) }
    }

    var isEmpty: Bool { count == 0 }

    /// A batch by age; the oldest is 0.
    subscript(age: Int) -> Batch {
        @inline(__always)
        _read { yield batches[(head + age) & mask] }
        @inline(__always)
        _modify { yield &batches[(head + age) & mask] }
    }

    /// End of the oldest batch, in picoseconds.
    var firstEnd: Int64 { batches[head].header.end }

    /// Appends a batch and takes over its entries. Returns its age.
    @inline(__always)
    mutating func append(_ header: BatchHeader, _ entries: inout HotArray<Entry>) -> Int {
        precondition(count < depth, "I4: the pipeline is full")
        let age = count
        let place = (head + age) & mask
        batches[place].header = header
        swap(&batches[place].entries, &entries)
        count += 1
        return age
    }

    /// Removes the oldest batch and moves its entries into `entries`, reusing the storage.
    @inline(__always)
    mutating func removeFirst(entries: inout HotArray<Entry>) -> BatchHeader {
        precondition(count > 0, "the pipeline is empty")
        entries.removeAll()
        let place = head
        swap(&entries, &batches[place].entries)
        head = (place + 1) & mask
        count -= 1
        return batches[place].header
    }
}
