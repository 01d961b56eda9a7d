import Foundation
import TestSupport
import Testing

@testable import Models

/// vLLM 0.33.0's own layouts, line by line: `oracle/vllm-0.33.0-features/pool`.
@Suite struct PoolLayoutTests {
    @Test(.enabled(if: evidence != nil), arguments: PoolCase.names)
    func layoutsAreTheEngines(name: String) throws {
        let file = try PoolCase(name)
        var layout = try PoolLayout(file.layers, file.options)
        let result = file.result
        #expect(layout.blockSize == result["block_size_after_alignment"] as! Int)
        #expect(layout.options.tokensInFlight == result["max_in_flight_tokens"] as! Int)
        #expect(layout.options.enablesPrefixCaching == result["enable_prefix_caching"] as! Bool)
        #expect(layout.bytesPerBlock == (result["bytes_per_block"] as! [Int]).map(Int64.init))
        let groups = result["groups"] as! [[String: Any]]
        #expect(layout.groups.map(\.layers) == groups.map { $0["layers"] as! Int })
        #expect(layout.groups.map(\.blockSize) == groups.map { $0["block_size"] as! Int })
        #expect(layout.groups.map(\.pageBytes) == groups.map { Int64($0["page_bytes"] as! Int) })
        #expect(
            layout.groups.map { $0.isMixed ? "Uniform" : $0.kind.engineName }
                == groups.map { $0["kind"] as! String })
        #expect(layout.groups.map(\.isMarked) == groups.map { $0["eagle"] as? Bool ?? false })
        try Self.checkRuns(of: file, &layout)
    }

    /// A page of attention holds a state with its drafts: one more row of the convolution each.
    @Test(.enabled(if: evidence != nil), arguments: [0, 2, 5, 8, 16])
    func blocksHoldStatesWithDrafts(drafts: Int) throws {
        let file = try PoolCase("qwen3-next-tp2-mtp2.json")
        var options = file.options
        options.drafts = drafts
        let layout = try PoolLayout(file.layers, options)
        // 16 heads of 128 x 128 and three taps of 4,096, 2 bytes each; 1,024 bytes a token.
        let state = 16 * 128 * 128 * 2 + (3 + drafts) * 4_096 * 2
        #expect(layout.blockSize == (state + 65_535) / 65_536 * 64)
    }

    /// Blocks, refusals and printed lines of a case.
    private static func checkRuns(of file: PoolCase, _ layout: inout PoolLayout) throws {
        let result = file.result
        for run in file.runs {
            let bytes =
                (run["available_bytes"] as? Int).map { [$0] }
                ?? (run["available_bytes"] as! [Int])
            var blocks = layout.numBlocks(availableBytes: bytes.map(Int64.init))
            let given = file.value(of: "--num-gpu-blocks-override").flatMap(Int.init)
            if let given { blocks = given }
            if result["auto_fit"] != nil {
                layout.options.maxModelLen = layout.longestContext(
                    blocks: blocks, limit: file.options.maxModelLen)
            }
            let refusal = layout.refusal(
                blocks: blocks, availableBytes: given == nil ? Int64(bytes.min()!) : nil)
            if let expected = run["refused"] as? [String: Any] {
                let refusal = try #require(refusal)
                #expect(refusal.longestContext == expected["estimated_max_model_len"] as! Int)
                #expect(
                    PoolRefusal.gibibytes(refusal.neededBytes) == expected["needed_gib"] as! String)
                #expect(
                    PoolRefusal.gibibytes(refusal.availableBytes)
                        == expected["available_gib"] as! String)
                continue
            }
            #expect(refusal == nil)
            #expect(blocks == run["num_blocks"] as! Int)
            let length = run["max_model_len"] as! Int
            #expect(layout.options.maxModelLen == length)
            #expect(layout.blocks(ofRequest: length) == run["blocks_per_request"] as! [Int])
            #expect(layout.line(blocks: blocks) == run["line"] as! String)
            #expect(layout.schedulerBlockSize == run["scheduler_block_size"] as! Int)
            #expect(layout.keyUnit == run["hash_block_size"] as! Int)
        }
    }

    /// The same from the config.json: what each layer keeps follows from the file and the flags,
    /// and so do a draft's layers.
    @Test(.enabled(if: evidence != nil), arguments: PoolCase.names)
    func layoutsFollowFromTheFiles(name: String) throws {
        let file = try PoolCase(name)
        let model = try HuggingFaceConfig.model(file.config, place: "config.json")
        var deployment = Deployment(
            tensorParallel: file.value(of: "-tp").flatMap(Int.init) ?? 1)
        deployment.pipelineParallel = file.options.pipelineParallel
        deployment.packsLatents = file.value(of: "--kv-cache-dtype")?.hasPrefix("fp8") ?? false
        deployment.cache = deployment.packsLatents ? .fp8 : .bf16
        deployment.draft = try file.draft(of: model)
        var options = file.options
        options.exportsCheckpoints = true
        var layout = try PoolLayout(model.poolCaches(deployment), options)
        let result = file.result
        #expect(layout.blockSize == result["block_size_after_alignment"] as! Int)
        #expect(layout.bytesPerBlock == (result["bytes_per_block"] as! [Int]).map(Int64.init))
        let groups = result["groups"] as! [[String: Any]]
        #expect(layout.groups.map(\.layers) == groups.map { $0["layers"] as! Int })
        #expect(layout.groups.map(\.blockSize) == groups.map { $0["block_size"] as! Int })
        #expect(layout.groups.map(\.pageBytes) == groups.map { Int64($0["page_bytes"] as! Int) })
        #expect(layout.groups.map(\.isMarked) == groups.map { $0["eagle"] as? Bool ?? false })
        try Self.checkRuns(of: file, &layout)
    }
}
