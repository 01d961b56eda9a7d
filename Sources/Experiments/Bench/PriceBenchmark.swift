import Models
import StepTime

extension Benchmark {
    /// Number of steps that are priced.
    private static let prices = 4_000_000

    /// Prices steps of Llama-3.1-8B on an H100: 64 decodes, plus `chunks` chunks, added to the
    /// step's sums individually. Counts a price as a request.
    @Sendable static func price(chunks: Int) throws -> TuneWork {
        let model = try Catalogue.model(named: "llama-3.1-8b")
        let clock = try StepTime.measured(model, Deployment())
        var sum: Int64 = 0
        for step in 0..<prices {
            var load = StepLoad()
            load.addDecodes(64, context: 64 * 1024 + step, windowedContext: 0)
            for chunk in 0..<chunks {
                load.addChunk(64 + (step + chunk) & 63, past: step & 1023, window: clock.window)
            }
            sum &+= clock.picoseconds(load)
        }
        precondition(sum > 0, "a step takes time")
        var work = TuneWork()
        work.requests = prices
        return work
    }
}
