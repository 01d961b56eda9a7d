import Basics
import Models
import StepTime

/// One measured figure of a real server, with the load that produced it.
///
/// Blank cells mean unknown. Defaults: one GPU, bf16 weights and cache, exact lengths, ten requests
/// per unit of concurrency (3,000 offline), the engine's own step limits, and milliseconds and
/// tokens or requests per second as units.
struct ReferenceRow: Sendable {
    static let columns = [
        "id", "engine", "model", "gpu", "tp", "ep", "weight_dtype", "kv_cache_dtype",
        "input_tokens", "output_tokens", "length_jitter", "load_kind", "load", "num_requests",
        "max_num_batched_tokens", "max_num_seqs", "metric", "value",
    ]

    var place: String
    var id: String
    var metric: String
    /// Milliseconds, or tokens or requests per second.
    var measured: Double
    var load: ReferenceLoad
}

/// A server and its load. Rows that share it need one simulation.
struct ReferenceLoad: Hashable, Sendable {
    var engine: String
    var model: String
    var gpu: String
    var tensorParallel: Int
    var expertParallel: Int
    var weights: String
    var cache: String
    var inputTokens: Int
    var outputTokens: Int
    /// Lengths are uniform between (1 − jitter) · x and x.
    var jitter: Double
    /// "concurrency", "offline", "open_loop" or "trace".
    var kind: String
    /// Requests always in flight; 0 offline.
    var concurrency: Int
    var requests: Int
    var maxNumBatchedTokens: Int?
    var maxNumSeqs: Int?
    var maxModelLen: Int?
    /// Whether prefixes are cached. Closed loops have none to hit.
    var cachesPrefixes = false
    /// Nil if the row does not say.
    var chunksPrefills: Bool?
    /// The open loop's settings; nil: a closed loop or all at once.
    var open: OpenLoad?

    /// The engine's family, and the host model for its version.
    var profileName: String? {
        let name = engine.lowercased()
        if name.hasPrefix("vllm") { return "vllm" }
        if name.hasPrefix("tensorrt-llm") || name.hasPrefix("trtllm") { return "trtllm" }
        if name.hasPrefix("sglang") { return "sglang" }
        return nil
    }

    /// The engine's version from its name; nil if it has none.
    var version: (major: Int, minor: Int)? {
        let word = engine.split(separator: " ").dropFirst().first ?? ""
        let parts = word.split(separator: ".").compactMap { Int($0) }
        return parts.count >= 2 ? (parts[0], parts[1]) : nil
    }

    /// The third number of a version; nil if it has none.
    var patch: Int? {
        let parts = (engine.split(separator: " ").dropFirst().first ?? "").split(separator: ".")
        return parts.count >= 3 ? Int(parts[2]) : nil
    }

    /// Whether the engine schedules the next step while one runs. vLLM does so by default since
    /// 0.14; a row without a version is assumed to be current.
    var isAsynchronous: Bool {
        guard profileName == "vllm", let minor = minorVersion else { return true }
        return minor >= 14 || engine.hasSuffix(" async")
    }

    /// The same load with 2 % of jitter, if its lengths are (nearly) exact; nil if they vary more,
    /// or each is known.
    var jittered: ReferenceLoad? {
        guard jitter < Self.leastJitter, open?.recording == nil else { return nil }
        var load = self
        load.jitter = Self.leastJitter
        return load
    }

    private static let leastJitter = 0.02

    /// The minor number of a version 0.x; nil for others.
    var minorVersion: Int? {
        version.map { $0.major > 0 ? .max : $0.minor }
    }
}

extension ReferenceRow {
    /// Reads a reference file.
    ///
    /// - Throws: `InputError` naming the file and the line.
    static func read(
        _ path: String, _ recorded: RecordedRequests? = nil
    ) throws -> [ReferenceRow] {
        try read(ColumnFile(path, requiring: columns), recorded)
    }

    /// The same for a file whose columns are known.
    static func read(
        _ file: ColumnFile, _ recorded: RecordedRequests?
    ) throws -> [ReferenceRow] {
        try file.rows.indices.map { try ReferenceRow(file, $0, recorded) }
    }

    /// Columns with content that no prediction uses: they may describe another server. Excludes
    /// sources and units.
    static func unusedColumns(_ file: ColumnFile) -> [String] {
        var known = Set(columns + serverColumns + ["unit", "source"])
        let kind = file.column("load_kind")
        if file.rows.indices.contains(where: { isOpen(file.text($0, kind)) }) {
            known.formUnion(OpenLoad.columns)
        }
        return file.names.filter { name in
            guard !known.contains(name), let column = file.column(ifPresent: name) else {
                return false
            }
            return file.rows.indices.contains { !file.text($0, column).isEmpty }
        }
    }

    /// Optional columns that describe the server.
    static let serverColumns = [
        "max_model_len", "enable_prefix_caching", "enable_chunked_prefill",
    ]

    private static func isOpen(_ kind: String) -> Bool { kind == "open_loop" || kind == "trace" }

    private init(_ file: ColumnFile, _ row: Int, _ recorded: RecordedRequests?) throws {
        let cells = ReferenceCells(file, row)
        place = file.place(row)
        id = cells.text("id", default: "row \(row + 1)")
        let name = cells.text("metric")
        metric = try cells.required(name.isEmpty ? nil : name, "metric")
        measured = try ReferenceMetric(metric)
            .converted(
                cells.required(cells.number("value", atLeast: .leastNonzeroMagnitude), "value"),
                from: cells.text("unit"), place: place)
        let kind = cells.text("load_kind", default: "concurrency")
        let concurrency = try cells.integer("load", atLeast: 0) ?? 0
        if kind == "concurrency", concurrency < 1 {
            throw InputError(place, "load is blank or 0", expected: "the concurrency, at least 1")
        }
        let jitter = try cells.number("length_jitter")
        guard jitter ?? 0 < 1 else {
            throw InputError(
                place, "length_jitter is \(jitter ?? 0)", expected: "0 to less than 1")
        }
        load = ReferenceLoad(
            engine: cells.text("engine"), model: cells.text("model"),
            gpu: cells.text("gpu", default: "h100-sxm"),
            tensorParallel: try cells.integer("tp") ?? 1,
            expertParallel: max(1, try cells.integer("ep", atLeast: 0) ?? 1),
            weights: cells.text("weight_dtype", default: "bf16"),
            cache: cells.text("kv_cache_dtype", default: "bf16"),
            inputTokens: try cells.required(cells.integer("input_tokens"), "input_tokens"),
            outputTokens: try cells.required(cells.integer("output_tokens"), "output_tokens"),
            jitter: jitter ?? 0, kind: kind, concurrency: kind == "offline" ? 0 : concurrency,
            requests: try cells.integer("num_requests")
                ?? (kind == "offline" ? Self.offlineRequests : 10 * concurrency),
            maxNumBatchedTokens: try cells.integer("max_num_batched_tokens"),
            maxNumSeqs: try cells.integer("max_num_seqs"),
            maxModelLen: try cells.integer("max_model_len"),
            cachesPrefixes: try cells.flag("enable_prefix_caching") ?? false,
            chunksPrefills: try cells.flag("enable_chunked_prefill"))
        guard Self.isOpen(kind) else { return }
        load.concurrency = 0
        load.open = OpenLoad(
            arrivals: cells.text("arrivals", default: OpenLoad.Arrivals.poisson.rawValue),
            rate: try cells.number("rate", atLeast: OpenLoad.leastRate),
            achievedRate: try cells.number("achieved_rate"),
            sharedTokens: try cells.integer("shared_prefix_tokens", atLeast: 0) ?? 0,
            uniquePrompts: try cells.integer("unique_prompts"),
            mostInFlight: try cells.integer("client_max_in_flight"),
            variant: cells.text("variant"), hasSpread: jitter != nil,
            recording: recorded?.name(for: id))
        if load.requests < 1 {
            throw InputError(place, "num_requests is blank", expected: "how many were sent")
        }
    }

    /// Default number of requests in an offline run: enough to make filling and draining a small
    /// share of it.
    private static let offlineRequests = 3000
}

/// A row's cells by column name.
private struct ReferenceCells {
    let file: ColumnFile
    let row: Int

    init(_ file: ColumnFile, _ row: Int) {
        self.file = file
        self.row = row
    }

    /// A cell's text; `other` if it is blank or the column is missing.
    func text(_ name: String, default other: String = "") -> String {
        let text = file.column(ifPresent: name).map { file.text(row, $0) } ?? ""
        return text.isEmpty ? other : text
    }

    func number(_ name: String, atLeast least: Double = 0) throws -> Double? {
        try file.column(ifPresent: name).flatMap { try file.number(row, $0, atLeast: least) }
    }

    func integer(_ name: String, atLeast least: Int = 1) throws -> Int? {
        guard let column = file.column(ifPresent: name) else { return nil }
        let value = try file.integer(row, column, atLeast: least)
        guard let value, value > 1 << 30 else { return value }
        throw InputError(
            file.place(row), "\(name) is \(value)", expected: "at most \(1 << 30)")
    }

    /// 0 or 1.
    func flag(_ name: String) throws -> Bool? {
        guard let value = try integer(name, atLeast: 0) else { return nil }
        guard value <= 1 else {
            throw InputError(file.place(row), "\(name) is \(value)", expected: "0 or 1")
        }
        return value == 1
    }

    func required<Value>(_ value: Value?, _ name: String) throws -> Value {
        guard let value else {
            throw InputError(file.place(row), "\(name) is blank", expected: "a value")
        }
        return value
    }
}
