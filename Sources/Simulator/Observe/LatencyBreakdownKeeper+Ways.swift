extension LatencyBreakdownKeeper {
    /// The steps of one instance, in order, and what they mean to a member of its cohort.
    struct Lane {
        /// Time the GPUs have been busy.
        var busy: Int64 = 0
        /// The last step.
        var start: Int64 = 0
        var end: Int64 = 0
        /// How much others' prefill lengthens the last step for a member.
        var interference: Int64 = 0
        /// Sums over all steps except the last of a member's parts.
        var decodes: Int64 = 0
        var interferences: Int64 = 0
        /// Time before and between all steps, including the last.
        var gaps: Int64 = 0

        /// Busy time up to a moment, which must not lie before the second to last step.
        func busy(until time: Int64) -> Int64 { busy - max(0, end - max(time, start)) }

        /// Sums over all steps.
        var allDecodes: Int64 { decodes + (end - start - interference) }
        var allInterferences: Int64 { interferences + interference }

        /// Adds the steps of a plan. Only a plan of a single step may hold prefill.
        @inline(__always)
        mutating func add(_ plan: DecidedPlan, interference more: Int64) {
            let last = plan.lastEnd - plan.lastStart
            decodes = allDecodes + plan.busy - last
            interferences = allInterferences
            gaps += plan.lastEnd - end - plan.busy
            busy += plan.busy
            start = plan.lastStart
            end = plan.lastEnd
            interference = more
        }
    }

    /// A step that computes for a request.
    struct Share {
        var start: Int64
        var end: Int64
        /// How much others' prefill lengthens it.
        var interference: Int64
        var part: LatencyParts.Part
        var completesPrompt: Bool
        /// Time the GPUs had been busy at its start.
        var busyBefore: Int64
    }

    /// A request's life so far.
    struct Way {
        enum Standing { case individual, joining, member }

        var parts = RequestBreakdown()
        /// When it was first admitted (-1 before), and up to when its time is divided.
        var admitted: Int64 = -1
        var cursor: Int64 = 0
        /// How long its instance's GPUs had been busy by then, and by its abort.
        var busy: Int64 = 0
        var busyAtAbort: Int64?
        var isPreempted = false
        /// Whether it has completed a step, and the one that completes its prompt.
        var hasBegun = false
        var hasFirst = false
        var standing = Standing.individual
        /// Most tokens it had ever computed.
        var computed = 0
        /// Its latest step, which may not have ended yet; nil for a member.
        var step: Share?
        /// For a member: the instance's sums before its first step, including the gap before it.
        var decodes: Int64 = 0
        var interferences: Int64 = 0
        var gaps: Int64 = 0

        mutating func add(_ part: LatencyParts.Part, _ time: Int64) {
            if hasFirst { parts.afterwards[part] += time } else { parts.toFirstToken[part] += time }
        }

        /// Preempts the request. One preempted in the very step that admitted it has been in no
        /// step.
        mutating func preempt(at time: Int64, _ lane: Lane) {
            guard admitted >= 0 else { return }
            passStep()
            let time = max(cursor, time)
            pass(until: time, busy: lane.busy(until: time))
            isPreempted = true
        }

        /// Records a step that has an entry for the request.
        @inline(__always)
        mutating func enter(
            _ entry: ScheduledEntry, _ plan: DecidedPlan, interference: Int64, _ lane: Lane
        ) {
            if admitted < 0 {
                admitted = plan.time
                cursor = plan.time
                busy = lane.busy(until: plan.time)
            }
            passStep()
            let isLost = entry.computedBefore < computed
            let isPrompt = entry.computedBefore < entry.promptTokens
            let end = entry.computedBefore + entry.tokens
            computed = max(computed, end)
            step = Share(
                start: plan.start, end: plan.lastEnd, interference: interference,
                part: isLost ? .recompute : isPrompt ? .prefill : .decode,
                completesPrompt: end >= entry.promptTokens, busyBefore: lane.busy)
        }

        /// Becomes a member with a step that starts now, unless it has left again meanwhile.
        mutating func join(_ start: Int64, _ lane: Lane) {
            guard standing == .joining else { return }
            standing = .member
            passStep()
            pass(until: start, busy: lane.busy)
            decodes = lane.allDecodes
            interferences = lane.allInterferences
            gaps = lane.gaps + start - lane.end
        }

        /// Is no longer a member: the instance's last step is its own latest step.
        mutating func leave(_ lane: Lane, computed tokens: Int) {
            defer { standing = .individual }
            guard standing == .member else { return }
            computed = max(computed, tokens)
            // A member decodes in every step, so between steps it waits for the host only.
            add(.decode, lane.decodes - decodes)
            add(.interference, lane.interferences - interferences)
            add(.host, lane.gaps - gaps)
            cursor = lane.start
            busy = lane.busy - (lane.end - lane.start)
            step = Share(
                start: lane.start, end: lane.end, interference: lane.interference, part: .decode,
                completesPrompt: true, busyBefore: busy)
        }

        /// Adds the request's latest step, and its wait for that step.
        mutating func passStep() {
            guard let step else { return }
            self.step = nil
            pass(until: step.start, busy: step.busyBefore)
            isPreempted = false
            add(step.part, step.end - step.start - step.interference)
            add(.interference, step.interference)
            cursor = step.end
            busy = step.busyBefore + step.end - step.start
            hasBegun = true
            if step.completesPrompt { hasFirst = true }
        }

        /// Adds time without a step of its own, up to `time`, by which the instance's GPUs had been
        /// busy for `others`.
        mutating func pass(until time: Int64, busy others: Int64) {
            let gap = time - cursor
            guard gap > 0 else { return }
            if isPreempted {
                add(.preempted, gap)
            } else {
                let theirs = min(gap, max(0, others - busy))
                add(.othersSteps, theirs)
                if hasBegun, !hasFirst { parts.betweenChunks += theirs }
                add(.host, gap - theirs)
            }
            cursor = time
            busy = max(busy, others)
        }

        /// The request's parts at its end, by which its instance's GPUs had been busy for `all`.
        @inline(__always)
        mutating func close(
            _ record: RequestRecord, busy all: Int64, into result: inout RequestBreakdown
        ) {
            precondition(standing != .member, "a member's end was not said")
            guard admitted >= 0 else { return Self.closeUnadmitted(record, into: &result) }
            if let step, step.end > record.finish {
                self.step = nil
                if step.start < record.finish {
                    pass(until: step.start, busy: step.busyBefore)
                    let spent = record.finish - step.start
                    let own = min(spent, step.end - step.start - step.interference)
                    add(step.part, own)
                    add(.interference, spent - own)
                    cursor = record.finish
                }
            }
            passStep()
            // What follows the last step of a finished request is due to the host.
            pass(
                until: record.finish, busy: record.outcome == .finished ? busy : busyAtAbort ?? all)
            parts.toFirstToken[.queue] += admitted - record.arrival
            if record.firstToken >= 0 { moveBorder(to: record.firstToken - record.arrival) }
            result = parts
        }

        /// The parts of a request that ended in the queue.
        static func closeUnadmitted(
            _ record: RequestRecord, into result: inout RequestBreakdown
        ) {
            result = RequestBreakdown()
            result.toFirstToken[.queue] = record.finish - record.arrival
        }

        /// Moves time to the first part of the life, which lasts `timeToFirstToken`. A first token
        /// leaves the engine when its step has been processed, perhaps a little after the step's
        /// end, with the next step under way.
        private mutating func moveBorder(to timeToFirstToken: Int64) {
            var lag = timeToFirstToken - parts.toFirstToken.total
            guard lag > 0 else { return }
            // The places a request can be in right after one of its steps, the likelier first.
            // During a step of its own it still waits for the host.
            move(&lag, from: .host, to: .host)
            move(&lag, from: .othersSteps, to: .othersSteps)
            move(&lag, from: .preempted, to: .preempted)
            move(&lag, from: .decode, to: .host)
            move(&lag, from: .interference, to: .host)
            move(&lag, from: .recompute, to: .host)
            move(&lag, from: .prefill, to: .host)
        }

        /// Moves up to `time` from a part after the first token to one before it.
        @inline(__always)
        private mutating func move(
            _ time: inout Int64, from part: LatencyParts.Part, to waits: LatencyParts.Part
        ) {
            guard time > 0 else { return }
            let moved = min(time, parts.afterwards[part])
            parts.afterwards[part] -= moved
            parts.toFirstToken[waits] += moved
            time -= moved
        }
    }

    /// The lives of requests from the first whose record is still to come, by place in the order of
    /// arrival, which is the order of the records.
    struct Ways {
        private static let unknown = Way()

        /// A ring buffer; its size is a power of two.
        private var ways = [Way](repeating: Way(), count: 16)
        private var head = 0
        private var count = 0
        /// The place of the first request.
        private(set) var first: Int64 = 0

        subscript(sequence: Int64) -> Way {
            get { ways[place(sequence)] }
            _modify { yield &ways[place(sequence)] }
        }

        private func place(_ sequence: Int64) -> Int {
            (head &+ Int(sequence &- first)) & (ways.count &- 1)
        }

        func holds(_ sequence: Int64) -> Bool {
            sequence >= first && sequence < first + Int64(count)
        }

        /// Makes room up to a request. O(requests alive) amortised.
        @inline(__always)
        mutating func reach(_ sequence: Int64) {
            let wanted = Int(sequence - first) + 1
            if wanted > count { makeRoom(for: wanted) }
        }

        @inline(never)
        private mutating func makeRoom(for wanted: Int) {
            while wanted > ways.count { grow() }
            count = wanted
        }

        /// Removes the first request.
        mutating func removeFirst() {
            first += 1
            guard count > 0 else { return }
            // Slots outside the range must look like requests of which nothing is known.
            ways[head] = Self.unknown
            head = (head + 1) & (ways.count - 1)
            count -= 1
        }

        private mutating func grow() {
            let old = ways
            ways = Array(old[head...] + old[..<head])
            ways.append(contentsOf: repeatElement(Way(), count: old.count))
            head = 0
        }
    }
}
