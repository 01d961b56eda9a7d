/// The limits that make a request good: those of its class, or the general ones.
package struct RequestLimits: Sendable {
    private let general: ServiceLevelObjective
    private let own: [String: ServiceLevelObjective]
    private let rule: ClassRule?
    /// Limits by the number of a class, because its name takes longer to find.
    private var known: [Int: ServiceLevelObjective] = [:]

    /// The limits of a plan. `rule`: tells its classes apart; nil: all have the general ones.
    package init(_ plan: RunPlan, by rule: ClassRule?) {
        general = plan.objective
        own = plan.classObjectives
        self.rule = rule
    }

    /// Whether some class has limits of its own.
    package var differ: Bool { rule != nil && !own.isEmpty }

    /// The limits of a request. O(bounds of the rule).
    package mutating func objective(of record: RequestRecord) -> ServiceLevelObjective {
        guard let rule, !own.isEmpty else { return general }
        let key = rule.key(of: record)
        if let found = known[key] { return found }
        let found = own[rule.name(key)] ?? general
        // More classes than this are reported for no run.
        if known.count < RequestClasses.most { known[key] = found }
        return found
    }
}

extension ServiceLevelObjective {
    /// Whether a request is good, by the rule of `RequestStatistics`.
    package func isMet(by record: borrowing RequestRecord) -> Bool {
        let first = record.firstToken - record.arrival
        let whole = record.finish - record.arrival
        let (perToken, tail) = (record.timePerOutputToken ?? 0, record.tailGap)
        let isFinished = record.outcome == .finished
        return isFinished && first <= timeToFirstToken ?? .max
            && perToken <= timePerOutputToken ?? .max && whole <= endToEnd ?? .max
            && tail <= interTokenTail ?? .max
    }
}
