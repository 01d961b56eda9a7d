import Basics
import Models
import StepTime

/// One measured figure of a real server, with the load that produced it.
///
/// Blank cells mean unknown; the defaults are: one GPU, bf16 weights and cache, exact lengths, ten
/// requests per unit of concurrency (3,000 offline), the engine's own step limits, and as units
/// milliseconds and tokens or requests per second.
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

/// A server and what was asked of it: rows that share it are one simulation.
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
    /// "concurrency" or "offline".
    var kind: String
    /// Requests always in flight; 0 offline.
    var concurrency: Int
    var requests: Int
    var maxNumBatchedTokens: Int?
    var maxNumSeqs: Int?

    /// The engine's family and the host model that goes with its version.
    var profileName: String? {
        let name = engine.lowercased()
        if name.hasPrefix("vllm") { return "vllm" }
        if name.hasPrefix("tensorrt-llm") || name.hasPrefix("trtllm") { return "trtllm" }
        if name.hasPrefix("sglang") { return "sglang" }
        return nil
    }

    /// The engine's version as its name tells it; nil: it does not.
    var version: (major: Int, minor: Int)? {
        let word = engine.split(separator: " ").dropFirst().first ?? ""
        let parts = word.split(separator: ".").compactMap { Int($0) }
        return parts.count >= 2 ? (parts[0], parts[1]) : nil
    }

    /// Whether the engine schedules the next step while one runs. vLLM does by default since
    /// 0.14; a row without a version is taken to be a current one.
    var isAsynchronous: Bool {
        guard profileName == "vllm", let version else { return true }
        return version.major > 0 || version.minor >= 14
    }
}

extension ReferenceRow {
    /// Reads a reference file.
    ///
    /// - Throws: `InputError` naming the file and the line.
    static func read(_ path: String) throws -> [ReferenceRow] {
        try read(ColumnFile(path, requiring: columns))
    }

    /// The same of a file whose columns are known.
    static func read(_ file: ColumnFile) throws -> [ReferenceRow] {
        try file.rows.indices.map { try ReferenceRow(file, $0) }
    }

    /// Columns of a file that hold something and that no prediction looks at: they may say that
    /// the server was another. A source and a unit do not.
    static func unusedColumns(_ file: ColumnFile) -> [String] {
        let known = Set(columns + ["unit", "source"])
        return file.names.filter { name in
            guard !known.contains(name), let column = file.column(ifPresent: name) else {
                return false
            }
            return file.rows.indices.contains { !file.text($0, column).isEmpty }
        }
    }

    private init(_ file: ColumnFile, _ row: Int) throws {
        func text(_ name: String, default other: String = "") -> String {
            let text = file.text(row, file.column(name))
            return text.isEmpty ? other : text
        }
        func integer(_ name: String, atLeast least: Int = 1) throws -> Int? {
            let value = try file.integer(row, file.column(name), atLeast: least)
            guard let value, value > 1 << 30 else { return value }
            throw InputError(
                file.place(row), "\(name) is \(value)", expected: "at most \(1 << 30)")
        }
        func required<Value>(_ value: Value?, _ name: String) throws -> Value {
            guard let value else {
                throw InputError(file.place(row), "\(name) is blank", expected: "a value")
            }
            return value
        }
        place = file.place(row)
        id = text("id", default: "row \(row + 1)")
        metric = try required(text("metric").isEmpty ? nil : text("metric"), "metric")
        let unit = file.column(ifPresent: "unit").map { file.text(row, $0) } ?? ""
        measured = try ReferenceMetric(metric)
            .converted(
                required(
                    file.number(row, file.column("value"), atLeast: .leastNonzeroMagnitude),
                    "value"), from: unit, place: file.place(row))
        let kind = text("load_kind", default: "concurrency")
        let concurrency = try integer("load", atLeast: 0) ?? 0
        if kind == "concurrency", concurrency < 1 {
            throw InputError(
                file.place(row), "load is blank or 0", expected: "the concurrency, at least 1")
        }
        let jitter = try file.number(row, file.column("length_jitter")) ?? 0
        guard jitter < 1 else {
            throw InputError(
                file.place(row), "length_jitter is \(jitter)", expected: "0 to less than 1")
        }
        load = ReferenceLoad(
            engine: text("engine"), model: text("model"), gpu: text("gpu", default: "h100-sxm"),
            tensorParallel: try integer("tp") ?? 1,
            expertParallel: max(1, try integer("ep", atLeast: 0) ?? 1),
            weights: text("weight_dtype", default: "bf16"),
            cache: text("kv_cache_dtype", default: "bf16"),
            inputTokens: try required(integer("input_tokens"), "input_tokens"),
            outputTokens: try required(integer("output_tokens"), "output_tokens"),
            jitter: jitter, kind: kind, concurrency: kind == "offline" ? 0 : concurrency,
            requests: try integer("num_requests")
                ?? (kind == "offline" ? Self.offlineRequests : 10 * concurrency),
            maxNumBatchedTokens: try integer("max_num_batched_tokens"),
            maxNumSeqs: try integer("max_num_seqs"))
    }

    /// Requests of an offline run that does not say: enough for filling and draining to be a small
    /// share of it.
    private static let offlineRequests = 3000
}
