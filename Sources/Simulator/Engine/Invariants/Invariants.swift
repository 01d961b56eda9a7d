/// A rule that the state of an instance always obeys, with its number in the article "Invariants".
struct Invariant: Sendable {
    let number: Int
    /// What breaks it, or nil. Only reads: changes nothing except scratch lists.
    let violation: @Sendable (_ instance: inout Instance) -> String?

    /// The invariants that visit every request or block: O(requests + blocks) each. They hold
    /// between two turns of the loop.
    static let all: [Invariant] = [
        Invariant(number: 4, violation: { $0.unorderedBatches() }),
        Invariant(number: 9, violation: { $0.misplacedRequest() }),
        Invariant(number: 10, violation: { $0.disorderedRunning() }),
        Invariant(number: 11, violation: { $0.disorderedWaiting() }),
        Invariant(number: 12, violation: { $0.wrongCohortSums() }),
        Invariant(number: 13, violation: { $0.wrongCohortCalendar() }),
        Invariant(number: 14, violation: { $0.wrongTokensInFlight() }),
        Invariant(number: 15, violation: { $0.impossibleCounts() }),
        Invariant(number: 16, violation: { $0.lostBlocks() }),
        Invariant(number: 17, violation: { $0.brokenFreeQueue() }),
        Invariant(number: 18, violation: { $0.uncoveredTokens() }),
        Invariant(number: 19, violation: { $0.wrongKeys() }),
        Invariant(number: 20, violation: { $0.missedAbort() }),
    ]
}

/// A run broke a rule of the article "Invariants": an error of the simulator, not of its input.
package struct InvariantFailure: Error, CustomStringConvertible {
    package let description: String
}

extension Instance {
    /// The first invariant that the instance breaks, with its number; nil if it keeps all of them.
    /// O(requests + blocks).
    mutating func brokenInvariant() -> String? {
        for invariant in Invariant.all {
            if let violation = invariant.violation(&self) {
                return "I\(invariant.number): \(violation)"
            }
        }
        return nil
    }
}

/// When the invariants were last checked. Spreads the checks so that a turn of the loop costs about
/// the same whatever the size of the pool.
struct InvariantWatch {
    private var turn = 0

    /// Whether to check in this turn: in the first 16, then in every n-th with n = 3 + `work` / 32.
    mutating func isDue(work: Int) -> Bool {
        turn += 1
        return turn <= 16 || turn % (3 + work / 32) == 0
    }
}

extension Instance {
    /// Throws `InvariantFailure` if the instance is due for a check and breaks an invariant.
    @inline(never)
    mutating func holdInvariants() throws {
        let blocks = cache.usesExtents ? 0 : cache.count
        guard invariants.isDue(work: scheduler.requests.count + blocks) else {
            return
        }
        if let broken = brokenInvariant() {
            throw InvariantFailure(
                description: "replica \(number), call \(scheduler.calls): \(broken)")
        }
    }
}
