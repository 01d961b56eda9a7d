/// Which requests a change slows down, in one case: how they fared in the baseline and fare now.
package struct GateCostChange: Sendable, Encodable {
    package var before: GateCost
    package var after: GateCost

    /// Both sides of a case.
    package init(_ before: GateCost, _ after: GateCost) {
        self.before = before
        self.after = after
    }

    /// Groups with requests on both sides.
    package var groups: [(before: GateCost.Group, after: GateCost.Group)] {
        after.groups.compactMap { now in
            before.groups.first { $0.limit == now.limit }.map { ($0, now) }
        }
    }
}
