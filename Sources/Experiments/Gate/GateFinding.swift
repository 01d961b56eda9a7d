import Basics

/// What became of one metric of one case.
public struct GateFinding: Sendable, Encodable {
    /// The answer.
    public enum Status: String, Sendable, Encodable {
        case pass
        case regression
        /// The interval straddles the margin.
        case inconclusive
    }

    public var caseName: String
    public var metric: String
    public var status: Status
    /// Means over seeds; nil for digests.
    public var baseline: Double?
    public var now: Double?
    /// How much worse it got, with its 95 % interval: a share of the baseline for relative
    /// margins, else in the metric's unit; less than 0 is better. Nil for exact metrics.
    public var worsening: Double?
    public var low: Double?
    public var high: Double?
    public var margin: Double?
    public var isRelative: Bool
    /// One-sided p-value of "no worse than the margin", corrected over the suite (Holm).
    public var adjustedP: Double?
    /// Whether the seeds were those of the baseline, so that chance cancels.
    public var isPaired: Bool
    /// Inconclusive: seeds after which the question would be settled; nil: no feasible number.
    public var seedsNeeded: Int?
    /// What to tell about it, in words.
    public var note: String
}

/// The answer of a gate: its findings and what they come to.
public struct GateResult: Sendable, Encodable {
    public var suite: String
    public var status: GateFinding.Status
    public var seeds: Int
    public var findings: [GateFinding]
    /// Of the cases that did not pass, where the baseline knows how its requests fared.
    public var costs: [GateCostChange] = []

    /// The cases in which something did not pass.
    public var unsettled: Set<String> {
        Set(findings.filter { $0.status != .pass }.map(\.caseName))
    }

    /// 0 pass, 1 regression, 3 inconclusive.
    public var exitStatus: Int32 {
        switch status {
        case .pass: 0
        case .regression: 1
        case .inconclusive: 3
        }
    }

    init(suite: String, seeds: Int, findings: [GateFinding]) {
        self.suite = suite
        self.seeds = seeds
        self.findings = findings
        let statuses = findings.map(\.status)
        status =
            statuses.contains(.regression)
            ? .regression : statuses.contains(.inconclusive) ? .inconclusive : .pass
    }
}
