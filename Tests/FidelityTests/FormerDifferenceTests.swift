import Fidelity
import Testing

/// Random workloads that once failed, so that they are run with every change.
@Suite("Workloads that failed once")
struct FormerDifferenceTests {
    /// 16121: a retry in the slot of its former attempt, whose later timeout fell on the same
    /// picosecond as the retry's own.
    @Test("fast-forward and stepping agree, and invariants hold", arguments: [16_121])
    func agree(seed: Int) throws {
        #expect(try AdvanceComparison.difference(seed: UInt64(seed)) == nil)
    }
}
