/// The verbs that write a plan: `run`, `admit`, `preempt`. The engine's rules, Swift policies and
/// programs in other languages use only these, so that none can corrupt the pool and all obey every
/// limit.

/// Why a verb did nothing.
enum Refusal: Error, Equatable {
    case unknown
    case isRunning
    case isNotRunning
    case isScheduled
    case isPreempted
    case hasNothingToCompute
    case hasFewerTokens(left: Int, wanted: Int)
    case exceedsBudget(left: Int, wanted: Int)
    case mustBeWhole(tokens: Int)
    case runningIsFull(limit: Int)
    case lacksBlocks(free: Int)
    case isHeld
    case exceedsQuota

    /// The engine limit behind the refusal, or `other`.
    var limit: StepLimit {
        switch self {
        case .exceedsBudget, .mustBeWhole: .tokenBudget
        case .runningIsFull: .runningRequests
        case .lacksBlocks: .blocks
        default: .other
        }
    }

    /// The reason, as sent to a program in another language.
    var words: String {
        switch self {
        case .unknown: "no such request"
        case .isRunning: "it is running already"
        case .isNotRunning: "it is not running"
        case .isScheduled: "it is in the step already"
        case .isPreempted: "it was preempted in this very step"
        case .hasNothingToCompute:
            "it has nothing to compute until its tokens in flight arrive"
        case .hasFewerTokens(let left, let wanted): "it has \(left) tokens left, not \(wanted)"
        case .exceedsBudget(0, _): "the step's budget is spent"
        case .exceedsBudget(let left, let wanted):
            "\(left) tokens are left of the step's budget, not \(wanted)"
        case .mustBeWhole(let tokens): "its \(tokens) tokens must be computed in one step"
        case .runningIsFull(let limit): "\(limit) requests are running, the most allowed"
        case .lacksBlocks(let free): "its blocks do not fit, \(free) are free"
        case .isHeld:
            "engine.prefill_schedule_interval keeps prefill out of this step"
        case .exceedsQuota: "the policy's prefill quota is spent"
        }
    }
}

extension Scheduler {
    /// Schedules `tokens` tokens of a running request. The caller keeps them within what the
    /// request has left and the budget. Refuses only for lack of blocks.
    @inline(__always)
    mutating func run(_ cache: inout KVCache, _ slot: Int, tokens: Int) -> Refusal? {
        let computed = Int(requests[slot].computed)
        if cache.needs(slot, upTo: computed + tokens) {
            let demand = BlockDemand(requests[slot], slot: slot, tokens: tokens)
            guard cache.canAllocate(demand) else { return .lacksBlocks(free: cache.freeBlocks) }
            cache.allocate(demand)
        }
        let isPrefilling = requests[slot].prefilling
        enter(slot, tokens: tokens, computed: computed, .running, prefills: isPrefilling)
        return nil
    }

    /// Admits a waiting request with `wanted` tokens, or, for 0, as many as the limits allow. Looks
    /// up its prefix. A refused request keeps its place in the queue.
    @inline(__always)
    mutating func admit(_ cache: inout KVCache, _ slot: Int, wanted: Int = 0) -> Refusal? {
        guard running.count < rules.activeLimit else {
            return .runningIsFull(limit: rules.activeLimit)
        }
        let known = Int(requests[slot].known)
        let hit = cache.lookUp(slot, known: known)
        let tokens: Int
        switch admissionTokens(left: known - hit.tokens, wanted: wanted) {
        case .success(let allowed): tokens = allowed
        case .failure(let refusal): return refusal
        }
        var demand = BlockDemand(requests[slot], slot: slot, tokens: tokens)
        demand.reservesFullPrompt = rules.reservesFullPrompt
        // Requests admitted in this step count as running.
        demand.watermark = running.isEmpty ? 0 : rules.watermarkBlocks
        guard cache.canAllocate(demand, hit) else { return .lacksBlocks(free: cache.freeBlocks) }
        cache.allocate(demand, hit)
        waiting.remove(Int32(slot))
        let resumed = requests[slot].state == .preempted
        if !cache.keepsWholePrefixes { noteRunning(&cache, before: slot, hit) }
        join(slot, hit, cache.blockSize)
        enter(
            slot, tokens: tokens, computed: hit.tokens, resumed ? .resumed : .admitted,
            prefills: hit.tokens < known - 1)
        return nil
    }

    /// Preempts the request at an index of the running list: frees its blocks, returns its tokens
    /// of this step to the budget, and returns it to the queue with its outputs. `requester` is the
    /// request that needed the blocks, if any.
    mutating func preempt(_ cache: inout KVCache, at place: Int, for requester: Int = -1) {
        let victim = running.remove(at: place)
        let slot = Int(victim)
        refund(slot)
        noteComputed(slot, tokens: cache.registeredTokens(slot))
        cache.release(slot, returning: requests[slot])
        settleRecomputed(slot, computed: requests[slot].computed)
        requests[slot].lost = max(requests[slot].lost, requests[slot].computed)
        droppedTokens += Int(requests[slot].computed)
        requests[slot].computed = 0
        requests[slot].stale = requests[slot].inFlight
        requests[slot].outputsInFlight = 0
        requests[slot].state = .preempted
        requests[slot].preemptions += 1
        counters.preemptions += 1
        events += 1
        plan.preempted.append(victim)
        plan.preemptors.append(Int32(requester))
        plan.leavesSome = true
        waiting.putBack(victim, rank: requests[slot].rank)
    }

    /// How many of its remaining tokens a request may compute at its admission. Without chunked
    /// prefill, only the threshold may cut a prompt; the budget and the quota can only refuse it.
    @inline(__always)
    private mutating func admissionTokens(left: Int, wanted: Int) -> Result<Int, Refusal> {
        let budget = plan.budget
        if plan.holds, left > 1 { return .failure(.isHeld) }
        if wanted > left {
            return .failure(.hasFewerTokens(left: left, wanted: wanted))
        }
        if budget == 0 || wanted > budget {
            return .failure(.exceedsBudget(left: budget, wanted: wanted))
        }
        var tokens = wanted > 0 ? wanted : plan.clipped(left)
        if rules.enableChunkedPrefill {
            tokens = min(tokens, plan.prefillQuota, budget)
            return tokens > 0 ? .success(tokens) : .failure(.exceedsQuota)
        }
        if tokens > budget || (wanted > 0 && wanted < left) {
            return .failure(.mustBeWhole(tokens: left))
        }
        // A prompt that exceeds the whole quota goes alone rather than never.
        if plan.prefill > 0, tokens > plan.prefillQuota {
            return .failure(.exceedsQuota)
        }
        return .success(tokens)
    }

    /// Writes an entry.
    @inline(__always)
    fileprivate mutating func enter(
        _ slot: Int, tokens: Int, computed: Int, _ kind: ScheduledEntry.Kind, prefills: Bool
    ) {
        precondition(!requests[slot].isScheduled, "I2: a request is twice in a step")
        requests[slot].isScheduled = true
        plan.entries.append(
            Entry(
                slot: Int32(slot), tokens: Int32(tokens), computedBefore: Int32(computed),
                kind: kind))
        plan.budget -= tokens
        cadence.carried = cadence.carried || prefills
        if kind != .running || prefills {
            plan.prefill += tokens
            plan.prefillQuota = plan.prefillQuota == .max ? .max : plan.prefillQuota - tokens
        }
    }

    /// Removes a request's entry from the step, if it has one.
    fileprivate mutating func refund(_ slot: Int) {
        guard requests[slot].isScheduled,
            let place = plan.entries.firstIndex(where: { $0.slot == Int32(slot) })
        else { return }
        plan.budget += Int(plan.entries.remove(at: place).tokens)
        requests[slot].isScheduled = false
    }

    /// Makes a waiting request a running one.
    @inline(__always)
    fileprivate mutating func join(_ slot: Int, _ found: Hit, _ blockSize: BlockSize) {
        let hit = found.tokens
        running.append(Int32(slot))
        requests[slot].state = .running
        if cohort.isOn {
            cohort.individuals.append(Int32(slot))
            cohort.admissions += 1
            requests[slot].admission = cohort.admissions
            requests[slot].membership = .individual
            requests[slot].place = Int32(running.count - 1)
        }
        requests[slot].computed = Int32(hit)
        counters.hitTokensWithResumed += hit
        events += 1
        if requests[slot].admitted < 0 {
            requests[slot].admitted = plan.time
            requests[slot].hitTokens = Int32(hit)
            counters.hitTokens += hit
            counters.queriedTokens += Int(requests[slot].promptTokens)
            if !reusable.isEmpty { countShared(slot, found, blockSize) }
        } else {
            // Charges all of it, until the request is known to stop earlier.
            counters.recomputedTokens += max(0, Int(requests[slot].lost) - hit)
        }
    }

    /// Takes back the recomputation that a once preempted request was charged for but did not do,
    /// now that it stops at `computed` tokens.
    mutating func settleRecomputed(_ slot: Int, computed: Int32) {
        counters.recomputedTokens -= max(0, Int(requests[slot].lost - computed))
    }
}
