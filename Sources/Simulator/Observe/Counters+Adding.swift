extension RunResult {
    /// Takes over the figures of requests.
    mutating func take(_ statistics: borrowing RequestStatistics) {
        timeToFirstToken = LatencyHistogram(
            statistics.timeToFirstToken, squares: statistics.squares.timeToFirstToken)
        timePerOutputToken = LatencyHistogram(
            statistics.timePerOutputToken, squares: statistics.squares.timePerOutputToken)
        endToEnd = LatencyHistogram(
            statistics.endToEnd, squares: statistics.squares.endToEnd)
        queueTime = LatencyHistogram(
            statistics.queueTime, squares: statistics.squares.queueTime)
        goodRequests = statistics.goodRequests
    }
}

extension Counters {
    /// Adds another replica's counts, except evictions, which come from its pool.
    mutating func add(_ other: Counters) {
        requests += other.requests
        finished += other.finished
        aborted += other.aborted
        rejected += other.rejected
        unfinished += other.unfinished
        steps += other.steps
        emptySteps += other.emptySteps
        scheduledTokens += other.scheduledTokens
        scheduledEntries += other.scheduledEntries
        promptTokens += other.promptTokens
        outputTokens += other.outputTokens
        finishedPromptTokens += other.finishedPromptTokens
        finishedOutputTokens += other.finishedOutputTokens
        cutAnswers += other.cutAnswers
        cutTokens += other.cutTokens
        preemptions += other.preemptions
        preemptedRequests += other.preemptedRequests
        recomputedTokens += other.recomputedTokens
        hitTokens += other.hitTokens
        hitTokensWithResumed += other.hitTokensWithResumed
        queriedTokens += other.queriedTokens
        sharedTokens += other.sharedTokens
        sharedTokensLost.add(other.sharedTokensLost)
        wastedEntries += other.wastedEntries
    }
}
