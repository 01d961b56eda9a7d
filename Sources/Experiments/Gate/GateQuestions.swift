import Basics

/// Questions asked together: did each metric get worse by more than its margin?
///
/// A question passes when the 95 % interval of the worsening ends below the margin. It is a
/// regression when the interval starts above the margin and still does after correction for the
/// number of questions (Holm at 2.5 %, one-sided). Else it is open.
struct GateQuestions {
    /// How much worse a metric got, and how much worse it may get, on one scale.
    struct Question {
        var estimate: Estimate
        var margin: Double
        /// Seeds behind the estimate, at least 2.
        var seeds: Int

        /// p of "no worse than the margin", not corrected.
        var pValue: Double { estimate.pValue(atMost: margin) }

        /// The question after `growth` times as many seeds, value and spread as they are: the
        /// error shrinks with the root of the number, the degrees of freedom follow the number
        /// less one.
        func grown(_ growth: Double) -> Question {
            var later = self
            later.estimate.error /= growth.squareRoot()
            later.estimate.freedom *= (Double(seeds) * growth - 1) / Double(seeds - 1)
            return later
        }
    }

    /// One-sided chance of error on either side of the margin.
    static let tail = 0.025
    /// The largest number of seeds that is ever advised.
    static let mostSeeds = 10_000

    let questions: [Question]
    /// Holm's p-values, in the order of the questions.
    let adjusted: [Double]

    /// O(n log n).
    init(_ questions: [Question]) {
        self.questions = questions
        adjusted = Holm.adjusted(questions.map(\.pValue))
    }

    /// The answer to a question.
    func status(_ index: Int) -> GateFinding.Status {
        let question = questions[index]
        if passes(question, adjusted[index]) { return .pass }
        return adjusted[index] <= Self.tail ? .regression : .inconclusive
    }

    private func passes(_ question: Question, _ adjusted: Double) -> Bool {
        question.estimate.pValue(atLeast: question.margin) <= Self.tail
            || (question.estimate.error == 0 && adjusted == 1)
    }

    /// Seeds after which an open question is answered, if values and spreads of all questions stay
    /// as they are; nil beyond `mostSeeds`. O(n log n · log mostSeeds).
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

    /// Whether a question is answered after so many times more seeds. Beyond the margin it must
    /// be so both with the correction of then and with that of now, in case the other metrics
    /// move otherwise.
    private func settled(_ index: Int, growth: Double) -> Bool {
        let later = GateQuestions(questions.map { $0.grown(growth) })
        if later.status(index) == .pass { return true }
        let now = questions[index].pValue
        let correction = now > 0 ? adjusted[index] / now : 1
        let floor = correction * later.questions[index].pValue
        return max(later.adjusted[index], floor) <= Self.tail
    }
}
