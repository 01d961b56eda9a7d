import StepTime

/// How an entry came into a step.
enum EntryKind: UInt8 {
    case running = 0
    case admitted = 1
    case resumed = 2
}

/// One request's share of a step.
struct Entry {
    var slot: Int32
    var tokens: Int32
    var computedBefore: Int32
    var kind: EntryKind
    /// Whether the step yields a token for the request.
    var samples = false
}

/// A scheduled step, from `schedule` to `update`.
struct Batch: ~Copyable {
    /// Number of the schedule call, from 0.
    var number = 0
    /// Start and end of execution, picoseconds.
    var start: Int64 = 0
    var end: Int64 = 0
    /// Steady requests in the step, and the tick it was scheduled at.
    var steady = 0
    var tick: Int64 = 0
    /// Entries for requests whose last token was in flight already, unforeseen.
    var wasted = 0
    /// Made only to tell the workers of a finish; not counted and not logged.
    var isCleanup = false
    /// The requests that are not steady.
    var entries = HotArray<Entry>()

    /// Whether nobody takes part in the step.
    var isEmpty: Bool { entries.isEmpty && steady == 0 && wasted == 0 }

    /// Makes it the batch of a step, but for its entries.
    @inline(__always)
    mutating func set(
        number: Int, start: Int64, end: Int64, _ share: StrideShare, tick: Int64,
        isCleanup: Bool = false
    ) {
        self.number = number
        self.start = start
        self.end = end
        steady = share.count
        wasted = share.wasted
        self.tick = tick
        self.isCleanup = isCleanup
    }
}

/// The batches dispatched and not yet processed, oldest first: at most two. Their entry lists are
/// kept and reused, so that steps allocate nothing.
struct Pipeline: ~Copyable {
    private var batches = HotArray<Batch>()
    private var head = 0
    private(set) var count = 0

    init() {
        batches.append(Batch())
        batches.append(Batch())
    }

    var isEmpty: Bool { count == 0 }

    /// A batch by age, the oldest being 0.
    subscript(age: Int) -> Batch {
        @inline(__always)
        _read { yield batches[(head + age) & 1] }
        @inline(__always)
        _modify { yield &batches[(head + age) & 1] }
    }

    /// End of the oldest batch, picoseconds.
    var firstEnd: Int64 { batches[head].end }

    /// Makes room for a batch behind the others and returns its age; its entries are empty.
    @inline(__always)
    mutating func append() -> Int {
        precondition(count < 2, "a pipeline holds two batches")
        count += 1
        return count - 1
    }

    /// Removes the oldest batch; its entries go into `entries`, whose storage it keeps.
    @inline(__always)
    mutating func removeFirst(entries: inout HotArray<Entry>) -> BatchHeader {
        precondition(count > 0, "the pipeline is empty")
        entries.removeAll()
        swap(&entries, &batches[head].entries)
        let batch = BatchHeader(
            number: batches[head].number, start: batches[head].start, end: batches[head].end,
            steady: batches[head].steady, tick: batches[head].tick,
            wasted: batches[head].wasted, isCleanup: batches[head].isCleanup)
        head = (head + 1) & 1
        count -= 1
        return batch
    }
}

/// A batch without its entries.
struct BatchHeader {
    var number: Int
    var start: Int64
    var end: Int64
    var steady: Int
    var tick: Int64
    var wasted: Int
    var isCleanup: Bool
}
