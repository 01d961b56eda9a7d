import Simulator
import Traces

/// The figures of the requests of one stage of a load.
public struct StageSummary: Sendable, Equatable {
    /// Counted from 1, as in requests.csv.
    public var number: Int
    public var run: StageRun
    public var requests: ClassSummary

    /// The figures of a stage.
    public init(_ run: StageRun, _ members: ClassFigures) {
        number = members.key
        self.run = run
        requests = ClassSummary(members, seconds: Double(members.duration) * 1e-12)
    }

    /// The counts by the names that they have in summary.json.
    var counts: [(String, Int)] {
        var load: [(String, Int)] = [("stage", number)]
        if case .concurrency(let count) = run.stage.load { load.append(("concurrency", count)) }
        return load + [("sent", run.sent)] + requests.counts
    }

    /// The rates by the names that they have in summary.json; nil: there is none.
    var rates: [(String, Double?)] {
        var rate: Double?
        if case .rate(let value) = run.stage.load { rate = value }
        return [
            ("request_rate", rate), ("start_s", run.begin.map { Double($0) * 1e-12 }),
            ("duration", requests.duration),
        ] + requests.rates.map { ($0.0, $0.1) }
    }

    /// What a page says of stages that were not run as they were asked for, and of a trace that
    /// they leave.
    public static func remarks(_ result: RunResult) -> [String] {
        let stages = result.stages
        if result.leavesTrace {
            return ["the trace goes on after the last stage: what is left of it was not sent"]
        }
        guard let cut = stages.firstIndex(where: \.isCutShort) else { return [] }
        return [
            "the trace ended in stage \(cut + 1) of \(stages.count), which sent \(stages[cut].sent)"
                + " requests: it and later ones have fewer than asked for"
        ]
    }
}
