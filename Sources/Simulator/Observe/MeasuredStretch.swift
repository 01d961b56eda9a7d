/// Passes on what lies between the margins, of things that come in order of arrival.
///
/// Memory follows the margin at the end: what may yet lie in it waits. Where the stretch between is
/// to be found, all wait for the end.
package struct MarginFilter<Element> {
    private var margins: Margins
    private var steady: SteadyStretch?
    /// Whether a stretch was looked for and found; nil: none was looked for.
    package private(set) var isSteady: Bool?
    private var waiting: [(arrival: Int64, element: Element)] = []
    /// Passed on already, of those that are kept in `waiting`.
    private var head = 0
    /// Those before the first that is not left out, where they may yet be taken in.
    private var early: [(arrival: Int64, element: Element)] = []
    private var hasPassed = false
    /// Whether margins that were to be found are none, since nothing would be left of the run.
    package private(set) var isGivenUp = false
    private var first: Int64?
    private var latest: Int64 = 0
    /// How many there were.
    package private(set) var count = 0
    /// How many of them are left out at the start.
    package private(set) var leftAtStart = 0

    /// Nothing yet.
    package init(_ margins: Margins) {
        self.margins = margins
        if margins.start == .steady || margins.end == .steady { steady = SteadyStretch() }
    }

    /// Those that are left out at the end, once all have come.
    package var leftAtEnd: Int { waiting.count - head }

    /// Takes the next one, which belongs to a record. O(1) amortised, or O(log requests alive)
    /// where the stretch is to be found.
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

    /// The next one that is not left out for certain. O(1) amortised.
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

    /// Whether the next one is not left out for certain. O(1).
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
    /// Says that all have come: the stretch that was to be found is. Call `pop` once more. O(n).
    package mutating func finish() {
        let given = margins
        if let steady { settle(steady) }
        if !hasPassed, count > 0, !isNextSure { giveUp(given) }
    }

    /// Takes margins back that were to be found: with them, nothing is left.
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

/// The requests whose latencies and rates a run's figures are, where some are left out.
package struct MeasuredStretch: Sendable, Equatable {
    /// Requests that are left out at the start and at the end.
    package internal(set) var leftAtStart = 0
    package internal(set) var leftAtEnd = 0
    /// Of those between: how they ended, prompt tokens of all but rejected ones, tokens delivered.
    package internal(set) var counters = Counters()
    /// The first arrival of them and the last end, picoseconds.
    package internal(set) var start: Int64 = 0
    package internal(set) var end: Int64 = 0

    /// Whether the steady stretch was looked for and found; nil: none was looked for. Where there
    /// is none, nothing is left out.
    package internal(set) var isSteady: Bool?
    /// Whether "auto" leaves nothing out, since nothing would be left.
    package internal(set) var isGivenUp = false

    /// From the first arrival to the last end, seconds.
    package var duration: Double { Double(max(0, end - start)) * 1e-12 }
}

/// Statistics of the requests between the margins.
struct StretchStatistics: ~Copyable {
    private struct Ended {
        var record: RequestRecord
        var gaps: [Int64]
    }

    /// Whether anything is to be left out; else this gathers nothing.
    let isOn: Bool
    private(set) var statistics: RequestStatistics
    /// Of the gaps of those that finished.
    private(set) var interTokenLatency = HotHistogram()
    private var filter: MarginFilter<Ended>
    private var stretch = MeasuredStretch()

    init(_ margins: Margins, _ objective: ServiceLevelObjective) {
        isOn = !margins.isNone
        statistics = RequestStatistics(objective)
        filter = MarginFilter(margins)
    }

    /// Enters an ended request, in order of arrival, and the gaps between its tokens if it
    /// finished. O(gaps) amortised.
    @inline(never)
    mutating func add(_ record: RequestRecord, gaps: [Int64]) {
        filter.push(Ended(record: record, gaps: gaps), record)
        count()
    }

    /// Says that all have come. Call before `result`.
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

    /// What there was, once all have come.
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
