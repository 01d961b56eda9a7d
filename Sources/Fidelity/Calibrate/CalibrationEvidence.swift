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
    /// The figures in the same order under given constants and their prices.
    func predict(
        _ values: CalibrationValues, _ stepTime: StepTime, _ server: CalibrationServer
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
    var longestContext: Int? { nil }
    var rows: [String] { figures.map { "\($0.kind) \($0.measured)" } }

    func errors(
        _ values: CalibrationValues, _ stepTime: StepTime, _ server: CalibrationServer
    ) throws -> [(kind: CalibrationFigure.Kind, percent: Double)] {
        zip(figures, try predict(values, stepTime, server)).map { figure, predicted in
            (figure.kind, 100 * (predicted / figure.measured - 1))
        }
    }
}

extension [any CalibrationEvidence] {
    /// Predictions of all evidence for several sets of constants, on all cores.
    func predictions(
        _ points: [CalibrationValues], _ server: CalibrationServer
    ) throws -> [[[Double]]] {
        // Most constants do not change prices.
        var different: [CalibrationValues] = []
        let places = points.map { point in
            let place = different.firstIndex {
                $0.gpuScale == point.gpuScale && $0.host.gpuWait == point.host.gpuWait
            }
            if place == nil { different.append(point) }
            return place ?? different.count - 1
        }
        let prices = try mapOnAllCores(different) { try server.stepTime($0) }
        let clocks = places.map { prices[$0] }
        let pairs = points.indices.flatMap { point in indices.map { (point, $0) } }
        let all = try mapOnAllCores(pairs) { pair in
            try self[pair.1].predict(points[pair.0], clocks[pair.0], server)
        }
        return points.indices.map { point in
            (0..<count).map { all[point * count + $0] }
        }
    }
}
