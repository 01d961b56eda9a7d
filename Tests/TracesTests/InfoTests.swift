import Foundation
import TestSupport
import Testing
import Traces

private func info(_ path: String) throws -> TraceInfo {
    let (source, notes) = try openTrace(shared("traces/" + path))
    return try TraceInfo(source, notes: notes)
}

/// A number rounded half up to decimals, as published tables print it.
private func rounded(_ value: Double, _ decimals: Int) -> Double {
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    return (value * scale + 0.5).rounded(.down) / scale
}

/// Figures measured on the same files by other programs.
@Suite(.enabled(if: evidence != nil)) struct MeasuredStatistics {
    @Test func azureConversation() throws {
        let trace = try info("azure_llm_2023/AzureLLMInferenceTrace_conv.csv")
        #expect(rounded(trace.arrivals.span, 0) == 3_502)
        #expect(rounded(trace.arrivals.rate, 2) == 5.53)
        #expect(rounded(trace.arrivals.variation, 2) == 1.09)
        #expect(try rounded(#require(trace.arrivals.peakOverMean.second), 1) == 2.9)
        #expect(try rounded(#require(trace.arrivals.peakOverMean.minute), 2) == 1.53)
        #expect(try rounded(#require(trace.arrivals.dispersion.second), 1) == 1.4)
        #expect(try rounded(#require(trace.arrivals.dispersion.minute), 1) == 16.1)
        let prompts = trace.prompts.quantiles([0.5, 0.9, 0.99]).map { rounded($0, 0) }
        #expect(prompts == [1_020, 2_735, 4_142])
        #expect(rounded(trace.prompts.mean, 0) == 1_155)
        let outputs = trace.outputs.quantiles([0.5, 0.9, 0.99]).map { rounded($0, 0) }
        #expect(outputs == [129, 424, 601])
        #expect(trace.outputs.largest == 1_000)
    }

    @Test func azureCode() throws {
        let trace = try info("azure_llm_2023/AzureLLMInferenceTrace_code.csv")
        #expect(rounded(trace.arrivals.variation, 1) == 13.2)
        #expect(try rounded(#require(trace.arrivals.peakOverMean.second), 1) == 26.1)
        #expect(try rounded(#require(trace.arrivals.peakOverMean.minute), 1) == 4.1)
        #expect(try rounded(#require(trace.arrivals.dispersion.second), 1) == 13.2)
        #expect(try rounded(#require(trace.arrivals.dispersion.minute), 0) == 164)
        let prompts = trace.prompts.quantiles([0.5, 0.9, 0.99]).map { rounded($0, 0) }
        #expect(prompts == [1_469, 5_188, 7_436])
    }

    @Test func mooncakeConversation() throws {
        let trace = try info("mooncake_fast25/conversation_trace.jsonl")
        let reuse = try #require(trace.reuse)
        #expect(reuse.uniqueBlocks == 182_790)
        #expect(reuse.totalBlocks == 288_500)
        let blocks = Double(reuse.hitBlocks) / Double(reuse.totalBlocks)
        #expect(rounded(blocks * 100, 2) == 36.64)
        #expect(
            rounded(Double(reuse.hitTokens) / Double(reuse.baseTokens) * 100, 2) == 37.36)
        let shares = [0.01, 0.05, 0.1, 0.5, 1].map {
            rounded(100 * reuse.lruHitRatio(capacity: Int(Double(reuse.uniqueBlocks) * $0)), 1)
        }
        #expect(shares == [5.2, 19.5, 27.8, 36.3, 36.6])
        // 35.348 %: a table that rounds twice shows 35.4.
        #expect(rounded(1_000 * reuse.lruHitRatio(capacity: reuse.uniqueBlocks / 4), 1) == 353.5)
        #expect(reuse.gapSeconds.map { rounded($0, 0) } == [114, 519, 1_578])
        #expect(reuse.distances.map { rounded($0, 0) } == [8_356, 31_588, 85_267])
        #expect(trace.hasCoarseClock)
    }

    @Test func ragPulse() throws {
        let trace = try info("ragpulse")
        let reuse = try #require(trace.reuse)
        #expect(reuse.uniqueBlocks == 21_857)
        #expect(reuse.totalBlocks == 71_583)
        #expect(rounded(Double(reuse.hitBlocks) / 715.83, 1) == 20.0)
        #expect(
            rounded(Double(reuse.hitTokens) / Double(reuse.baseTokens) * 100, 2) == 33.45)
        #expect(rounded(trace.arrivals.span, 0) == 1_209_321)
        #expect(rounded(trace.arrivals.variation, 2) == 3.22)
        let prompts = trace.prompts.quantiles([0.5, 0.9, 0.99]).map { rounded($0, 0) }
        #expect(prompts == [3_140, 3_959, 5_438])
        #expect(reuse.gapSeconds.map { rounded($0, 0) } == [1_230, 105_319, 605_866])
    }
}
