import Experiments
import Results
import Scenario

extension TuneReport: Encodable {
    private enum Keys: String, CodingKey {
        case outcome, objective, best, gpus, figures, promises, steady, recommended, command
        case commandNotes
        case evaluated, candidates, confidence, unsure, nearest, failed, work
        case withinOnePercent = "within_one_percent"
        case sureFrom = "sure_from"
        case goodputAssumed = "goodput_assumed"
    }

    private struct FiguresJSON: Encodable {
        var meanE2elMs, outputThroughput, gpuSecondsPerOutputToken: Double

        private enum CodingKeys: String, CodingKey {
            case outputThroughput, gpuSecondsPerOutputToken
            case meanE2elMs = "mean_e2el_ms"
        }

        init(_ point: TunedPoint) {
            meanE2elMs = point.latency * 1000
            outputThroughput = point.throughput
            gpuSecondsPerOutputToken = point.cost
        }
    }

    private struct PromiseJSON: Encodable {
        var name: String
        var limit: Double
        var value: Double?
        var met: Bool
        var trace: String?
        var bySeed: [Double?]?

        init(_ promise: TunedPoint.Promise, of space: ConfigurationSpace) {
            name = promise.line.requirement.name
            limit = promise.line.requirement.limit
            value = promise.line.value
            met = promise.line.isMet
            trace = space.traces.count > 1 ? space.traces[promise.trace].name : nil
            bySeed = space.seeds.count > 1 ? promise.bySeed : nil
        }
    }

    private struct PointJSON: Encodable {
        var point: Int
        var values: [String: ConfigurationValue]
        var gpus: Int
        var changed: [String]
        var figures: FiguresJSON
        var promises: [PromiseJSON]
        var met, sure: Bool
        /// Absent if some runs are too short to tell.
        var steady: Bool?
        var seedsMet: [Int]
        var command: String?

        init(_ point: TunedPoint, of space: ConfigurationSpace, command: String? = nil) {
            self.point = point.point.number
            values = Self.values(point.point, of: space)
            gpus = point.point.gpus
            changed = point.point.changed
            figures = FiguresJSON(point)
            promises = point.promises.map { PromiseJSON($0, of: space) }
            (met, sure, steady) = (point.isMet, point.isSure, point.isSteady)
            seedsMet = point.seedsMet.map { space.seeds[$0] }
            self.command = command
        }

        static func values(
            _ point: TunePoint, of space: ConfigurationSpace
        ) -> [String: ConfigurationValue] {
            Dictionary(uniqueKeysWithValues: zip(space.keys, point.values))
        }
    }

    private struct FailureJSON: Encodable {
        var point: Int
        var values: [String: ConfigurationValue]
        var problem: String
    }

    private struct RivalJSON: Encodable {
        var point: Int
        var values: [String: ConfigurationValue]
        var worse: Double
        var interval: [Double]?
        var chance: Double?
        var same: Bool

        init(_ rival: TuneConfidence.Rival, of space: ConfigurationSpace) {
            point = rival.point.point.number
            values = PointJSON.values(rival.point.point, of: space)
            (worse, chance, same) = (rival.worse, rival.chance, rival.isSame)
            interval = rival.interval.map { [$0.lowerBound, $0.upperBound] }
        }
    }

    private struct EdgeJSON: Encodable {
        var name: String
        var limit, value: Double
        var interval: [Double]
        var inDoubt: Bool

        init(_ edge: TuneConfidence.Edge) {
            (name, limit) = (edge.requirement.name, edge.requirement.limit)
            (value, inDoubt) = (edge.value, edge.isInDoubt)
            interval = [edge.interval.lowerBound, edge.interval.upperBound]
        }
    }

    private struct ConfidenceJSON: Encodable {
        var probability: Double?
        var sure: Bool
        var exhaustive: Bool
        var rivals: [RivalJSON]
        var edge: EdgeJSON?
    }

    private struct WorkJSON: Encodable {
        var runs, endedEarly, shortRuns, requests: Int
    }

    /// The server's line alone; without one, the reason.
    private static func line(of command: String) -> String {
        command.split(separator: "\n").first { !$0.hasPrefix("#") }.map(String.init) ?? command
    }

    /// The comments before the server's line.
    private static func notes(of command: String) -> [String] {
        command.split(separator: "\n").filter { $0.hasPrefix("#") }
            .map { $0.drop { $0 == "#" || $0 == " " }.description }
    }

    /// The answer. `best`, `gpus` and `command` belong together; `recommended` has its own.
    package func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: Keys.self)
        let space = tuning.space
        let outcomes = [
            Tuning.Outcome.found: "found", .nothing: "nothing", .undecided: "undecided",
        ]
        try keys.encode(outcomes[tuning.outcome], forKey: .outcome)
        try keys.encode(tuning.goal, forKey: .objective)
        if tuning.assumesGoodput { try keys.encode(true, forKey: .goodputAssumed) }
        if let best = tuning.best, let chosen = tuning.recommended, let commands {
            try keys.encode(PointJSON.values(best.point, of: space), forKey: .best)
            try keys.encode(best.point.gpus, forKey: .gpus)
            try keys.encode(FiguresJSON(best), forKey: .figures)
            try keys.encode(
                best.promises.map { PromiseJSON($0, of: space) }, forKey: .promises)
            try keys.encodeIfPresent(best.isSteady, forKey: .steady)
            try keys.encode(Self.line(of: commands.best), forKey: .command)
            try keys.encode(Self.notes(of: commands.best), forKey: .commandNotes)
            try keys.encode(
                PointJSON(chosen, of: space, command: Self.line(of: commands.recommended)),
                forKey: .recommended)
        } else {
            try keys.encodeNil(forKey: .best)
        }
        try keys.encode(
            tuning.near.map { PointJSON($0, of: space) }, forKey: .withinOnePercent)
        try keys.encode(tuning.evaluated, forKey: .evaluated)
        try keys.encode(space.points, forKey: .candidates)
        if let confidence = tuning.confidence {
            try keys.encode(
                ConfidenceJSON(
                    probability: confidence.probability,
                    sure: tuning.outcome == .found && confidence.edge?.isInDoubt != true,
                    exhaustive: !tuning.isHalved,
                    rivals: confidence.rivals.map { RivalJSON($0, of: space) },
                    edge: confidence.edge.map(EdgeJSON.init)), forKey: .confidence)
        }
        if let sure = tuning.sureFrom {
            try keys.encode(PointJSON(sure, of: space), forKey: .sureFrom)
        }
        if let nearest = tuning.nearest {
            try keys.encode(PointJSON(nearest, of: space), forKey: .nearest)
        }
        try keys.encode(tuning.unsure.map { PointJSON($0, of: space) }, forKey: .unsure)
        try keys.encode(
            tuning.failed.map {
                FailureJSON(
                    point: $0.number, values: PointJSON.values($0, of: space),
                    problem: $0.problem ?? "")
            }, forKey: .failed)
        let work = tuning.work
        try keys.encode(
            WorkJSON(
                runs: work.runs, endedEarly: work.endedEarly, shortRuns: work.shortRuns,
                requests: work.requests), forKey: .work)
    }
}
