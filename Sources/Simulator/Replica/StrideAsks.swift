/// Steady requests whose blocks are no sums (with windows, and where blocks are kept one by one):
/// who asks the pool for something at a tick, and gets it in the order of the running list, as if
/// the step had been walked.
///
/// A block may be needed, may have become full, or may have left a window; when, follows from the
/// request's tokens, and between such ticks its steps are as much a matter of sums as any other's.
struct BlockAsks: ~Copyable {
    /// Steady requests by the tick of their next ask.
    private(set) var wheel = TickWheel()
    /// The tick of the next ask, by slot.
    private var ticks = HotArray<Int64>()
    /// Who asks in the step being scheduled, in running order, and how many have been served.
    var now = HotArray<Int32>()
    var served = 0

    /// A tick, the present one or a later, before which nobody asks.
    @inline(__always)
    func earliest(from tick: Int64) -> Int64 { wheel.earliest(from: tick) }

    @inline(__always)
    mutating func insert(_ slot: Int, at tick: Int64) {
        if slot >= ticks.count { ticks.append(0, times: slot + 1 - ticks.count) }
        ticks[slot] = tick
        wheel.insert(Int32(slot), at: tick)
    }

    mutating func remove(_ slot: Int) { wheel.remove(Int32(slot), at: ticks[slot]) }

    /// Enters in `now` those due at a tick, in any order.
    @inline(__always)
    mutating func gather(at tick: Int64) {
        now.removeAll()
        served = 0
        guard wheel.holds(tick) else { return }
        var next = wheel.first(at: tick)
        while next >= 0 {
            if ticks[Int(next)] == tick { now.append(next) }
            next = wheel.next(after: next)
        }
    }
}

/// Enters in `asks.now` who asks the pool in this step: steady requests that are due, and ending
/// ones that waste a step. The blocks they take at most. O(asking · log asking).
func gatherAsking(_ replica: inout Replica) -> Int {
    replica.stride.asks.gather(at: replica.stride.tick)
    for index in replica.stride.ending.indices {
        let slot = replica.stride.ending[index]
        if wastesStep(&replica, Int(slot)) { replica.stride.asks.now.append(slot) }
    }
    sortByAdmission(&replica.stride.asks.now, replica.requests)
    return replica.stride.asks.now.count * replica.groups.count
}

/// Serves those in `asks.now` that were admitted before a request, or all that are left.
/// O(asking).
func serveAsking(_ replica: inout Replica, before admission: Int64 = .max) {
    while replica.stride.asks.served < replica.stride.asks.now.count {
        let slot = Int(replica.stride.asks.now[replica.stride.asks.served])
        guard replica.requests[slot].admission < admission else { return }
        serve(&replica, slot)
        replica.stride.asks.served += 1
    }
}

/// Gets a steady or ending request what it asks for in this step.
@inline(__always)
private func serve(_ replica: inout Replica, _ slot: Int) {
    let inFlight = Int32(replica.depth - 1)
    let isSteady = replica.requests[slot].pace == .steady
    let computed =
        isSteady
        ? replica.requests[slot].computed(at: replica.stride.tick)
        : replica.requests[slot].computedAtEnd
    // What its own counts would be.
    replica.requests[slot].computed = Int32(computed)
    replica.requests[slot].inFlight = inFlight
    replica.requests[slot].known = Int32(computed) + 1 - inFlight
    allocateNext(&replica, slot)
    guard isSteady else { return }
    let demand = nextDemand(&replica, slot, settled: computed - Int(inFlight))
    replica.stride.asks.remove(slot)
    replica.stride.asks.insert(slot, at: replica.stride.tick + Int64(demand - computed))
}
