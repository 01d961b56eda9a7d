import Basics

/// The result for one metric of one case.
public struct GateFinding: Sendable, Encodable {
    /// The decision.
    public enum Status: String, Sendable, Encodable {
        case pass
        case regression
        /// The interval straddles the margin.
        case inconclusive
    }

    public var caseName: String
    public var metric: String
    public var status: Status
    /// Means over seeds: geometric for relative margins, arithmetic for absolute ones. Nil for
    /// exact metrics.
    public var baseline: Double?
    public var now: Double?
    /// Spread over seeds: for relative margins the geometric standard deviation minus 1 (a fraction
    /// of the mean), else the standard deviation.
    package var baselineDeviation: Double?
    package var nowDeviation: Double?
    /// How much worse the metric got, with its 95 % interval: `now / baseline` minus 1 for relative
    /// margins, else `now` minus `baseline`. The sign is reversed if higher is better, so that
    /// negative is always better. Nil for exact metrics.
    public var worsening: Double?
    public var low: Double?
    public var high: Double?
    /// How much worse it may get, on the scale of `worsening`; nil for exact metrics.
    package var margin: Double?
    /// Whether the margin is a share of the baseline.
    package var isRelative: Bool
    /// One-sided p-value of "no worse than the margin", corrected over the suite (Holm).
    package var adjustedP: Double?
    /// Whether the seeds are the baseline's, which cancels chance.
    package var isPaired: Bool
    /// Number of seeds compared: pairs, or the smaller side's.
    package var seeds: Int
    /// If inconclusive: how many seeds would settle it; nil if no feasible number would.
    package var seedsNeeded: Int?
    /// A remark in words.
    public var note: String

    /// 1, or -1 if higher is better: converts a worsening to the change of the figure itself.
    package var sign: Double { Figures.direction(metric) == .higher ? -1 : 1 }
}

/// The result of a gate: its findings and the overall status.
public struct GateResult: Sendable, Encodable {
    package var suite: String
    public var status: GateFinding.Status
    /// Number of seeds compared: the fewest of any case.
    package var seeds: Int
    public var findings: [GateFinding]
    /// What was not compared, and what to bless so that it is.
    package var notes: [String] = []
    /// The source of each case's step times, and its host.
    package var clocks: [Clock] = []
    /// Cost changes of cases that did not pass, if the baseline has their costs.
    package var costs: [GateCostChange] = []

    /// Where the times of a case come from, in words.
    package struct Clock: Sendable, Equatable, Encodable {
        package var caseName: String
        package var clock: String
    }

    /// The cases with a finding that did not pass.
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
