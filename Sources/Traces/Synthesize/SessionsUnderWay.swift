import Basics

/// The sessions that are under way when a trace begins, drawn as they turn up in it: each at its
/// first turn at or after time 0. Nothing is drawn for sessions that are over by then, so that
/// the work follows the trace and not the rate times the warm-up.
///
/// Starts before the trace are a Poisson process of rate λ(s) on [−W, 0), each with the session's
/// dice as an independent mark. Sessions fall into disjoint sets by k, the number of turns they
/// take before time 0; by the displacement and marking theorems (Kingman 1993, chapter 5) those
/// sets are independent, and the k-th turns up at u with intensity λ(u − D) over the dice that
/// give it more than k turns, D being the time from the start to turn k. So candidates come as a
/// Poisson process of rate (λ's peak · most turns), each with dice and a k of its own, and those
/// are kept that meet what the dice say: turn k exists, comes at or after 0, and turn k − 1
/// before; the start lies in the warm-up; λ there over its peak.
struct SessionsUnderWay {
    /// A class whose sessions may have more than one turn.
    private struct Kind {
        let index: Int
        /// Most turns after the first.
        let most: Int
        /// Candidates a second, this class's and those before.
        let rate: Double
    }

    /// When the next candidate comes, seconds.
    private(set) var time = 0.0
    private let kinds: [Kind]
    private let warmUp: Double
    /// No session waits longer for a turn.
    private let longestGap: Double
    private let peak: Double
    private let starts: ArrivalProcess
    private var random: SeededRandom

    /// Sessions of a warm-up that are drawn from their start on, one after another, as a trace of
    /// moderate rate has them: a second's work.
    static let mostSimple = 1e6
    /// The same where there is no other way.
    static let mostAtAll = 2e7
    /// Most turns of a session for which candidates are few enough.
    private static let mostTurns = 1_000

    /// nil where the recipe's law is no such process, or too few candidates would be kept.
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
    /// trace, and moves on to the next candidate; false when this one is none.
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
