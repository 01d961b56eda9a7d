/// Statistics of ended requests, whichever replica served them.
struct RequestStatistics: ~Copyable {
    private(set) var timeToFirstToken = HotHistogram()
    private(set) var timePerOutputToken = HotHistogram()
    private(set) var endToEnd = HotHistogram()
    private(set) var queueTime = HotHistogram()
    /// Squares of the four, for their standard deviations.
    private(set) var squares = LatencySquares()
    private(set) var goodRequests = 0
    private(set) var counters = Counters()
    /// The longest context of a request, in tokens. Its last token enters no context.
    private(set) var longestContext = 0
    /// The most preemptions of one request.
    private(set) var mostPreemptions = 0
    /// Sums over records, which verify the replicas' counters at the end of a run.
    private(set) var outputTokens = 0
    private(set) var hitTokens = 0
    private(set) var preemptions = 0
    private let objective: ServiceLevelObjective

    init(_ objective: ServiceLevelObjective) { self.objective = objective }

    /// Adds ended requests. O(requests).
    mutating func add(_ ended: borrowing HotArray<EndedRequest>) {
        for index in ended.indices { add(ended[index].record) }
    }

    /// Adds another thread's statistics. O(buckets).
    mutating func merge(_ other: borrowing RequestStatistics) {
        timeToFirstToken.merge(other.timeToFirstToken)
        timePerOutputToken.merge(other.timePerOutputToken)
        endToEnd.merge(other.endToEnd)
        queueTime.merge(other.queueTime)
        squares.merge(other.squares)
        goodRequests += other.goodRequests
        longestContext = max(longestContext, other.longestContext)
        mostPreemptions = max(mostPreemptions, other.mostPreemptions)
        counters.add(other.counters)
        outputTokens += other.outputTokens
        hitTokens += other.hitTokens
        preemptions += other.preemptions
    }

    /// Adds an ended request that is good by limits of its own. O(1).
    mutating func add(
        _ record: borrowing RequestRecord, within limits: borrowing ServiceLevelObjective
    ) {
        let others = goodRequests
        add(record)
        goodRequests = others + (limits.isMet(by: record) ? 1 : 0)
    }

    /// Adds an ended request. O(1).
    mutating func add(_ record: borrowing RequestRecord) {
        counters.requests += 1
        outputTokens &+= Int(record.outputTokens)
        hitTokens &+= Int(record.hitTokens)
        if record.preemptions > 0 {
            counters.preemptedRequests += 1
            preemptions += Int(record.preemptions)
            mostPreemptions = max(mostPreemptions, Int(record.preemptions))
        }
        if let queued = record.queueTime {
            queueTime.add(queued)
            squares.queueTime.add(queued)
        }
        switch record.outcome {
        case .finished: counters.finished += 1
        case .aborted: counters.aborted += 1
        case .rejected: counters.rejected += 1
        case .unfinished: counters.unfinished += 1
        }
        if record.firstToken >= 0 {
            let context = Int(record.promptTokens) + Int(record.outputTokens) - 1
            longestContext = max(longestContext, context)
        }
        guard record.outcome == .finished else { return }
        counters.finishedPromptTokens += Int(record.promptTokens)
        counters.finishedOutputTokens += Int(record.outputTokens)
        if record.cutTokens > 0 {
            counters.cutAnswers += 1
            counters.cutTokens += Int(record.cutTokens)
        }
        let first = record.firstToken - record.arrival
        timeToFirstToken.add(first)
        squares.timeToFirstToken.add(first)
        let whole = record.finish - record.arrival
        endToEnd.add(whole)
        squares.endToEnd.add(whole)
        let perToken = record.timePerOutputToken
        if let perToken {
            timePerOutputToken.add(perToken)
            squares.timePerOutputToken.add(perToken)
        }
        let tail = record.tailGap
        let good =
            first <= objective.timeToFirstToken ?? .max
            && (perToken ?? 0) <= objective.timePerOutputToken ?? .max
            && whole <= objective.endToEnd ?? .max
            && tail <= objective.interTokenTail ?? .max
        if good { goodRequests += 1 }
    }
}
