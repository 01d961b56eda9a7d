import Basics
import Foundation
import Models
import Reports
import Results
import StepTime
import TestSupport
import Testing

@testable import Fidelity

private let columns = ReferenceRow.columns.joined(separator: ",")

/// Writes files into a fresh folder, hands it over and removes it.
private func withFolder<Result>(
    _ files: [String: String], _ body: (String) throws -> Result
) throws -> Result {
    let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("validate-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in files {
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }
    return try body(folder.path)
}

/// A row of a reference file; unnamed columns are those of a small Llama-3.1-8B load.
private func row(_ id: String, _ changes: [String: String] = [:]) -> String {
    let usual = [
        "engine": "vllm", "model": "meta-llama/Llama-3.1-8B", "gpu": "h100-sxm", "tp": "1",
        "ep": "1", "weight_dtype": "bf16", "kv_cache_dtype": "bf16", "input_tokens": "200",
        "output_tokens": "20", "length_jitter": "0.2", "load_kind": "concurrency", "load": "4",
        "num_requests": "12", "max_num_batched_tokens": "8192", "max_num_seqs": "4",
        "metric": "tpot_mean", "value": "7",
    ]
    return ReferenceRow.columns.map { column in
        column == "id" ? id : changes[column] ?? usual[column]!
    }.joined(separator: ",")
}

@Suite struct ReferenceValidationTests {
    @Test func rowsAreSimulatedAndGrouped() throws {
        let blank = Dictionary(
            uniqueKeysWithValues: [
                "gpu", "tp", "ep", "weight_dtype", "kv_cache_dtype", "length_jitter", "load_kind",
                "num_requests", "max_num_batched_tokens", "max_num_seqs",
            ].map { ($0, "") })
        let offline = ["load_kind": "offline", "load": "", "metric": "output_throughput"]
        let text = [
            columns, row("a"), row("b", ["metric": "ttft_mean", "value": "20"]), row("c", blank),
            row("\"d, quoted\"", ["model": "nobody/knows-it"]), row("e", offline),
        ].joined(separator: "\n")
        let validation = try withFolder(["r.csv": text]) {
            try ReferenceValidation(file: $0 + "/r.csv")
        }
        let rows = validation.rows
        #expect(rows.map(\.id) == ["a", "b", "c", "d, quoted", "e"])
        let predicted = try #require(rows[0].predicted)
        // One step of four decodes at a short context: weights over bandwidth, and host time.
        #expect((5.5...9).contains(predicted))
        #expect(rows[0].errorPercent == 100 * (predicted / 7 - 1))
        #expect(rows[2].predicted != nil)
        #expect(rows[3].predicted == nil)
        #expect(rows[3].skipped?.contains("nobody/knows-it") == true)
        #expect(try #require(rows[4].predicted) > 0)
        let skipped = validation.groups.map(\.skipped).reduce(0, +)
        #expect(skipped == 1)
        let json = try jsonText(validation)
        for key in ["\"error_percent\"", "\"measured\"", "\"groups\"", "\"median_percent\""] {
            #expect(json.contains(key))
        }
    }

    /// A server has the host of its engine, version and GPU, if one was fitted there.
    @Test func serversHaveTheHostsThatWereFittedOnThem() throws {
        let servers: [(engine: String, gpu: String, more: [String: String], host: String)] = [
            ("sglang 0.5.9", "h200-sxm", [:], "sglang-0.5.9"),
            ("sglang 0.5.6.post2", "h200-sxm", [:], "vllm-2025-10"),
            ("sglang 0.5.9", "b200-sxm", [:], "none"), ("trtllm", "h200-sxm", [:], "trtllm-2025"),
            ("TensorRT-LLM 1.0", "h100-sxm", ["load_kind": "offline"], "none"),
            ("trtllm 1.2.0rc2", "b200-sxm", ["weight_dtype": "mxfp4"], "none"),
            ("trtllm 1.2.0rc2", "b200-sxm", ["weight_dtype": "fp8"], "trtllm-2025"),
            ("vllm 0.18.0", "h200-sxm", [:], "vllm-0.18-async"),
        ]
        let text = servers.map { server in
            row("a", server.more.merging(["engine": server.engine, "gpu": server.gpu]) { $1 })
        }
        let loads = try withFolder(["r.csv": ([columns] + text).joined(separator: "\n")]) {
            try ReferenceRow.read($0 + "/r.csv").map(\.load)
        }
        #expect(loads.map { $0.hostProfile(nil).name } == servers.map(\.host))
    }

    @Test func columnsThatNothingReadsAreNamed() throws {
        let text =
            columns + ",unit,driver,empty\n" + row("a", ["load": "1000000000"]) + ",ms,512,"
        let validation = try withFolder(["r.csv": text]) {
            try ReferenceValidation(file: $0 + "/r.csv")
        }
        #expect(validation.unusedColumns == ["driver"])
        let page = ValidationReport.text(validation, rows: false)
        #expect(page.contains("Note: columns that no prediction looks at: driver"))
        // As many clients as requests, not the thousand million asked for.
        #expect(validation.rows[0].predicted != nil)
    }

    @Test(arguments: [
        ("", "is empty"), ("id,engine\n1,2\n", "columns missing"),
        (columns + ",value\n" + row("a", [:]) + ",1", "the column value occurs twice"),
        (columns + "\n" + row("a", ["value": "nan"]), "value"),
        (columns + "\n" + row("a", ["input_tokens": "-2"]), "input_tokens"),
        (columns + "\n" + row("a", ["length_jitter": "1.5"]), "length_jitter"),
        (columns + "\n", "has no rows"),
        (columns + "\n" + row("a", ["model": "nobody/knows-it"]), "none of 1 rows"),
        (columns + "\n" + row("a", ["load_kind": "rate"]), "unknown load_kind"),
        (columns + "\n" + row("a", ["metric": "tpot_worst"]), "is not known"),
        (columns + "\n" + row("a", ["output_tokens": "1"]), "no request has a tpot_mean"),
        (columns + ",unit\n" + row("a") + ",furlong", "unit is \"furlong\""),
        (columns + ",unit\n" + row("a") + ",tokens/s", "expected ms, s, us, ns"),
        (columns + "\na,b,c", "fields"), (columns + "\n" + row("\"a"), "not closed"),
    ])
    func otherFilesAreOneClearError(text: String, problem: String) throws {
        let error = try withFolder(["r.csv": text]) { folder in
            #expect(throws: InputError.self) {
                try ReferenceValidation(file: folder + "/r.csv")
            }
        }
        #expect(error?.description.contains(problem) == true)
        #expect(error?.place.contains("r.csv") == true)
    }

    @Test("a unit is read as what it says, and none as milliseconds")
    func units() throws {
        let offline = ["load_kind": "offline", "load": "", "metric": "output_throughput"]
        let text = [
            columns + ",unit", row("a") + ",", row("b", ["value": "0.007"]) + ",s",
            row("c", ["value": "7000"]) + ",us", row("d", ["value": "7e6"]) + ",ns",
            row("e", offline) + ",tok/s total", row("f", offline) + ",Tokens/s",
            row("g", ["metric": "ttft_worst"]) + ",ms",
        ].joined(separator: "\n")
        let validation = try withFolder(["r.csv": text]) {
            try ReferenceValidation(file: $0 + "/r.csv")
        }
        let errors = validation.rows.compactMap(\.errorPercent)
        #expect(errors.count == 6)
        #expect(errors[..<4].allSatisfy { abs($0 - errors[0]) < 1e-9 })
        #expect(errors[4] == errors[5])
        let empty = try #require(validation.groups.first { $0.figure == "ttft_worst" })
        #expect(empty.errors == nil && empty.skipped == 1)
        let json = try jsonText(validation.groups)
        #expect(json.components(separatedBy: "median_percent").count == 5)
        #expect(!ValidationReport.text(validation, rows: true).contains("ttft_worst  0  0.0"))
    }
}

@Suite struct OperatorValidationTests {
    /// A GEMM table made from the vLLM profile itself.
    private var gemmTable: String {
        var lines = ["kernel_source,gemm_dtype,m,n,k,latency"]
        for m in [1, 8, 64, 512, 4096] {
            for (n, k) in [(4096, 8192), (8192, 8192), (28672, 8192), (8192, 28672)] {
                for (name, format) in [("bfloat16", WeightFormat.bf16), ("fp8", .fp8)] {
                    let seconds = EngineProfile.vllm.gemm[format]!.seconds(
                        tokens: Double(m), inputs: Double(k), outputs: Double(n),
                        bytesPerWeight: format.bytesPerWeight)
                    lines.append("x,\(name),\(m),\(n),\(k),\(seconds * 1e3)")
                }
            }
        }
        return lines.joined(separator: "\n")
    }

    @Test func aTableMadeFromTheProfileHasNoError() throws {
        let validation = try withFolder(["gemm.csv": gemmTable, "other.csv": "a,b\n1,2\n"]) {
            try OperatorValidation(folder: $0, profile: .vllm)
        }
        #expect(validation.groups.count == 2)
        #expect(validation.groups.allSatisfy { $0.errors.median < 1e-9 && $0.isMeant })
        #expect(validation.skipped.count == 1)
    }

    @Test func aFitFindsItsWayBackFromAnotherProfile() throws {
        // sglang's GEMM coefficients are the start, vLLM's made the table.
        var table = gemmTable
        table += "\n" + gemmTable.split(separator: "\n").dropFirst().joined(separator: "\n")
        let errors = try withFolder(["gemm.csv": table]) { folder in
            let fit = try OperatorFit(folder: folder, base: .sglang)
            return try OperatorValidation(folder: folder, profile: fit.profile).groups.map(\.errors)
        }
        #expect(errors.count == 2)
        #expect(errors.allSatisfy { $0.median < 2 })
    }

    @Test func aFittedProfileComesBackFromItsFile() throws {
        let text = String(
            decoding: try JSONEncoder().encode(EngineProfile.trtllm), as: UTF8.self)
        let slip = text.replacing("\"perSequence\"", with: "\"perSequense\": 1, \"perSequence\"")
        #expect(slip != text)
        let named = #expect(throws: InputError.self) {
            try withFolder(["p.json": slip]) { try EngineProfile.named($0 + "/p.json") }
        }
        #expect(named?.problem == "unknown key" && named?.suggestion == "perSequence")
        let read = try withFolder(["p.json": text]) { try EngineProfile.named($0 + "/p.json") }
        #expect(read == .trtllm)
        for junk in ["", "{}", text.replacing("\"rate\":", with: "\"rate\":-")] {
            try withFolder(["p.json": junk]) { folder in
                _ = #expect(throws: InputError.self) {
                    try EngineProfile.named(folder + "/p.json")
                }
            }
        }
    }

    @Test(arguments: ["x,bfloat16,nan,4096,8192,1", "x,bfloat16,8,4096,8192,0", "x,bfloat16,8"])
    func junkRowsAreOneClearError(row: String) throws {
        let text = "kernel_source,gemm_dtype,m,n,k,latency\n" + row
        try withFolder(["gemm.csv": text]) { folder in
            let error = #expect(throws: InputError.self) {
                try OperatorValidation(folder: folder, profile: .vllm)
            }
            #expect(error?.place.hasSuffix("gemm.csv:2") == true)
        }
    }

    @Test(arguments: [
        "allreduce_dtype,num_gpus,message_size,latency,backend\nhalf,1e300,4096,1,graph",
        "allreduce_dtype,num_gpus,message_size,latency,backend\nhalf,2.5,4096,1,graph",
        "op_name,nccl_dtype,num_gpus,message_size,latency\nall_reduce,half,1e300,4096,1",
    ])
    func numbersOfGPUsAreIntegers(table: String) throws {
        try withFolder(["t.csv": table]) { folder in
            let error = #expect(throws: InputError.self) {
                try OperatorValidation(folder: folder, profile: .vllm)
            }
            #expect(error?.place.hasSuffix("t.csv:2") == true)
            #expect(error?.problem.contains("num_gpus") == true)
        }
    }

    @Test func aBlankWindowIsNone() throws {
        let table = """
            batch_size,num_heads,num_key_value_heads,head_dim,kv_cache_dtype,step,window_size,\
            latency
            64,32,8,128,bfloat16,4095,,0.4
            64,32,8,128,bfloat16,4095,0,0.4

            """
        try withFolder(["t.csv": table]) { folder in
            let groups = try OperatorValidation(folder: folder, profile: .vllm).groups
            #expect(groups.count == 1 && groups[0].errors.count == 2)
        }
    }

    /// Rows of experts with one scale for each matrix are a set of their own, which their own
    /// coefficients price and a fit changes.
    @Test func expertsWithOneScaleAreASetOfTheirOwn() throws {
        let own = try #require(EngineProfile.trtllm.tensorExperts?[.fp8])
        var lines = [
            "kernel_source,moe_dtype,num_tokens,hidden_size,inter_size,topk,num_experts,"
                + "moe_tp_size,moe_ep_size,distribution,latency"
        ]
        for tokens in [1, 4, 16, 64, 256, 1024, 4096, 16384] {
            for (hidden, size) in [(2048, 768), (4096, 1536), (6144, 2560), (4096, 14336)] {
                let reached = ReachedExperts(count: 128, chosen: 8, .balanced)
                let seconds = own.seconds(
                    tokens: Double(tokens), hidden: Double(hidden), size: Double(hidden * size),
                    chosen: 8, activated: reached.activated(Double(tokens), spread: 1), spread: 1,
                    bytesPerWeight: 1)
                for type in ["fp8", "fp8_block"] {
                    lines.append(
                        "x,\(type),\(tokens),\(hidden),\(size),8,128,1,1,balanced,"
                            + "\(seconds * 1e3)")
                }
            }
        }
        try withFolder(["moe.csv": lines.joined(separator: "\n")]) { folder in
            let groups = try OperatorValidation(folder: folder, profile: .trtllm).groups
            let tensor = try #require(groups.first { $0.name == "MoE fp8, balanced, EP1" })
            let blocks = try #require(groups.first { $0.name == "MoE fp8_block, balanced, EP1" })
            #expect(tensor.errors.median < 1e-9 && !tensor.isMeant)
            #expect(blocks.errors.p90 > 10 && blocks.isMeant)
            let rows = try OperatorTables.read(folder: folder).samples.map(\.call)
            for family in [OperatorFamily.experts(.fp8), .tensorExperts(isSkewed: false)] {
                #expect(rows.count(where: family.contains) == rows.count / 2)
            }
            #expect(rows.count { OperatorFamily.tensorExperts(isSkewed: true).contains($0) } == 0)
        }
        let fitted = OperatorFamily.tensorExperts(isSkewed: false)
        var values = fitted.values(.vllm)
        values[0] = 1
        let changed = fitted.replacing(values, in: .vllm)
        #expect(changed.tensorExperts?[.fp8]?.fixed == 1)
        #expect(changed.experts == EngineProfile.vllm.experts)
    }

    @Test func emptyFoldersAreRefused() throws {
        try withFolder([:]) { folder in
            _ = #expect(throws: InputError.self) {
                try OperatorValidation(folder: folder, profile: .vllm)
            }
        }
        #expect(throws: InputError.self) {
            try OperatorValidation(folder: "/nowhere", profile: .vllm)
        }
    }
}

@Suite struct ErrorSummaryTests {
    @Test func quantilesLieBetweenNeighbours() throws {
        let summary = try #require(ErrorSummary([-10, 2, 4, -6, 8]))
        #expect(summary.median == 6)
        #expect(abs(summary.p90 - 9.2) < 1e-12)
        #expect(summary.bias == 2)
        #expect(ErrorSummary([]) == nil)
    }
}
