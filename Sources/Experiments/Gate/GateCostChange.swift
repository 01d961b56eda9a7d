/// Which requests of a case a change slows down: their latencies in the baseline and now.
package struct GateCostChange: Sendable, Encodable {
    package var before: GateCost
    package var after: GateCost

    /// From both sides of a case.
    package init(_ before: GateCost, _ after: GateCost) {
        self.before = before
        self.after = after
    }

    /// Groups that have requests on both sides. Empty for a baseline with other bounds.
    package var groups: [(before: GateCost.Group, after: GateCost.Group)] {
        after.groups.compactMap { now in
            before.groups.first { $0.name == now.name }.map { ($0, now) }
        }
    }
}
