import Basics

/// Streams the requests of a recipe in order of arrival.
///
/// Memory grows with the sessions under way, not with the trace. The same recipe, seed and options
/// give the same requests on every platform: all randomness comes from `SeededRandom`, all
/// functions from `PortableMath`. Later turns carry their predecessor; their given arrival assumes
/// an answer that takes `firstTokenSeconds` plus `tokenSeconds` per token.
///
///     var source = RecipeSource(.builtInChat)
///     while let batch = try source.next() { ... }
package struct RecipeSource: RequestSource {
    /// The assumed answer time in a turn's nominal arrival: the order of TTFT and TPOT that chat
    /// services aim for (MLPerf Inference v5 server scenarios: 0.2 to 2 s, and 20 to 40 ms for
    /// interactive 70B models).
    static let firstTokenSeconds = 0.5
    static let tokenSeconds = 0.03

    private let maxContext: Int
    private let followsSessions: Bool
    private let batchSize: Int
    private let end: Double
    private var arrivals: ArrivalProcess
    private var nextStart: Double
    private let kinds: [ClassSampler]
    private let shares: [Double]
    private let priorities: [Int32]
    private let names: [String]
    /// The kinds of sessions by request id, if wanted.
    package var labels: RequestLabels?
    private var random: SeededRandom
    private var sessions: [Session] = []
    private var freeSlots: [Int] = []
    private var turns = TurnQueue()
    private var sessionCount: Int64 = 0
    private var remaining: Int
    private var nextID: Int64 = 0
    private let hasSessions: Bool
    /// Sessions under way at time 0, if they are not drawn from their start.
    private var underWay: SessionsUnderWay?
    /// The reason why the recipe cannot be drawn.
    private var problem: InputError?

    /// A source for a recipe; `seed` overrides the recipe's. Without `followsSessions`, later turns
    /// arrive at their nominal times, whatever happened to the answers before them.
    ///
    /// If a warm-up holds more than a million sessions, those under way are drawn as they appear in
    /// the trace (`SessionsUnderWay`): other random numbers, the same law.
    package init(_ recipe: Recipe, seed: UInt64? = nil, followsSessions: Bool = true) {
        self.init(
            recipe, seed: seed, followsSessions: followsSessions,
            mostSimple: SessionsUnderWay.mostSimple)
    }

    /// `mostSimple`: most sessions of a warm-up that are drawn from their start.
    init(_ recipe: Recipe, seed: UInt64?, followsSessions: Bool = true, mostSimple: Double) {
        maxContext = recipe.maxContext
        self.followsSessions = followsSessions
        batchSize = 4096
        let seed = seed ?? recipe.seed
        kinds = recipe.classes.enumerated().map { ClassSampler($1, number: $0, seed: seed) }
        priorities = recipe.classes.map(\.priority)
        names = recipe.classes.map(\.name)
        let total = recipe.classes.reduce(0) { $0 + $1.share }
        var cumulative = 0.0
        shares = recipe.classes.map {
            cumulative += $0.share / total
            return cumulative
        }
        let meanTurns = zip(recipe.classes, kinds).reduce(0.0) {
            $0 + $1.0.share / total * $1.1.meanTurns
        }
        hasSessions = kinds.contains { $0.meanTurns > 1 }
        func starts(from start: Double) -> ArrivalProcess {
            ArrivalProcess(
                recipe.arrivals, sessionRate: recipe.arrivals.rate / meanTurns, start: start,
                random: SeededRandom(seed: seed, stream: 1))
        }
        arrivals = starts(from: -recipe.warmUpS)
        random = SeededRandom(seed: seed, stream: 2)
        remaining = recipe.requests ?? Int.max
        end = recipe.durationS ?? .greatestFiniteMagnitude
        let early = arrivals.expected(from: -recipe.warmUpS, to: 0)
        if early > mostSimple {
            underWay = SessionsUnderWay(
                recipe, kinds, shares: shares, starts: arrivals, seed: seed)
            if underWay != nil { arrivals = starts(from: 0) }
        }
        if early > SessionsUnderWay.mostAtAll, underWay == nil {
            problem = InputError(
                "recipe: warm_up_s",
                "starts about \(Int(min(early, 1e18))) sessions before the trace begins",
                expected: "at most \(Int(SessionsUnderWay.mostAtAll)): a shorter warm-up, or a"
                    + " lower rate or trace.rate_scale")
        }
        nextStart = arrivals.next()
    }

    /// Seconds that an answer is assumed to take.
    static func seconds(answer tokens: Int32) -> Double {
        firstTokenSeconds + tokenSeconds * Double(tokens)
    }

    /// Consecutive turns that did not fit, and how many show that none ever will.
    private var misfits = 0
    private static let mostMisfits = 100_000

    package mutating func next() throws -> Workload? {
        if let problem { throw problem }
        var batch = BatchColumns(capacity: min(batchSize, remaining))
        while batch.count < batchSize, remaining > 0 {
            guard misfits < Self.mostMisfits else {
                throw InputError(
                    "recipe", "\(misfits) turns in a row have more than max_context tokens",
                    expected: "prompts within max_context (\(maxContext))")
            }
            let turn = turns.first
            let time = min(turn?.time ?? .infinity, nextStart, underWay?.time ?? .infinity)
            guard time < ArrivalProcess.latest || end <= ArrivalProcess.latest else {
                throw InputError(
                    "recipe", "request \(nextID + 1) would arrive after more than 73 years",
                    expected: "a higher arrivals.rate or trace.rate_scale, or shorter pauses")
            }
            guard time < end else { break }
            if let turn, turn.time <= time {
                turns.removeFirst()
                emit(turn.slot, at: time, into: &batch)
            } else if nextStart <= time {
                start(at: time, into: &batch)
                nextStart = max(nextStart, arrivals.next())
            } else {
                join(at: time, into: &batch)
            }
        }
        if nextID == 0 {
            throw InputError(
                "recipe", "no request arrives before the trace ends",
                expected: "a higher arrivals.rate, or a longer duration_s")
        }
        return batch.count > 0 ? batch.take() : nil
    }

    private mutating func start(at time: Double, into batch: inout BatchColumns) {
        var kind = 0
        if shares.count > 1 {
            let share = random.uniform()
            while kind + 1 < shares.count, share >= shares[kind] { kind += 1 }
        }
        let slot = freeSlot()
        sessions[slot].begin(
            kind: kind, number: sessionCount, turns: kinds[kind].drawTurns(&random))
        kinds[kind].open(&sessions[slot], &random)
        sessionCount += 1
        emit(slot, at: time, into: &batch)
    }

    /// Gives a session that was under way before the trace its first turn in it.
    private mutating func join(at time: Double, into batch: inout BatchColumns) {
        let slot = freeSlot()
        let isOne = underWay!.draw(
            &sessions[slot], number: sessionCount, kinds, maxContext: maxContext, &random)
        guard isOne else {
            freeSlots.append(slot)
            return
        }
        sessionCount += 1
        emit(slot, at: time, into: &batch)
    }

    private mutating func freeSlot() -> Int {
        if let free = freeSlots.popLast() { return free }
        sessions.append(Session())
        return sessions.count - 1
    }

    /// Draws a turn, appends it unless it lies before the trace, and schedules the next one.
    private mutating func emit(_ slot: Int, at time: Double, into batch: inout BatchColumns) {
        // Out of its array meanwhile, where unoptimised code copies it at every look.
        var session = Session()
        swap(&session, &sessions[slot])
        defer { swap(&session, &sessions[slot]) }
        let sampler = kinds[session.kind]
        let turn = sampler.drawTurn(&session, &random)
        guard session.promptTokens <= maxContext else {
            misfits += 1
            freeSlots.append(slot)
            return
        }
        misfits = 0
        if time >= 0 {
            append(session, turn, at: time, to: &batch)
            session.lastID = nextID
            nextID += 1
            remaining -= 1
        }
        session.answer(turn.output)
        guard let wait = sampler.drawWait(&session, &random) else {
            freeSlots.append(slot)
            return
        }
        session.wait = wait
        turns.insert(time + Self.seconds(answer: turn.output) + wait, slot)
    }

    private mutating func append(
        _ session: borrowing Session, _ turn: Turn, at time: Double, to batch: inout BatchColumns
    ) {
        var row = TraceRow()
        row.id = nextID
        row.prompt = Int64(session.promptTokens)
        row.output = Int64(turn.output)
        row.priority = priorities[session.kind]
        row.outputContent = session.answerContent
        if followsSessions, hasSessions {
            row.predecessor = session.lastID
            if session.lastID >= 0 { row.thinkTime = Self.nanoseconds(session.wait) }
        }
        let arrival = Self.nanoseconds(time)
        row.abort = turn.abortAfter.map { arrival + Self.nanoseconds($0) } ?? -1
        batch.segments.append(contentsOf: session.content)
        labels?.set(names[session.kind], of: nextID)
        batch.append(row, arrival: arrival)
    }

    /// Whole microseconds as nanoseconds, so that every format can hold them.
    private static func nanoseconds(_ seconds: Double) -> Int64 {
        Int64(drawn: seconds * 1e6, unit: 1_000)
    }
}

/// A session under way, with the content of its prompts so far.
struct Session {
    var kind = 0
    var lastID: Int64 = -1
    /// The prompt of the current turn; afterwards that of all turns before the next one.
    var content: [Segment] = []
    var promptTokens = 0
    var userTurnsLeft = 0
    var stepsLeft = 0
    var isToolTurn = false
    var wait = 0.0
    private var base: Int64 = 0
    private var turnIndex: Int64 = 0
    private var userTokens: Int32 = 0

    /// A session's own content ids: 4,096 from 2⁴⁰ on, the first for the text of the user and the
    /// tools, then one per answer.
    static let idsPerSession: Int64 = 1 << 12
    static let firstID: Int64 = 1 << 40

    mutating func begin(kind: Int, number: Int64, turns: Int) {
        self.kind = kind
        base = Self.firstID + number * Self.idsPerSession
        lastID = -1
        content.removeAll(keepingCapacity: true)
        promptTokens = 0
        userTurnsLeft = turns
        stepsLeft = 0
        isToolTurn = false
        turnIndex = 0
        userTokens = 0
    }

    /// Appends tokens of any content to the prompt.
    mutating func add(_ segment: Segment) {
        content.append(segment)
        promptTokens += Int(segment.length)
    }

    /// Appends what the user types or a tool returns: new tokens of the session's own text.
    mutating func addOwn(_ tokens: Int32) {
        add(Segment(content: base, offset: userTokens, length: tokens))
        userTokens += tokens
    }

    /// The content id of the answer to the current turn.
    var answerContent: Int64 { base + 1 + turnIndex }

    /// Appends the answer, which the next turn quotes.
    mutating func answer(_ tokens: Int32) {
        add(Segment(content: answerContent, length: tokens))
        turnIndex += 1
    }

    /// Whether another turn still has its own id.
    var hasRoom: Bool { turnIndex + 2 < Self.idsPerSession && userTokens < 1 << 30 }
}

/// Turns waiting for their time; ties are in order of insertion.
struct TurnQueue {
    struct Entry: Comparable {
        let time: Double
        let order: Int
        let slot: Int

        static func < (a: Entry, b: Entry) -> Bool {
            a.time != b.time ? a.time < b.time : a.order < b.order
        }
    }

    private var heap = Heap<Entry>()
    private var inserted = 0

    var first: Entry? { heap.first }

    /// O(log n).
    mutating func insert(_ time: Double, _ slot: Int) {
        heap.insert(Entry(time: time, order: inserted, slot: slot))
        inserted += 1
    }

    /// O(log n).
    mutating func removeFirst() { heap.popFirst() }
}
