extension Scheduler {
    /// Schedules the running requests of a step in which each gets all it wants, so that their
    /// order does not matter: the members of the cohort as a sum, individuals one at a time.
    /// Returns false, with nothing scheduled, if blocks or budget could run short; the step must
    /// then be decided in order.
    ///
    /// O(individuals + leaving).
    @inline(__always)
    mutating func runTogether(_ cache: inout KVCache) -> Bool {
        updateCohort(&cache)
        let memberBlocks = cohort.blocksNeeded
        var tokens = cohort.count
        var blocks = memberBlocks
        if !cohort.individuals.isEmpty {
            countWanted(&cache, &tokens, &blocks)
        }
        var waste = CohortShare()
        var wasteBlocks = 0
        if !cohort.leaving.isEmpty {
            wasteBlocks = countWaste(&cache, &waste)
            tokens += waste.wasted
            blocks += wasteBlocks
        }
        if !cache.sumsBlocks { blocks += gatherNeeds(&cache) }
        let excess = tokens - plan.budget
        if excess > 0 {
            guard cutLast(&cache, by: excess, &blocks) else { return false }
        }
        guard blocks <= cache.freeBlocks else { return false }
        cache.take(memberBlocks)
        if !cohort.individuals.isEmpty { runIndividuals(&cache) }
        if !cache.sumsBlocks { serveNeeds(&cache) }
        if waste.wasted > 0 { wasteSteps(&cache, waste, wasteBlocks) }
        plan.budget -= cohort.count + waste.wasted
        return true
    }

    /// Counts the tokens and blocks that individuals want.
    private mutating func countWanted(
        _ cache: inout KVCache, _ tokens: inout Int, _ blocks: inout Int
    ) {
        cohort.wanted.removeAll()
        for index in cohort.individuals.indices {
            let slot = Int(cohort.individuals[index])
            let wanted = max(0, self.wanted(slot))
            cohort.wanted.append(Int32(wanted))
            tokens += wanted
            if wanted > 0 {
                let computed = Int(requests[slot].computed)
                blocks += cache.blocksLacking(slot, tokens: computed + wanted)
            }
        }
    }

    /// Takes the excess over the budget from the last running request, if that is an individual: no
    /// request comes after it.
    private mutating func cutLast(
        _ cache: inout KVCache, by excess: Int, _ blocks: inout Int
    ) -> Bool {
        guard let last = cohort.individuals.last,
            requests[Int(last)].admission == cohort.admissions,
            let wanted = cohort.wanted.last, Int(wanted) > excess
        else { return false }
        cohort.wanted[cohort.wanted.count - 1] -= Int32(excess)
        let computed = Int(requests[Int(last)].computed)
        blocks -= cache.blocksLacking(Int(last), tokens: computed + Int(wanted))
        blocks += cache.blocksLacking(Int(last), tokens: computed + Int(wanted) - excess)
        return true
    }

    /// Schedules the individuals, whose tokens and blocks were counted, each after the members
    /// before it.
    private mutating func runIndividuals(_ cache: inout KVCache) {
        for index in cohort.wanted.indices where cohort.wanted[index] > 0 {
            let slot = Int(cohort.individuals[index])
            if !cache.sumsBlocks {
                serveNeeds(&cache, before: requests[slot].admission)
            }
            let tokens = Int(cohort.wanted[index])
            let refusal = run(&cache, slot, tokens: tokens)
            precondition(refusal == nil, "blocks were counted before they were taken")
        }
    }

    /// Counts the steps wasted on leaving members. Returns the blocks they lack.
    mutating func countWaste(_ cache: inout KVCache, _ waste: inout CohortShare) -> Int {
        var blocks = 0
        for index in cohort.leaving.indices {
            let slot = Int(cohort.leaving[index])
            guard wastesStep(slot) else { continue }
            let context = requests[slot].computedAtEnd + 1
            waste.wasted += 1
            waste.wastedContext += context
            waste.wastedWindowed += min(context, cohort.window)
            // If blocks are not sums, these are among the needs.
            if cache.sumsBlocks { blocks += cache.blocksLacking(slot, tokens: context) }
        }
        return blocks
    }

    /// Schedules the steps wasted on leaving members, as counted, with their blocks.
    @inline(__always)
    mutating func wasteSteps(_ cache: inout KVCache, _ waste: CohortShare, _ blocks: Int) {
        plan.share = waste
        if blocks > 0 { growWasted(&cache) }
    }

    /// Takes the blocks that leaving members lack, usually none.
    @inline(never)
    private mutating func growWasted(_ cache: inout KVCache) {
        for index in cohort.leaving.indices {
            let slot = Int(cohort.leaving[index])
            guard wastesStep(slot) else { continue }
            cache.grow(slot, to: requests[slot].computedAtEnd + 1)
        }
    }
}
