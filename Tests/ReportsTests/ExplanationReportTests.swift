import Experiments
import Foundation
import Models
import StepTime
import Testing

@testable import Reports

@Suite("The page of explain")
struct ExplanationReportTests {
    private func report(
        _ name: String, tokens: Int = 1, context: Int = 2048, _ options: ClockOptions = .init()
    ) throws -> ExplanationReport {
        let explanation = try Explanation(
            Catalogue.model(named: name), Deployment(), options,
            step: StepBreakdown.Step(batch: 1, tokens: tokens, context: context))
        return ExplanationReport(ExplainScenario.Explained(explanation))
    }

    private func keys(_ report: ExplanationReport) throws -> [String: Any] {
        let data = try JSONEncoder().encode(report)
        return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    @Test("names the launch, and has no note for a plain step")
    func plain() throws {
        let report = try report("llama-3.1-8b")
        #expect(report.text.contains("attn_launch"))
        #expect(!report.text.contains("Note"))
        #expect(try keys(report)["notes"] as? [String] == [])
    }

    @Test("a chunk of one side alone is compared with the step without it")
    func chunk() throws {
        var scenario = ExplainScenario()
        try scenario.set("batch", to: "4")
        let (plain, chunked) = (
            try scenario.explained(), try scenario.changed(by: "--chunk 512").explained()
        )
        let page = ExplanationComparison(plain, chunked, change: "--chunk 512").text
        let row = page.split(separator: "\n").first { $0.hasPrefix("with chunk") }
        #expect(row?.contains("+0.0 %") == false && row?.contains(" ms") == true, "\(page)")
        let own = ExplanationReport(chunked)
        #expect(own.text.hasPrefix("A chunk of 512 prompt tokens in the same step"))
        #expect(own.text.contains("The decodes' step without the chunk takes"))
        let mixed = try #require(try keys(own)["mixed"] as? [String: Any])
        let seconds = try #require(chunked.mixed).together
        #expect(mixed["togetherUs"] as? Double == seconds * 1e6)
    }

    @Test("says each note on a line that begins with the word")
    func notes() throws {
        let report = try report("gemma-2-27b", context: 100_000)
        #expect(report.text.contains("\nNote: a context of 100,000 tokens is longer than"))
        #expect((try keys(report)["notes"] as? [String])?.isEmpty == false)
    }

    @Test("has nothing on attention for a model without it, on the page and in JSON")
    func withoutAttention() throws {
        let report = try report("falcon-mamba-7b", tokens: 4096, context: 4096)
        #expect(!report.text.contains("Naive attention"))
        #expect(!report.text.contains("times the attention work"))
        let keys = try keys(report)
        #expect(keys["naiveAttentionBytes"] == nil && keys["crossoverContext"] == nil)
        #expect(keys["withoutCacheAttentionRatio"] == nil && keys["scoreMatrixBytes"] == nil)
        #expect(keys["numGpuBlocks"] != nil)
    }

    @Test("says where naive attention's scores do not fit")
    func naiveScores() throws {
        let report = try report("llama-3.1-8b", tokens: 100_000, context: 100_000)
        #expect(report.text.contains("one layer's scores, 640.0 GB a GPU, do not fit"))
    }

    @Test("draws a profile whose phases take no time at all")
    func absurd() throws {
        var options = ClockOptions()
        for format in CacheFormat.allCases { options.profile.decode[format]?.bandwidth = 1e308 }
        let report = try report("llama-3.1-8b", options)
        #expect(report.text.contains("Note: the price of qk_scores, attn_v is extrapolated"))
        #expect(try keys(report)["stepUs"] as? Double ?? 0 > 0)
    }
}
