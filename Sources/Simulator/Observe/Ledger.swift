/// Figures that an instance keeps beside its counters so that the end of a run can verify them.
/// Each figure is gathered in another place than the one it is checked against
/// (`Engine/Conservation.swift`).
///
/// Times are in picoseconds. Products of times and requests are kept modulo 2⁶⁴: sums stay exact,
/// and a wrong one passes only if it is wrong by a multiple of 213 request-days.
struct Ledger {
    /// Tokens that ended requests had computed or found in the cache since their last admission,
    /// and tokens computed for individuals that had already ended.
    var computed = 0
    var wasted = 0
    /// For requests whose clients gave up: how many had a token, Σ (last token - first token) and Σ
    /// (end - arrival).
    var begun = 0
    var decoding: UInt64 = 0
    var residence: UInt64 = 0
    /// ∫ requests in the system dt: those on their way to the loop, waiting and running, counted by
    /// the lengths of the queues. Up to `until`; later arrivals are charged as if they had been
    /// there at `until`.
    private(set) var presence: UInt64 = 0
    private(set) var until: Int64 = 0

    /// Charges the requests present up to now. Call before one leaves. O(1).
    @inline(__always)
    mutating func account(until time: Int64, present: Int) {
        precondition(time >= until, "I5: the clock goes back")
        presence &+= UInt64(bitPattern: (time &- until) &* Int64(present))
        until = time
    }

    /// Records that the loop takes a request that arrived at `arrival`. From `until` to now, which
    /// the next account will charge, it was in no queue; from its arrival to now it was on its way.
    /// O(1).
    @inline(__always)
    mutating func enter(arrivedAt arrival: Int64) {
        presence &+= UInt64(bitPattern: until &- arrival)
    }

    /// Records a request whose client has given up. O(1).
    @inline(never)
    mutating func giveUp(
        at time: Int64, arrival: Int64, firstToken: Int64, lastToken: Int64
    ) {
        residence &+= UInt64(bitPattern: time &- arrival)
        guard firstToken >= 0 else { return }
        begun += 1
        decoding &+= UInt64(bitPattern: lastToken &- firstToken)
    }
}
