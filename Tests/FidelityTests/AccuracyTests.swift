import Foundation
import TestSupport
import Testing

@testable import Fidelity

/// Errors of the clock on servers with open loops, percent: a few runs; MeasuredAccuracyTests hold
/// all of them to the article Accuracy.
@Suite(.enabled(if: evidence != nil)) struct AccuracyTests {
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
        for (metric, most) in [("tpot_mean", 1.5), ("e2e_mean", 1.5), ("ttft_mean", 8)] {
            let found = try errors(some, metric) { _ in true }
            #expect(found.count == 2 && found.p90 <= most, "\(metric): \(found.p90)")
        }
    }
}
