/// Passes on the elements between the margins. Elements come in order of arrival.
///
/// Memory follows the margin at the end, because elements that may lie in it wait. If the stretch
/// is yet to be found, all elements wait for the end.
package struct MarginFilter<Element> {
    private var margins: Margins
    private var steady: SteadyStretch?
    /// Whether a steady stretch was looked for and found; nil if none was looked for.
    package private(set) var isSteady: Bool?
    private var waiting: [(arrival: Int64, element: Element)] = []
    /// How many elements in `waiting` have been passed on already.
    private var head = 0
    /// Elements left out at the start that may still be taken back.
    private var early: [(arrival: Int64, element: Element)] = []
    private var hasPassed = false
    /// Whether an automatic margin was dropped because it would leave nothing of the run.
    package private(set) var isGivenUp = false
    private var first: Int64?
    private var latest: Int64 = 0
    /// How many elements there were.
    package private(set) var count = 0
    /// How many of them are left out at the start.
    package private(set) var leftAtStart = 0

    /// No elements yet.
    package init(_ margins: Margins) {
        self.margins = margins
        if margins.start == .steady || margins.end == .steady { steady = SteadyStretch() }
    }

    /// How many elements are left out at the end, once all have come.
    package var leftAtEnd: Int { waiting.count - head }

    /// Adds the next element, which belongs to `record`. O(1) amortised, or O(log requests alive)
    /// if the stretch is to be found.
    package mutating func push(_ element: Element, _ record: RequestRecord) {
        let arrival = record.arrival
        steady?.add(record)
        count += 1
        latest = max(latest, arrival)
        let start = first ?? arrival
        first = start
        let isEarly =
            switch margins.start {
            case .requests(let number), .inFlight(let number): count <= number
            case .time(let span): arrival - start < span
            case .steady: false
            }
        if isEarly {
            leftAtStart += 1
            if case .inFlight = margins.start { early.append((arrival, element)) }
        } else {
            waiting.append((arrival, element))
        }
    }

    /// The next element that is certainly not left out. O(1) amortised.
    package mutating func pop() -> Element? {
        guard isNextSure else { return nil }
        if !hasPassed {
            hasPassed = true
            early = []
        }
        let element = waiting[head].element
        head += 1
        if head >= 64, 2 * head >= waiting.count {
            waiting.removeFirst(head)
            head = 0
        }
        return element
    }

    /// Whether the next element is certainly not left out. O(1).
    private var isNextSure: Bool {
        guard head < waiting.count, margins.start != .steady else { return false }
        switch margins.end {
        case .requests(let number), .inFlight(let number): return waiting.count - head > number
        case .time(let span): return latest - waiting[head].arrival >= span
        case .steady: return false
        }
    }
}

extension MarginFilter: Sendable where Element: Sendable {}

extension MarginFilter {
    /// Call when all elements have come. Finds the stretch that was to be found; call `pop` again
    /// afterwards. O(n).
    package mutating func finish() {
        let given = margins
        if let steady { settle(steady) }
        if !hasPassed, count > 0, !isNextSure { giveUp(given) }
    }

    /// Drops automatic margins that would leave nothing.
    private mutating func giveUp(_ given: Margins) {
        func isFound(_ margin: Margins.Margin) -> Bool {
            switch margin {
            case .inFlight, .steady: true
            case .requests, .time: false
            }
        }
        guard isFound(given.start) || isFound(given.end) else { return }
        if isFound(given.start) {
            waiting = early + waiting
            (head, leftAtStart, early) = (0, 0, [])
            margins.start = .requests(0)
        }
        if isFound(given.end) { margins.end = .requests(0) }
        isGivenUp = isNextSure
    }

    private mutating func settle(_ steady: SteadyStretch) {
        self.steady = nil
        let found = steady.margins()
        isSteady = found != nil
        if margins.start == .steady {
            margins.start = .requests(0)
            leftAtStart = found?.start ?? 0
            head = min(leftAtStart, waiting.count)
        }
        if margins.end == .steady { margins.end = .requests(found?.end ?? 0) }
    }
}

/// The requests that a run's latencies and rates cover, if some are left out.
package struct MeasuredStretch: Sendable, Equatable {
    /// How many requests are left out at the start and at the end.
    package internal(set) var leftAtStart = 0
    package internal(set) var leftAtEnd = 0
    /// For the requests between: outcomes, prompt tokens of all but rejected ones, tokens
    /// delivered.
    package internal(set) var counters = Counters()
    /// Their first arrival and last end, in picoseconds.
    package internal(set) var start: Int64 = 0
    package internal(set) var end: Int64 = 0

    /// Whether a steady stretch was looked for and found; nil if none was looked for. If none was
    /// found, nothing is left out.
    package internal(set) var isSteady: Bool?
    /// Whether "auto" leaves nothing out, because nothing would be left.
    package internal(set) var isGivenUp = false

    /// From the first arrival to the last end, in seconds.
    package var duration: Double { Double(max(0, end - start)) * 1e-12 }
}

/// Statistics of the requests between the margins.
struct StretchStatistics: ~Copyable {
    private struct Ended {
        var record: RequestRecord
        var gaps: [Int64]
    }

    /// Whether anything is left out; otherwise this gathers nothing.
    let isOn: Bool
    private(set) var statistics: RequestStatistics
    /// Gaps of the requests that finished.
    private(set) var interTokenLatency = HotHistogram()
    private var filter: MarginFilter<Ended>
    private var stretch = MeasuredStretch()

    init(_ margins: Margins, _ objective: ServiceLevelObjective) {
        isOn = !margins.isNone
        statistics = RequestStatistics(objective)
        filter = MarginFilter(margins)
    }

    /// Adds an ended request, in order of arrival, and the gaps between its tokens if it finished.
    /// O(gaps) amortised.
    @inline(never)
    mutating func add(_ record: RequestRecord, gaps: [Int64]) {
        filter.push(Ended(record: record, gaps: gaps), record)
        count()
    }

    /// Call when all requests have come, before `result`.
    mutating func finish() {
        filter.finish()
        count()
    }

    private mutating func count() {
        while let ended = filter.pop() {
            let record = ended.record
            for gap in ended.gaps { interTokenLatency.add(gap) }
            if statistics.counters.requests == 0 { stretch.start = record.arrival }
            stretch.end = max(stretch.end, record.arrival, record.finish)
            if record.outcome != .rejected {
                stretch.counters.promptTokens += Int(record.promptTokens)
            }
            stretch.counters.outputTokens += Int(record.outputTokens)
            statistics.add(record)
        }
    }

    /// The stretch, once all requests have come.
    var result: MeasuredStretch {
        var result = stretch
        result.leftAtStart = filter.leftAtStart
        result.leftAtEnd = filter.leftAtEnd
        result.isSteady = filter.isSteady
        result.isGivenUp = filter.isGivenUp
        result.counters.add(statistics.counters)
        return result
    }
}
