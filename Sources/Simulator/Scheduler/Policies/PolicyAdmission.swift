/// Admission by a Swift policy: the order of the waiting requests, and which of them enter.

extension Scheduler {
    /// Admits waiting requests in the policy's order, until one does not enter and the policy lets
    /// no request pass it.
    mutating func admitByPolicy(_ cache: inout KVCache, _ seat: PolicySeat) {
        if !waiting.isEmpty, plan.budget > 0, running.count < rules.activeLimit {
            if seat.orderFollowsStep || seat.isDisordered {
                restoreOrder(seat)
                seat.isDisordered = false
            }
            admitInOrder(&cache, seat)
        }
        noteCapacity()
    }

    private mutating func admitInOrder(_ cache: inout KVCache, _ seat: PolicySeat) {
        var step = stepView(&cache, seat, at: plan.time)
        var place = 0
        while plan.budget > 0, running.count < rules.activeLimit,
            place < waiting.count, step.prefilling < seat.shape.mostPrefills
        {
            let slot = waiting[place]
            let view = requestView(seat, slot)
            let isWelcome = seat.policy.admits(view, step)
            let refusal = isWelcome ? admit(&cache, Int(slot)) : nil
            if isWelcome, refusal == nil {
                seat.entered += 1
                note(.admitted, slot, seat, step)
                step.prefilling += 1
                step.running += 1
                step.waiting -= 1
                step.freeBlocks = cache.freeBlocks
                for passed in 0..<place {
                    note(.passedOver, waiting[passed], seat, step)
                }
                for passed in 0..<place {
                    let other = requestView(seat, waiting[passed])
                    guard seat.policy.passesOver(other, step) else { return }
                }
            } else {
                plan.stop = plan.stop ?? refusal?.limit ?? .other
                guard seat.policy.passesOver(view, step) else { return }
                place += 1
                seat.passedOver += 1
                step.passedOver += 1
            }
        }
    }

    /// Places the requests that arrived or returned since the last call in the policy's order.
    /// Among equals, returned requests come first and new arrivals last.
    ///
    /// A waiting request changes only in its note: whatever was in flight when it was preempted has
    /// been delivered by now, because a call waits for all batches except the one before it.
    ///
    /// O(log waiting) comparisons each.
    mutating func placeArrivals(_ seat: PolicySeat) {
        if seat.keepsNotes, seat.notes.count < requests.count {
            seat.notes.append(0, times: requests.count - seat.notes.count)
        }
        var returned = 0
        while waiting.unplaced > returned {
            // Returned requests stand before the others.
            let first = waiting.placed
            if requests[Int(waiting[first + returned])].state == .preempted {
                returned += 1
                continue
            }
            let slot = waiting[first + returned]
            if seat.keepsNotes {
                seat.notes[Int(slot)] = 0
                note(.arrived, slot, seat, seat.step)
            }
            _ = waiting.takeUnplaced(returned)
            place(slot, seat, behindEquals: true)
        }
        while returned > 0 {
            returned -= 1
            let slot = waiting.takeUnplaced(returned)
            place(slot, seat, behindEquals: false)
        }
    }

    private mutating func place(_ slot: Int32, _ seat: PolicySeat, behindEquals: Bool) {
        let view = requestView(seat, slot)
        var (low, high) = (0, waiting.placed)
        while low < high {
            let middle = (low + high) / 2
            let other = requestView(seat, waiting[middle])
            let isBefore =
                behindEquals
                ? seat.policy.precedes(view, other, at: seat.step)
                : !seat.policy.precedes(other, view, at: seat.step)
            if isBefore { high = middle } else { low = middle + 1 }
        }
        waiting.place(slot, before: low)
    }

    /// Restores the policy's order of the waiting requests; equals keep their order. O(waiting) if
    /// only a few moved.
    private mutating func restoreOrder(_ seat: PolicySeat) {
        guard waiting.placed > 1 else { return }
        var before = requestView(seat, waiting[0])
        for place in 1..<waiting.placed {
            let view = requestView(seat, waiting[place])
            guard seat.policy.precedes(view, before, at: seat.step) else {
                before = view
                continue
            }
            var target = place - 1
            while target > 0 {
                let other = requestView(seat, waiting[target - 1])
                guard seat.policy.precedes(view, other, at: seat.step) else { break }
                target -= 1
            }
            waiting.move(from: place, to: target)
        }
    }
}
