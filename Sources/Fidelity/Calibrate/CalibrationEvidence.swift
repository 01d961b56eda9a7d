import Basics
import StepTime

/// A figure measured on a server.
struct CalibrationFigure: Sendable {
    /// The quantity, by which errors are grouped.
    enum Kind: String, Sendable, CaseIterable {
        case ttft, tpot, e2e, throughput, steps, gpu, schedule, launch, update, delivery, idle
    }

    var kind: Kind
    /// Seconds, or a rate, or a count.
    var measured: Double
    /// Standard error, in the same unit.
    var error: Double
    /// The period of time it comes from, which the bootstrap resamples.
    var block = 0
    /// Whether the error is assumed, rather than estimated from the data's spread.
    var isAssumed = false
}

/// Figures measured under one load, and the simulation's prediction of them.
protocol CalibrationEvidence: Sendable {
    /// Its file, or part of one, as pages name it.
    var name: String { get }
    /// Kind and size: "vllm_bench, 200 requests".
    var content: String { get }
    var figures: [CalibrationFigure] { get }
    /// Most sequences in a step, if known.
    var mostSequences: Int? { get }
    /// Longest context of a request, tokens, if known.
    var longestContext: Int? { get }
    /// Notes that a page must show.
    var notes: [String] { get }
    /// Each measurement as text, whatever its file's order and format, to find it elsewhere.
    var rows: [String] { get }
    /// Whether figures depend on chance that no measurement tells, so that replays differ.
    var hasChance: Bool { get }
    /// The figures in the same order under given constants and their prices. Replays of other
    /// numbers differ in what is left to chance.
    func predict(
        _ values: CalibrationValues, _ stepTime: StepTime, _ server: CalibrationServer,
        replay: Int
    ) throws -> [Double]
    /// Errors per request, or per figure, in percent of the measurement.
    func errors(
        _ values: CalibrationValues, _ stepTime: StepTime, _ server: CalibrationServer
    ) throws -> [(kind: CalibrationFigure.Kind, percent: Double)]
}

/// Requests of a load that failed or were cancelled, which no fit can replay: how long their
/// answers were is not known.
enum LostRequests {
    /// The note on them; nil if there are none.
    ///
    /// - Throws: `InputError` if at least half of the load is lost: what is left is another load.
    static func note(_ lost: Int, of all: Int, _ place: String) throws -> String? {
        guard lost > 0 else { return nil }
        let count =
            "\(Quantity.count(lost)) of \(Quantity.count(all)) requests failed or were cancelled"
        guard 2 * lost < all else {
            throw InputError(
                place, count + ": the rest is another load than the server had",
                expected: "a load that the server serves, as at a lower rate")
        }
        return count + " and are left out. The fit replays a lighter load than the server's, and "
            + "may take the difference for slower steps"
    }
}

extension CalibrationEvidence {
    var mostSequences: Int? { nil }
    var hasChance: Bool { false }
    var longestContext: Int? { nil }
    var rows: [String] { figures.map { "\($0.kind) \($0.measured)" } }

    func errors(
        _ values: CalibrationValues, _ stepTime: StepTime, _ server: CalibrationServer
    ) throws -> [(kind: CalibrationFigure.Kind, percent: Double)] {
        zip(figures, try predict(values, stepTime, server, replay: 0)).map { figure, predicted in
            (figure.kind, 100 * (predicted / figure.measured - 1))
        }
    }
}

/// Constants to predict figures with, and the number of the replay.
struct CalibrationPoint: Sendable {
    var values: CalibrationValues
    var replay: Int
}

extension [any CalibrationEvidence] {
    /// Predictions of all evidence at several points, on all cores: by point, the figures of all
    /// evidence in sequence.
    func predictions(
        _ points: [CalibrationPoint], _ server: CalibrationServer
    ) throws -> [[Double]] {
        // Most constants do not change prices, and replays of the same constants share them.
        let (prices, priced) = Self.distinct(points) {
            $0.values.gpuScale == $1.values.gpuScale
                && $0.values.host.gpuWait == $1.values.host.gpuWait
        }
        let clocks = try mapOnAllCores(priced.map { points[$0] }) { try server.stepTime($0.values) }
        // Without chance, replays of the same constants are the same.
        let (places, settled) = Self.distinct(points) { $0.values == $1.values }
        let tasks = indices.flatMap { part in
            (self[part].hasChance ? points.indices.map { $0 } : settled).map { (part, $0) }
        }
        let all = try mapOnAllCores(tasks) { part, index in
            try self[part].predict(
                points[index].values, clocks[prices[index]], server, replay: points[index].replay)
        }
        var figures = points.map { _ in [Double]() }
        var first = 0
        for part in indices {
            let hasChance = self[part].hasChance
            for point in points.indices {
                figures[point] += all[first + (hasChance ? point : places[point])]
            }
            first += hasChance ? points.count : settled.count
        }
        return figures
    }

    /// Each point's place among the distinct ones, and the first point at each place.
    private static func distinct(
        _ points: [CalibrationPoint], _ isSame: (CalibrationPoint, CalibrationPoint) -> Bool
    ) -> (places: [Int], firsts: [Int]) {
        var firsts: [Int] = []
        let places = points.indices.map { index in
            if let place = firsts.firstIndex(where: { isSame(points[$0], points[index]) }) {
                return place
            }
            firsts.append(index)
            return firsts.count - 1
        }
        return (places, firsts)
    }
}
