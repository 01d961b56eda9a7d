import Basics

/// Conversations as text: ShareGPT's `conversations` of {from, value}, or chat `messages` of
/// {role, content}; one JSON array, or one object a line.
///
/// Lengths are estimated from the text, four UTF-8 bytes a token (a common rule for English with
/// BPE vocabularies of 100,000 and more); nothing else of the text is kept but equality of system
/// prompts. Conversations start as a Poisson process and pauses are exponential, as no times are
/// recorded.
struct Conversations {
    private var collected = CollectedRows()
    private var starts: ArrivalProcess
    private var random: SeededRandom
    private let options: TraceOptions
    private let pause: Double
    private var sessionCount: Int64 = 0
    private var counters: ReaderCounters

    /// UTF-8 bytes per token.
    private static let bytesPerToken = 4

    /// The source for a file.
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
                "token counts are estimated at \(bytesPerToken) bytes a token",
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
        /// The last turn is a user's.
        var question = false
        var isFirst = true
        try cursor.openArray("the turns")
        while try cursor.nextElement(0x5d, &isFirst) {
            let message = try Message(&cursor)
            let tokens = (message.bytes + Self.bytesPerToken - 1) / Self.bytesPerToken
            if tokens == 0, message.speaker == .assistant, question {
                // An answer without text, as a call of a tool is.
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
                    // A greeting nobody asked for is history only.
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

    /// One message: who speaks, how long it is, and the identity of its text.
    private struct Message {
        enum Speaker { case system, user, assistant }
        var speaker = Speaker.user
        var bytes = 0
        var hash: UInt64 = 0

        init(_ cursor: inout ByteCursor) throws {
            var isFirst = true
            try cursor.openObject()
            while try cursor.nextElement(0x7d, &isFirst) {
                let key = try cursor.key()
                if cursor.matches(key, "from") || cursor.matches(key, "role") {
                    let name = try cursor.stringRange()
                    if cursor.matches(name, "gpt") || cursor.matches(name, "assistant")
                        || cursor.matches(name, "chatgpt") || cursor.matches(name, "bing")
                        || cursor.matches(name, "bard")
                    {
                        speaker = .assistant
                    } else if cursor.matches(name, "system") {
                        speaker = .system
                    }
                } else if cursor.matches(key, "value") || cursor.matches(key, "content") {
                    try measure(&cursor)
                } else {
                    try cursor.skipValue()
                }
            }
        }

        /// Adds up a text, or the `text` values inside a list of content parts.
        private mutating func measure(_ cursor: inout ByteCursor) throws {
            if cursor.current == 0x22 {
                let range = try cursor.stringRange()
                bytes += cursor.decodedLength(range)
                hash = hash &* 31 &+ cursor.hash(range)
            } else if cursor.current == 0x5b {
                var isFirst = true
                try cursor.openArray("the content")
                while try cursor.nextElement(0x5d, &isFirst) {
                    guard cursor.current == 0x7b else {
                        try cursor.skipValue()
                        continue
                    }
                    var isFirstKey = true
                    try cursor.openObject()
                    while try cursor.nextElement(0x7d, &isFirstKey) {
                        let key = try cursor.key()
                        if cursor.matches(key, "text"), cursor.current == 0x22 {
                            let range = try cursor.stringRange()
                            bytes += cursor.decodedLength(range)
                            hash = hash &* 31 &+ cursor.hash(range)
                        } else {
                            try cursor.skipValue()
                        }
                    }
                }
            } else {
                try cursor.skipValue()
            }
        }
    }
}

extension ByteCursor {
    /// UTF-8 bytes of a JSON string once its escapes are read: \uXXXX counts as three (a pair of
    /// surrogates as six, though it is four), other escapes as one.
    func decodedLength(_ range: Range<Int>) -> Int {
        var length = 0
        var index = range.lowerBound
        while index < range.upperBound {
            if base[index] == 0x5c, index + 1 < range.upperBound {
                let isUnicode = base[index + 1] == 0x75
                length += isUnicode ? 3 : 1
                index += isUnicode ? 6 : 2
            } else {
                length += 1
                index += 1
            }
        }
        return length
    }
}
