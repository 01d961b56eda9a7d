import StepTime

/// Executes steps in which every running request decodes a token and nobody ends, one after the
/// other, over columns of numbers instead of the requests themselves. Comes back, with the state
/// between two steps, before an arrival, an abort, an end, a shortage of blocks or the horizon.
///
/// This is the walking gait at speed, over runs or single blocks. Whoever watches
/// decisions gets every step from `schedule` and `update`, to which this must be equal.
/// O(running) a step, plus `allocateNext` for who needs a block. False when there was no such step.
func walkRun(_ replica: inout Replica, to horizon: Int64) -> Bool {
    guard !replica.stride.isOn, replica.custom == nil, !replica.log.isWanted,
        replica.cadence.interval == 1, replica.waiting.isEmpty, !replica.running.isEmpty,
        replica.running.count <= replica.tokenBudget,
        replica.dispatched.count == replica.depth - 1, gather(&replica)
    else { return false }
    clearHits(&replica)
    var walk = Walk(&replica, to: horizon)
    while walk.step(&replica) {}
    if walk.sums.steps > 0 { walk.commit(to: &replica) }
    return walk.sums.steps > 0
}

/// What changes about decoding requests from step to step, by place in the running list.
struct WalkColumns: ~Copyable {
    /// Tokens computed before the next step.
    var computed = HotArray<Int32>()
    /// When the pool has to be asked.
    var asks = HotArray<WalkAsk>()
    /// Steps until one that is not of the common kind: somebody's last or a wasted one.
    var commonSteps = Int.max
    /// Whether everybody's blocks are a mere number.
    var arePrivate = false
    /// Who is to be looked at in which step, modulo 64: a bit for each place, `words` words a step.
    private var due = HotArray<UInt64>()
    private(set) var words = 0
    private var step = 0

    private static let horizon = 64

    /// Empties the columns, for so many requests.
    mutating func removeAll(for count: Int) {
        computed.removeAll()
        asks.removeAll()
        commonSteps = .max
        arePrivate = false
        words = (count + 63) / 64
        step = 0
        due.removeAll()
        due.append(0, times: Self.horizon * words)
    }

    /// Counts a step.
    @inline(__always)
    mutating func advance() {
        let count = computed.count
        computed.withUnsafeMutablePointer { computed in
            for place in 0..<count { computed[place] &+= 1 }
        }
        step = (step + 1) & (Self.horizon - 1)
    }

    /// Has a request looked at when its attention is due, or sooner.
    @inline(__always)
    mutating func lookAgain(_ place: Int) {
        let distance = max(0, Int(asks[place].next) &- Int(computed[place]))
        let later = (step &+ min(distance, Self.horizon &- 1)) & (Self.horizon &- 1)
        due[later &* words &+ place &>> 6] |= 1 &<< UInt64(place & 63)
    }

    /// How many are to be looked at now.
    @inline(__always)
    func dueNow() -> Int {
        var number = 0
        for word in 0..<words { number += due[step * words + word].nonzeroBitCount }
        return number
    }

    /// Takes one word of those to be looked at now: a bit for each of 64 places.
    @inline(__always)
    mutating func takeDue(word: Int) -> UInt64 {
        let bits = due[step &* words &+ word]
        due[step &* words &+ word] = 0
        return bits
    }

    /// Σ (computed + 1) over the requests, and the same with at most `window` of each.
    func contexts(window: Int) -> (all: Int, windowed: Int) {
        var sums = (all: 0, windowed: 0)
        for place in computed.indices {
            sums.all += Int(computed[place]) + 1
            sums.windowed += min(Int(computed[place]) + 1, window)
        }
        return sums
    }
}

/// Tokens computed at which a request needs a block, and at which one has become full.
struct WalkAsk {
    var take: Int32
    /// Only where blocks are a mere number; else both are meant by `take`.
    var fill = Int32.max

    var next: Int32 { min(take, fill) }

    /// Books what the next token needs: how many blocks that takes, and how many become full.
    @inline(__always)
    mutating func book(computed: Int32, size: Int32) -> (taken: Int, filled: Int) {
        let takes = computed >= take
        let fills = computed >= fill
        take &+= takes ? size : 0
        fill &+= fills ? size : 0
        return (takes ? 1 : 0, fills ? 1 : 0)
    }
}

/// Fills the columns. False when a running request does something else than decode, or its last
/// token came with another batch than the others'.
private func gather(_ replica: inout Replica) -> Bool {
    let inFlight = Int32(replica.depth - 1)
    let isSame = inFlight == 0 || replica.dispatched[0].entries.count == replica.running.count
    guard isSame else { return false }
    replica.scratch.columns.removeAll(for: replica.running.count)
    var arePrivate = replica.sumsBlocks
    let last = replica.requests[Int(replica.running[0])].lastToken
    for place in replica.running.indices {
        let slot = Int(replica.running[place])
        let computed = replica.requests[slot].computed
        guard replica.requests[slot].lastToken == last, last >= 0,
            replica.requests[slot].placeholders == inFlight,
            replica.requests[slot].inFlight == inFlight, replica.requests[slot].stale == 0,
            replica.requests[slot].known + inFlight - computed == 1, computed > 0
        else { return false }
        if inFlight > 0 {
            let entry = replica.dispatched[0].entries[place]
            guard entry.slot == Int32(slot), entry.samples else { return false }
        }
        arePrivate = arePrivate && replica.requests[slot].isPrivate
        let end = lastDecode(replica.requests[slot], replica.engine.maxModelLen)
        // Without a pipeline a step is processed before the next: the last one ends the request.
        replica.scratch.columns.commonSteps = min(
            replica.scratch.columns.commonSteps, end + Int(inFlight - computed))
        let demand = nextDemand(&replica, slot, settled: nil)
        replica.scratch.columns.computed.append(computed)
        replica.scratch.columns.asks.append(WalkAsk(take: Int32(clamping: demand)))
        replica.scratch.columns.lookAgain(place)
    }
    if arePrivate { gatherPrivate(&replica) }
    return true
}

/// Prepares the columns for requests whose blocks are a mere number.
private func gatherPrivate(_ replica: inout Replica) {
    let size = replica.runPool.blockSize
    let unknown = Int32(replica.depth - 1)
    replica.scratch.columns.arePrivate = true
    for place in replica.running.indices {
        let table = replica.runTables[Int(replica.running[place])]
        replica.scratch.columns.asks[place] = WalkAsk(
            take: table.nextTake(size: size),
            fill: table.nextFill(unknown: unknown, size: size, caching: replica.isCaching))
    }
}

/// Steps under way: the loop's state in plain numbers.
private struct Walk: ~Copyable {
    var sums: DecodeSteps
    /// The price of a step, where there are such lines.
    let line: DecodeLine?
    /// No step is scheduled at the limit or past it, none processed past the last moment.
    let limit: Int64
    let last: Int64
    /// The context of the next step, over all requests, and how many such steps there may be.
    var context: Int
    let mostSteps: Int
    /// The same within the price's window, and its sum over the steps so far.
    private var windowed = 0
    private var windowedSum: Int128 = 0

    init(_ replica: inout Replica, to horizon: Int64) {
        let count = replica.running.count
        let lastToken = replica.requests[Int(replica.running[0])].lastToken
        sums = DecodeSteps(&replica, count: count, lastDelivery: lastToken)
        line = count < replica.lines.count ? replica.lines[count] : nil
        let abort = replica.aborts.firstTime
        var limit = min(horizon, abort)
        if let next = replica.inbox.first {
            limit = min(limit, replica.requests[Int(next)].arrival)
        }
        self.limit = limit
        last = min(horizon, abort - 1)
        context = replica.scratch.columns.contexts(window: 0).all
        mostSteps = replica.scratch.columns.commonSteps
    }

    /// One step: scheduled, priced, and the batch that ends then processed. False, with nothing
    /// done, when it is not of the common kind or belongs to a later time.
    @inline(__always)
    mutating func step(_ replica: inout Replica) -> Bool {
        guard sums.clock < limit, sums.steps < mostSteps else { return false }
        let start = sums.nextStart
        let end = start + price(&replica)
        guard sums.processed(from: start, to: end) <= last else { return false }
        let due = replica.scratch.columns.dueNow()
        guard due == 0 || serve(&replica, due) else { return false }
        replica.scratch.columns.advance()
        context += Int(sums.count)
        windowedSum += Int128(windowed)
        sums.add(from: start, to: end, gaps: &replica.tally.interTokenLatency)
        return true
    }

    /// What the next step takes, picoseconds.
    @inline(__always)
    private mutating func price(_ replica: inout Replica) -> Int64 {
        let window = replica.stepTime.window
        windowed =
            window > 0 ? replica.scratch.columns.contexts(window: window).windowed : 0
        if let line { return line.picoseconds(context: context, windowedContext: windowed) }
        var load = StepLoad()
        load.addDecodes(Int(sums.count), context: context, windowedContext: windowed)
        load.sampled = Int(sums.count)
        return replica.stepTime.picoseconds(load)
    }

    /// Gets those their blocks who need some, `due` at most. False, with nothing done, at a
    /// shortage.
    @inline(__always)
    private mutating func serve(_ replica: inout Replica, _ due: Int) -> Bool {
        guard due * replica.groups.count <= replica.freeBlocks else { return false }
        sums.account()
        for word in 0..<replica.scratch.columns.words {
            let bits = replica.scratch.columns.takeDue(word: word)
            if bits == 0 { continue }
            if replica.scratch.columns.arePrivate {
                book(&replica, bits, from: 64 * word)
            } else {
                allocate(&replica, bits, from: 64 * word)
            }
        }
        sums.use(replica.usedBlocks)
        return true
    }

    /// Gets the requests at places from `base`, a bit for each, what they ask for, in order.
    private func allocate(_ replica: inout Replica, _ bits: UInt64, from base: Int) {
        var bits = bits
        while bits != 0 {
            let place = base + bits.trailingZeroBitCount
            bits &= bits - 1
            let computed = replica.scratch.columns.computed[place]
            if computed >= replica.scratch.columns.asks[place].next {
                let slot = Int(replica.running[place])
                replica.requests[slot].computed = computed
                replica.requests[slot].known = computed + (sums.pipelined ? 0 : 1)
                allocateNext(&replica, slot)
                let settled = Int(computed) - (sums.pipelined ? 1 : 0)
                let demand = nextDemand(&replica, slot, settled: settled)
                replica.scratch.columns.asks[place].take = Int32(clamping: demand)
            }
            replica.scratch.columns.lookAgain(place)
        }
    }

    /// The same where blocks are a mere number, so that all may be taken at once.
    @inline(__always)
    private func book(_ replica: inout Replica, _ bits: UInt64, from base: Int) {
        let size = replica.runPool.blockSize
        var bits = bits
        var taken = 0
        var filled = 0
        while bits != 0 {
            let place = base &+ bits.trailingZeroBitCount
            bits &= bits &- 1
            let booked = replica.scratch.columns.asks[place].book(
                computed: replica.scratch.columns.computed[place], size: size)
            taken &+= booked.taken
            filled &+= booked.filled
            replica.scratch.columns.lookAgain(place)
        }
        if taken > 0 { replica.runPool.take(taken) }
        replica.runPool.distinctKeys &+= filled
    }

    /// Books in a request's table what was booked in the columns.
    private func settleTable(_ replica: inout Replica, _ slot: Int, _ ask: WalkAsk) {
        let blocks = Int32(replica.blockSize.filled(by: Int(ask.take)))
        if ask.fill < .max {
            let full = Int(ask.fill) + 1 - (sums.pipelined ? 1 : 0)
            replica.runTables[slot].registered = Int32(replica.blockSize.filled(by: full)) - 1
        }
        replica.runTables[slot].count = blocks
        setQuiet(&replica, slot)
    }

    /// Writes the state back as `schedule` and `update` would have left it.
    mutating func commit(to replica: inout Replica) {
        for place in replica.running.indices {
            let slot = Int(replica.running[place])
            let computed = replica.scratch.columns.computed[place]
            replica.requests[slot].computed = computed
            replica.requests[slot].known = computed + (sums.pipelined ? 0 : 1)
            replica.requests[slot].lastToken = sums.lastDelivery
            if replica.scratch.columns.arePrivate {
                settleTable(&replica, slot, replica.scratch.columns.asks[place])
            }
            if sums.pipelined {
                replica.dispatched[0].entries[place] = Entry(
                    slot: Int32(slot), tokens: 1, computedBefore: computed - 1, kind: .running,
                    samples: true)
            }
        }
        sums.commit(
            to: &replica, context: sums.sum(endingWith: context, rise: Int(sums.count)),
            windowedContext: windowedSum)
        replica.lastDeliveryCall = replica.calls
        replica.cadence.capacityBound = false
        replica.scheduledNothing = false
        replica.scratch.preempted.removeAll()
    }
}
