import Foundation
import TestSupport
import Testing

@testable import Models

/// Weights by pipeline stage: the first holds the embedding, the last norm and head.
@Suite struct PipelineWeightTests {
    private static func stages(
        _ count: Int, tied: Bool = false, layers: Int = 32
    ) -> (bytes: [Int64], layer: Int64, table: Int64) {
        let heads = HeadAttention(queryHeads: 32, keyValueHeads: 8, headDim: 128)
        var shape = DecoderShape(hidden: 4096, layers: layers, vocabulary: 128_256, context: 8192)
        shape.tiesEmbeddings = tied
        let model = shape.dense(heads, intermediate: 14_336)
        var deployment = Deployment()
        deployment.pipelineParallel = count
        // Llama-3.1-8B: 218,112,000 elements a layer.
        return (model.weightBytesByStage(deployment), 2 * 218_112_000, 2 * 4096 * 128_256)
    }

    @Test func oneStageHoldsAll() {
        let (bytes, layer, table) = Self.stages(1)
        #expect(bytes == [32 * layer + 2 * table + 2 * 4096])
    }

    @Test func twoStagesHoldATableEach() {
        let (bytes, layer, table) = Self.stages(2)
        #expect(bytes == [16 * layer + table, 16 * layer + table + 2 * 4096])
    }

    /// vLLM gives what is left over to the stages before the last.
    @Test func layersThatAreLeftOverGoBeforeTheLastStage() {
        let (bytes, layer, table) = Self.stages(3)
        #expect(
            bytes == [
                11 * layer + table, 11 * layer, 10 * layer + table + 2 * 4096,
            ])
    }

    /// A tied head is a second copy of the embedding on another stage.
    @Test func aTiedHeadIsCopied() {
        #expect(Self.stages(1, tied: true).bytes[0] < Self.stages(1).bytes[0])
        #expect(Self.stages(2, tied: true).bytes == Self.stages(2).bytes)
    }

    /// Qwen3-VL-8B: the engine's own classes for two stages, to the byte.
    @Test(.enabled(if: evidence != nil, "no shared/cases beside the repository"))
    func towersAreOnTheFirstStage() throws {
        let file = evidence!.appendingPathComponent(
            "cases/models/Qwen--Qwen3-VL-8B-Instruct/config.json")
        let model = try HuggingFaceConfig.model(file: file.path)
        var deployment = Deployment()
        deployment.pipelineParallel = 2
        #expect(model.weightBytesByStage(deployment) == [9_343_507_936, 8_190_739_456])
    }

    @Test func theStageWithTheFewestBlocksDecides() throws {
        let heads = HeadAttention(queryHeads: 32, keyValueHeads: 8, headDim: 128)
        let model = DecoderShape(hidden: 4096, layers: 33, vocabulary: 128_256, context: 8192)
            .dense(heads, intermediate: 14_336)
        var deployment = Deployment()
        deployment.pipelineParallel = 2
        var pool = PoolOptions(maxModelLen: 8192)
        pool.pipelineParallel = 2
        pool.batchesInFlight = 3
        let budget = try MemoryBudget(
            model, deployment, gpu: "h100-sxm", memoryBytes: 85_017_493_504, pool: pool)
        let bytes = model.weightBytesByStage(deployment)
        // 17 and 16 layers: the first has more weights, and more bytes a block.
        #expect(bytes[0] > bytes[1] && budget.weightBytes == bytes[0])
        let room = Int64(0.92 * 85_017_493_504) - bytes[0] - MemoryBudget.runtimeReserve
        #expect(budget.availableBytes == room)
        #expect(budget.numGPUBlocks == Int(room / (17 * 4096 * 16)))
    }
}
