/// The cohort's sums against its members: invariants 12 and 13.

/// I12: count, context and context within the price's window are those of the members added up, and
/// those whose last step is in flight are listed.
func wrongCohortSums(_ instance: inout Instance) -> String? {
    let tick = instance.scheduler.cohort.tick
    let window = instance.scheduler.cohort.window
    var (count, context, windowed, growing, leaving) = (0, 0, 0, 0, 0)
    for place in instance.scheduler.running.indices {
        let request = instance.scheduler.requests[Int(instance.scheduler.running[place])]
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
        count: instance.scheduler.cohort.count, context: instance.scheduler.cohort.context,
        windowed: instance.scheduler.cohort.windowed, growing: instance.scheduler.cohort.growing,
        leaving: instance.scheduler.cohort.leaving.count
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

/// I13: every member is due to end, and to ask the pool, at the tick that follows from its tokens.
func wrongCohortCalendar(_ instance: inout Instance) -> String? {
    guard instance.scheduler.cohort.isOn else { return nil }
    let tick = instance.scheduler.cohort.tick
    let sumsBlocks = instance.cache.sumsBlocks
    var phases = Array(repeating: Int32(0), count: instance.scheduler.cohort.blockPhases.count)
    var members = 0
    for place in instance.scheduler.running.indices {
        let slot = Int(instance.scheduler.running[place])
        let request = instance.scheduler.requests[slot]
        guard request.membership == .member else { continue }
        members += 1
        let exit = exitTick(&instance.scheduler, slot)
        if exit < tick { return "request \(request.id) should have left the cohort" }
        if !instance.scheduler.cohort.exits.contains(Int32(slot), at: exit) {
            return "request \(request.id) is not due at its last tick"
        }
        let computed = request.computed(at: tick)
        if sumsBlocks {
            phases[
                phase(of: computed, instance.scheduler.cohort.phase, instance.cache.blockSize)] +=
                1
        } else if !instance.scheduler.cohort.needs.isDue(slot, from: tick) {
            return "request \(request.id) has no due need of blocks"
        }
    }
    if instance.scheduler.cohort.exits.count != members {
        return "\(instance.scheduler.cohort.exits.count) ends are noted for \(members) members"
    }
    if sumsBlocks {
        for phase in phases.indices
        where phases[phase] != instance.scheduler.cohort.blockPhases[phase] {
            return "\(phases[phase]) members need a block at phase \(phase), noted are "
                + "\(instance.scheduler.cohort.blockPhases[phase])"
        }
    } else if instance.scheduler.cohort.needs.wheel.count != members {
        return "\(instance.scheduler.cohort.needs.wheel.count) needs for \(members) members"
    }
    return nil
}
