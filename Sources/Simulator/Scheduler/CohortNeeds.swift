/// Which members need the pool at a tick, if their blocks are not kept as sums (with windows, or
/// with numbered blocks). They are served in running-list order, as in stepping.
///
/// A member may need a block, fill one, or have one leave a window. The tick follows from its
/// tokens, and between such ticks its steps are sums like any other's.
struct CohortNeeds: ~Copyable {
    /// Members by the tick of their next need.
    private(set) var wheel = TickWheel()
    /// The tick of the next need, by slot.
    private var ticks = HotArray<Int64>()
    /// Requests that need the pool in the step being scheduled, in running order, and how many of
    /// them have been served.
    var now = HotArray<Int32>()
    var served = 0

    /// A tick, not before `tick`, before which no member needs the pool.
    @inline(__always)
    func earliest(from tick: Int64) -> Int64 { wheel.earliest(from: tick) }

    @inline(__always)
    mutating func insert(_ slot: Int, at tick: Int64) {
        if slot >= ticks.count { ticks.append(0, times: slot + 1 - ticks.count) }
        ticks[slot] = tick
        wheel.insert(Int32(slot), at: tick)
    }

    /// Whether a member has a need at `tick` or later. O(slots in the same list).
    func isDue(_ slot: Int, from tick: Int64) -> Bool {
        slot < ticks.count && ticks[slot] >= tick && wheel.contains(Int32(slot), at: ticks[slot])
    }

    mutating func remove(_ slot: Int) { wheel.remove(Int32(slot), at: ticks[slot]) }

    /// Collects in `now` the members due at a tick, in any order.
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

extension Scheduler {
    /// Collects in `needs.now` the requests that need the pool in this step: due members, and
    /// leaving ones that waste a step. Returns the most blocks they take. O(needs · log needs).
    mutating func gatherNeeds(_ cache: inout KVCache) -> Int {
        cohort.needs.gather(at: cohort.tick)
        for index in cohort.leaving.indices {
            let slot = cohort.leaving[index]
            if wastesStep(Int(slot)) { cohort.needs.now.append(slot) }
        }
        sortByAdmission(&cohort.needs.now, requests)
        return cohort.needs.now.count * cache.groups.count
    }

    /// Serves the requests in `needs.now` that were admitted before `admission`, or all that are
    /// left. O(needs).
    mutating func serveNeeds(_ cache: inout KVCache, before admission: Int64 = .max) {
        while cohort.needs.served < cohort.needs.now.count {
            let slot = Int(cohort.needs.now[cohort.needs.served])
            guard requests[slot].admission < admission else { return }
            serve(&cache, slot)
            cohort.needs.served += 1
        }
    }

    /// Allocates what a member or leaving request needs in this step.
    @inline(__always)
    private mutating func serve(_ cache: inout KVCache, _ slot: Int) {
        let isMember = requests[slot].membership == .member
        let computed =
            isMember
            ? requests[slot].computed(at: cohort.tick)
            : requests[slot].computedAtEnd
        let demand = BlockDemand(
            slot: slot, computed: computed, tokens: 1,
            known: computed - rules.inFlight + 1, inFlight: cache.windowLag)
        // The blocks have been counted already.
        if cache.hasWindows {
            cache.slide(slot, cache.settled(computed, inFlight: demand.inFlight))
        }
        cache.allocate(demand)
        guard isMember else { return }
        let need = cache.nextNeed(slot, settled: computed - cache.windowLag)
        cohort.needs.remove(slot)
        cohort.needs.insert(slot, at: cohort.tick + Int64(need - computed))
    }
}

/// Sorts slots into running-list order: by insertion, because they are few and half sorted.
@inline(__always)
func sortByAdmission(_ slots: inout HotArray<Int32>, _ requests: borrowing HotArray<LiveRequest>) {
    var sorted = 1
    while sorted < slots.count {
        let slot = slots[sorted]
        let order = requests[Int(slot)].admission
        var place = sorted
        while place > 0, requests[Int(slots[place - 1])].admission >= order {
            slots[place] = slots[place - 1]
            place -= 1
        }
        slots[place] = slot
        sorted += 1
    }
}
