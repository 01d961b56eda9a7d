extension Cluster {
    /// Checks that a finished run accounts for everything it was given. Returns the broken
    /// invariant, by number, or nil. O(replicas).
    @inline(never)
    mutating func unconserved(_ arrivals: borrowing Arrivals) -> String? {
        var records = Records()
        for index in statistics.indices { records.add(statistics[index]) }
        if let lost = lostRequest(records.counters, arrivals) { return lost }
        var counters = Counters()
        for number in replicas.indices {
            if let problem = replicas[number].unconserved() {
                return "replica \(number): \(problem)"
            }
            counters.add(replicas[number].counters.totals)
            counters.add(replicas[number].scheduler.counters)
        }
        if counters.outputTokens != records.outputTokens || counters.hitTokens != records.hitTokens
            || counters.preemptions != records.preemptions
        {
            return
                "I23: \(counters.outputTokens) tokens were delivered, \(counters.hitTokens) found "
                + "and \(counters.preemptions) requests preempted, the records say "
                + "\(records.outputTokens), \(records.hitTokens) and \(records.preemptions)"
        }
        return uneven(records, delivered: counters.outputTokens)
    }

    /// I21: every request that arrived has one record, with one outcome.
    private mutating func lostRequest(
        _ counters: Counters, _ arrivals: borrowing Arrivals
    ) -> String? {
        let outcomes = counters.finished + counters.aborted + counters.rejected
        if Int(arrivals.taken) != counters.requests
            || outcomes + counters.unfinished != counters.requests
        {
            return "I21: of \(arrivals.taken) requests that arrived \(outcomes) ended"
        }
        if window.count != Int(arrivals.taken) || window.isHolding {
            return "I21: of \(arrivals.taken) requests \(window.count) were handed on"
        }
        return router.outstandingRequests == 0
            ? nil : "I21: the router counts \(router.outstandingRequests) requests as outstanding"
    }

    /// I24, I25: the gaps between tokens add up to the times from first to last token, and the
    /// requests in the system, integrated, to their times in it.
    private mutating func uneven(_ records: Records, delivered: Int) -> String? {
        var gaps = Int64(delivered - records.counters.finished)
        // The way to and from the client is time outside the replicas.
        let host = replicas.isEmpty ? HostTimes() : replicas[0].prices.host
        var residence = records.endToEnd
        residence &-= UInt64(bitPattern: host.outside &* Int64(records.counters.finished))
        var decoding = records.endToEnd &- records.timeToFirstToken
        for number in replicas.indices {
            gaps -= replicas[number].counters.interTokenLatency.count
            gaps -= replicas[number].counters.gaps.abandoned.count
            gaps -= Int64(replicas[number].counters.ledger.begun)
            decoding &+= replicas[number].counters.ledger.decoding
            decoding &-= UInt64(truncatingIfNeeded: replicas[number].counters.interTokenLatency.sum)
            decoding &-= UInt64(truncatingIfNeeded: replicas[number].counters.gaps.abandoned.sum)
            residence &+= replicas[number].counters.ledger.residence
            residence &-= replicas[number].counters.ledger.presence
        }
        if gaps != 0 { return "I24: \(gaps) gaps between tokens are missing" }
        if decoding != 0 {
            return "I24: the gaps between tokens do not add up to the times from first to last"
        }
        // Little's law, L = λW, times the length of the run.
        return residence == 0
            ? nil : "I25: requests in the system, integrated, are not the sum of their times in it"
    }
}

/// Sums over the records of ended requests. Times are in picoseconds, modulo 2⁶⁴, and cover the
/// finished ones only.
private struct Records {
    var counters = Counters()
    var outputTokens = 0
    var hitTokens = 0
    var preemptions = 0
    var endToEnd: UInt64 = 0
    var timeToFirstToken: UInt64 = 0

    mutating func add(_ statistics: borrowing RequestStatistics) {
        counters.add(statistics.counters)
        outputTokens += statistics.outputTokens
        hitTokens += statistics.hitTokens
        preemptions += statistics.preemptions
        endToEnd &+= UInt64(truncatingIfNeeded: statistics.endToEnd.sum)
        timeToFirstToken &+= UInt64(truncatingIfNeeded: statistics.timeToFirstToken.sum)
    }
}
