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
    /// Means over seeds, of the kind that the change is of: geometric for relative margins,
    /// arithmetic for absolute ones. Nil for exact metrics.
    public var baseline: Double?
    public var now: Double?
    /// Spread over seeds: the geometric standard deviation less 1 (a share of the mean) for
    /// relative margins, else the standard deviation.
    package var baselineDeviation: Double?
    package var nowDeviation: Double?
    /// How much worse it got, with its 95 % interval: for relative margins `now / baseline` less
    /// 1, else `now` less `baseline`; with the sign turned where more is better, so that less than
    /// 0 is always better. Nil for exact metrics.
    public var worsening: Double?
    public var low: Double?
    public var high: Double?
    package var margin: Double?
    package var isRelative: Bool
    /// One-sided p-value of "no worse than the margin", corrected over the suite (Holm).
    package var adjustedP: Double?
    /// Whether the seeds were those of the baseline, so that chance cancels.
    package var isPaired: Bool
    /// Seeds compared: pairs, or those of the smaller side.
    package var seeds: Int
    /// Inconclusive: seeds after which the question would be settled; nil: no feasible number.
    package var seedsNeeded: Int?
    /// What to tell about it, in words.
    public var note: String

    /// 1, or -1 where more is better: from a worsening to the change of the figure itself.
    package var sign: Double { Figures.direction(metric) == .higher ? -1 : 1 }
}

/// The answer of a gate: its findings and what they come to.
public struct GateResult: Sendable, Encodable {
    package var suite: String
    public var status: GateFinding.Status
    /// Seeds compared in each case: the fewest of any.
    package var seeds: Int
    public var findings: [GateFinding]
    /// What was not compared, and what to bless for it.
    package var notes: [String] = []
    /// Of the cases that did not pass, where the baseline knows how its requests fared.
    package var costs: [GateCostChange] = []

    /// The cases in which something did not pass.
    package var unsettled: Set<String> {
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

    init(suite: String, findings: [GateFinding], notes: [String] = []) {
        self.suite = suite
        self.findings = findings
        self.notes = notes
        seeds = findings.map(\.seeds).min() ?? 0
        let statuses = findings.map(\.status)
        status =
            statuses.contains(.regression)
            ? .regression : statuses.contains(.inconclusive) ? .inconclusive : .pass
    }
}
