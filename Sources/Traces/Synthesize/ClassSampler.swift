import Basics

/// A drawn turn.
struct Turn {
    var output: Int32
    /// Seconds after the arrival; nil if the client waits.
    var abortAfter: Double?
}

/// A recipe's class, prepared for drawing. A reference type, because it is read per turn through an
/// array and never changes: one reference to count instead of fifteen.
final class ClassSampler {
    private let prompt: Sampler
    private let output: Sampler
    private let correlation: Double
    private let independence: Double
    private let turns: Sampler
    private let think: Sampler
    private let agent: (steps: Sampler, wait: Sampler, result: Sampler)?
    private let systemRanks: Zipf?
    private let systemLengths: [Int32]
    private let passageRanks: Zipf?
    private let passageLengths: [Int32]
    private let passagesPerTurn: Sampler?
    private let aborts: (share: Double, after: Sampler)?
    private let systemBase: Int64
    private let passageBase: Int64

    /// Content ids: system prompts of class c from c·2²⁰ on (below 2²⁶), passages from
    /// 2³² + c·2²⁴ on (below 2³³), sessions from 2⁴⁰ on.
    init(_ entry: RequestClass, number: Int, seed: UInt64) {
        prompt = Sampler(entry.prompt)
        output = Sampler(entry.output)
        correlation = entry.correlation
        independence = max(0, 1 - entry.correlation * entry.correlation).squareRoot()
        turns = Sampler(entry.turns)
        think = Sampler(entry.thinkS)
        agent = entry.agent.map { (Sampler($0.steps), Sampler($0.waitS), Sampler($0.result)) }
        systemBase = Int64(number) << 20
        passageBase = 1 << 32 + Int64(number) << 24
        // Lengths of shared texts have their own random stream, so that they stay the same when
        // anything else in the recipe changes.
        var lengths = SeededRandom(seed: seed, stream: 1_000 + UInt64(number))
        systemRanks = entry.system.map { Zipf(count: $0.count, exponent: $0.zipf) }
        systemLengths = Self.lengths(entry.system?.tokens, entry.system?.count ?? 0, &lengths)
        passageRanks = entry.passages.map { Zipf(count: $0.corpus, exponent: $0.zipf) }
        passageLengths = Self.lengths(
            entry.passages?.tokens, entry.passages?.corpus ?? 0, &lengths)
        passagesPerTurn = entry.passages.map { Sampler($0.perTurn) }
        aborts = entry.aborts.map { ($0.share, Sampler($0.afterS)) }
    }

    private static func lengths(
        _ distribution: Distribution?, _ count: Int, _ random: inout SeededRandom
    ) -> [Int32] {
        guard let distribution else { return [] }
        let sampler = Sampler(distribution)
        return (0..<count).map { _ in tokens(sampler.draw(&random)) }
    }

    /// A length in tokens: rounded, at least 1, at most what readers accept.
    private static func tokens(_ value: Double) -> Int32 {
        Int32(max(1, min(value.rounded(), Double(TraceRow.longest))))
    }

    private static func count(_ value: Double, atLeast least: Int) -> Int {
        max(least, Int(min(value, 1e6)))
    }

    /// Mean requests per session, including tool calls, before any limit on the context.
    var meanTurns: Double {
        turns.meanCount * (1 + (agent?.steps.mean ?? 0))
    }

    /// Whether a turn of a session is more than one request: an agent calls tools in between.
    var isAgent: Bool { agent != nil }

    /// Most requests of a session after its first; nil if not known beforehand.
    var mostLaterTurns: Int? {
        agent == nil ? Self.count(turns.largest, atLeast: 1) - 1 : nil
    }

    /// Longest time from a turn to the next, in seconds.
    var longestGap: Double {
        RecipeSource.seconds(answer: Self.tokens(output.largest))
            + max(think.largest, agent?.wait.largest ?? 0)
    }

    func drawTurns(_ random: inout SeededRandom) -> Int {
        turns.isFixed
            ? Self.count(turns.quantile(0), atLeast: 1)
            : Self.count(turns.draw(&random), atLeast: 1)
    }

    /// Puts the system prompt at the start of a session.
    func open(_ session: inout Session, _ random: inout SeededRandom) {
        guard let systemRanks else { return }
        let rank = systemRanks.draw(&random)
        session.add(Segment(content: systemBase + Int64(rank), length: systemLengths[rank]))
    }

    /// Extends the prompt by a turn's new tokens and draws the answer's length.
    func drawTurn(_ session: inout Session, _ random: inout SeededRandom) -> Turn {
        var answer: Int32
        if session.isToolTurn, let agent {
            session.addOwn(Self.tokens(agent.result.draw(&random)))
            answer = Self.tokens(output.draw(&random))
        } else {
            if let agent {
                session.stepsLeft = Self.count(agent.steps.draw(&random), atLeast: 0)
            }
            addPassages(&session, &random)
            if correlation == 0 {
                session.addOwn(Self.tokens(prompt.draw(&random)))
                answer = Self.tokens(output.draw(&random))
            } else {
                let first = random.normal()
                let second = correlation * first + independence * random.normal()
                session.addOwn(Self.tokens(prompt.draw(normal: first)))
                answer = Self.tokens(output.draw(normal: second))
            }
        }
        var turn = Turn(output: answer)
        if let aborts, random.uniform() < aborts.share {
            turn.abortAfter = aborts.after.draw(&random)
        }
        return turn
    }

    private func addPassages(_ session: inout Session, _ random: inout SeededRandom) {
        guard let passageRanks, let passagesPerTurn else { return }
        let count = min(1_000, Self.count(passagesPerTurn.draw(&random), atLeast: 0))
        for _ in 0..<count {
            let rank = passageRanks.draw(&random)
            session.add(
                Segment(content: passageBase + Int64(rank), length: passageLengths[rank]))
        }
    }

    /// Seconds until the session's next turn, nil when it is over.
    func drawWait(_ session: inout Session, _ random: inout SeededRandom) -> Double? {
        guard session.hasRoom else { return nil }
        if let agent, session.stepsLeft > 0 {
            session.stepsLeft -= 1
            session.isToolTurn = true
            return agent.wait.draw(&random)
        }
        session.isToolTurn = false
        session.userTurnsLeft -= 1
        guard session.userTurnsLeft > 0 else { return nil }
        return think.draw(&random)
    }
}
