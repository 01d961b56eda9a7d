/// Schedules the running requests of a step in which each gets what it asks for, so that their
/// order does not matter: the members of the cohort as a sum, individuals one by one. False, with
/// nothing scheduled, when blocks or budget could run short; then the step must be decided in
/// order.
///
/// O(individuals + leaving).
@inline(__always)
func runTogether(_ scheduler: inout Scheduler, _ cache: inout KVCache) -> Bool {
    updateCohort(&scheduler, &cache)
    let memberBlocks = scheduler.cohort.blocksNeeded
    var tokens = scheduler.cohort.count
    var blocks = memberBlocks
    if !scheduler.cohort.individuals.isEmpty {
        countWanted(&scheduler, &cache, &tokens, &blocks)
    }
    var waste = CohortShare()
    var wasteBlocks = 0
    if !scheduler.cohort.leaving.isEmpty {
        wasteBlocks = countWaste(&scheduler, &cache, &waste)
        tokens += waste.wasted
        blocks += wasteBlocks
    }
    if !cache.sumsBlocks { blocks += gatherNeeds(&scheduler, &cache) }
    let excess = tokens - scheduler.plan.budget
    if excess > 0 {
        guard cutLast(&scheduler, &cache, by: excess, &blocks) else { return false }
    }
    guard blocks <= cache.freeBlocks else { return false }
    cache.take(memberBlocks)
    if !scheduler.cohort.individuals.isEmpty { runIndividuals(&scheduler, &cache) }
    if !cache.sumsBlocks { serveNeeds(&scheduler, &cache) }
    if waste.wasted > 0 { wasteSteps(&scheduler, &cache, waste, wasteBlocks) }
    scheduler.plan.budget -= scheduler.cohort.count + waste.wasted
    return true
}

/// Counts what individuals ask for.
private func countWanted(
    _ scheduler: inout Scheduler, _ cache: inout KVCache, _ tokens: inout Int,
    _ blocks: inout Int
) {
    scheduler.cohort.wanted.removeAll()
    for index in scheduler.cohort.individuals.indices {
        let slot = Int(scheduler.cohort.individuals[index])
        let wanted = max(0, scheduler.wanted(slot))
        scheduler.cohort.wanted.append(Int32(wanted))
        tokens += wanted
        if wanted > 0 {
            let computed = Int(scheduler.requests[slot].computed)
            blocks += cache.blocksLacking(slot, tokens: computed + wanted)
        }
    }
}

/// Takes what exceeds the budget from the last running request, if it is an individual: no request
/// stands behind it.
private func cutLast(
    _ scheduler: inout Scheduler, _ cache: inout KVCache, by excess: Int, _ blocks: inout Int
) -> Bool {
    guard let last = scheduler.cohort.individuals.last,
        scheduler.requests[Int(last)].admission == scheduler.cohort.admissions,
        let wanted = scheduler.cohort.wanted.last, Int(wanted) > excess
    else { return false }
    scheduler.cohort.wanted[scheduler.cohort.wanted.count - 1] -= Int32(excess)
    let computed = Int(scheduler.requests[Int(last)].computed)
    blocks -= cache.blocksLacking(Int(last), tokens: computed + Int(wanted))
    blocks += cache.blocksLacking(Int(last), tokens: computed + Int(wanted) - excess)
    return true
}

/// Schedules the individuals, whose tokens and blocks were counted, each after the members that
/// stand before it.
private func runIndividuals(_ scheduler: inout Scheduler, _ cache: inout KVCache) {
    for index in scheduler.cohort.wanted.indices where scheduler.cohort.wanted[index] > 0 {
        let slot = Int(scheduler.cohort.individuals[index])
        if !cache.sumsBlocks {
            serveNeeds(&scheduler, &cache, before: scheduler.requests[slot].admission)
        }
        let tokens = Int(scheduler.cohort.wanted[index])
        let refusal = run(&scheduler, &cache, slot, tokens: tokens)
        precondition(refusal == nil, "blocks were counted before they were taken")
    }
}

/// Counts the steps that leaving members waste. The blocks that they lack.
func countWaste(
    _ scheduler: inout Scheduler, _ cache: inout KVCache, _ waste: inout CohortShare
) -> Int {
    var blocks = 0
    for index in scheduler.cohort.leaving.indices {
        let slot = Int(scheduler.cohort.leaving[index])
        guard scheduler.wastesStep(slot) else { continue }
        let context = scheduler.requests[slot].computedAtEnd + 1
        waste.wasted += 1
        waste.wastedContext += context
        waste.wastedWindowed += min(context, scheduler.cohort.window)
        // Where blocks are no sums they are among the needs.
        if cache.sumsBlocks { blocks += cache.blocksLacking(slot, tokens: context) }
    }
    return blocks
}

/// Schedules the steps that leaving members waste, as they were counted, with their blocks.
@inline(__always)
func wasteSteps(
    _ scheduler: inout Scheduler, _ cache: inout KVCache, _ waste: CohortShare, _ blocks: Int
) {
    scheduler.plan.share = waste
    if blocks > 0 { growWasted(&scheduler, &cache) }
}

/// Takes the blocks that leaving members lack. Nearly always they lack none.
@inline(never)
private func growWasted(_ scheduler: inout Scheduler, _ cache: inout KVCache) {
    for index in scheduler.cohort.leaving.indices {
        let slot = Int(scheduler.cohort.leaving[index])
        guard scheduler.wastesStep(slot) else { continue }
        cache.grow(slot, to: scheduler.requests[slot].computedAtEnd + 1)
    }
}
