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
            utilization: utilization)
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
}
