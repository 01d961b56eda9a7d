import Basics

/// Conversations as text: ShareGPT's `conversations` of {from, value}, or chat `messages` of {role,
/// content}, as one JSON array or one object per line.
///
/// Lengths are estimated from the text, at four UTF-8 bytes per token (a common rule for English
/// with BPE vocabularies of 100,000 and more). Nothing else of the text is kept, except which
/// system prompts are equal. No times are recorded: conversations start as a Poisson process and
/// pauses are exponential.
struct Conversations {
    private var collected = CollectedRows()
    private var starts: ArrivalProcess
    private var random: SeededRandom
    private let options: TraceOptions
    private let pause: Double
    private var sessionCount: Int64 = 0
    private var counters: ReaderCounters

    /// Opens a file.
    static func open(
        _ reader: LineReader, options: TraceOptions
    ) throws -> (source: any RequestSource, notes: TraceNotes) {
        var lines = reader
        var cursor = ByteCursor(try lines.rest())
        var conversations = Conversations(options)
        do {
            try cursor.eachObject { try conversations.readConversation(&$0) }
        } catch let failure as ScanFailure {
            throw LineReader.locate(failure, cursor, path: reader.path)
        }
        let notes = TraceNotes(
            path: reader.path, format: .sharegpt,
            assumptions: [
                ChatMessage.assumption,
                "conversations start at \(options.sessionRate) per second (Poisson, seed"
                    + " \(options.seed)), pauses are exponential with a mean of"
                    + " \(options.meanPause / 1_000_000_000) s",
            ])
        return (
            CollectedTrace(
                conversations.collected, counters: conversations.counters,
                options: options, notes: notes, countsFromFirstRow: false), notes
        )
    }

    private init(_ options: TraceOptions) {
        self.options = options
        counters = ReaderCounters(isStrict: options.isStrict)
        pause = Double(options.meanPause)
        starts = ArrivalProcess(
            .init(rate: options.sessionRate), sessionRate: options.sessionRate, start: 0,
            random: SeededRandom(seed: options.seed, stream: 5))
        random = SeededRandom(seed: options.seed, stream: 6)
    }

    /// Keys beside a conversation that change nothing here.
    private static let ignored: [StaticString] = [
        "id", "idx", "model", "source", "dataset", "category", "lang", "language", "title",
        "conversation_id", "conversation_hash", "turn", "tstamp",
    ]

    private mutating func readConversation(_ cursor: inout ByteCursor) throws {
        var isFirst = true
        var turnsAt: Int?
        var recordsOutput = false
        let rows = collected.count
        let unanswered = counters.unanswered
        try cursor.openObject()
        while try cursor.nextElement(0x7d, &isFirst) {
            let key = try cursor.key()
            if cursor.matches(key, "conversations") || cursor.matches(key, "messages")
                || cursor.matches(key, "conversation")
            {
                guard turnsAt == nil else {
                    throw ScanFailure.repeated("conversations or messages")
                }
                turnsAt = cursor.at
                try readTurns(&cursor)
                continue
            }
            if cursor.matches(key, "output_length") || cursor.matches(key, "output_tokens") {
                recordsOutput = true
            }
            try cursor.count(key, unless: Self.ignored, &counters)
            try cursor.skipValue()
        }
        guard turnsAt != nil else {
            throw ScanFailure("no conversation", expected: "the key conversations or messages")
        }
        guard !recordsOutput || collected.count > rows else {
            throw ScanFailure(
                "messages with an output length and no answer, as an API's log has them, are"
                    + " not read",
                expected: "timestamp, input_length and output_length, or an answer")
        }
        if collected.count == rows, counters.unanswered == unanswered {
            try counters.note(.emptySession)
        }
    }

    private mutating func readTurns(_ cursor: inout ByteCursor) throws {
        var session = Session()
        session.begin(kind: 0, number: sessionCount, turns: 1)
        sessionCount += 1
        var time = Int64(drawn: starts.next() * 1e6, unit: 1_000)
        var think: Int64 = 0
        var previous: Int64 = -1
        var asked = false
        /// Whether the last turn is a user's.
        var question = false
        var isFirst = true
        try cursor.openArray("the turns")
        while try cursor.nextElement(0x5d, &isFirst) {
            let message = try ChatMessage(&cursor)
            let tokens = message.tokens
            if tokens == 0, message.speaker == .assistant, question {
                // An answer without text, such as a tool call.
                try counters.note(.unanswered)
                question = false
            }
            guard tokens > 0, session.hasRoom else { continue }
            question = message.speaker == .user
            guard session.promptTokens + tokens <= Int(TraceRow.longest) else {
                throw ScanFailure("the conversation is absurdly long", expected: "a shorter one")
            }
            switch message.speaker {
            case .system:
                session.add(
                    Segment(content: Int64(message.hash >> 4), length: Int32(tokens)))
                asked = true
            case .user:
                session.addOwn(Int32(tokens))
                asked = true
            case .assistant:
                guard asked else {
                    // An answer before any question, such as a greeting, is history only.
                    session.answer(Int32(tokens))
                    continue
                }
                var row = TraceRow()
                row.time = time
                row.prompt = Int64(session.promptTokens)
                row.output = Int64(tokens)
                row.outputContent = session.answerContent
                row.predecessor = previous
                row.thinkTime = think
                collected.segments.append(contentsOf: session.content)
                previous = collected.append(row)
                session.answer(Int32(tokens))
                think = Int64(drawn: random.exponential() * pause / 1_000, unit: 1_000)
                time += NominalAnswer.pauselessEnd(output: row.output) + think
                // Sums of drawn times are bounded as well.
                time = min(time, 2 * TraceRow.latest)
                asked = false
            }
        }
        if question { try counters.note(.unanswered) }
    }
}
