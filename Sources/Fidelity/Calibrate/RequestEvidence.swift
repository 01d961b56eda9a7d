import Basics
import Foundation
import Simulator
import StepTime
import Traces

/// Requests of a real server with their own times and lengths, replayed as they were sent.
///
/// A figure is a mean latency over requests of one period of time and one class of prompts. For a
/// single request, the phase of the step running at its arrival is noise.
struct RequestEvidence: CalibrationEvidence {
    /// A measured request.
    struct Request: Sendable {
        var id: Int64
        var time: Int64
        var prompt: Int
        /// Latencies in seconds; nil if not recorded.
        var ttft: Double?
        var tpot: Double?
        var e2e: Double?
    }

    let name: String
    let content: String
    private(set) var figures: [CalibrationFigure] = []
    var notes: [String] = []
    private let workload: Workload
    /// A step's time, seconds.
    private let period: Double
    /// Whether requests are sequential: each was sent after the previous one ended.
    private let isSequential: Bool
    private let requests: [Request]
    /// The requests of each figure, as indices into `requests`.
    private var cells: [(kind: CalibrationFigure.Kind, members: [Int])] = []

    /// Approximate number of requests per figure.
    private static let cellSize = 24
    /// Most periods of time, and the least if there are enough requests.
    private static let blocks = 6...40
    /// Plausible range of measured over simulated latency on one server.
    private static let usualRatio = 1.0 / 30...30
    /// Smallest relative error of a figure, for what the simulator does not know about a server.
    private static let leastError = 0.004

    /// Reads a file in a format that records latencies.
    ///
    /// - Throws: `InputError` for a file that cannot be read, holds no latencies, or has impossible
    ///   ones.
    init(file: String, _ server: CalibrationServer) throws {
        var (source, notes) = try openTrace(file)
        var workload = Workload()
        while let batch = try source.next() { workload.append(contentsOf: batch) }
        guard let measured = notes.measured, measured.count > 0 else {
            throw InputError(
                file, "holds no measured latencies", expected: "times of first or last tokens")
        }
        try self.init(
            name: file.split(separator: "/").last.map(String.init) ?? file, place: file,
            format: notes.format.rawValue, workload, measured, server)
        if measured.odd > 0 {
            self.notes.append("\(measured.odd) latencies are none and are left out")
        }
        let losses: [TraceQuirk] = [.failed, .cancelled, .zeroOutput]
        let lost = notes.quirks.filter { losses.contains($0.quirk) }.reduce(0) { $0 + $1.count }
        self.notes += [try LostRequests.note(lost, of: notes.rows, file)].compactMap { $0 }
        self.notes += notes.quirks.filter { !losses.contains($0.quirk) }.map {
            Quantity.counted($0.count, "row")
                + ($0.quirk.drops ? " left out: " : " mended: ") + $0.quirk.words
        }
        self.notes += notes.remarks.filter { !$0.contains("requests in flight") }
    }

    /// The evidence of requests with latencies.
    init(
        name: String, place: String, format: String, _ workload: Workload,
        _ measured: MeasuredLatencies, _ server: CalibrationServer
    ) throws {
        let requests = workload.ids.indices.compactMap { row -> Request? in
            guard let times = measured[workload.ids[row]] else { return nil }
            return Request(
                id: workload.ids[row], time: workload.arrivals[row],
                prompt: Int(workload.promptTokens[row]),
                ttft: times.timeToFirstToken.map { Double($0) * 1e-9 },
                tpot: times.timePerOutputToken.map { $0 * 1e-9 },
                e2e: times.endToEnd.map { Double($0) * 1e-9 })
        }
        try self.init(
            name: name, place: place, format: format, workload, requests, server)
    }

    /// The same for requests that were read elsewhere.
    init(
        name: String, place: String, format: String, _ workload: Workload,
        _ requests: [Request], _ server: CalibrationServer
    ) throws {
        self.name = name
        self.workload = workload
        self.requests = requests
        isSequential = Self.isSequential(requests)
        period = requests.compactMap(\.tpot).median ?? 0.01
        content = "\(format), \(Quantity.count(requests.count)) requests"
        try Self.check(requests, place)
        let isSaturated = Self.isSaturated(requests)
        if isSaturated {
            notes.append(
                "requests queue longer and longer: only the time per output token is fitted")
        }
        group(isSaturated: isSaturated, mostGraphTokens: server.mostGraphTokens)
        guard !figures.isEmpty, requests.count >= 4 else {
            throw InputError(
                place, "too few requests with latencies (\(requests.count))",
                expected: "at least 4")
        }
        try estimateErrors(server, place)
    }

    /// Range of servers' median TTFT, seconds. Beyond it a unit is wrong.
    private static let usualTTFT = 0.2e-3...3_600.0
    private static let usualTPOT = 20e-6...20.0

    /// Throws for times that cannot be seconds of a server.
    private static func check(_ requests: [Request], _ place: String) throws {
        for (what, values, usual) in [
            ("time to first token", requests.compactMap(\.ttft), usualTTFT),
            ("time per output token", requests.compactMap(\.tpot), usualTPOT),
        ] {
            guard let median = values.median else { continue }
            guard usual.contains(median) else {
                throw InputError(
                    place, "the median \(what) is \(median) s: its unit is wrong",
                    expected: "\(usual.lowerBound) to \(usual.upperBound) s")
            }
        }
    }

    /// Whether the median TTFT exceeds twelve times its 10th percentile, as under overload. Which
    /// request waits how long then depends on differences of a percent.
    private static func isSaturated(_ requests: [Request]) -> Bool {
        let times = requests.compactMap(\.ttft)
        guard times.count >= 12 else { return false }
        let sorted = times.sorted()
        let low = sorted[sorted.count / 10]
        return sorted[sorted.count / 2] > 12 * low
    }

    /// Replays in whose mean a request comes in evenly spread phases of a step.
    private static let phases = 3

    /// The requests, each sent a little earlier or later: by a part of a step's time, which other
    /// replays spread evenly. The phase in which a real request arrived is unknown, and figures
    /// that jump with it would have no slopes.
    private func shifted(_ replay: Int) -> Workload {
        var random = SeededRandom(seed: UInt64(replay / Self.phases), stream: 0x5417)
        let part = Double(replay % Self.phases) / Double(Self.phases)
        var moved = workload.arrivals.indices.map { row in
            let phase = random.uniform() + part
            let offset = (phase - phase.rounded(.down) - 0.5) * period
            return (
                time: max(0, workload.arrivals[row] + Int64((offset * 1e9).rounded())), row: row
            )
        }
        moved.sort { ($0.time, $0.row) < ($1.time, $1.row) }
        var copy = Workload()
        for (time, row) in moved {
            copy.ids.append(workload.ids[row])
            copy.arrivals.append(time)
            copy.promptTokens.append(workload.promptTokens[row])
            copy.outputTokens.append(workload.outputTokens[row])
        }
        return copy
    }

    /// Whether no two requests were in flight at once. Replays then let each request wait for the
    /// previous one, so that a slightly slower server does not make them overlap.
    private static func isSequential(_ requests: [Request]) -> Bool {
        let order = requests.sorted { ($0.time, $0.id) < ($1.time, $1.id) }
        return zip(order, order.dropFirst()).allSatisfy { one, next in
            guard let end = one.e2e else { return false }
            return Double(next.time - one.time) * 1e-9 > 0.98 * end - 1e-3
        }
    }

    /// Makes the figures: means by period of time and class of prompts.
    private mutating func group(isSaturated: Bool, mostGraphTokens: Int) {
        let order = requests.indices.sorted {
            (requests[$0].time, requests[$0].id) < (requests[$1].time, requests[$1].id)
        }
        let blocks = min(
            max(Self.blocks.lowerBound, order.count / Self.cellSize), Self.blocks.upperBound,
            max(1, order.count / 4))
        for isLong in [false, true] {
            for (kind, latency) in [
                (CalibrationFigure.Kind.ttft, \Request.ttft), (.tpot, \Request.tpot),
            ] {
                if kind == .ttft, isSaturated { continue }
                var members = Array(repeating: [Int](), count: blocks)
                for (rank, place) in order.enumerated()
                where (requests[place].prompt > mostGraphTokens) == isLong {
                    guard let value = requests[place][keyPath: latency], value > 0 else { continue }
                    members[rank * blocks / order.count].append(place)
                }
                add(kind, latency, members)
            }
        }
    }

    private mutating func add(
        _ kind: CalibrationFigure.Kind, _ latency: KeyPath<Request, Double?>, _ blocks: [[Int]]
    ) {
        for (block, members) in blocks.enumerated() where !members.isEmpty {
            let sum = members.reduce(0) { $0 + requests[$1][keyPath: latency]! }
            let mean = sum / Double(members.count)
            figures.append(
                CalibrationFigure(kind: kind, measured: mean, error: mean, block: block))
            cells.append((kind, members))
        }
    }

    /// Sets the errors of figures from the scatter of their requests around the simulation, by
    /// kind. A deviation common to all of them is left to the fit.
    private mutating func estimateErrors(_ server: CalibrationServer, _ place: String) throws {
        let records = try simulated(
            server.base, try server.stepTime(server.base), server, workload)
        var spreads: [CalibrationFigure.Kind: [Double]] = [:]
        var middles: [CalibrationFigure.Kind: [Double]] = [:]
        for cell in cells {
            let ratios = cell.members.compactMap { place -> Double? in
                let request = requests[place]
                guard let simulated = records[request.id]?.seconds(cell.kind), simulated > 0,
                    let measured = cell.kind == .ttft ? request.ttft : request.tpot
                else { return nil }
                return measured / simulated
            }
            guard ratios.count > 2, let middle = ratios.median, middle > 0 else { continue }
            spreads[cell.kind, default: []] += ratios.map { abs($0 / middle - 1) }
            middles[cell.kind, default: []].append(middle)
        }
        for kind in [CalibrationFigure.Kind.ttft, .tpot] {
            guard let ratio = middles[kind]?.median, !Self.usualRatio.contains(ratio) else {
                continue
            }
            throw InputError(
                place,
                "its \(kind.rawValue) is \(Quantity.significant(ratio)) times that of the "
                    + "configuration's server",
                expected: "seconds, measured on the server that the configuration describes")
        }
        for index in figures.indices {
            // 1.48 times the median absolute deviation estimates a normal standard deviation.
            let spread = spreads[figures[index].kind]?.median.map { 1.48 * $0 } ?? 0.1
            let count = Double(cells[index].members.count).squareRoot()
            figures[index].error =
                figures[index].measured
                * max(min(max(spread, 0.005), 0.5) / count, Self.leastError)
        }
    }

    private func simulated(
        _ values: CalibrationValues, _ stepTime: StepTime, _ server: CalibrationServer,
        _ workload: Workload
    ) throws -> [Int64: RequestRecord] {
        let result = try server.run(
            values, stepTime,
            arrivals: isSequential ? .closedLoop(concurrency: 1) : .openLoop,
            InMemorySource(workload), keepsRecords: true)
        let finished = result.records.filter { $0.outcome == .finished }
        guard let rejected = result.records.first(where: { $0.outcome == .rejected }) else {
            return Dictionary(finished.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        }
        throw InputError(
            name,
            "the server of the configuration rejects its request of \(rejected.promptTokens) "
                + "tokens (\(rejected.rejection.name))",
            expected: "a configuration of the server that was measured")
    }

    /// Most requests in flight at once.
    var mostSequences: Int? {
        let ends = requests.compactMap { request in
            request.e2e.map { request.time + Int64($0 * 1e9) }
        }.sorted()
        let starts = requests.filter { $0.e2e != nil }.map(\.time).sorted()
        var (most, ended) = (0, 0)
        for (number, start) in starts.enumerated() {
            while ended < ends.count, ends[ended] <= start { ended += 1 }
            most = max(most, number + 1 - ended)
        }
        return most > 0 ? most : nil
    }

    var longestContext: Int? {
        workload.ids.indices.map {
            Int(workload.promptTokens[$0]) + Int(workload.outputTokens[$0])
        }.max()
    }

    /// Lengths and latencies. Times of sending count from the first request of a file, so they
    /// differ in an excerpt.
    var rows: [String] {
        requests.map { request in
            let times = [request.ttft, request.tpot, request.e2e].map { time in
                time.map { "\(($0 * 1e9).rounded())" } ?? "-"
            }
            return "\(request.prompt) " + times.joined(separator: " ")
        }
    }

    var hasChance: Bool { !isSequential }

    func predict(
        _ values: CalibrationValues, _ stepTime: StepTime, _ server: CalibrationServer,
        replay: Int
    ) throws -> [Double] {
        var sums = cells.map { _ in (time: 0.0, count: 0) }
        let records = try simulated(
            values, stepTime, server, isSequential ? workload : shifted(replay))
        for (index, cell) in cells.enumerated() {
            for place in cell.members {
                guard let time = records[requests[place].id]?.seconds(cell.kind) else { continue }
                sums[index].time += time
                sums[index].count += 1
            }
        }
        return sums.map { $0.time / Double(max(1, $0.count)) }
    }

    func errors(
        _ values: CalibrationValues, _ stepTime: StepTime, _ server: CalibrationServer
    ) throws -> [(kind: CalibrationFigure.Kind, percent: Double)] {
        let records = try simulated(values, stepTime, server, workload)
        var errors: [(kind: CalibrationFigure.Kind, percent: Double)] = []
        for request in requests {
            guard let record = records[request.id] else { continue }
            for (kind, measured) in [
                (CalibrationFigure.Kind.ttft, request.ttft), (.tpot, request.tpot),
                (.e2e, request.e2e),
            ] {
                guard let measured, measured > 0, let simulated = record.seconds(kind) else {
                    continue
                }
                errors.append((kind, 100 * (simulated / measured - 1)))
            }
        }
        return errors
    }
}

extension RequestRecord {
    /// A latency of a finished request, seconds.
    func seconds(_ kind: CalibrationFigure.Kind) -> Double? {
        switch kind {
        case .ttft: timeToFirstToken.map { Double($0) * 1e-12 }
        case .tpot: timePerOutputToken.map { Double($0) * 1e-12 }
        case .e2e: Double(finish - arrival) * 1e-12
        default: nil
        }
    }
}

extension [Double] {
    /// The median, linear between the middle two; nil if empty. O(n log n).
    var median: Double? {
        guard !isEmpty else { return nil }
        let sorted = sorted()
        return Quantile.value(0.5, of: sorted.count) { sorted[$0] }
    }
}
