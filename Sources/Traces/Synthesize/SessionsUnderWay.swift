import Basics

/// The sessions under way when a trace begins, drawn as they appear in it: each at its first turn
/// at or after time 0. Nothing is drawn for sessions that are over by then, so that the work grows
/// with the trace and not with the rate times the warm-up.
///
/// Starts before the trace are a Poisson process of rate λ(s) on [−W, 0), each with the session's
/// random draws as an independent mark. Sessions fall into disjoint sets by k, the number of turns
/// they take before time 0. By the displacement and marking theorems (Kingman 1993, chapter 5)
/// those sets are independent, and sessions of set k appear at u with intensity λ(u − D) over the
/// draws that give more than k turns, where D is the time from the start to turn k. So candidates
/// come as a Poisson process of rate (λ's peak · most turns), each with its own draws and k. A
/// candidate is kept if its draws agree: turn k exists and comes at or after 0, turn k − 1 comes
/// before, the start lies in the warm-up, and, with probability λ there over λ's peak.
struct SessionsUnderWay {
    /// A class whose sessions may have more than one turn.
    private struct Kind {
        let index: Int
        /// Most turns after the first.
        let most: Int
        /// Candidates per second of this class and those before it.
        let rate: Double
    }

    /// When the next candidate comes, in seconds.
    private(set) var time = 0.0
    private let kinds: [Kind]
    private let warmUp: Double
    /// No session waits longer for a turn.
    private let longestGap: Double
    private let peak: Double
    private let starts: ArrivalProcess
    private var random: SeededRandom

    /// Sessions of a warm-up that are drawn individually from their start, as for a trace of
    /// moderate rate: a second's work.
    static let mostSimple = 1e6
    /// The same limit if there is no other way.
    static let mostAtAll = 2e7
    /// Most turns of a session for which there are few enough candidates.
    private static let mostTurns = 1_000

    /// Nil if the recipe's law is not such a process, or if too few candidates would be kept.
    init?(
        _ recipe: Recipe, _ samplers: [ClassSampler], shares: [Double], starts: ArrivalProcess,
        seed: UInt64
    ) {
        guard recipe.arrivals.process == .poisson, recipe.arrivals.burstSize == nil else {
            return nil
        }
        warmUp = recipe.warmUpS
        peak = starts.peak(from: -warmUp, to: 0)
        longestGap = samplers.map(\.longestGap).max() ?? 0
        self.starts = starts
        random = SeededRandom(seed: seed, stream: 7)
        var kinds: [Kind] = []
        var rate = 0.0
        var before = 0.0
        for (index, sampler) in samplers.enumerated() {
            let share = shares[index] - before
            before = shares[index]
            guard let most = sampler.mostLaterTurns, most <= Self.mostTurns else { return nil }
            guard most > 0 else { continue }
            rate += peak * share * Double(most)
            kinds.append(Kind(index: index, most: most, rate: rate))
        }
        self.kinds = kinds
        advance()
    }

    private mutating func advance() {
        guard let rate = kinds.last?.rate, time < longestGap else {
            time = .infinity
            return
        }
        time += random.exponential() / rate
    }

    /// Draws the candidate at `time` into a session that is about to take its first turn in the
    /// trace, and moves on to the next candidate. Returns false if the candidate is rejected.
    mutating func draw(
        _ session: inout Session, number: Int64, _ samplers: [ClassSampler], maxContext: Int,
        _ dice: inout SeededRandom
    ) -> Bool {
        let now = time
        defer { advance() }
        let place = random.uniform() * kinds[kinds.count - 1].rate
        let kind = kinds.first { place < $0.rate } ?? kinds[kinds.count - 1]
        let turn = 1 + random.below(kind.most)
        let sampler = samplers[kind.index]
        let turns = sampler.drawTurns(&dice)
        guard sampler.isAgent || turn < turns else { return false }
        session.begin(kind: kind.index, number: number, turns: turns)
        sampler.open(&session, &dice)
        var elapsed = 0.0
        var gap = 0.0
        for _ in 0..<turn {
            let answer = sampler.drawTurn(&session, &dice)
            guard session.promptTokens <= maxContext else { return false }
            session.answer(answer.output)
            guard let wait = sampler.drawWait(&session, &dice) else { return false }
            session.wait = wait
            gap = RecipeSource.seconds(answer: answer.output) + wait
            elapsed += gap
            guard now - elapsed >= -warmUp else { return false }
        }
        guard now < gap else { return false }
        let rate = starts.rate(at: now - elapsed)
        return rate >= peak || random.uniform() * peak < rate
    }
}
