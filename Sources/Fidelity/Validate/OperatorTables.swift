import Basics
import Foundation
import Models
import StepTime

/// Reads operator tables, recognised by their columns. Latencies are in milliseconds per call.
enum OperatorTables {
    /// Samples of the files read, and unrecognised files with the reason.
    struct Contents {
        var samples: [OperatorSample] = []
        var skipped: [(file: String, reason: String)] = []
    }

    /// Reads all CSV files of a folder, sorted by name.
    ///
    /// - Throws: `InputError` for a folder or file that cannot be read, or without tables.
    static func read(folder: String) throws -> Contents {
        guard let names = FileSystem.names(in: folder) else {
            throw InputError(folder, "cannot be read", expected: "a folder of operator tables")
        }
        var contents = Contents()
        for name in names where name.hasSuffix(".csv") {
            try read(folder + "/" + name, name: name, into: &contents)
        }
        guard !contents.samples.isEmpty else {
            throw InputError(
                folder, "has no operator table that is known",
                expected: "CSV files with columns such as gemm_dtype,m,n,k,latency")
        }
        return contents
    }

    private static func read(
        _ path: String, name: String, into contents: inout Contents
    ) throws {
        let header = Set(try ColumnFile.header(path))
        for (columns, sample) in readers where columns.allSatisfy(header.contains) {
            let file = try ColumnFile(path, requiring: columns)
            for row in file.rows.indices {
                let fields = OperatorRow(file: file, row: row, columns: columns)
                if let read = try sample(fields) { contents.samples.append(read) }
            }
            return
        }
        contents.skipped.append((name, "no kernel with these columns is modelled"))
    }

    /// Column sets and their readers. The first that matches a file reads it.
    private static let readers:
        [(columns: [String], sample: @Sendable (OperatorRow) throws -> OperatorSample?)] = [
            (["gemm_dtype", "m", "n", "k", "latency"], gemm),
            (
                [
                    "batch_size", "isl", "num_heads", "num_key_value_heads", "head_dim",
                    "kv_cache_dtype", "window_size", "latency",
                ], prefill
            ),
            (
                [
                    "batch_size", "num_heads", "num_key_value_heads", "head_dim",
                    "kv_cache_dtype", "step", "window_size", "latency",
                ], decode
            ), (["gemm_type", "model", "mla_dtype"], { _ in nil }),
            (
                ["mla_dtype", "kv_cache_dtype", "num_heads", "batch_size", "step", "latency"],
                latent
            ),
            (
                [
                    "moe_dtype", "num_tokens", "hidden_size", "inter_size", "topk", "num_experts",
                    "moe_tp_size", "moe_ep_size", "distribution", "latency",
                ], experts
            ), (["allreduce_dtype", "num_gpus", "message_size", "latency", "backend"], allReduce),
            (["op_name", "nccl_dtype", "num_gpus", "message_size", "latency"], collective),
            (
                [
                    "node_num", "hidden_size", "num_token", "num_topk", "dispatch_avg_t_us",
                    "combine_avg_t_us",
                ], exchange
            ),
        ]

    private static func gemm(_ row: OperatorRow) throws -> OperatorSample? {
        let (m, n, k) = (try row.number("m"), try row.number("n"), try row.number("k"))
        let type = row.text("gemm_dtype")
        // Block-scaled fp8 uses other kernels than the modelled per-token form.
        let formats: [String: WeightFormat] = [
            "bfloat16": .bf16, "fp8": .fp8, "fp8_block": .fp8, "nvfp4": .nvfp4,
        ]
        guard let format = formats[type] else { return nil }
        // Shapes of real models: not tiny, and beyond the L2 cache with the six matrices that the
        // benchmark cycles through.
        let isReal =
            n >= 1024 && k >= 1024 && m <= 16_384 && 6 * n * k * format.bytesPerWeight > 100e6
        return OperatorSample(
            call: .gemm(tokens: m, outputs: n, inputs: k, format), seconds: try row.latency,
            set: "GEMM \(type), \(isReal ? "shapes of real models" : "other shapes")",
            isMeant: isReal && type != "fp8_block")
    }

    private static func decode(_ row: OperatorRow) throws -> OperatorSample? {
        let batch = try row.number("batch_size")
        let (heads, keys) = (try row.number("num_heads"), try row.number("num_key_value_heads"))
        let dim = try row.number("head_dim")
        let length = try row.number("step", atLeast: 0) + 1
        let window = try row.window
        guard let format = row.cacheFormat else { return nil }
        let context = batch * (window > 0 ? min(length, window) : length)
        let bytes = context * 2 * keys * dim * Double(format.bits) / 8
        let isUsual = dim == 128 && heads / keys <= 16 && window == 0
        let kind =
            window > 0
            ? "windowed" : (isUsual ? (bytes >= 100e6 ? "KV over 100 MB" : "KV in L2") : "other")
        return OperatorSample(
            call: .decode(
                sequences: batch, keyHeads: keys, headDim: dim, context: context, format),
            seconds: try row.latency, set: "decode attention \(format.rawValue), \(kind)",
            isMeant: kind == "KV over 100 MB",
            isFitted: dim <= Double(EngineProfile.narrowHead) && window == 0 && bytes >= 100e6)
    }

    private static func prefill(_ row: OperatorRow) throws -> OperatorSample? {
        let (batch, tokens) = (try row.number("batch_size"), try row.number("isl"))
        let (heads, keys) = (try row.number("num_heads"), try row.number("num_key_value_heads"))
        let dim = try row.number("head_dim")
        let window = try row.window
        guard let format = row.cacheFormat else { return nil }
        let rising = window > 0 ? min(tokens, window) : tokens
        let pairs = rising * rising / 2 + (tokens - rising) * rising
        let isUsual = dim == 128 && heads / keys <= 16 && keys <= 8 && window == 0
        // From 32 heads of 1,000 tokens on, work dominates the launch.
        let isLarge = batch * heads * tokens * tokens >= 32e6
        let kind =
            window > 0 ? "windowed" : (isUsual ? (isLarge ? "real models" : "small") : "other")
        return OperatorSample(
            call: .prefill(
                sequences: batch, tokens: tokens, pairs: pairs, queryHeads: heads, keyHeads: keys,
                headDim: dim, format), seconds: try row.latency,
            set: "prefill attention \(format.rawValue), \(kind)", isMeant: kind == "real models",
            isFitted: dim <= Double(EngineProfile.narrowHead) && window == 0 && isLarge)
    }

    private static func latent(_ row: OperatorRow) throws -> OperatorSample? {
        let batch = try row.number("batch_size")
        let length = try row.number("step", atLeast: 0) + 1
        guard let format = row.cacheFormat, row.text("mla_dtype") == "bfloat16" else { return nil }
        let isCold = batch * length * 576 * Double(format.bits) / 8 >= 100e6
        // The fp8 rows of public tables used a fallback kernel, ten times slower than bf16.
        return OperatorSample(
            call: .latent(
                sequences: batch, heads: try row.number("num_heads"), context: batch * length,
                format), seconds: try row.latency,
            set: "MLA decode \(format.rawValue), \(isCold ? "KV over 100 MB" : "KV in L2")",
            isMeant: isCold && format == .bf16)
    }

    private static func experts(_ row: OperatorRow) throws -> OperatorSample? {
        let type = row.text("moe_dtype")
        let formats: [String: WeightFormat] = [
            "bfloat16": .bf16, "fp8": .fp8, "fp8_block": .fp8, "w4a16_mxfp4": .mxfp4,
            "int4_wo": .int4, "nvfp4": .nvfp4,
        ]
        guard let format = formats[type] else { return nil }
        let spread = try row.number("moe_ep_size")
        let cut = try row.number("moe_tp_size")
        let routing = row.text("distribution")
        let isSkewed = routing != "balanced"
        let isUsual = !isSkewed && spread <= 8 && cut == 1
        let tokens = try row.number("num_tokens")
        let (count, chosen) = (try row.integer("num_experts"), try row.integer("topk"))
        guard count <= Self.mostExperts else {
            throw InputError(
                row.file.place(row.row), "num_experts is \(count)",
                expected: "at most \(Self.mostExperts)")
        }
        let reached = ReachedExperts(
            count: count, chosen: min(chosen, count), isSkewed ? .powerLaw : .balanced)
        return OperatorSample(
            call: .experts(
                tokens: tokens, hidden: try row.number("hidden_size"),
                intermediate: try row.number("inter_size") / cut, chosen: Double(chosen),
                activated: reached.activated(tokens, spread: spread), spread: spread, format,
                isSkewed: isSkewed, hasTensorScales: type == "fp8"), seconds: try row.latency,
            set: isUsual
                ? "MoE \(type), balanced, EP\(Int(spread))"
                : "MoE \(type), \(isSkewed ? "skewed" : "balanced, other cuts")",
            isMeant: isUsual && (type == "bfloat16" || type == "fp8_block"),
            isFitted: spread <= 8)
    }

    /// Far more than in any model.
    private static let mostExperts = 65_536

    private static func allReduce(_ row: OperatorRow) throws -> OperatorSample? {
        let bytes = 2 * (try row.number("message_size"))
        let gpus = try row.integer("num_gpus")
        let isGraph = row.text("backend").hasSuffix("graph")
        // Steps run from CUDA graphs, and their messages have at least 2 KB.
        let isMeant = isGraph && bytes >= 2048 && bytes <= 300e6
        return OperatorSample(
            call: .allReduce(gpus: gpus, bytes: bytes), seconds: try row.latency,
            set: isMeant ? "all-reduce, 2 KB to 268 MB" : "all-reduce, other", isMeant: isMeant)
    }

    private static func collective(_ row: OperatorRow) throws -> OperatorSample? {
        guard row.text("op_name") == "all_reduce", row.text("nccl_dtype") == "half" else {
            return nil
        }
        let bytes = 2 * (try row.number("message_size"))
        return OperatorSample(
            call: .allReduce(gpus: try row.integer("num_gpus"), bytes: bytes),
            seconds: try row.latency, set: "all-reduce, plain NCCL", isMeant: false)
    }

    private static func exchange(_ row: OperatorRow) throws -> OperatorSample? {
        guard try row.number("node_num") == 1 else { return nil }
        let elements =
            try row.number("num_token") * row.number("num_topk") * row.number("hidden_size")
        return OperatorSample(
            call: .link(.dispatch, bytes: elements),
            seconds: try row.number("dispatch_avg_t_us") * 1e-6, set: "expert dispatch, one node",
            isMeant: false)
    }
}

/// A row of an operator table.
struct OperatorRow {
    let file: ColumnFile
    let row: Int
    let columns: [String]

    func text(_ name: String) -> String { file.text(row, file.column(name)) }

    /// A number of at least 1, or of at least `least`.
    func number(_ name: String, atLeast least: Double = 1) throws -> Double {
        guard let value = try file.number(row, file.column(name), atLeast: least) else {
            throw InputError(file.place(row), "\(name) is blank", expected: "a number")
        }
        return value
    }

    /// An integer of at least 1.
    func integer(_ name: String) throws -> Int {
        guard let value = try file.integer(row, file.column(name), atLeast: 1) else {
            throw InputError(file.place(row), "\(name) is blank", expected: "an integer")
        }
        return value
    }

    /// The attention window, tokens; 0 or a blank cell: none.
    var window: Double {
        get throws { try file.number(row, file.column("window_size"), atLeast: 0) ?? 0 }
    }

    /// The latency in seconds (milliseconds in the file); positive.
    var latency: Double {
        get throws { try number("latency", atLeast: .leastNonzeroMagnitude) * 1e-3 }
    }

    /// The cache format; nil if it is not modelled.
    var cacheFormat: CacheFormat? {
        switch text("kv_cache_dtype") {
        case "bfloat16", "bf16", "auto": .bf16
        case "fp8": .fp8
        default: nil
        }
    }
}
