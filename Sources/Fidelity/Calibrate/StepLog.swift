import Basics
import StepTime

/// Steps of a real engine, one per row, logged from inside it: microseconds of the host's clock in
/// the columns `begin_us`, `schedule_us`, `launch_begin_us`, `launch_us`, `sample_us`, `update_us`,
/// `gpu_begin_us`, `gpu_end_us`, and `entries`, a blank-separated list of `computed:tokens`.
struct StepLog: Sendable {
    /// One step. Times in seconds.
    struct Step: Sendable {
        var begin: Double
        var launchBegin: Double
        /// How long the launch took.
        var launch: Double
        var update: Double
        var gpuEnd: Double
        /// (computed before, tokens) of each entry.
        var entries: [(past: Int, tokens: Int)]

        var launchEnd: Double { launchBegin + launch }
        var tokens: Int { entries.reduce(0) { $0 + $1.tokens } }
    }

    static let columns = [
        "begin_us", "schedule_us", "launch_begin_us", "launch_us", "sample_us", "update_us",
        "gpu_begin_us", "gpu_end_us", "entries",
    ]

    let steps: [Step]
    let path: String

    /// Reads a log.
    ///
    /// - Throws: `InputError` naming file and line for times that cannot be those of steps in
    ///   order.
    init(file path: String) throws {
        let file = try ColumnFile(path, requiring: Self.columns)
        self.path = path
        steps = try file.rows.indices.map { try Self.step(file, $0) }
        guard steps.count >= Self.fewest else {
            throw InputError(
                path, "has \(steps.count) steps", expected: "at least \(Self.fewest)")
        }
        for row in steps.indices.dropFirst() where steps[row].begin < steps[row - 1].begin {
            throw InputError(
                file.place(row), "begins before the step above it",
                expected: "steps of one engine in the order in which they began")
        }
        let periods = zip(steps.dropFirst(), steps).map { $0.gpuEnd - $1.gpuEnd }
        let median = periods.median!
        guard (50e-6...60).contains(median) else {
            throw InputError(
                path, "the median step takes \(median * 1e6) us: its unit is wrong",
                expected: "microseconds")
        }
    }

    /// Fewest steps that allow conclusions.
    private static let fewest = 20

    private static func step(_ file: ColumnFile, _ row: Int) throws -> Step {
        func seconds(_ name: String) throws -> Double {
            // At most a year: no engine's clock runs longer.
            try file.number(row, file.column(name), in: 0...3.2e13) * 1e-6
        }
        let begin = try seconds("begin_us")
        // The schedule is priced from the beginning to the launch; its own column is only checked.
        _ = try seconds("schedule_us")
        let launchBegin = try seconds("launch_begin_us")
        let launch = try seconds("launch_us")
        let sample = try seconds("sample_us")
        let gpuBegin = try seconds("gpu_begin_us")
        let gpuEnd = try seconds("gpu_end_us")
        let slack = 1e-3
        guard launchBegin >= begin - 1e-6, gpuEnd >= gpuBegin, gpuBegin >= begin - slack else {
            throw InputError(
                file.place(row), "its times run backwards",
                expected: "begin_us, launch_begin_us, gpu_begin_us, gpu_end_us one after another")
        }
        // If sampling waited for the GPU, its time tells nothing about the launch.
        let waited = launchBegin + launch + sample > gpuEnd - 50e-6
        return Step(
            begin: begin, launchBegin: launchBegin, launch: waited ? launch : launch + sample,
            update: try seconds("update_us"), gpuEnd: gpuEnd, entries: try entries(file, row))
    }

    private static func entries(
        _ file: ColumnFile, _ row: Int
    ) throws -> [(past: Int, tokens: Int)] {
        let text = file.text(row, file.column("entries"))
        let entries = try text.split(separator: " ").map { entry -> (past: Int, tokens: Int) in
            let parts = entry.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let past = Int(parts[0]), let tokens = Int(parts[1]),
                (0...1 << 30).contains(past), (1...1 << 24).contains(tokens)
            else {
                throw InputError(
                    file.place(row), "the entry \"\(String(entry).echoed(atMost: 40))\" is none",
                    expected: "computed:tokens, such as 1023:1")
            }
            return (past, tokens)
        }
        guard !entries.isEmpty else {
            throw InputError(file.place(row), "has no entries", expected: "computed:tokens")
        }
        return entries
    }

    /// The load of a step. A chunk samples unless the next step continues its prompt.
    func load(_ index: Int, window: Int) -> StepLoad {
        var load = StepLoad()
        for entry in steps[index].entries {
            let isDecode = StepLoad.isDecode(entry.tokens, past: entry.past)
            load.add(
                entry.tokens, past: entry.past,
                samples: isDecode || !goesOn(index, at: entry.past + entry.tokens), window: window)
        }
        return load
    }

    private func goesOn(_ index: Int, at computed: Int) -> Bool {
        guard index + 1 < steps.count else { return false }
        return steps[index + 1].entries.contains { $0.past == computed && $0.tokens > 1 }
    }

    /// Reads the times at which clients saw tokens, in ascending seconds, from the log of requests
    /// beside it (`id,why,sent_us,prompt,output,tokens_us`).
    ///
    /// - Throws: `InputError` naming file and line.
    static func tokenTimes(file path: String) throws -> [Double] {
        let names = ["sent_us", "prompt", "output", "tokens_us"]
        let file = try ColumnFile(path, requiring: names)
        var times: [Double] = []
        for row in file.rows.indices {
            let sent = try file.number(row, file.column("sent_us"), in: 0...3.2e13)
            var last = sent
            for word in file.text(row, file.column("tokens_us")).split(separator: " ") {
                guard let time = Double(word), time.isFinite, time >= last, time <= 3.2e13 else {
                    throw InputError(
                        file.place(row),
                        "the token's time \"\(String(word).echoed(atMost: 40))\" is none",
                        expected: "microseconds that do not fall, from sent_us on")
                }
                last = time
                times.append(time * 1e-6)
            }
        }
        return times.sorted()
    }
}

/// Evidence from a log of steps: each part of the host's time and the GPU's time, step by step.
struct StepEvidence: CalibrationEvidence {
    let name: String
    let content: String
    private(set) var figures: [CalibrationFigure] = []
    private(set) var notes: [String] = []
    private let log: StepLog
    private var places: [(kind: CalibrationFigure.Kind, step: Int)] = []
    private let isAsync: Bool
    /// The load of each step, and how it is launched.
    private let loads: [StepLoad]
    private let launches: [CalibrationConstant]

    var rows: [String] { log.steps.map { "\($0.begin) \($0.gpuEnd) \($0.tokens)" } }

    /// Steps that the bootstrap draws together.
    private static let blockSize = 50
    /// Idle seconds before a step that make it start the engine.
    private static let idle = 2e-3

    /// The evidence of a log, with the times at which clients got tokens, if known.
    ///
    /// - Throws: `InputError` for steps that the server cannot have run.
    init(_ log: StepLog, tokens: [Double], _ server: CalibrationServer) throws {
        name = log.path.split(separator: "/").last.map(String.init) ?? log.path
        content = "steps.csv, \(Quantity.count(log.steps.count)) steps"
        self.log = log
        isAsync = server.isAsync
        let most = server.resolved.plan.engine.maxNumBatchedTokens
        if let large = log.steps.first(where: { $0.tokens > most }) {
            throw InputError(
                log.path, "a step has \(large.tokens) tokens",
                expected: "at most engine.max_num_batched_tokens = \(most)")
        }
        let window = server.resolved.plan.stepTime.window
        let mostGraph = server.mostGraphTokens
        loads = log.steps.indices.map { log.load($0, window: window) }
        launches = loads.map { load in
            if load.tokens > mostGraph { return .launchEager }
            return load.chunks == 0 ? .launchGraph : .launchPiecewise
        }
        for index in log.steps.indices.dropFirst() { add(index) }
        addDelivery(tokens)
        notes = ["a log of steps says nothing of the way from clients to the scheduler"]
    }

    private mutating func add(_ index: Int) {
        let (step, before) = (log.steps[index], log.steps[index - 1])
        if step.begin > max(before.gpuEnd, before.launchEnd) + Self.idle {
            append(.idle, index, step.gpuEnd - step.begin)
            return
        }
        append(.gpu, index, step.gpuEnd - max(step.launchBegin, before.gpuEnd))
        append(.schedule, index, step.launchBegin - step.begin)
        append(.launch, index, step.launch)
        append(.update, index, step.update)
    }

    private mutating func append(
        _ kind: CalibrationFigure.Kind, _ step: Int, _ seconds: Double
    ) {
        // The log's resolution is a microsecond.
        guard seconds > 1e-6 else { return }
        figures.append(
            CalibrationFigure(
                kind: kind, measured: seconds, error: 0.03 * seconds + 10e-6,
                block: step / Self.blockSize))
        places.append((kind, step))
    }

    /// Adds the delay from each processed step to its first token at a client.
    private mutating func addDelivery(_ tokens: [Double]) {
        var next = tokens.startIndex
        for index in log.steps.indices.dropLast() {
            let step = log.steps[index]
            let follower = log.steps[index + 1]
            var processed = step.gpuEnd + step.update
            if isAsync {
                processed = max(step.gpuEnd, follower.launchEnd) + follower.update
            }
            while next < tokens.endIndex, tokens[next] < processed { next += 1 }
            guard next < tokens.endIndex else { return }
            // Later tokens belong to another step.
            let delay = tokens[next] - processed
            if delay < 20e-3, tokens[next] < max(follower.gpuEnd, processed + 1e-3) {
                append(.delivery, index, delay)
            }
        }
    }

    var mostSequences: Int? { loads.map(\.requests).max() }

    func predict(
        _ values: CalibrationValues, _ stepTime: StepTime, _ server: CalibrationServer,
        replay: Int
    ) throws -> [Double] {
        let host = values.host
        return places.map { kind, index in
            let step = log.steps[index]
            let schedule =
                host.schedule + host.schedulePerSequence * Double(loads[index].requests)
            let isGraph = launches[index] == .launchGraph
            let launch = values[launches[index]]
            switch kind {
            case .schedule: return schedule
            case .launch: return launch
            case .delivery: return host.delivery
            case .update:
                let processed = isAsync ? max(0, index - 1) : index
                return host.update + host.updatePerToken * Double(loads[processed].sampled)
            default: break
            }
            let price = stepTime.picoseconds(loads[index])
            let seconds = Double(price) * 1e-12
            if kind == .idle {
                return host.idleStart + schedule
                    + (isGraph ? launch + seconds : max(launch, seconds))
            }
            let ready = max(step.launchBegin, log.steps[index - 1].gpuEnd)
            let start = max(step.launchBegin + (isGraph ? launch : 0), ready)
            return max(start + seconds, step.launchBegin + launch) - ready
        }
    }
}
