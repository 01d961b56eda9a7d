import Basics

/// The change of a metric over a case's seeds. Relative margins use geometric means, spreads and
/// ratios; absolute margins use arithmetic ones and differences.
struct GateChange {
    private let key: String
    private let margin: GateSuite.Margin
    private let isPaired: Bool
    /// 1, or -1 if higher is better.
    private let sign: Double
    /// Both sides on the estimate's scale: logarithms for relative margins.
    private let before: Moments
    private let now: Moments
    let question: GateQuestions.Question

    /// From values per seed, paired or not. Throws `InputError` if they have no such change.
    init(
        _ key: String, before: [Double], now: [Double], _ margin: GateSuite.Margin,
        isPaired: Bool, place: String
    ) throws {
        self.key = key
        self.margin = margin
        self.isPaired = isPaired
        let sign = Figures.direction(key) == .higher ? -1.0 : 1.0
        self.sign = sign
        var (old, new) = (before, now)
        var limit = 0.0
        switch margin {
        case .relative(let share):
            guard (before + now).allSatisfy({ $0 > 0 }) else {
                throw InputError(
                    place, "is 0 in some runs, so it has no relative change",
                    expected: "an absolute margin, such as { absolute: 5 }")
            }
            (old, new) = (before.map(PortableMath.log), now.map(PortableMath.log))
            limit = sign * PortableMath.log(1 + sign * share)
        case .absolute(let size): limit = size
        case .exact: preconditionFailure("exact metrics have no interval")
        }
        let estimate =
            isPaired
            ? Estimate(paired: zip(old, new).map { sign * ($1 - $0) })
            : Estimate(from: old.map { sign * $0 }, to: new.map { sign * $0 })
        guard let estimate else {
            throw InputError(
                place, "one seed shows no spread", expected: "at least 2 seeds, or \"exact\"")
        }
        question = GateQuestions.Question(
            estimate: estimate, margin: limit, seeds: min(old.count, new.count))
        self.before = Moments(old)
        self.now = Moments(new)
    }

    /// The finding, before its decision.
    func finding(of caseName: String) -> GateFinding {
        var finding = GateFinding(
            caseName: caseName, metric: key, status: .inconclusive, isRelative: false,
            isPaired: isPaired, seeds: question.seeds, note: "")
        var worsening: (Double) -> Double = { $0 }
        if case .relative(let share) = margin {
            finding.isRelative = true
            finding.margin = share
            finding.baseline = PortableMath.exp(before.mean)
            finding.now = PortableMath.exp(now.mean)
            finding.baselineDeviation = PortableMath.exp(before.deviation) - 1
            finding.nowDeviation = PortableMath.exp(now.deviation) - 1
            let sign = sign
            worsening = { sign * (PortableMath.exp(sign * $0) - 1) }
        } else if case .absolute(let size) = margin {
            finding.margin = size
            (finding.baseline, finding.now) = (before.mean, now.mean)
            (finding.baselineDeviation, finding.nowDeviation) = (before.deviation, now.deviation)
        }
        let interval = question.estimate.interval(confidence: 1 - 2 * GateQuestions.tail)
        finding.worsening = worsening(question.estimate.value)
        finding.low = worsening(interval.lowerBound)
        finding.high = worsening(interval.upperBound)
        return finding
    }
}
