import Basics
import Models
import Testing

@testable import StepTime

/// The clock of Llama-3-8B on one H100 without host time, as the calibration study prints it.
private func llama8B(_ change: (inout ClockOptions) -> Void = { _ in }) throws -> StepTime {
    var options = ClockOptions()
    options.host = .none
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
