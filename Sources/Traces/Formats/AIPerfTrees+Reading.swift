import Basics

extension AIPerfTrees.Session {
    /// How much of the earlier messages a turn sends.
    mutating func readContext(_ fields: inout JSONFields) throws {
        switch fields.text("context_mode") {
        case nil where !fields.has("context_mode"), "deltas_without_responses": break
        case "deltas_with_responses": keepsAnswers = false
        case "message_array_with_responses", "message_array_without_responses": isWhole = true
        default:
            throw ScanFailure(
                "a context_mode that is not known",
                expected: "deltas_without_responses, deltas_with_responses or"
                    + " message_array_with_responses")
        }
    }

    /// An orchestrator's rounds: one per spawn, a given number of them, or each with its own
    /// spawns.
    mutating func readRounds(_ fields: inout JSONFields) throws {
        let shared = try fields.names("spawns")
        let pause = try fields.pause("think_time_ms") ?? 0
        if let sigma = try fields.time("think_time_sigma", scale: 9), sigma != 0 {
            throw ScanFailure(
                "think times that AIPerf draws (think_time_sigma) are not read",
                expected: "think_time_ms alone")
        }
        for name in ["think_time_min_ms", "think_time_max_ms"] as [StaticString] {
            _ = try fields.duration(name, scale: 6)
        }
        if fields.first(of: "rounds") == 0x5b {
            try fields.each("rounds") { element in
                var round = try JSONFields(&element)
                let own = try round.pause("think_time_ms")
                rounds.append((try round.names("spawns"), own ?? pause))
            }
        } else {
            let count = try fields.tokens("rounds") ?? 1
            guard (1...100_000).contains(count) else {
                throw ScanFailure("\(count) rounds", expected: "1 to 100000")
            }
            rounds = .init(repeating: (shared, pause), count: Int(count))
        }
        guard !rounds.isEmpty, rounds.allSatisfy({ !$0.children.isEmpty }) else {
            throw ScanFailure(
                "an orchestrator spawns nothing", expected: "spawns, or in each round")
        }
    }
}

extension AIPerfTrees.Turn {
    /// Reads a turn, given its number in its session.
    init(
        _ cursor: inout ByteCursor, number: Int, counters: inout ReaderCounters
    ) throws {
        place = cursor.at
        var fields = try JSONFields(&cursor)
        let hasMessages = try fields.each("messages") { element in
            let message = try ChatMessage(&element)
            guard message.tokens <= Int(TraceRow.longest) else {
                throw ScanFailure("a message is absurdly long", expected: "a shorter one")
            }
            if message.tokens > 0 {
                messages.append(
                    Segment(content: message.content, length: Int32(message.tokens)))
            }
        }
        guard hasMessages else {
            throw ScanFailure("a turn has no messages", expected: "a list of {role, content}")
        }
        delay = try fields.pause("delay") ?? 0
        var limit = try fields.tokens("max_tokens")
        if var extra = try fields.object("extra") {
            if limit == nil { limit = try extra.tokens("max_completion_tokens") }
            if limit == nil { limit = try extra.tokens("min_tokens") }
            // Like the request's own parameter.
            priority = try extra.priority("priority") ?? 0
        }
        guard let limit, (0...TraceRow.longest).contains(limit) else {
            throw ScanFailure(
                "a turn does not say how long its answer is",
                expected: "max_tokens, 0 to \(TraceRow.longest)")
        }
        output = limit
        try readBranches(&fields, number)
        try fields.countOthers(&counters, unless: ["model"])
    }

    private mutating func readBranches(_ fields: inout JSONFields, _ number: Int) throws {
        try fields.each("forks") { element in
            guard element.current == 0x7b else { return forks.append(try element.sessionName()) }
            var fork = try JSONFields(&element)
            guard let child = try fork.identity("child") else {
                throw ScanFailure("a fork names no child", expected: "{child, background}")
            }
            _ = try fork.flag("background")
            forks.append(child)
        }
        try fields.each("spawns") { element in
            guard element.current == 0x7b else {
                let child = try element.sessionName()
                return spawns.append(.init(children: [child], joinAt: number + 1))
            }
            var spawn = try JSONFields(&element)
            let join = try spawn.tokens("join_at")
            guard join ?? 0 <= 1_000_000_000 else {
                throw ScanFailure("join_at is no turn", expected: "the number of a later turn")
            }
            let children = try spawn.names("children")
            spawns.append(.init(children: children, joinAt: join.map { Int($0) } ?? number + 1))
        }
    }
}

extension ByteCursor {
    /// The identity of a session, from its name.
    fileprivate mutating func sessionName() throws -> UInt64 {
        guard current == 0x22 else {
            throw ScanFailure(
                "a session's name is not a text: \(excerpt(from: at))", expected: "its session_id")
        }
        return try identity("a session's name")
    }
}

extension JSONFields {
    /// The identities of the sessions in a list of names; empty without the key.
    mutating func names(_ name: StaticString) throws -> [UInt64] {
        var names: [UInt64] = []
        try each(name) { names.append(try $0.sessionName()) }
        return names
    }

    /// Milliseconds, limited so that a thousand such pauses stay below the latest time.
    fileprivate mutating func pause(_ name: StaticString) throws -> Int64? {
        let pause = try duration(name, scale: 6)
        guard pause ?? 0 <= TraceRow.latest / 1_000 else {
            throw ScanFailure("\(name) is absurdly long", expected: "milliseconds")
        }
        return pause
    }

    /// A flag; false without the key.
    mutating func flag(_ name: StaticString) throws -> Bool {
        guard has(name) else { return false }
        switch first(of: name) {
        case 0x74: return try take(name, true)
        case 0x66: return try take(name, false)
        default: throw ScanFailure("\(name) is not a flag", expected: "true or false")
        }
    }
}
