import Basics
import StepTime

/// A measured figure of a server.
struct CalibrationFigure: Sendable {
    /// What the figure is of, as errors are grouped.
    enum Kind: String, Sendable, CaseIterable {
        case ttft, tpot, e2e, throughput, steps, gpu, schedule, launch, update, delivery, idle
    }

    var kind: Kind
    /// Seconds, or a rate, or a count.
    var measured: Double
    /// Standard error, in the same unit.
    var error: Double
    /// The stretch of time that it comes from: what the bootstrap draws.
    var block = 0
    /// The error is assumed, not seen in the spread of the data.
    var isAssumed = false
}

/// Figures that were measured under one load, and what the simulator says of them.
protocol CalibrationEvidence: Sendable {
    /// File and part of it, as pages name it.
    var name: String { get }
    /// What it is, and its size: "vllm_bench, 200 requests".
    var content: String { get }
    var figures: [CalibrationFigure] { get }
    /// Most sequences that were in a step, where it is known.
    var mostSequences: Int? { get }
    /// The longest context of a request, tokens, where it is known.
    var longestContext: Int? { get }
    /// What a page must say of it.
    var notes: [String] { get }
    /// The figures in the same order with some constants, whose prices are given.
    func predict(
        _ values: CalibrationValues, _ stepTime: StepTime, _ server: CalibrationServer
    ) throws -> [Double]
    /// Errors request by request, or figure by figure, percent of what was measured.
    func errors(
        _ values: CalibrationValues, _ stepTime: StepTime, _ server: CalibrationServer
    ) throws -> [(kind: CalibrationFigure.Kind, percent: Double)]
}

extension CalibrationEvidence {
    var mostSequences: Int? { nil }
    var longestContext: Int? { nil }

    func errors(
        _ values: CalibrationValues, _ stepTime: StepTime, _ server: CalibrationServer
    ) throws -> [(kind: CalibrationFigure.Kind, percent: Double)] {
        zip(figures, try predict(values, stepTime, server)).map { figure, predicted in
            (figure.kind, 100 * (predicted / figure.measured - 1))
        }
    }
}

extension [any CalibrationEvidence] {
    /// What each says with each of some sets of constants, on all cores.
    func predictions(
        _ points: [CalibrationValues], _ server: CalibrationServer
    ) throws -> [[[Double]]] {
        // Most constants leave prices alone.
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
