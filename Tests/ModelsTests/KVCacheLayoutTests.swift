import Testing

@testable import Models

@Suite struct KVCacheLayoutTests {
    /// The pool of a model on GPUs with the engine's defaults.
    private func pool(_ model: TransformerModel, tensorParallel: Int = 1) throws -> PoolLayout {
        try PoolLayout(
            model.caches(Deployment(tensorParallel: tensorParallel)),
            PoolOptions(maxModelLen: 8192))
    }

    /// Bytes per token in bf16, all GPUs' layers on one GPU.
    @Test(arguments: [
        ("llama-3-70b", 1, 327_680), ("llama-2-7b", 1, 524_288), ("llama-3-70b", 8, 40_960),
        ("llama-3-70b", 16, 40_960), ("llama-3.1-405b", 1, 516_096), ("deepseek-v3", 1, 70_272),
        ("deepseek-v3", 8, 70_272),
    ])
    func bytesPerTokenAreThoseOfTheModel(name: String, tensorParallel: Int, bytes: Int64) throws {
        let model = try Catalogue.model(named: name)
        let layout = KVCacheLayout(model, Deployment(tensorParallel: tensorParallel))
        #expect(layout.bytesPerToken == bytes)
        let pool = try pool(model, tensorParallel: tensorParallel)
        #expect(pool.simulated.groups == [.full])
        #expect(pool.bytesPerBlock == [16 * bytes])
    }

    @Test func aGroupedModelCachesAnEighthOfItsMHAForm() throws {
        let model = try Catalogue.model(named: "llama-3-70b")
        let whole = KVCacheLayout(model.withoutGrouping, Deployment())
        #expect(whole.bytesPerToken == 8 * KVCacheLayout(model, Deployment()).bytesPerToken)
    }

    @Test func quantizedCachesShrink() throws {
        let model = try Catalogue.model(named: "llama-3-70b")
        #expect(KVCacheLayout(model, Deployment(cache: .fp8)).bytesPerToken == 163_840)
        #expect(KVCacheLayout(model, Deployment(cache: .int4)).bytesPerToken == 81_920)
    }

    @Test(arguments: [
        // Ten full layers of 62, and 52 windowed ones in six padded groups.
        ("gemma-3-27b", 10, 7, 1024), ("gemma-2-27b", 23, 2, 4096), ("gpt-oss-120b", 18, 2, 128),
    ])
    func hybridModelsAreCutIntoGroupsOfEquallyManyLayers(
        name: String, layers: Int, groups: Int, window: Int
    ) throws {
        let model = try Catalogue.model(named: name)
        let layout = KVCacheLayout(model, Deployment())
        let pool = try pool(model)
        #expect(pool.groups.map(\.layers).max() == layers)
        // In the order of the first layer of each kind: these models begin with a window.
        #expect(
            pool.simulated.groups
                == Array(repeating: .sliding(window: window), count: groups - 1) + [.full])
        let perLayer = layout.bytesPerTokenPerLayer
        #expect(pool.bytesPerBlock == [16 * perLayer * Int64(layers)])
        // Far beyond the window only the full layers grow.
        let growth = layout.bytes(context: 100_000) - layout.bytes(context: 50_000)
        #expect(growth == 50_000 * perLayer * Int64(layers))
    }

    @Test func aWindowInEveryLayerBoundsTheCache() throws {
        let model = try Catalogue.model(named: "mistral-7b-v0.1")
        let layout = KVCacheLayout(model, Deployment())
        #expect(try pool(model).simulated.groups == [.sliding(window: 4096)])
        #expect(layout.bytes(context: 100_000) == layout.bytes(context: 4096))
    }

    @Test func recurrentLayersKeepAStateOfConstantSize() throws {
        let mamba = KVCacheLayout(try Catalogue.model(named: "falcon-mamba-7b"), Deployment())
        // 64 layers of 8192 channels: 16 elements and 3 inputs of 2 bytes each.
        #expect(mamba.stateBytesPerSequence == 64 * 8192 * (16 * 2 + 3 * 2))
        #expect(mamba.bytes(context: 1) == mamba.bytes(context: 1_000_000))
        let jamba = KVCacheLayout(try Catalogue.model(named: "jamba-1.5-mini"), Deployment())
        #expect(jamba.bytesPerToken == 4 * 4096)
        #expect(jamba.stateBytesPerSequence == 28 * 8192 * 38)
    }

    @Test func sparseAttentionKeepsWindowGlobalAndRandomTokens() throws {
        let reach = Reach.sparse(window: 192, globalTokens: 128, randomTokens: 192)
        #expect(reach.keys(context: 4096) == 512)
        #expect(reach.keys(context: 100) == 100)
        let heads = HeadAttention(queryHeads: 12, keyValueHeads: 12, headDim: 64, reach: reach)
        let model = DecoderShape(hidden: 768, layers: 12, vocabulary: 50_358, context: 4096)
            .dense(heads, intermediate: 3072)
        // Random keys differ by query, so that all of the cache is kept.
        #expect(try pool(model).simulated.groups == [.full])
    }

    @Test func linearAttentionAndRetentionCacheNothingPerToken() {
        let mixers: [RecurrentMixer] = [
            .linearAttention(hidden: 1024, heads: 8, keyDim: 128, valueDim: 128),
            .linearAttention(
                hidden: 1024, heads: 8, keyDim: 128, valueDim: 256, isRetention: true),
            .rwkv4(hidden: 1024, attention: 1024),
        ]
        for mixer in mixers {
            let model = DecoderShape(hidden: 1024, layers: 4, vocabulary: 1000, context: 4096)
                .model { _ in (.recurrent(mixer), .none) }
            let layout = KVCacheLayout(model, Deployment())
            #expect(layout.bytesPerToken == 0)
            #expect(layout.stateBytesPerSequence == 4 * mixer.stateBytes)
            #expect(mixer.stateBytes > 0)
        }
    }
}
