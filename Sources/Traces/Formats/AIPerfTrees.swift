import Basics

/// AIPerf's branching conversations (`--custom-dataset-type dag_jsonl`): one session per line,
/// whose turns start other sessions.
///
/// A turn has `messages`, `max_tokens`, `delay` (ms after what it waits for), `forks` (sessions
/// that continue from its answer) and `spawns` (sessions that start empty; the turn at `join_at`,
/// or else the next one, waits for them). `context_mode` says whether a turn's messages are added
/// to the earlier ones. An `orchestrator` sends nothing and starts its `spawns`, or `rounds` of
/// them. Sessions that no other session names start at drawn times, because none are recorded.
///
/// Lengths are estimated from the text. Messages with the same text are the same content.
struct AIPerfTrees {
    /// A turn as it is in the file.
    struct Turn {
        var messages: [Segment] = []
        var output: Int64 = 0
        var priority: Int32 = 0
        /// In nanoseconds.
        var delay: Int64 = 0
        var forks: [UInt64] = []
        var spawns: [Spawn] = []
        var place = 0
    }

    /// Sessions that start empty, and the turn that waits for them; nil if none does.
    struct Spawn {
        var children: [UInt64]
        var joinAt: Int?
    }

    /// A session as it is in the file.
    struct Session {
        var turns: [Turn] = []
        /// Whether a turn sends its own messages only, and whether answers are added to them.
        var isWhole = false
        var keepsAnswers = true
        /// Sessions that start together with it.
        var companions: [UInt64] = []
        /// An orchestrator's rounds, with the pause before each in nanoseconds.
        var rounds: [(children: [UInt64], pause: Int64)] = []
        var place = 0
    }

    private var sessions: [UInt64: Session] = [:]
    private var order: [UInt64] = []
    private var counters: ReaderCounters
    private var graph = RequestGraph()
    private var answers: Int64 = 0
    private var begun = 0

    /// Limits on the sessions of a file, in depth and in total: templates that name templates
    /// multiply.
    private static let deepest = 100
    private static let most = 5_000_000
    /// Most parts of a prompt.
    private static let longestPath = 4_000

    /// Opens a file. Throws `InputError` if it cannot be read.
    static func open(
        _ reader: LineReader, options: TraceOptions
    ) throws -> (source: any RequestSource, notes: TraceNotes) {
        var lines = reader
        var cursor = ByteCursor(try lines.rest())
        var trees = AIPerfTrees(counters: ReaderCounters(isStrict: options.isStrict))
        var starts = ArrivalProcess(
            .init(rate: options.sessionRate), sessionRate: options.sessionRate, start: 0,
            random: SeededRandom(seed: options.seed, stream: 8))
        let path = reader.path
        let rows = try withExtendedLifetime(lines) {
            do {
                try cursor.eachObject { try trees.read(&$0) }
                for (number, root) in try trees.roots().enumerated() {
                    let start = number == 0 ? 0 : Int64(drawn: starts.next() * 1e6, unit: 1_000)
                    cursor.at = trees.sessions[root]!.place
                    _ = try trees.begin(root, Start(time: start), path: [], depth: 0)
                }
            } catch let failure as ScanFailure {
                throw LineReader.locate(failure, cursor, path: path)
            }
            return try trees.graph.collected(&trees.counters, inside: cursor, path: path).rows
        }
        let notes = TraceNotes(
            path: path, format: .aiperfDAG,
            assumptions: [
                ChatMessage.assumption, "answers have as many tokens as max_tokens allows",
                "sessions that no other one names start at \(options.sessionRate) per second"
                    + " (Poisson, seed \(options.seed))",
            ])
        return (
            CollectedTrace(
                rows, counters: trees.counters, options: options, notes: notes,
                countsFromFirstRow: false), notes
        )
    }

    private init(counters: ReaderCounters) { self.counters = counters }

    // MARK: Reading

    private mutating func read(_ cursor: inout ByteCursor) throws {
        let place = cursor.at
        var fields = try JSONFields(&cursor)
        guard let id = try fields.identity("session_id") else {
            throw ScanFailure("a session has no session_id", expected: "a name of its own")
        }
        var session = Session()
        session.place = place
        guard sessions[id] == nil else {
            throw ScanFailure("a session_id occurs twice", expected: "each session once")
        }
        try session.readContext(&fields)
        session.companions = try fields.names("pre_session_spawns")
        let hasTurns = try fields.each("turns") { element in
            session.turns.append(
                try Turn(&element, number: session.turns.count, counters: &counters))
        }
        for child in session.turns.flatMap(\.spawns) where child.joinAt ?? 0 >= session.turns.count
        {
            // The next turn does not exist, so nothing waits.
            guard child.joinAt == session.turns.count else {
                throw ScanFailure("join_at is behind the last turn", expected: "a later turn")
            }
        }
        if try fields.flag("orchestrator") {
            guard session.turns.isEmpty, session.companions.isEmpty else {
                throw ScanFailure(
                    "an orchestrator has turns of its own", expected: "spawns or rounds alone")
            }
            try session.readRounds(&fields)
        } else if !hasTurns || session.turns.isEmpty {
            throw ScanFailure("a session has no turns", expected: "at least one turn")
        }
        try fields.countOthers(&counters, unless: [])
        sessions[id] = session
        order.append(id)
    }

    /// The sessions that no other one names, in order. Throws for names that are not in the file.
    private func roots() throws -> [UInt64] {
        var named: Set<UInt64> = []
        for id in order {
            let session = sessions[id]!
            let children =
                session.companions + session.rounds.flatMap(\.children)
                + session.turns.flatMap { $0.forks + $0.spawns.flatMap(\.children) }
            guard children.allSatisfy({ sessions[$0] != nil }) else {
                throw ScanFailure(
                    "a session names another one that is not in the file",
                    expected: "each fork and spawn as a session of its own")
            }
            for (number, turn) in session.turns.enumerated() {
                for spawn in turn.spawns where (spawn.joinAt ?? number + 1) <= number {
                    throw ScanFailure(
                        "join_at is not behind the turn that spawns", expected: "a later turn")
                }
            }
            named.formUnion(children)
        }
        let roots = order.filter { !named.contains($0) }
        guard !roots.isEmpty else {
            throw ScanFailure(
                "each session is named by another one", expected: "one that begins by itself")
        }
        return roots
    }

    // MARK: Building

    /// When a session starts: after other requests, or at a time.
    private struct Start {
        var edges: [RequestGraph.Edge] = []
        var time: Int64 = 0
    }

    /// Adds the requests of a session. Returns its last request (or, if it has none, what it starts
    /// after) and its content at that point.
    private mutating func begin(
        _ id: UInt64, _ start: Start, path: [Segment], depth: Int
    ) throws -> [RequestGraph.Edge] {
        guard depth < Self.deepest else {
            throw ScanFailure(
                "sessions branch more than \(Self.deepest) deep, or in a circle",
                expected: "a tree of sessions")
        }
        begun += 1
        guard begun + graph.calls.count < Self.most, graph.segments.count < 10 * Self.most else {
            throw ScanFailure(
                "the sessions are more than \(Self.most) requests, or absurdly long ones",
                expected: "fewer spawns of sessions that spawn")
        }
        let session = sessions[id]!
        for child in session.companions {
            _ = try begin(child, start, path: [], depth: depth + 1)
        }
        guard session.rounds.isEmpty else {
            return try beginRounds(of: session, start, depth: depth)
        }
        var joins: [Int: [RequestGraph.Edge]] = [:]
        var (path, start) = (path, start)
        for (number, turn) in session.turns.enumerated() {
            start.edges += joins[number] ?? []
            if session.isWhole { path = [] }
            path += turn.messages
            let call = try append(turn, after: start, path: path)
            if session.keepsAnswers, !session.isWhole {
                path.append(
                    Segment(content: Self.answer(answers), length: Int32(max(1, turn.output))))
            }
            let end = RequestGraph.Edge(call: call, delay: 0)
            start = Start(edges: [end])
            for child in turn.forks {
                _ = try begin(child, start, path: path, depth: depth + 1)
            }
            for spawn in turn.spawns {
                let ends = try spawn.children.flatMap {
                    try begin($0, start, path: [], depth: depth + 1)
                }
                if let join = spawn.joinAt { joins[join, default: []] += ends }
            }
        }
        return start.edges
    }

    private mutating func beginRounds(
        of session: Session, _ start: Start, depth: Int
    ) throws -> [RequestGraph.Edge] {
        var start = start
        for round in session.rounds {
            start.edges = start.edges.map {
                .init(call: $0.call, event: $0.event, delay: $0.delay + round.pause)
            }
            start.time += start.edges.isEmpty ? round.pause : 0
            start.edges = try round.children.flatMap {
                try begin($0, start, path: [], depth: depth + 1)
            }
        }
        return start.edges
    }

    private mutating func append(_ turn: Turn, after start: Start, path: [Segment]) throws -> Int {
        var call = RequestGraph.Call()
        call.place = turn.place
        call.row.prompt = path.reduce(0) { $0 + Int64($1.length) }
        guard call.row.prompt <= TraceRow.longest, path.count <= Self.longestPath else {
            throw ScanFailure(
                "the turns of a session add up to \(call.row.prompt) tokens in \(path.count) parts",
                expected: "at most \(TraceRow.longest) tokens, \(Self.longestPath) parts")
        }
        call.row.output = turn.output
        call.row.priority = turn.priority
        answers += 1
        call.row.outputContent = Self.answer(answers)
        call.row.hasOwnTime = start.edges.isEmpty
        call.row.time = start.edges.isEmpty ? start.time + turn.delay : 0
        call.edges = start.edges.map {
            .init(call: $0.call, event: $0.event, delay: $0.delay + turn.delay)
        }
        graph.segments += path
        return graph.append(call)
    }

    /// The content of an answer. These ids are above those of texts.
    private static func answer(_ number: Int64) -> Int64 { (1 << 60) + number }
}
