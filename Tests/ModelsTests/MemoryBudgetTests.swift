import Basics
import Models
import Testing

@Suite struct MemoryBudgetTests {
    /// A model's budget on an H100.
    private func budget(
        of name: String, utilization: Double = MemoryBudget.defaultUtilization
    ) throws -> MemoryBudget {
        try MemoryBudget(
            Catalogue.model(named: name), Deployment(), gpu: "h100-sxm", memoryBytes: 80 << 30,
            utilization: utilization, pool: PoolOptions(maxModelLen: 8192))
    }

    @Test func blocksFollowFromTheArithmetic() throws {
        let model = try Catalogue.model(named: "llama-3.1-8b")
        let budget = try budget(of: "llama-3.1-8b")
        #expect(budget.bytesPerBlock == 16 * 131_072)
        let left = budget.usableBytes - budget.weightBytes - MemoryBudget.runtimeReserve
        #expect(budget.numGPUBlocks == Int(left / budget.bytesPerBlock))
        // 0.92 x 80 GiB - 16.06 GB - 3.5 GB leaves 59.5 GB.
        #expect(budget.weightBytes == 2 * model.totalParameters)
        #expect((28_000...28_500).contains(budget.numGPUBlocks))
    }

    @Test func aModelThatDoesNotFitIsRefusedWithTheArithmetic() throws {
        let error = #expect(throws: InputError.self) { try budget(of: "llama-3-70b") }
        #expect(error?.description.contains("141.1 GB weights") == true)
        #expect(error?.description.contains("85.9 GB") == true)
    }

    @Test(arguments: [-0.1, 0, 1.5, .nan])
    func aUtilizationOutsideItsRangeIsRefused(utilization: Double) throws {
        #expect(throws: InputError.self) {
            try budget(of: "llama-3.1-8b", utilization: utilization)
        }
    }

    /// A profiled budget of llama-3.1-8b on an H100 80GB.
    private func profiled(_ tokens: Int, sequences: Int = 1024) throws -> MemoryBudget {
        var server = ServerMemory()
        server.maxNumBatchedTokens = tokens
        server.maxNumSeqs = sequences
        var pool = PoolOptions(maxModelLen: 131_072)
        pool.maxNumBatchedTokens = tokens
        return try MemoryBudget(
            Catalogue.model(named: "llama-3.1-8b"), Deployment(), gpu: "h100-sxm",
            memoryBytes: 85_017_493_504, pool: pool, terms: .profiled(server))
    }

    @Test func aLargerStepLeavesASmallerPool() throws {
        let (small, large) = (try profiled(8192), try profiled(65_536))
        #expect(small.numGPUBlocks > 27_000)
        #expect(small.numGPUBlocks - large.numGPUBlocks >= 1200)
    }

    /// 100,000 rows of logits would take more than the GPU has: a line drawn on from 1,024.
    @Test func sequencesBeyondTheMeasuredOnesRefuseNoServer() throws {
        let measured = try profiled(100_000)
        #expect(measured.profiledSequences == nil)
        let more = try profiled(100_000, sequences: 100_000)
        #expect(more.profiledSequences == 1024)
        #expect(more.numGPUBlocks == measured.numGPUBlocks)
        // What leaves room is drawn on.
        let twice = try profiled(8192, sequences: 4096)
        #expect(twice.profiledSequences == nil)
        #expect(twice.numGPUBlocks < (try profiled(8192)).numGPUBlocks)
    }

    @Test func bytesAndBlocksThatAreGivenReplaceTheArithmetic() throws {
        let model = try Catalogue.model(named: "llama-3.1-8b")
        func budget(_ given: MemoryBudget.Given) throws -> MemoryBudget {
            try MemoryBudget(
                model, Deployment(), gpu: "h100-sxm", memoryBytes: 85_017_493_504,
                pool: PoolOptions(maxModelLen: 131_072), given: given)
        }
        let bytes = try budget(.init(cacheBytes: 17_179_869_184))
        #expect(bytes.numGPUBlocks == 8192)
        let refusal = try #require(bytes.refusal)
        #expect(refusal.longestContext == 131_056)
        let error = bytes.error(refusal, gpu: "h100-sxm").description
        #expect(error.contains("at most 131056"), "\(error)")
        #expect(error.hasPrefix("engine.kv_cache_memory_bytes: is 17179869184"), "\(error)")
        #expect(error.contains("at least \(17_179_869_184 + 2_097_152), or"), "\(error)")
        #expect(bytes.overflow(memoryBytes: 85_017_493_504, gpu: "h100-sxm") == nil)
        for tooSmall in [MemoryBudget.Given(cacheBytes: 1), .init(blocks: 1)] {
            let error = #expect(throws: InputError.self) { try budget(tooSmall) }
            #expect(error?.description.contains("takes 1 beside") == true)
        }
        for tooLarge in [MemoryBudget.Given(cacheBytes: 1 << 50), .init(blocks: 40_000)] {
            let error = try budget(tooLarge).overflow(
                memoryBytes: 85_017_493_504, gpu: "h100-sxm")
            #expect(error?.description.contains("16.1 GB of weights leave 69.0 GB") == true)
        }
        let blocks = try budget(.init(blocks: 9000))
        #expect(blocks.numGPUBlocks == 9000 && blocks.refusal == nil)
        #expect(
            blocks.line
                == "GPU KV cache size: 144,000 tokens, Maximum concurrency for 131,072 tokens per "
                + "request: 1.10x")
    }
}
