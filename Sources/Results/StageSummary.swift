import Basics
import Simulator
import Traces

/// The figures of the requests of one stage of a load.
package struct StageSummary: Sendable, Equatable {
    /// Counts from 1, as in requests.csv.
    package var number: Int
    package var run: StageRun
    package var requests: ClassSummary
    /// Seconds from its beginning to its first request; nil without requests.
    package var wait: Double?

    /// The figures of a stage.
    package init(_ run: StageRun, _ members: ClassFigures) {
        number = members.key
        self.run = run
        requests = ClassSummary(members, seconds: Double(members.duration) * 1e-12)
        if let begin = run.begin, let start = members.start {
            wait = Double(start - begin) * 1e-12
        }
    }

    /// The counts by their names in summary.json.
    var counts: [(String, Int)] {
        var load: [(String, Int)] = [("stage", number)]
        if case .concurrency(let count) = run.stage.load { load.append(("concurrency", count)) }
        return load + [("sent", run.sent)] + requests.counts
    }

    /// The rates by their names in summary.json; nil if there are none.
    var rates: [(String, Double?)] {
        var rate: Double?
        if case .rate(let value) = run.stage.load { rate = value }
        return [
            ("request_rate", rate), ("start_s", run.begin.map { Double($0) * 1e-12 }),
            ("duration", requests.duration),
        ] + requests.rates.map { ($0.0, $0.1) }
    }

    /// Seconds after its beginning from which a stage's first request counts as late.
    private static let late = 1.0

    /// Remarks on stages that did not run as configured, and on a trace that is left over.
    package static func remarks(_ result: RunResult, _ stages: [StageSummary]) -> [String] {
        let last = stages.lastIndex { $0.run.sent > 0 } ?? 0
        var remarks = stages.prefix(last + 1).compactMap(\.lateness)
        let runs = result.stages
        if result.followers > 0, !runs.isEmpty {
            let sent = runs.reduce(0) { $0 + $1.sent }
            remarks.append(
                "the stages sent \(Quantity.counted(sent, "session")), and "
                    + "\(Quantity.counted(result.followers, "later turn")) followed their answers:"
                    + " a stage's rate or number is one of sessions, its figures are of requests")
        }
        if result.leavesTrace {
            remarks.append(
                "the trace goes on after the last stage: what is left of it was not sent")
        } else if let cut = runs.firstIndex(where: \.isCutShort) {
            remarks.append(
                "the trace ended in stage \(cut + 1) of \(runs.count), which sent \(runs[cut].sent)"
                    + " requests: it and later ones have fewer than set")
        }
        return remarks
    }

    /// A remark if a stage sent nothing, or late, because earlier requests held its places. None
    /// for rates, whose gaps are as long as they are.
    private var lateness: String? {
        guard number > 1, case .concurrency(let places) = run.stage.load, run.begin != nil else {
            return nil
        }
        let why =
            ": sessions and requests of the stage before, also those that think, had its "
            + "\(Quantity.counted(places, "place")). trace.stage_pause_s lets them end first"
        guard let wait else { return "stage \(number) sent no request" + why }
        guard wait > Self.late else { return nil }
        let time = Quantity.duration(seconds: wait)
        return "stage \(number) sent its first request \(time) after it began" + why
    }
}
