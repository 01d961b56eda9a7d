import Basics
import Foundation
import TestSupport
import Testing

/// Errors of the clock on all measured servers and operators, held to the articles Accuracy and
/// GPUs. They take the released program, which `HEADWAY_RELEASED` names (`.ci/run` sets it): a
/// debug build would need a quarter of an hour.
@Suite(
    "Measured servers and operators, by the released program",
    .enabled(
        if: Released.isThere && evidence != nil, "needs HEADWAY_RELEASED and the measurements"))
struct MeasuredAccuracyTests {
    @Test("an asynchronous server, every request replayed")
    func asynchronous() throws {
        let all = try Released.validation(
            "h100/validation/open_loop_qwen3_14b.csv",
            requests: "h100/client-steps/qwen3_14b_requests.csv.gz")
        // Up to 8 requests a second, and two lengths at 6: below the knee.
        let slow = ["2rps", "4rps", "8rps", "6rps", "w7_sweep_agg6"]
        func isSlow(_ row: Released.Row) -> Bool { slow.contains { row.id.contains($0) } }
        for (metric, limit) in [("tpot_mean", 2.0), ("e2e_mean", 2.0), ("ttft_mean", 4.0)] {
            let found = all.errors(metric, isSlow)
            #expect(found.count == 7)
            #expect(found.allSatisfy { abs($0) <= limit }, "\(metric): \(found)")
        }
        for run in try #require(all.requests) where slow.contains(where: run.run.contains) {
            #expect(run.ttftMedianPercent <= 6, "\(run.run)")
        }
        for (metric, limit) in [("tpot_mean", 6.0), ("e2e_mean", 6.0), ("ttft_mean", 11.0)] {
            let found = all.errors(metric) { $0.id == "q14-w5_sweep_agg12" }
            #expect(found.count == 1 && abs(found[0]) <= limit, "\(metric): \(found)")
        }
        // With 256 in flight, what a request takes is what the server serves.
        let saturated = all.errors("e2e_mean") { $0.group.contains("saturated") }
        #expect(!saturated.isEmpty && saturated.allSatisfy { abs($0) <= 4 }, "\(saturated)")
    }

    @Test("a synchronous server, eleven of fourteen stages not seen")
    func synchronous() throws {
        let all = try Released.validation("h100/validation/open_loop_llama31_8b.csv")
        let fitted = [
            "kubecon-vllm-1", "kubecon-vllm-5", "kubecon-vllm+chunking_and_prefix_caching-5",
        ]
        for (metric, limit) in [("tpot_mean", 2.0), ("e2e_mean", 3.0), ("ttft_mean", 7.0)] {
            let found = all.errors(metric) { !fitted.contains($0.id) }
            #expect(found.count == 11)
            #expect(Released.median(found) <= limit, "\(metric): \(found)")
        }
        let saturated = all.errors("e2e_mean") { $0.group.contains("saturated") }
        #expect(!saturated.isEmpty && saturated.allSatisfy { abs($0) <= 4 }, "\(saturated)")
    }

    @Test("another laboratory's servers, six of nine runs not seen")
    func notSeen() throws {
        let all = try Released.validation("h100/validation/open_loop_blis.csv")
        let fitted = [
            "blis-llama-2-7b-tp1-general-0", "blis-codellama-34b-tp2-codegen-0",
            "blis-mixtral-8x7b-v0-1-tp2-codegen-1",
        ]
        // Clients of the reasoning runs gave up after 300 s.
        for (metric, limit) in [("tpot_mean", 7.0), ("e2e_mean", 7.0), ("ttft_mean", 7.0)] {
            let unseen = all.errors(metric) {
                !$0.id.contains("reasoning") && !fitted.contains($0.id)
            }
            #expect(unseen.count == 6)
            #expect(Released.median(unseen) <= limit, "\(metric): \(unseen)")
        }
    }

    @Test("closed loops and offline runs of an H100")
    func closed() throws {
        let all = try Released.validation("h100/validation/public.csv")
        func median(_ metric: String, _ parts: String...) -> Double {
            Released.median(all.errors(metric) { row in parts.allSatisfy(row.group.contains) })
        }
        #expect(median("tpot_mean", "vllm", "Llama-3.1-70B") <= 1.3)
        #expect(median("ttft_mean", "vllm", "Llama-3.1-70B") <= 3.8)
        #expect(median("output_throughput", "TensorRT-LLM", "70B") <= 3)
        #expect(median("tpot_mean", "vllm", "Qwen3-32B, bf16") <= 2.4)
    }

    /// Medians in percent of TPOT and of TTFT, a tenth above the article GPUs.
    @Test(
        "closed loops on other GPUs",
        arguments: [
            // Of those, half was fitted; the article has the rest apart.
            ("vllm,meta-llama/Llama-3.1-70B,h200-sxm", 3.0, 5.2),
            ("vllm 0.18.0,openai/gpt-oss-120b,h200-sxm", 3.3, 14.0),
            ("vllm 0.18.0,MiniMaxAI/MiniMax-M2.5,h200-sxm", 2.4, 6.7),
            ("vllm 0.17.0,MiniMaxAI/MiniMax-M2.5,b200-sxm", 3.1, 14.0),
            ("vllm 0.16.0,MiniMaxAI/MiniMax-M2.5,h200-sxm", 4.0, 17.5),
            ("vllm 0.19.0,MiniMaxAI/MiniMax-M2.5,b200-sxm", 5.1, 9.0),
            // fp8 and nvfp4 together.
            ("vllm,meta-llama/Llama-3.1-70B,b200-sxm", 4.2, 10.0),
            ("sglang 0.5.9,deepseek-ai/DeepSeek-R1,h200-sxm", 7.2, 3.4),
            ("trtllm,meta-llama/Llama-3.1-70B,h200-sxm", 15.8, 14.0),
        ])
    func otherGPUs(server: String, tpot: Double, ttft: Double) throws {
        let path = try #require(evidence).appendingPathComponent("h100/validation/other_gpus.csv")
        let lines = try String(contentsOf: path, encoding: .utf8).split(separator: "\n")
        // A row begins with its id, engine, model and GPU.
        let rows = lines.filter { line in
            line.split(separator: ",").dropFirst().prefix(3).joined(separator: ",") == server
        }
        let scratch = try ScratchFolder()
        let file = try scratch.write(
            "server.csv", Array((lines.prefix(1) + rows).joined(separator: "\n").utf8))
        let all: Released.Validation = try Released.decoded("validate '\(file)' --json")
        let steps = all.errors("tpot_mean") { _ in true }
        let firsts = all.errors("ttft_mean") { _ in true }
        #expect(steps.count >= 15 && Released.median(steps) <= tpot, "\(steps)")
        #expect(firsts.count >= 15 && Released.median(firsts) <= ttft, "\(firsts)")
    }

    @Test("two servers of RTX PRO 6000, one of which was fitted")
    func workstation() throws {
        let all = try Released.validation("h100/validation/open_loop_other_gpus.csv")
        let found = all.errors("tpot_mean") { _ in true }
        #expect(found.count == 2 && found.allSatisfy { abs($0) <= 11 }, "\(found)")
    }

    /// Medians in percent: a tenth above what the study of the tables finds, or, marked, what
    /// differs for the reason given.
    @Test(
        "operators of every GPU that was measured",
        arguments: [
            ("h100-sxm", [4.5, 10, 0, 6.5, 3.5, 0, 0, 3]),
            // fp8 matrices: servers' form, not the tables'; decode: the study thins otherwise.
            ("h200-sxm", [5.2, 11.5, 0, 6.5, 4.5, 4.1, 7.5, 3.6]),
            ("a100-sxm", [8.4, 0, 0, 8.9, 9.0, 0, 0, 14.4]),
            // nvfp4: with small matrices, which the study's fit leaves out.
            ("b200-sxm", [5.4, 11.1, 10.5, 12.7, 3.7, 3.5, 13.8, 4.7]),
            ("b300-sxm", [6.5, 9.0, 11.5, 15.6, 2.9, 3.2, 15.0, 7.7]),
            // fp8: 7.9 on the study's rows.
            ("gb200", [6.5, 9.5, 10.5, 12.7, 3.0, 2.4, 0, 6.3]),
            // fp8: 4.9 on the study's rows.
            ("l40s", [8.5, 7.0, 0, 9.8, 7.2, 4.4, 8.8, 10.1]),
            ("rtx-pro-6000", [4.8, 5.7, 10.5, 6.2, 3.2, 1.6, 13.0, 5.8]),
        ])
    func operators(gpu: String, limits: [Double]) throws {
        let folder = gpu == "h100-sxm" ? "h100/operators" : "gpus/\(gpu)"
        let groups = try Released.operators(folder, gpu)
        let names = [
            "GEMM bfloat16, shapes", "GEMM fp8, shapes", "GEMM nvfp4, shapes",
            "prefill attention bf16, real", "decode attention bf16, KV over",
            "decode attention fp8, KV over", "MoE bfloat16, balanced, EP", "all-reduce, 2 KB",
        ]
        for (name, limit) in zip(names, limits) where limit > 0 {
            let members = groups.filter { $0.name.hasPrefix(name) }
            #expect(!members.isEmpty, "\(gpu) \(name)")
            for group in members {
                #expect(group.medianPercent ?? 0 <= limit, "\(gpu) \(group.name)")
            }
        }
        guard gpu == "h100-sxm" else { return }
        for group in groups where group.meant && group.name.contains("MoE") {
            #expect(abs(group.biasPercent ?? 0) <= 8, "\(group.name)")
            if group.name.contains("EP1") { #expect(group.medianPercent ?? 0 <= 5) }
        }
    }

    /// From the H100's kernels to what the H200's tables say.
    @Test("a folder's all-reduces and experts are fitted")
    func fits() throws {
        let folder = try #require(evidence).appendingPathComponent("gpus/h200-sxm").path
        let scratch = try ScratchFolder()
        let file = scratch.path + "/h200.json"
        let fit = try Released.call("fit-steptime '\(folder)' --out '\(file)'")
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for family in [
            "all-reduce over 8", "MoE mxfp4, cut", "MoE bf16, skewed", "MoE int4",
            "decode attention bf16, heads of 64",
        ] { #expect(fit.contains(family), "\(family): \(fit)") }
        let groups = try Released.operators("gpus/h200-sxm", "h200-sxm", "--profile '\(file)'")
        let reduce = try #require(groups.first { $0.name.hasPrefix("all-reduce, 2 KB") })
        #expect(reduce.medianPercent ?? 100 <= 3)
    }
}

/// What the released program says of measurements.
private enum Released {
    static let isThere = ProcessInfo.processInfo.environment["HEADWAY_RELEASED"] != nil

    struct Row: Decodable {
        var id: String
        var group: String
        var metric: String
        var errorPercent: Double?
    }

    struct Requests: Decodable {
        var run: String
        var ttftMedianPercent: Double
    }

    struct Validation: Decodable {
        var rows: [Row]
        var requests: [Requests]?

        /// Errors of a figure over the rows that a filter keeps, percent.
        func errors(_ metric: String, _ keeps: (Row) -> Bool) -> [Double] {
            rows.filter { $0.metric == metric && keeps($0) }.compactMap(\.errorPercent)
        }
    }

    struct Group: Decodable {
        var name: String
        var medianPercent: Double?
        var biasPercent: Double?
        var meant: Bool
    }

    private struct Operators: Decodable { var groups: [Group] }

    /// The output of a call, which must succeed.
    static func call(_ words: String) throws -> String {
        let outcome = try Executable.shell("\"$HEADWAY_RELEASED\" \(words)", seconds: 500)
        #expect(outcome.status == 0, "\(words): \(outcome.errors)")
        return outcome.output
    }

    static func decoded<Value: Decodable>(_ words: String) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Value.self, from: Data(call(words).utf8))
    }

    static func validation(_ file: String, requests: String? = nil) throws -> Validation {
        let folder = try #require(evidence)
        let more = requests.map { " --requests '\(folder.appendingPathComponent($0).path)'" } ?? ""
        return try decoded("validate '\(folder.appendingPathComponent(file).path)' --json" + more)
    }

    static func operators(
        _ folder: String, _ gpu: String, _ more: String = ""
    ) throws -> [Group] {
        let path = try #require(evidence).appendingPathComponent(folder).path
        let found: Operators = try decoded(
            "validate --operators '\(path)' --gpu \(gpu) --json \(more)")
        return found.groups
    }

    /// The middle of absolute errors; infinite for none.
    static func median(_ errors: [Double]) -> Double {
        let sorted = errors.map(abs).sorted()
        return sorted.isEmpty ? .infinity : Quantile.value(0.5, of: sorted.count) { sorted[$0] }
    }
}
