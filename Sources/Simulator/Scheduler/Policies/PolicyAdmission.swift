/// Admission by a Swift policy: its order of the waiting requests, and who enters.

/// Admits waiting requests in the policy's order, until one does not enter and the policy lets
/// nobody pass it.
func admitByPolicy(_ scheduler: inout Scheduler, _ cache: inout KVCache, _ seat: PolicySeat) {
    if !scheduler.waiting.isEmpty, scheduler.plan.budget > 0,
        scheduler.running.count < scheduler.rules.activeLimit
    {
        if seat.orderFollowsStep || seat.isDisordered {
            restoreOrder(&scheduler, seat)
            seat.isDisordered = false
        }
        admitInOrder(&scheduler, &cache, seat)
    }
    scheduler.noteCapacity()
}

private func admitInOrder(
    _ scheduler: inout Scheduler, _ cache: inout KVCache, _ seat: PolicySeat
) {
    var step = stepView(&scheduler, &cache, seat, at: scheduler.plan.time)
    var place = 0
    while scheduler.plan.budget > 0, scheduler.running.count < scheduler.rules.activeLimit,
        place < scheduler.waiting.count, step.prefilling < seat.shape.mostPrefills
    {
        let slot = scheduler.waiting[place]
        let view = requestView(&scheduler, seat, slot)
        let isWelcome = seat.policy.admits(view, step)
        let refusal = isWelcome ? admit(&scheduler, &cache, Int(slot)) : nil
        if isWelcome, refusal == nil {
            seat.entered += 1
            note(.admitted, slot, &scheduler, seat, step)
            step.prefilling += 1
            step.running += 1
            step.waiting -= 1
            step.freeBlocks = cache.freeBlocks
            for passed in 0..<place {
                note(.passedOver, scheduler.waiting[passed], &scheduler, seat, step)
            }
            for passed in 0..<place {
                let other = requestView(&scheduler, seat, scheduler.waiting[passed])
                guard seat.policy.passesOver(other, step) else { return }
            }
        } else {
            scheduler.plan.stop = scheduler.plan.stop ?? refusal?.limit ?? .other
            guard seat.policy.passesOver(view, step) else { return }
            place += 1
            seat.passedOver += 1
            step.passedOver += 1
        }
    }
}

/// Gives those who arrived or came back since the last call their places in the policy's order;
/// of equals, who came back stands first and who arrived last.
///
/// Nothing of a waiting request changes but its note: whatever was in flight when it was preempted
/// has been delivered by now, because a call waits for all batches but the one before it.
///
/// O(log waiting) comparisons for each.
func placeArrivals(_ scheduler: inout Scheduler, _ seat: PolicySeat) {
    if seat.keepsNotes, seat.notes.count < scheduler.requests.count {
        seat.notes.append(0, times: scheduler.requests.count - seat.notes.count)
    }
    var returned = 0
    while scheduler.waiting.unplaced > returned {
        // Those that came back stand before the others.
        let first = scheduler.waiting.placed
        if scheduler.requests[Int(scheduler.waiting[first + returned])].state == .preempted {
            returned += 1
            continue
        }
        let slot = scheduler.waiting[first + returned]
        if seat.keepsNotes {
            seat.notes[Int(slot)] = 0
            note(.arrived, slot, &scheduler, seat, seat.step)
        }
        _ = scheduler.waiting.takeUnplaced(returned)
        place(slot, &scheduler, seat, behindEquals: true)
    }
    while returned > 0 {
        returned -= 1
        let slot = scheduler.waiting.takeUnplaced(returned)
        place(slot, &scheduler, seat, behindEquals: false)
    }
}

private func place(
    _ slot: Int32, _ scheduler: inout Scheduler, _ seat: PolicySeat, behindEquals: Bool
) {
    let view = requestView(&scheduler, seat, slot)
    var (low, high) = (0, scheduler.waiting.placed)
    while low < high {
        let middle = (low + high) / 2
        let other = requestView(&scheduler, seat, scheduler.waiting[middle])
        let isBefore =
            behindEquals
            ? seat.policy.precedes(view, other, at: seat.step)
            : !seat.policy.precedes(other, view, at: seat.step)
        if isBefore { high = middle } else { low = middle + 1 }
    }
    scheduler.waiting.place(slot, before: low)
}

/// Brings the waiting requests back into the policy's order, equals staying as they stand.
/// O(waiting) for a few that moved.
private func restoreOrder(_ scheduler: inout Scheduler, _ seat: PolicySeat) {
    guard scheduler.waiting.placed > 1 else { return }
    var before = requestView(&scheduler, seat, scheduler.waiting[0])
    for place in 1..<scheduler.waiting.placed {
        let view = requestView(&scheduler, seat, scheduler.waiting[place])
        guard seat.policy.precedes(view, before, at: seat.step) else {
            before = view
            continue
        }
        var target = place - 1
        while target > 0 {
            let other = requestView(&scheduler, seat, scheduler.waiting[target - 1])
            guard seat.policy.precedes(view, other, at: seat.step) else { break }
            target -= 1
        }
        scheduler.waiting.move(from: place, to: target)
    }
}
