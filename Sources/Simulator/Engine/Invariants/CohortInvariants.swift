/// The cohort's sums against its members: invariants 12 and 13.

extension Instance {
    /// I12: count, context and context within the price's window equal the sums over the members,
    /// and members whose last step is in flight are listed.
    mutating func wrongCohortSums() -> String? {
        let tick = scheduler.cohort.tick
        let window = scheduler.cohort.window
        var (count, context, windowed, growing, leaving) = (0, 0, 0, 0, 0)
        for place in scheduler.running.indices {
            let request = scheduler.requests[Int(scheduler.running[place])]
            switch request.membership {
            case .individual: continue
            case .leaving: leaving += 1
            case .member:
                let tokens = request.computed(at: tick) + 1
                count += 1
                context += tokens
                windowed += min(tokens, window)
                growing += request.isGrowing ? 1 : 0
            }
        }
        let cohort = (
            count: scheduler.cohort.count, context: scheduler.cohort.context,
            windowed: scheduler.cohort.windowed, growing: scheduler.cohort.growing,
            leaving: scheduler.cohort.leaving.count
        )
        if cohort.count != count { return "\(cohort.count) members are counted, \(count) run" }
        if cohort.context != context {
            return "the members' context is \(context), its sum \(cohort.context)"
        }
        if cohort.windowed != windowed || cohort.growing != growing {
            return "the members' context in the window is \(windowed) and \(growing) grow, "
                + "the sums are \(cohort.windowed) and \(cohort.growing)"
        }
        return cohort.leaving == leaving ? nil : "\(cohort.leaving) leave, \(leaving) are marked so"
    }

    /// I13: every member is due to end, and to need the pool, at the tick that follows from its
    /// tokens.
    mutating func wrongCohortCalendar() -> String? {
        guard scheduler.cohort.isOn else { return nil }
        let tick = scheduler.cohort.tick
        let sumsBlocks = cache.sumsBlocks
        var phases = Array(repeating: Int32(0), count: scheduler.cohort.blockPhases.count)
        var members = 0
        for place in scheduler.running.indices {
            let slot = Int(scheduler.running[place])
            let request = scheduler.requests[slot]
            guard request.membership == .member else { continue }
            members += 1
            let exit = scheduler.exitTick(slot)
            if exit < tick { return "request \(request.id) should have left the cohort" }
            if !scheduler.cohort.exits.contains(Int32(slot), at: exit) {
                return "request \(request.id) is not due at its last tick"
            }
            let computed = request.computed(at: tick)
            if sumsBlocks {
                phases[phase(of: computed, scheduler.cohort.phase, cache.blockSize)] += 1
            } else if !scheduler.cohort.needs.isDue(slot, from: tick) {
                return "request \(request.id) has no due need of blocks"
            }
        }
        if scheduler.cohort.exits.count != members {
            return "\(scheduler.cohort.exits.count) ends are noted for \(members) members"
        }
        if sumsBlocks {
            for phase in phases.indices
            where phases[phase] != scheduler.cohort.blockPhases[phase] {
                return "\(phases[phase]) members need a block at phase \(phase), noted are "
                    + "\(scheduler.cohort.blockPhases[phase])"
            }
        } else if scheduler.cohort.needs.wheel.count != members {
            return "\(scheduler.cohort.needs.wheel.count) needs for \(members) members"
        }
        return nil
    }
}
