import Basics
import Simulator
import StepTime
import Traces

/// Lines logged by a vLLM server: its throughput every ten seconds, and the size of its KV cache.
///
/// A throughput line without prefill and queue is a batch of decodes: its tokens per second are the
/// running sequences over the step's period. Other lines mix the two and are only counted.
struct LogEvidence: CalibrationEvidence {
    /// A batch of decodes.
    private struct Batch: Sendable, Hashable {
        var sequences: Int
        /// Mean context per sequence, tokens.
        var context: Int
    }

    /// A throughput line with only decodes.
    private struct Sample {
        /// Its position among its engine's throughput lines.
        var line: Int
        var running: Int
        /// Generated tokens per second.
        var tokens: Double
        /// Used share of the KV cache.
        var usage: Double
    }

    let name: String
    let content: String
    private(set) var figures: [CalibrationFigure] = []
    private(set) var notes: [String] = []
    /// Tokens in the KV cache, if the log gives them.
    private(set) var cacheTokens: Int?
    private var batches: [Batch] = []

    /// Reads a log's lines.
    ///
    /// - Throws: `InputError` at the line for impossible figures.
    init(_ text: String, path: String, _ server: CalibrationServer) throws {
        name = path.split(separator: "/").last.map(String.init) ?? path
        var lines: [Int: Int] = [:]
        var samples: [Int: [Sample]] = [:]
        for (number, line) in TextLines(text) {
            let place = "\(path):\(number)"
            if let tokens = try Self.number("GPU KV cache size: ", in: line, place) {
                let size = Int(min(tokens, 1e12))
                guard lines.isEmpty || size == cacheTokens ?? size else {
                    throw InputError(
                        place,
                        "another server starts: its KV cache holds \(Quantity.count(size)) tokens, "
                            + "the one's before \(Quantity.count(cacheTokens ?? 0))",
                        expected: "the log of one server")
                }
                cacheTokens = size
            }
            guard !line.contains("SpecDecoding metrics:") else {
                throw InputError(
                    place, "the server drafts tokens: a step delivers several of a request",
                    expected: "the log of a server without speculative decoding")
            }
            guard let prompt = try Self.number("Avg prompt throughput: ", in: line, place) else {
                continue
            }
            // Each rank of a data-parallel server logs its own batch: "Engine 001: Avg prompt ...".
            let engine = Int(min((try? Self.number("Engine ", in: line, place)) ?? 0, 1e6))
            lines[engine, default: 0] += 1
            guard let tokens = try Self.number("Avg generation throughput: ", in: line, place),
                let running = try Self.number("Running: ", in: line, place),
                let waiting = try Self.number("Waiting: ", in: line, place),
                let usage = try Self.number("KV cache usage: ", in: line, place), usage <= 100
            else {
                throw InputError(
                    place, "a throughput line is cut off",
                    expected: "Avg generation throughput, Running, Waiting, GPU KV cache usage")
            }
            let isSteady = prompt < 0.005 * tokens && waiting == 0 && running >= 1
            guard isSteady else { continue }
            samples[engine, default: []].append(
                Sample(
                    line: lines[engine]!, running: Int(min(running, 1e6)), tokens: tokens,
                    usage: usage / 100))
        }
        let count = lines.values.reduce(0, +)
        guard count > 0 || cacheTokens != nil else {
            throw InputError(
                path, "has no line of a vLLM server's figures",
                expected: "\"Avg prompt throughput\" or \"GPU KV cache size\"")
        }
        content = "server log, \(count) throughput lines"
        for engine in samples.keys.sorted() { try add(samples[engine]!, path, server) }
        if lines.count > 1 {
            notes.append("\(lines.count) engines log into it, and each one's batches are fitted")
        }
        if count > figures.count {
            notes.append(
                "\(count - figures.count) of \(count) throughput lines mix prefill and decode, or "
                    + "a batch came or went, and are not fitted")
        }
    }

    private mutating func add(
        _ samples: [Sample], _ path: String, _ server: CalibrationServer
    ) throws {
        let engine = server.resolved.plan.engine
        let capacity = Double(cacheTokens ?? engine.numGPUBlocks * engine.blockSize)
        // Only count a line if its neighbours ran as many sequences: the batch then lasted the ten
        // seconds.
        for index in samples.indices.dropFirst().dropLast() {
            let (one, sample, next) = (samples[index - 1], samples[index], samples[index + 1])
            guard one.running == sample.running, next.running == sample.running,
                next.line - one.line == 2
            else { continue }
            let period = Double(sample.running) / sample.tokens
            guard (20e-6...60).contains(period) else {
                throw InputError(
                    path,
                    "\(sample.running) sequences at \(sample.tokens) tokens/s are steps of "
                        + "\(period) s", expected: "figures of a server")
            }
            let context = sample.usage * capacity / Double(sample.running)
            let most = Double(engine.maxModelLen - Self.output - 2)
            batches.append(
                Batch(sequences: sample.running, context: Int(min(max(context, 1), max(1, most)))))
            figures.append(
                CalibrationFigure(
                    kind: .tpot, measured: period, error: 0.015 * period, block: index,
                    isAssumed: true))
        }
    }

    /// The number that follows some words; nil if the line lacks them.
    private static func number(
        _ words: String, in line: Substring, _ place: String
    ) throws -> Double? {
        guard let range = line.firstRange(of: words) else { return nil }
        let word = line[range.upperBound...].prefix { $0.isNumber || ".,-naif".contains($0) }
        let plain = word.filter { $0 != "," }
        let trimmed = plain.hasSuffix(".") ? plain.dropLast() : plain[...]
        guard let value = Double(trimmed), value.isFinite, value >= 0 else {
            throw InputError(
                place, "\(words)\(String(word).echoed(atMost: 40)) is not a figure",
                expected: "a finite number of at least 0")
        }
        return value
    }

    /// Tokens generated per sequence of a batch in the simulation.
    private static let output = 24

    var mostSequences: Int? { batches.map(\.sequences).max() }

    func predict(
        _ values: CalibrationValues, _ stepTime: StepTime, _ server: CalibrationServer,
        replay: Int
    ) throws -> [Double] {
        var periods: [Batch: Double] = [:]
        return try batches.map { batch in
            if let known = periods[batch] { return known }
            let period = try period(of: batch, values, stepTime, server)
            periods[batch] = period
            return period
        }
    }

    /// Period of a step that decodes a batch, seconds.
    private func period(
        of batch: Batch, _ values: CalibrationValues, _ stepTime: StepTime,
        _ server: CalibrationServer
    ) throws -> Double {
        var workload = Workload()
        for row in 0..<batch.sequences {
            workload.ids.append(Int64(row))
            workload.arrivals.append(0)
            workload.promptTokens.append(Int32(batch.context))
            workload.outputTokens.append(Int32(Self.output))
        }
        let result = try server.run(
            values, stepTime, arrivals: .openLoop, InMemorySource(workload), keepsRecords: false)
        // The median gap is that of a decode-only step.
        return Double(result.interTokenLatency.nearestRank(50)) * 1e-12
    }
}
