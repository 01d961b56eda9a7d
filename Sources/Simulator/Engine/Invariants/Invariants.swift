/// A rule that the state of an instance always obeys, by its number in the article "Invariants".
struct Invariant: Sendable {
    let number: Int
    /// What breaks it, or nil. It only looks; scratch lists aside, it changes nothing.
    let violation: @Sendable (_ instance: inout Instance) -> String?

    /// Those that take a look at every request or block: O(requests + blocks) each. They hold
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

/// A rule of the article "Invariants" that a run broke: an error of the simulator, not of its
/// input.
package struct InvariantFailure: Error, CustomStringConvertible {
    package let description: String
}

extension Instance {
    /// The first invariant that an instance breaks, with its number; nil: it keeps all of them.
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

/// When the invariants were last looked at, so that looking costs a turn of the loop about as much
/// whatever the size of the pool.
struct InvariantWatch {
    private var turn = 0

    /// Whether to look in this turn: in the first ones, then in every n-th, n three and a 32nd of
    /// what there is to look at.
    mutating func isDue(work: Int) -> Bool {
        turn += 1
        return turn <= 16 || turn % (3 + work / 32) == 0
    }
}

extension Instance {
    /// Throws `InvariantFailure` when an instance that is due for a look breaks an invariant.
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
