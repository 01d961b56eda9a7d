extension Cluster {
    /// What a run that is over did not keep of what it was given, by the number of the invariant;
    /// nil: everything is accounted for. O(replicas).
    mutating func unconserved(_ feed: borrowing RequestFeed) -> String? {
        var (counters, sums) = (Counters(), RecordSums())
        for index in statistics.indices {
            counters.add(statistics[index].counters)
            sums.add(statistics[index].sums)
        }
        if let lost = lostRequest(counters, feed) { return lost }
        var residence = sums.residence
        for number in replicas.indices {
            if let problem = Simulator.unconserved(&replicas[number]) {
                return "replica \(number): \(problem)"
            }
            counters.add(replicas[number].tally.counters)
            counters.add(replicas[number].scheduler.counters)
            residence &-= replicas[number].tally.ledger.onTheWay
            residence &-= replicas[number].tally.ledger.presence
        }
        let counted = RecordSums(
            promptTokens: counters.promptTokens, outputTokens: counters.outputTokens,
            hitTokens: counters.hitTokens, preemptions: counters.preemptions,
            residence: sums.residence)
        if counted != sums {
            return "I23: counted are \(counted), the records say \(sums)"
        }
        // Little's law, L = λW, times the length of the run.
        return residence == 0
            ? nil : "I25: requests in the system, integrated, are not the sum of their times in it"
    }

    /// I21: every request that arrived has one record, with one outcome.
    private func lostRequest(_ counters: Counters, _ feed: borrowing RequestFeed) -> String? {
        let outcomes = counters.finished + counters.aborted + counters.rejected
        if Int(feed.taken) != counters.requests
            || outcomes + counters.unfinished != counters.requests
        {
            return "I21: of \(feed.taken) requests that arrived \(outcomes) ended"
        }
        if window.count != Int(feed.taken) || window.isHolding {
            return "I21: of \(feed.taken) requests \(window.count) were handed on"
        }
        return router.outstandingRequests == 0
            ? nil : "I21: the router counts \(router.outstandingRequests) requests as outstanding"
    }
}
