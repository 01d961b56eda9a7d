import StepTime

/// One request's share of a step.
struct Entry {
    var slot: Int32
    var tokens: Int32
    var computedBefore: Int32
    var kind: ScheduledEntry.Kind
    /// Whether the step yields a token for the request.
    var samples = false

    /// One more token of a request that decodes.
    static func decode(_ slot: Int32, computedBefore: Int) -> Entry {
        Entry(
            slot: slot, tokens: 1, computedBefore: Int32(computedBefore), kind: .running,
            samples: true)
    }
}

/// A step's decision under way: vLLM's `SchedulerOutput`, with the limits it is made under.
///
/// Entries are written by the verbs `run`, `admit` and `preempt` alone; the members of the cohort
/// are a sum (`share`).
struct Plan: ~Copyable {
    var entries = HotArray<Entry>()
    /// Members of the cohort in the step.
    var share = CohortShare()
    var preempted = HotArray<Int32>()
    /// For whose blocks each of these was, itself included; -1: a policy's will.
    var preemptors = HotArray<Int32>()
    /// Tokens that may still be scheduled.
    var budget = 0
    /// Long-prefill threshold; 0: off.
    var threshold = 0
    /// Prefill tokens that a policy's quota still allows.
    var prefillQuota = Int.max
    /// Prefill tokens scheduled so far.
    var prefill = 0
    /// The cadence keeps prefill out of this step.
    var holds = false
    /// Requests wait after the admissions, or one was preempted.
    var leavesSome = false
    /// What refused the head of the queue, where that ended the admissions; of an external
    /// scheduler, what it was first refused for, or `other` where it preempts of its own will.
    var stop: StepLimit?
    /// Requests that get their last token in the step have entries, and end in the order of these;
    /// else in the order of the running list.
    var endsAsEntered = false
    /// The members of the cohort, of which there are some, have no part in the step.
    var skipsMembers = false
    /// When the call is made, picoseconds.
    var time: Int64 = 0

    /// Begins a call's decision.
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

    /// What the long-prefill threshold leaves of so many tokens.
    @inline(__always)
    func clipped(_ tokens: Int) -> Int {
        threshold > 0 && tokens > threshold ? threshold : tokens
    }

    /// Sums up what the step costs.
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

/// A plan that was dispatched, until it is committed: what is known of it besides its entries.
struct BatchHeader {
    /// Number of the schedule call, from 0.
    var number = 0
    /// Start and end of execution, picoseconds.
    var start: Int64 = 0
    var end: Int64 = 0
    /// Members of the cohort in the step, and the tick it was scheduled at.
    var members = 0
    var tick: Int64 = 0
    /// Requests that get a token from it.
    var sampled = 0
    /// Entries for members whose last token was in flight already, unforeseen.
    var wasted = 0
    /// Made only to tell the workers of a finish; not counted and not logged.
    var isCleanup = false
    /// See `Plan`.
    var endsAsEntered = false
    var skipsMembers = false
}

/// A dispatched plan.
struct Batch: ~Copyable {
    var header = BatchHeader()
    /// The requests that are no members.
    var entries = HotArray<Entry>()

    /// Whether no request takes part in the step.
    var isEmpty: Bool { entries.isEmpty && header.members == 0 && header.wasted == 0 }
}

/// The batches dispatched and not yet committed, oldest first: at most `depth`. Their entry lists
/// are kept and reused, so that steps allocate nothing.
struct Pipeline: ~Copyable {
    let depth: Int
    /// A power of two of batches, as a ring.
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

    /// A batch by age, the oldest being 0.
    subscript(age: Int) -> Batch {
        @inline(__always)
        _read { yield batches[(head + age) & mask] }
        @inline(__always)
        _modify { yield &batches[(head + age) & mask] }
    }

    /// End of the oldest batch, picoseconds.
    var firstEnd: Int64 { batches[head].header.end }

    /// Appends a batch with some entries, which it takes. Its age.
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

    /// Removes the oldest batch; its entries go into `entries`, whose storage it keeps.
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
