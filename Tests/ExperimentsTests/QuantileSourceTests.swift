import Testing

@testable import Experiments

@Suite("Lengths of the benchmarks")
struct QuantileSourceTests {
    @Test("The deviates are those of a standard normal distribution")
    func deviates() {
        let deviates = LengthTable.deviates
        #expect(deviates.count == 4096)
        #expect(zip(deviates, deviates.dropFirst()).allSatisfy { $0 < $1 })
        #expect(zip(deviates, deviates.reversed()).allSatisfy { $0 == -$1 })
        // By Python's statistics.NormalDist().inv_cdf.
        #expect(abs(deviates[3685] / 2 + deviates[3686] / 2 - 1.280_995_622) < 1e-8)
        #expect(abs(deviates[4091] - 3.062_186_421) < 1e-8)
        let square = deviates.reduce(0) { $0 + $1 * $1 } / 4096
        #expect(abs(square - 0.999_679_448) < 1e-8)
    }
}
