/// What an instance keeps beside its counters so that the end of a run can prove them: each figure
/// is gathered in another place than the one it is held against (`Engine/Conservation.swift`).
///
/// Times are picoseconds. Products of times and requests are kept modulo 2⁶⁴: sums stay exact, and
/// a wrong one passes only if it is wrong by a multiple of 213 request-days.
struct Ledger {
    /// Requests that entered the instance, and that ended in it.
    var entered = 0
    var ended = 0
    /// Requests that got a token.
    var begun = 0
    /// Tokens that ended requests had computed or found in the cache since their last admission.
    var computed = 0
    /// Tokens computed for members of the cohort that had ended.
    var wasted = 0
    /// Σ (last token - first token) over ended requests.
    var decoding: UInt64 = 0
    /// Σ (moment at which the loop took it - arrival) over requests.
    var onTheWay: UInt64 = 0
    /// ∫ (waiting + running) dt, from the lengths of the queues, up to `until`.
    private(set) var presence: UInt64 = 0
    private(set) var until: Int64 = 0

    /// Charges the requests that are present up to now. Call before their number changes. O(1).
    @inline(__always)
    mutating func account(until time: Int64, present: Int) {
        precondition(time >= until, "I5: the clock goes back")
        presence &+= UInt64(time &- until) &* UInt64(truncatingIfNeeded: present)
        until = time
    }
}

/// Sums over the records of ended requests, for the same proof.
struct RecordSums: Equatable {
    var promptTokens = 0
    var outputTokens = 0
    var hitTokens = 0
    var preemptions = 0
    /// Σ (finish - arrival), picoseconds modulo 2⁶⁴; rejected requests spend no time.
    var residence: UInt64 = 0

    /// Adds a record. O(1).
    @inline(__always)
    mutating func add(_ record: borrowing RequestRecord) {
        guard record.outcome != .rejected else { return }
        promptTokens &+= Int(record.promptTokens)
        outputTokens &+= Int(record.outputTokens)
        hitTokens &+= Int(record.hitTokens)
        preemptions &+= Int(record.preemptions)
        residence &+= UInt64(bitPattern: record.finish &- record.arrival)
    }

    /// Adds what others gathered.
    mutating func add(_ other: RecordSums) {
        promptTokens += other.promptTokens
        outputTokens += other.outputTokens
        hitTokens += other.hitTokens
        preemptions += other.preemptions
        residence &+= other.residence
    }
}
