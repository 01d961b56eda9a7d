import Foundation
import TestSupport
import Testing

@testable import Experiments

/// Errors of the clock on servers with open loops, percent, held to the article Accuracy.
@Suite(.enabled(if: evidence != nil)) struct AccuracyTests {
    private func validation(_ name: String, requests: String? = nil) throws -> ReferenceValidation {
        let folder = try #require(evidence).appendingPathComponent("h100")
        return try ReferenceValidation(
            file: folder.appendingPathComponent("validation/\(name).csv").path,
            requests: requests.map { folder.appendingPathComponent($0).path })
    }

    /// The errors of a figure over the rows that a filter keeps.
    private func errors(
        _ validation: ReferenceValidation, _ metric: String,
        _ keeps: (ReferenceValidation.Row) -> Bool
    ) throws -> ErrorSummary {
        try #require(
            ErrorSummary(
                validation.rows.filter { $0.metric == metric && keeps($0) }
                    .compactMap(\.errorPercent)))
    }

    @Test("two stages that no fit had seen")
    func few() throws {
        let file = try #require(evidence)
            .appendingPathComponent("h100/validation/open_loop_llama31_8b.csv")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        let ids = ["kubecon-vllm-2,", "kubecon-vllm+chunking_and_prefix_caching-1,"]
        let kept = [lines[0]] + lines.filter { line in ids.contains { line.hasPrefix($0) } }
        let copy = FileManager.default.temporaryDirectory
            .appendingPathComponent("accuracy-\(UUID().uuidString).csv")
        defer { try? FileManager.default.removeItem(at: copy) }
        try Data(kept.joined(separator: "\n").utf8).write(to: copy)
        let some = try ReferenceValidation(file: copy.path)
        for metric in ["tpot_mean", "e2e_mean", "ttft_mean"] {
            let found = try errors(some, metric) { _ in true }
            #expect(found.count == 2 && found.p90 <= 5, "\(metric)")
        }
    }

    #if !DEBUG
        @Test("an asynchronous server, every request replayed")
        func asynchronous() throws {
            let all = try validation(
                "open_loop_qwen3_14b", requests: "client-steps/qwen3_14b_requests.csv.gz")
            // Up to 8 requests a second, and two lengths at 6: below the knee.
            let slow = ["2rps", "4rps", "8rps", "6rps", "w7_sweep_agg6"]
            func isSlow(_ row: ReferenceValidation.Row) -> Bool {
                slow.contains { row.id.contains($0) }
            }
            let limits = [("tpot_mean", 2.0), ("e2e_mean", 2.0), ("ttft_mean", 4.0)]
            for (metric, limit) in limits {
                let found = try errors(all, metric, isSlow)
                #expect(found.count == 7)
                #expect(found.median <= limit && found.p90 <= limit, "\(metric)")
            }
            for run in all.requests where slow.contains(where: run.run.contains) {
                #expect(run.timeToFirstToken.median <= 6, "\(run.run)")
            }
            let knee = [("tpot_mean", 6.0), ("e2e_mean", 6.0), ("ttft_mean", 11.0)]
            for (metric, limit) in knee {
                #expect(try errors(all, metric) { $0.id == "q14-w5_sweep_agg12" }.median <= limit)
            }
            // With 256 in flight, what a request takes is what the server serves.
            #expect(try errors(all, "e2e_mean") { $0.group.contains("saturated") }.p90 <= 4)
        }

        @Test("a synchronous server, eleven of fourteen stages not seen")
        func synchronous() throws {
            let all = try validation("open_loop_llama31_8b")
            let fitted = [
                "kubecon-vllm-1", "kubecon-vllm-5", "kubecon-vllm+chunking_and_prefix_caching-5",
            ]
            let limits = [("tpot_mean", 2.0), ("e2e_mean", 3.0), ("ttft_mean", 7.0)]
            for (metric, limit) in limits {
                let found = try errors(all, metric) { !fitted.contains($0.id) }
                #expect(found.count == 11)
                #expect(found.median <= limit, "\(metric)")
            }
            #expect(try errors(all, "e2e_mean") { $0.group.contains("saturated") }.p90 <= 4)
        }

        @Test("another laboratory's servers, six of nine runs not seen")
        func notSeen() throws {
            let all = try validation("open_loop_blis")
            for metric in ["tpot_mean", "ttft_mean"] {
                // Clients of the reasoning runs gave up after 300 s.
                let found = try errors(all, metric) { !$0.id.contains("reasoning") }
                #expect(found.count == 9)
                #expect(found.median <= 7, "\(metric)")
            }
            let fitted = [
                "blis-llama-2-7b-tp1-general-0", "blis-codellama-34b-tp2-codegen-0",
                "blis-mixtral-8x7b-v0-1-tp2-codegen-1",
            ]
            let unseen = try errors(all, "tpot_mean") {
                !$0.id.contains("reasoning") && !fitted.contains($0.id)
            }
            #expect(unseen.count == 6 && unseen.median <= 7)
        }
    #endif
}
