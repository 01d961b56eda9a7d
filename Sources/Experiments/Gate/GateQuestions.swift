import Basics

/// Several questions judged together: did each metric get worse by more than its margin?
///
/// A question passes if the 95 % interval of the worsening ends below the margin. It is a
/// regression if the interval starts above the margin and still does after correction for the
/// number of questions (Holm at 2.5 %, one-sided). Otherwise it is open.
struct GateQuestions {
    /// How much worse a metric got, and its margin, on one scale.
    struct Question {
        var estimate: Estimate
        var margin: Double
        /// Number of seeds in the estimate, at least 2.
        var seeds: Int

        /// Uncorrected p-value of "no worse than the margin".
        var pValue: Double { estimate.pValue(atMost: margin) }

        /// The question with `growth` times as many seeds and the same value and spread. The error
        /// shrinks with the root of the number; the degrees of freedom follow the number minus one.
        func grown(_ growth: Double) -> Question {
            var later = self
            later.estimate.error /= growth.squareRoot()
            later.estimate.freedom *= (Double(seeds) * growth - 1) / Double(seeds - 1)
            return later
        }
    }

    /// One-sided error probability on either side of the margin.
    static let tail = 0.025
    /// Largest number of seeds to advise.
    static let mostSeeds = 10_000

    let questions: [Question]
    /// Holm's p-values, in the order of the questions.
    let adjusted: [Double]

    /// O(n log n).
    init(_ questions: [Question]) {
        self.questions = questions
        adjusted = Holm.adjusted(questions.map(\.pValue))
    }

    /// The status of a question.
    func status(_ index: Int) -> GateFinding.Status {
        let question = questions[index]
        if passes(question, adjusted[index]) { return .pass }
        return adjusted[index] <= Self.tail ? .regression : .inconclusive
    }

    private func passes(_ question: Question, _ adjusted: Double) -> Bool {
        question.estimate.pValue(atLeast: question.margin) <= Self.tail
            || (question.estimate.error == 0 && adjusted == 1)
    }

    /// The number of seeds that would settle an open question if the values and spreads of all
    /// questions stay the same; nil beyond `mostSeeds`. O(n log n · log mostSeeds).
    func seedsNeeded(_ index: Int) -> Int? {
        let seeds = questions[index].seeds
        func settles(_ total: Int) -> Bool {
            settled(index, growth: Double(total) / Double(seeds))
        }
        var (low, high) = (seeds, Self.mostSeeds)
        guard low < high, settles(high) else { return nil }
        while high - low > 1 {
            let middle = (low + high) / 2
            if settles(middle) { high = middle } else { low = middle }
        }
        return high
    }

    /// Whether a question is settled with `growth` times as many seeds. A regression must hold with
    /// the correction of then and with the present one, in case the other metrics change
    /// differently.
    private func settled(_ index: Int, growth: Double) -> Bool {
        let later = GateQuestions(questions.map { $0.grown(growth) })
        if later.status(index) == .pass { return true }
        let now = questions[index].pValue
        let correction = now > 0 ? adjusted[index] / now : 1
        let floor = correction * later.questions[index].pValue
        return max(later.adjusted[index], floor) <= Self.tail
    }
}
