import Basics
import Models
import Testing

@testable import StepTime

/// The clock of Llama-3-8B on one H100 without host time and what servers add, as the calibration
/// study prints it.
private func llama8B(_ change: (inout ClockOptions) -> Void = { _ in }) throws -> StepTime {
    var options = ClockOptions()
    options.host = .none
    options.profile.serving = nil
    change(&options)
    return try StepTime.measured(Catalogue.model(named: "llama-3-8b"), Deployment(), options)
}

private func decodes(_ count: Int, context: Int, window: Int = 0) -> StepLoad {
    var load = StepLoad()
    for _ in 0..<count { load.addDecode(context: context, window: window) }
    load.sampled = count
    return load
}

@Suite struct StepTimeTests {
    @Test(arguments: [
        (1, 512, 6.24), (1, 8192, 6.57), (8, 2048, 6.98), (64, 2048, 12.32), (256, 512, 14.81),
        (256, 4096, 53.61),
    ])
    func decodeStepsCostWhatTheStudyPrints(batch: Int, context: Int, milliseconds: Double) throws {
        let price = try llama8B().picoseconds(decodes(batch, context: context))
        #expect(abs(Double(price) * 1e-9 - milliseconds) < 0.012)
    }

    @Test(arguments: [(512, 12.5), (2048, 44.9), (8192, 193.7), (16384, 436.9)])
    func prefillsCostWhatTheStudyPrints(tokens: Int, milliseconds: Double) throws {
        var load = StepLoad()
        load.addChunk(tokens, past: 0, window: 0)
        load.sampled = 1
        let price = try llama8B { $0.maxTokens = 16384 }.picoseconds(load)
        #expect(abs(Double(price) * 1e-9 / milliseconds - 1) < 0.005)
    }

    @Test func mixedStepsCostWhatTheStudyPrints() throws {
        var load = decodes(64, context: 2048)
        load.addChunk(512, past: 1024, window: 0)
        #expect(abs(Double(try llama8B().picoseconds(load)) * 1e-9 - 20.3) < 0.1)
    }

    @Test(
        "decodes take longer beside a chunk, by a ramp in its tokens", arguments: [256, 1024])
    func mixedAttention(chunk: Int) throws {
        let alone = try llama8B()
        let served = try llama8B { $0.profile.serving = ServingCoefficients(mixedDecode: 1) }
        var load = decodes(64, context: 2048)
        #expect(served.picoseconds(load) == alone.picoseconds(load))
        load.addChunk(chunk, past: 0, window: 0)
        // 32 layers of decode attention, by the form's coefficients.
        let bytes = Double(64 * 2048 * 4096)
        let layer: Double = 1.167e-5 + 1.795e-8 * Double(64 * 8) + bytes / 3.1e12
        let share = 32 * layer
        let more = Double(served.picoseconds(load) - alone.picoseconds(load)) * 1e-12
        let part = Double(chunk * chunk) / Double(chunk * chunk + 300 * 300)
        #expect(abs(more - share * part) < 1e-6)
    }

    @Test("matrices are slower under load, by the format's gain")
    func sustainedRate() throws {
        var load = StepLoad()
        load.addChunk(8192, past: 0, window: 0)
        load.sampled = 1
        let alone = Double(try llama8B().picoseconds(load))
        func served(_ gain: [WeightFormat: Double]) throws -> Double {
            let coefficients = ServingCoefficients(sustainedGain: gain)
            return Double(
                try llama8B { $0.profile.serving = coefficients }.picoseconds(load))
        }
        // At 8,192 tokens half of the gain is there, and matrices are most of the step.
        #expect(try served([.bf16: -0.2]) / alone > 1.08)
        #expect(try served([.bf16: -0.2]) / alone < 1 / 0.9)
        #expect(try served([.fp8: -0.2]) == alone)
    }

    @Test("the first sequences wait longer for the host than further ones")
    func firstSequences() throws {
        let clock = try llama8B {
            $0.host.gpuWait = HostCoefficients(fixed: 1e-3, perSequence: 1e-5)
            $0.host.gpuWait.perFirst = 1e-4
            $0.host.gpuWait.first = 8
        }
        for (count, wait) in [(1, 1.11e-3), (8, 1.88e-3), (9, 1.89e-3), (64, 2.44e-3)] {
            let load = decodes(count, context: 512)
            let more = clock.picoseconds(load) - (try llama8B().picoseconds(load))
            #expect(abs(Double(more) * 1e-12 - wait) < 1e-9)
        }
    }

    @Test func aDecodeLineEqualsThePriceToTheLastBit() throws {
        var random = SeededRandom(seed: 11)
        var windowed = try Catalogue.model(named: "llama-3-8b")
        for index in windowed.layers.indices where index.isMultiple(of: 2) {
            guard case .heads(var heads) = windowed.layers[index].attention else { continue }
            heads.reach = .sliding(window: 700)
            windowed.layers[index].attention = .heads(heads)
        }
        var staged = Deployment(tensorParallel: 2)
        staged.pipelineParallel = 3
        let clocks = [
            StepTime(
                LinearStepTime(
                    fixedMicroseconds: 5000, perTokenMicroseconds: 20, perRequestMicroseconds: 2,
                    perThousandContextMicroseconds: 37)),
            try llama8B(), try StepTime.measured(windowed, Deployment()),
            try StepTime.measured(windowed, staged),
        ]
        for trial in 0..<2000 {
            let clock = clocks[trial % clocks.count]
            var load = StepLoad()
            for _ in 0...random.below(300) {
                load.addDecode(context: 2 + random.below(9000), window: clock.window)
            }
            load.sampled = load.decodes
            let line = try #require(clock.decodeLine(decodes: load.decodes))
            let price = line.picoseconds(
                context: load.decodeContext, windowedContext: load.decodeWindowedContext)
            #expect(price == clock.picoseconds(load), "seed 11, trial \(trial)")
        }
    }

    @Test func withoutACacheEveryStepRecomputesThePrefix() throws {
        let clock = try llama8B {
            $0.usesCache = false
            $0.maxTokens = 16384
        }
        #expect(clock.decodeLine(decodes: 1) == nil)
        var prefill = StepLoad()
        prefill.addChunk(4096, past: 0, window: 0)
        prefill.sampled = 1
        let cached = try llama8B().picoseconds(prefill)
        #expect(clock.picoseconds(decodes(1, context: 4096)) == cached)
    }

    @Test func pricesBeyondTheTableExtendIt() throws {
        let short = try llama8B { $0.maxTokens = 512 }
        let long = try llama8B { $0.maxTokens = 4096 }
        var load = StepLoad()
        load.addChunk(2048, past: 0, window: 0)
        let (near, far) = (short.picoseconds(load), long.picoseconds(load))
        #expect(abs(Double(near) / Double(far) - 1) < 0.15)
        #expect(near > short.picoseconds(decodes(1, context: 1)))
    }

    @Test func anUnmeasuredAllReduceIsRefused() throws {
        let model = try Catalogue.model(named: "llama-3-70b")
        #expect(throws: InputError.self) {
            try StepTime.measured(model, Deployment(tensorParallel: 16))
        }
        #expect(throws: InputError.self) {
            try StepTime.measured(model, Deployment(tensorParallel: 3))
        }
    }
}
