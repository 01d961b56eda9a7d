import Basics
import Simulator
import StepTime
import Traces

/// The figures of a benchmark report without individual requests. Draws and simulates a load with
/// the report's rate or concurrency and mean lengths.
struct SummaryEvidence: CalibrationEvidence {
    /// The load that a report describes.
    struct Load: Sendable, Equatable {
        var requests: Int
        /// Mean lengths, tokens.
        var prompt: Double
        var output: Double
        /// Requests per second; nil: `concurrency` requests in flight, or all at once.
        var rate: Double?
        var burstiness = 1.0
        /// Most requests in flight; nil: no limit.
        var concurrency: Int?
    }

    let name: String
    let content: String
    let figures: [CalibrationFigure]
    let notes: [String]
    private let load: Load

    /// Assumed relative errors of a run's figures: two H100s under the same load differ by up to
    /// 1.9 % in mean TTFT and 1.7 % in mean TPOT.
    private static let assumed: [CalibrationFigure.Kind: Double] = [
        .ttft: 0.02, .tpot: 0.01, .e2e: 0.012, .throughput: 0.01,
    ]
    /// Assumed relative spread of single requests' latencies, if a report does not give it.
    private static let spread = 0.4

    /// Evidence of measured figures, each with the standard deviation over requests, if the report
    /// has one. `failed`: requests that failed, and are not among the load's.
    ///
    /// - Throws: `InputError` for an impossible load, or without any figure.
    init(
        name: String, place: String, format: String, _ load: Load,
        _ measured: [(kind: CalibrationFigure.Kind, value: Double, deviation: Double?)],
        failed: Double
    ) throws {
        self.name = name
        self.load = load
        guard (1...1_000_000).contains(load.requests) else {
            throw InputError(
                place, "\(load.requests) requests", expected: "1 to 1000000 completed requests")
        }
        for (what, tokens) in [("prompt", load.prompt), ("output", load.output)] {
            guard (0.5...1e7).contains(tokens) else {
                throw InputError(
                    place, "the mean \(what) is \(tokens) tokens", expected: "1 to 10000000")
            }
        }
        if let rate = load.rate, !(1e-6...1e6).contains(rate) {
            throw InputError(place, "the rate is \(rate)", expected: "requests per second above 0")
        }
        // As in vLLM's client.
        guard load.burstiness > 0 else {
            throw InputError(place, "burstiness is 0", expected: "a number above 0; Poisson is 1")
        }
        if let users = load.concurrency, !(1...1 << 30).contains(users) {
            throw InputError(place, "\(users) requests in flight", expected: "at least 1")
        }
        guard !measured.isEmpty else {
            throw InputError(
                place, "has no latency", expected: "a mean TTFT, TPOT or E2E")
        }
        try Self.check(measured, load, place)
        content = "\(format), \(Quantity.count(load.requests)) requests"
        let lost = Int(min(max(0, failed), 1e9))
        notes =
            ["lengths are the report's means, alike for all; save each request for more"]
            + [try LostRequests.note(lost, of: load.requests + lost, place)].compactMap { $0 }
        figures = measured.map { kind, value, deviation in
            let count = Double(load.requests).squareRoot()
            let drawn = min(deviation.map { $0 / value } ?? Self.spread, 2) / count
            let share = Self.assumed[kind] ?? 0.02
            let sampling = kind == .throughput || kind == .tpot && deviation == nil ? 0 : drawn
            return CalibrationFigure(
                kind: kind, measured: value,
                error: value * (share * share + sampling * sampling).squareRoot(), isAssumed: true)
        }
    }

    /// Throws for latencies that contradict each other, as with a wrong unit.
    private static func check(
        _ measured: [(kind: CalibrationFigure.Kind, value: Double, deviation: Double?)],
        _ load: Load, _ place: String
    ) throws {
        func value(_ kind: CalibrationFigure.Kind) -> Double? {
            measured.first { $0.kind == kind }?.value
        }
        for (kind, usual) in [
            (CalibrationFigure.Kind.ttft, 0.2e-3...3_600.0), (.tpot, 20e-6...20.0),
            (.e2e, 0.2e-3...1e6), (.throughput, 1e-6...1e9),
        ] {
            guard let value = value(kind) else { continue }
            guard value.isFinite, usual.contains(value) else {
                throw InputError(
                    place, "the mean \(kind.rawValue) is \(value) s: its unit is wrong",
                    expected: "\(usual.lowerBound) to \(usual.upperBound)")
            }
        }
        if let first = value(.ttft), let end = value(.e2e), end < first {
            throw InputError(
                place, "the mean E2E (\(end) s) is less than the mean TTFT (\(first) s)",
                expected: "seconds or milliseconds as the report's kind has them")
        }
    }

    private static func workload(_ load: Load, seed: UInt64) throws -> Workload {
        var workload = Workload()
        for row in 0..<load.requests {
            workload.ids.append(Int64(row))
            workload.arrivals.append(0)
            workload.promptTokens.append(Int32(max(1, load.prompt.rounded())))
            workload.outputTokens.append(Int32(max(1, load.output.rounded())))
        }
        guard let rate = load.rate else { return workload }
        var source = DrawnArrivals(
            InMemorySource(workload),
            SendingRate(rate, burstiness: min(max(load.burstiness, 1.0 / 400), 400)), seed: seed)
        return try source.next() ?? workload
    }

    /// When requests came is drawn.
    var hasChance: Bool { load.rate != nil }

    private var arrivals: ArrivalMode {
        switch (load.rate, load.concurrency) {
        case (nil, let users?): .closedLoop(concurrency: min(users, load.requests))
        case (_?, let cap?): .capped(concurrency: cap)
        case (_, nil): .openLoop
        }
    }

    func predict(
        _ values: CalibrationValues, _ stepTime: StepTime, _ server: CalibrationServer,
        replay: Int
    ) throws -> [Double] {
        try server.means(
            of: figures, values, stepTime, arrivals: arrivals,
            Self.workload(load, seed: UInt64(replay)), name)
    }
}
