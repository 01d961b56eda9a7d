import Simulator

/// Divides the latencies of a run as it goes on, and keeps their means.
package struct BreakdownObserver: RunObserver {
    private var breakdown: LatencyBreakdownKeeper
    private var filter: MarginFilter<(RequestBreakdown?, RequestRecord)>
    /// Whether every request counts, so that none has to pass the filter.
    private let takesAll: Bool
    private var sums = BreakdownReport()
    /// The parts of the request that ended last.
    private var latest = RequestBreakdown()

    /// The parts of the requests between the margins, once all have come. O(requests) if the
    /// stretch between them is to be found.
    package var report: BreakdownReport {
        var copy = self
        copy.filter.finish()
        copy.takeOn()
        return copy.sums
    }

    /// Observes a run of a plan.
    package init(_ plan: RunPlan) {
        breakdown = LatencyBreakdownKeeper(plan)
        filter = MarginFilter(plan.margins)
        takesAll = plan.margins.isNone
    }

    package var decisionDetail: DecisionDetail { .plans }

    package mutating func decided(_ plans: DecidedPlans) { breakdown.add(plans) }

    package mutating func record(_ record: RequestRecord) { _ = take(record) }

    /// Records the end of a request and returns its parts, if it has any. Call for every record in
    /// order.
    package mutating func close(_ record: RequestRecord) -> RequestBreakdown? {
        take(record) ? latest : nil
    }

    /// The same. Returns whether `latest` holds its parts.
    private mutating func take(_ record: RequestRecord) -> Bool {
        let hasParts = breakdown.close(record, into: &latest)
        if takesAll {
            if hasParts { sums.add(latest, record) }
        } else {
            filter.push((hasParts ? latest : nil, record), record)
            takeOn()
        }
        return hasParts
    }

    private mutating func takeOn() {
        while let (request, record) = filter.pop() {
            if let request { sums.add(request, record) }
        }
    }
}
