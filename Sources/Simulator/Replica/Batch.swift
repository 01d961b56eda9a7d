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
struct Batch {
    /// Number of the schedule call, from 0.
    var number = 0
    var entries: [Entry] = []
    /// Start and end of execution, picoseconds.
    var start: Int64 = 0
    var end: Int64 = 0
    /// Steady requests in the step, and the tick it was scheduled at.
    var steady = 0
    var tick: Int64 = 0
    /// Made only to tell the workers of a finish; not counted and not logged.
    var isCleanup = false
}
