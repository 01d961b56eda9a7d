import Basics
import Models
import Testing

@testable import StepTime

/// Kernels that differ with the checkpoint's scales, and with how servers launch them.
@Suite struct ServedKernelTests {
    /// All-reduces of steps beyond the captured graphs carry extra bytes, from the first token
    /// beyond on: none within graphs, none where servers show none.
    @Test(arguments: [("h100", 0), ("h200", 0), ("b200", 0.7), ("b300", 0.25), ("l40s", 0)])
    func allReducesBeyondGraphsTakeLonger(gpu: String, excess: Double) throws {
        let model = try Catalogue.model(named: "llama-3.1-70b")
        let deployment = Deployment(tensorParallel: 2, weights: .fp8)
        var options = try ClockOptions(profile: "vllm", gpu: .named(gpu))
        let served = OperatorCosts(model: model, deployment: deployment, options: options)
        options.profile.serving?.reduceExcess = nil
        let plain = OperatorCosts(model: model, deployment: deployment, options: options)
        let graph = Double(try #require(options.captureSizes.last))
        for tokens in [1, graph] {
            #expect(served.allReduce(tokens: tokens) == plain.allReduce(tokens: tokens))
        }
        let (few, many) = (served.allReduce(tokens: graph + 1), served.allReduce(tokens: 1e6))
        #expect(few < 1.01 * plain.allReduce(tokens: graph + 1))
        #expect(abs(many / plain.allReduce(tokens: 1e6) - 1 - excess) < 0.01 + 0.01 * excess)
        let notes = try StepTime.measured(model, deployment, options).provenance.assumptions
        #expect(!notes.contains { $0.hasPrefix("all-reduces take") })
        options.profile.serving?.reduceExcess = excess
        let said = try StepTime.measured(model, deployment, options).provenance.assumptions
        let factor = Quantity.decimal(1 + excess, 1)
        #expect(
            said.contains { $0.hasPrefix("all-reduces take up to \(factor) times") }
                == (excess > 0.2))
    }

    /// Experts with one scale for each matrix have their own kernels where these were measured as
    /// servers run them; elsewhere the page says whose price they have.
    @Test(arguments: [
        ("vllm", "b200", true), ("vllm", "gb200", true), ("vllm", "l40s", true),
        ("trtllm", "h100", true), ("vllm", "h100", false), ("vllm", "h200", false),
        ("sglang", "h100", false),
    ])
    func expertsWithOneScaleEach(engine: String, gpu: String, isMeasured: Bool) throws {
        let profile = try EngineProfile.named(engine, on: .named(gpu))
        for isSkewed in [false, true] {
            let own = profile.experts(.fp8, isSkewed: isSkewed, hasTensorScales: true)
            #expect((own != profile.experts(.fp8, isSkewed: isSkewed)) == isMeasured)
        }
        func assumptions(_ name: String) throws -> [String] {
            var options = try ClockOptions(profile: engine, gpu: .named(gpu))
            options.maxTokens = 64
            return try StepTime.measured(
                Catalogue.model(named: name), Deployment(weights: .fp8), options
            ).provenance.assumptions.filter { $0.contains("scale") }
        }
        #expect(try assumptions("qwen3-30b-a3b-fp8") == [])
        #expect(
            try assumptions("nvidia/Qwen3-30B-A3B-FP8")
                == (isMeasured
                    ? []
                    : [
                        "fp8 experts with a scale for each matrix were not measured as servers "
                            + "run them: priced as with scaled blocks"
                    ]))
        #expect(
            try assumptions("qwen3-30b-a3b-fp8-dynamic") == [
                "fp8 experts with a scale for each output were not measured as servers run them: "
                    + "priced as with scaled blocks"
            ])
    }

    /// The price of a step is that of the kernels which the checkpoint's scales select.
    @Test func scalesDecideThePriceOfExperts() throws {
        func seconds(_ name: String, _ gpu: String) throws -> Double {
            let options = try ClockOptions(profile: "vllm", gpu: .named(gpu))
            let costs = try OperatorCosts(
                model: Catalogue.model(named: name), deployment: Deployment(weights: .fp8),
                options: options)
            guard case .experts(let routed) = costs.groups[0].layer.feedForward else { return 0 }
            return costs.experts(tokens: 4096, of: 4096, routed, costs.groups[0].layer.formats)
        }
        let (blocks, tensors) = ("qwen3-30b-a3b-fp8", "nvidia/Qwen3-30B-A3B-FP8")
        // The tables' rows of one shape: 0.42 to 0.47 of the time at 4,096 tokens and more.
        let ratio = try seconds(tensors, "b200") / seconds(blocks, "b200")
        #expect(0.35 < ratio && ratio < 0.6, "\(ratio)")
        #expect(try seconds(tensors, "h200") == seconds(blocks, "h200"))
        // An RTX PRO 6000 was measured without blocks: both have the price of one scale.
        #expect(try seconds(tensors, "rtx-pro-6000") == seconds(blocks, "rtx-pro-6000"))
    }
}
