import Basics

/// Runs of real servers, recorded request by request with their latencies: the JSON of
/// LLMServingSim's bench, of `vllm bench serve --save-detailed`, of AIPerf and of guidellm.
///
/// - LLMServingSim (`requests.jsonl`): `input_toks`, `output_toks`, `arrival_time` (s since 1970)
///   and the engine's `queued_ts`, `first_token_ts`, `last_token_ts` (s of its own clock). The two
///   clocks are aligned by the request that was queued soonest after its arrival.
/// - vLLM's benchmark: lists with one item per request: `start_times` (s), `input_lens`,
///   `output_lens`, `ttfts` (s), `itls` (s), `errors`. One result, or several in sequence.
/// - AIPerf and guidellm: see `readRecord` and `readReport`.
///
/// Requests of one session are turns: each follows the latest that had ended, after the pause
/// between them.
struct RecordedRuns {
    /// A request, in nanoseconds of its file's clock.
    struct Request {
        var time: Int64
        var prompt: Int64
        var output: Int64
        var priority: Int32 = 0
        var first: Int64?
        var end: Int64?
        /// When the engine queued it, on the clock of `first` and `end`; nil if these count from
        /// the arrival.
        var queued: Int64?
        var labels: [String?] = []
        /// Equal for the turns of one session; nil for a request of its own.
        var session: UInt64?
        /// Why it has no whole answer, where the file says so.
        var loss: TraceQuirk?
    }

    var requests: [Request] = []
    var counters: ReaderCounters
    private var assumptions: [String] = []
    var remarks: [String] = []
    let labels: [TraceLabel]

    /// Opens a file of such a format. Throws `InputError` if it cannot be read, and for a benchmark
    /// result without requests.
    static func open(
        _ reader: LineReader, as format: TraceFormat, options: TraceOptions
    ) throws -> (source: any RequestSource, notes: TraceNotes) {
        var lines = reader
        var cursor = ByteCursor(try lines.rest())
        var trace = RecordedRuns(options)
        try withExtendedLifetime(lines) {
            do {
                try cursor.eachObject {
                    var fields = try JSONFields(&$0)
                    switch format {
                    case .vllmBench: try trace.readBenchmark(&fields)
                    case .aiperf: try trace.readRecord(&fields)
                    case .guidellm: try trace.readReport(&fields)
                    default: try trace.readServed(&fields)
                    }
                }
            } catch let failure as ScanFailure {
                throw LineReader.locate(failure, cursor, path: reader.path)
            }
        }
        let origin =
            switch format {
            case .vllmBench: "vLLM's benchmark client: from the sending of a request"
            case .guidellm: "guidellm's client: from the sending of a request"
            case .aiperf: "AIPerf's client: from the sending of a request"
            default: "vLLM's engine, as LLMServingSim recorded it: from the arrival of a request"
            }
        do {
            return try trace.source(reader.path, format, origin, options)
        } catch let failure as ScanFailure {
            throw InputError(reader.path, failure.problem, expected: failure.expected)
        }
    }

    private init(_ options: TraceOptions) {
        counters = ReaderCounters(isStrict: options.isStrict)
        labels = options.labels
    }

    private mutating func source(
        _ path: String, _ format: TraceFormat, _ origin: String, _ options: TraceOptions
    ) throws -> (source: any RequestSource, notes: TraceNotes) {
        setClocks()
        let turns = turns
        let (rows, measured) =
            try turns.isEmpty ? single(origin) : chained(turns, origin, path: path)
        let notes = TraceNotes(
            path: path, format: format, assumptions: assumptions, measured: measured)
        notes.labels = labels.map(RequestLabels.init)
        for remark in remarks { notes.add(remark: remark) }
        return (
            CollectedTrace(
                rows, counters: counters, options: options, notes: notes, countsFromFirstRow: true),
            notes
        )
    }

    /// The requests, none of which follows another.
    private func single(_ origin: String) -> (rows: CollectedRows, measured: MeasuredLatencies) {
        var rows = CollectedRows()
        var measured = MeasuredLatencies(origin: origin)
        for request in requests {
            let id = rows.append(request.row)
            rows.name(id, request.labels)
            if let latencies = request.latencies { measured.add(latencies, id: id) }
        }
        return (rows, measured)
    }

    /// The requests of each session with several, in order of time; sessions in the file's order.
    private var turns: [[Int]] {
        var sessions: [UInt64: Int] = [:]
        var members: [[Int]] = []
        for (index, request) in requests.enumerated() {
            guard let session = request.session else { continue }
            let place = sessions[session] ?? members.count
            if place == members.count {
                sessions[session] = place
                members.append([])
            }
            members[place].append(index)
        }
        return members.filter { $0.count > 1 }.map { calls in
            calls.sorted {
                let (a, b) = (requests[$0].time, requests[$1].time)
                return a != b ? a < b : $0 < $1
            }
        }
    }

    /// The requests, turns behind those that they follow.
    private mutating func chained(
        _ turns: [[Int]], _ origin: String, path: String
    ) throws -> (rows: CollectedRows, measured: MeasuredLatencies) {
        var graph = RequestGraph()
        for request in requests {
            var call = RequestGraph.Call()
            call.row = request.row
            call.duration = max(0, request.end ?? 0)
            call.labels = request.labels
            call.measured = request.latencies
            graph.append(call)
        }
        for calls in turns { graph.chain(calls) }
        assumptions.append("turns share nothing with one another: the records hold no content")
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        return try graph.collected(
            &counters, inside: ByteCursor(none), path: path, measuredFrom: origin)
    }

    // MARK: LLMServingSim

    private mutating func readServed(_ fields: inout JSONFields) throws {
        var arrival = try fields.time("arrival_time", scale: 9)
        // As its workloads have it.
        if arrival == nil { arrival = try fields.time("arrival_time_ns", scale: 0) }
        guard let prompt = try fields.tokens("input_toks"),
            let output = try fields.tokens("output_toks"), let time = arrival
        else {
            throw ScanFailure(
                "a key is missing", expected: "input_toks, output_toks and arrival_time")
        }
        let queued = try fields.time("queued_ts", scale: 9)
        requests.append(
            Request(
                time: time, prompt: prompt, output: output,
                priority: try fields.priority("priority") ?? 0,
                first: try fields.time("first_token_ts", scale: 9),
                end: try fields.time("last_token_ts", scale: 9), queued: queued ?? time,
                labels: fields.labels(labels)))
        try fields.countOthers(&counters, unless: ["request_id", "scheduled_ts"])
    }

    /// Times further apart than this are from different clocks, in nanoseconds: 28 hours.
    private static let oneClock: UInt64 = 100_000_000_000_000

    /// Turns times of the engine's clock into times since the arrival.
    private mutating func setClocks() {
        let shift =
            requests.compactMap { request in
                request.queued.map { $0 &- request.time }
            }.min() ?? 0
        let differ = shift.magnitude > Self.oneClock
        for index in requests.indices where requests[index].queued != nil {
            // Absurd times may wrap; negative latencies are dropped later.
            let arrival = requests[index].time &+ (differ ? shift : 0)
            // Clocks that read 0 did not run.
            requests[index].first = requests[index].first.flatMap { $0 == 0 ? nil : $0 &- arrival }
            requests[index].end = requests[index].end.flatMap { $0 == 0 ? nil : $0 &- arrival }
        }
        if differ {
            assumptions.append(
                "the engine's clock is set by the request that it queued soonest after its arrival")
        }
    }

    // MARK: vLLM's benchmark

    private mutating func readBenchmark(_ fields: inout JSONFields) throws {
        func list(_ name: StaticString) throws -> [Int64]? {
            var values: [Int64] = []
            let isThere = try fields.each(name) { element in
                if element.skipNull() { return values.append(0) }
                values.append(try element.time(name, scale: 9))
            }
            return isThere ? values : nil
        }
        func counts(_ name: StaticString) throws -> [Int64]? {
            var values: [Int64] = []
            return try fields.each(name) { values.append(try $0.integer(name)) } ? values : nil
        }
        guard let prompts = try counts("input_lens"), let outputs = try counts("output_lens"),
            let ttfts = try list("ttfts")
        else {
            throw ScanFailure(
                "the result of a benchmark without its requests (input_lens, output_lens, ttfts)",
                expected: "one that was saved with --save-detailed")
        }
        guard let starts = try list("start_times") else {
            throw ScanFailure(
                "the result does not say when requests were sent (start_times)",
                expected: "one of a later vllm bench serve, saved with --save-detailed")
        }
        guard ttfts.allSatisfy({ $0 >= 0 }) else {
            throw ScanFailure("a time to first token is negative", expected: "at least 0")
        }
        let ends = try readEnds(&fields, ttfts)
        var failed: [Bool] = []
        let hasErrors = try fields.each("errors") { element in
            if element.skipNull() { return failed.append(false) }
            failed.append(try !element.stringRange().isEmpty)
        }
        if !hasErrors { failed = starts.map { _ in false } }
        let sizes = [prompts.count, outputs.count, ttfts.count, ends.count, failed.count]
        guard sizes.allSatisfy({ $0 == starts.count }) else {
            throw ScanFailure(
                "lists of \(sizes.map(String.init).joined(separator: ", ")) values for"
                    + " \(starts.count) requests", expected: "one value a request in each")
        }
        for index in starts.indices {
            requests.append(
                Request(
                    time: starts[index], prompt: prompts[index],
                    output: failed[index] ? 0 : outputs[index],
                    first: failed[index] || ttfts[index] == 0 ? nil : ttfts[index],
                    end: failed[index] ? nil : ends[index], loss: failed[index] ? .failed : nil))
        }
        if let most = try fields.tokens("max_concurrency") {
            remarks.append(
                "the benchmark kept at most \(most) requests in flight: requests are sent at their"
                    + " recorded times unless trace.concurrency=\(most) says so here, too")
        }
    }

    /// Times from sending to the last token: `latencies`, or else the first token's time plus all
    /// gaps.
    private func readEnds(_ fields: inout JSONFields, _ ttfts: [Int64]) throws -> [Int64?] {
        var ends: [Int64?] = []
        var index = 0
        let hasGaps = try fields.each("itls") { element in
            var sum = index < ttfts.count ? ttfts[index] : 0
            index += 1
            var isFirst = true
            try element.openArray("itls")
            while try element.nextElement(0x5d, &isFirst) {
                let gap = try element.time("a gap", scale: 9)
                guard gap >= 0 else {
                    throw ScanFailure("a gap between tokens is negative", expected: "at least 0")
                }
                sum = min(TraceRow.latest, sum + gap)
            }
            ends.append(sum > 0 ? sum : nil)
        }
        var latencies: [Int64?] = []
        let hasLatencies = try fields.each("latencies") { element in
            let time = element.skipNull() ? 0 : try element.time("a latency", scale: 9)
            guard time >= 0 else {
                throw ScanFailure("a latency is negative", expected: "at least 0")
            }
            latencies.append(time > 0 ? time : nil)
        }
        return hasLatencies ? latencies : hasGaps ? ends : ttfts.map { _ in nil }
    }
}

extension RecordedRuns.Request {
    fileprivate var row: TraceRow {
        var row = TraceRow()
        row.time = time
        row.prompt = prompt
        row.output = output
        row.priority = priority
        row.loss = loss
        return row
    }

    /// What was measured; nil for a request without an answer.
    fileprivate var latencies: MeasuredLatencies.Request? {
        guard output > 0 else { return nil }
        return .init(timeToFirstToken: first, endToEnd: end, outputTokens: output)
    }
}
