import Basics
import Foundation
import Testing

@testable import Experiments

@Suite struct StudentTTests {
    /// Quantiles as printed in tables of the distribution (e.g. Abramowitz and Stegun 26.10).
    @Test(arguments: [
        (0.025, 1.0, 12.706), (0.025, 5.0, 2.571), (0.025, 30.0, 2.042), (0.05, 10.0, 1.812),
        (0.005, 9.0, 3.250), (0.025, 1e6, 1.960),
    ])
    func quantilesAgreeWithPrintedTables(tail: Double, freedom: Double, expected: Double) {
        #expect(abs(StudentT.critical(tail: tail, freedom: freedom) - expected) < 6e-4)
    }

    @Test func isSymmetricAndKnownForOneDegree() {
        for t in [0.1, 0.5, 1, 2, 7.5] {
            // One degree of freedom is Cauchy's distribution.
            let cauchy = 0.5 + atan(t) / .pi
            #expect(abs(StudentT.cumulative(t, freedom: 1) - cauchy) < 1e-11)
            let sum = StudentT.cumulative(t, freedom: 7) + StudentT.cumulative(-t, freedom: 7)
            #expect(abs(sum - 1) < 1e-12)
        }
        #expect(StudentT.cumulative(0, freedom: 4) == 0.5)
    }
}

@Suite struct HolmTests {
    @Test func adjustsStepDown() {
        let adjusted = Holm.adjusted([0.01, 0.04, 0.03, 0.005])
        let expected = [0.03, 0.06, 0.06, 0.02]
        for (value, wanted) in zip(adjusted, expected) { #expect(abs(value - wanted) < 1e-12) }
        #expect(Holm.adjusted([0.9, 0.8]) == [1, 1])
        #expect(Holm.adjusted([]).isEmpty)
    }

    /// Under the null the chance that anything is rejected stays at α.
    @Test func keepsTheFamilysErrorRate() {
        var random = SeededRandom(seed: 11)
        let trials = 4000
        let rejecting = (0..<trials).filter { _ in
            Holm.adjusted((0..<8).map { _ in random.uniform() }).contains { $0 <= 0.05 }
        }.count
        #expect(Double(rejecting) / Double(trials) < 0.065)
        #expect(Double(rejecting) / Double(trials) > 0.035)
    }
}

@Suite struct EstimateTests {
    @Test func pairedAndWelchHoldTheirConfidence() throws {
        var random = SeededRandom(seed: 5)
        var (paired, welch) = (0, 0)
        let trials = 2000
        for _ in 0..<trials {
            let first = (0..<6).map { _ in random.normal() }
            let second = (0..<9).map { _ in 1 + 3 * random.normal() }
            let difference = try #require(Estimate(from: first, to: second))
            if difference.interval().contains(1) { welch += 1 }
            let same = try #require(Estimate(paired: first))
            if same.interval().contains(0) { paired += 1 }
        }
        #expect(abs(Double(paired) / Double(trials) - 0.95) < 0.02)
        #expect(abs(Double(welch) / Double(trials) - 0.95) < 0.02)
    }

    @Test func certaintyHasNoInterval() throws {
        let estimate = try #require(Estimate(paired: [0, 0, 0]))
        #expect(estimate.interval() == 0...0)
        #expect(estimate.pValue == 1)
        #expect(estimate.pValue(atMost: 0) == 1)
        #expect(estimate.pValue(atLeast: 0.01) == 0)
        #expect(Estimate(paired: [1]) == nil)
    }

    @Test func intervalAndPValuesAgree() {
        let estimate = Estimate(value: 0.02, error: 0.008, freedom: 7)
        let interval = estimate.interval()
        #expect(abs(estimate.pValue(atMost: interval.lowerBound) - 0.025) < 1e-9)
        #expect(abs(estimate.pValue(atLeast: interval.upperBound) - 0.025) < 1e-9)
    }
}

@Suite struct BlockBootstrapTests {
    /// Latencies of a queue: an autoregressive level that lasts, times a request's own share.
    private func queue(
        _ random: inout SeededRandom, count: Int, memory: Double
    ) -> (before: [Double], after: [Double]) {
        var level = (0.0, 0.0)
        var before: [Double] = []
        var after: [Double] = []
        for _ in 0..<count {
            let shared = random.normal()
            level.0 = memory * level.0 + 0.1 * (shared + random.normal())
            level.1 = memory * level.1 + 0.1 * (shared + random.normal())
            let own = 0.3 * random.normal()
            before.append(PortableMath.exp(level.0 + own))
            after.append(PortableMath.exp(level.1 + own))
        }
        return (before, after)
    }

    @Test func blocksGrowWithMemory() {
        var random = SeededRandom(seed: 2)
        let noise = (0..<4000).map { _ in random.normal() }
        var lasting: [Double] = []
        var level = 0.0
        for value in noise {
            level = 0.95 * level + value
            lasting.append(level)
        }
        #expect(BlockPlan(influences: [noise]).count > 60)
        let plan = BlockPlan(influences: [lasting])
        // The autocorrelation time of this series is (1 + 0.95) / (1 − 0.95) = 39.
        #expect((6...20).contains(plan.count))
        #expect(plan.ends.last == 4000)
        #expect(abs(BlockPlan.correlationTime(lasting) - 39) < 15)
    }

    /// The interval of an unchanged policy holds zero as often as it says, memory or not.
    @Test(arguments: [
        (0.0, Statistic.mean, 60), (0.9, .mean, 60), (0.97, .mean, 60),
        (0.9, .percentile(90), 30),
    ])
    func coversZeroWhenNothingChanged(
        memory: Double, statistic: Statistic, trials: Int
    ) throws {
        var random = SeededRandom(seed: 17)
        var covered = 0
        for trial in 0..<trials {
            let (before, after) = queue(&random, count: 2000, memory: memory)
            let pairs = PairedBootstrap(
                before: before, after: after, draws: 100, seed: UInt64(trial))
            let change = try #require(pairs.change(of: statistic).relative)
            if change.interval().contains(0) { covered += 1 }
        }
        #expect(Double(covered) / Double(trials) > 0.85, "memory \(memory): \(covered)")
    }

    @Test func findsARealChangeAndItsSize() throws {
        var random = SeededRandom(seed: 23)
        let before = (0..<2000).map { _ in 1 + random.exponential() }
        let pairs = PairedBootstrap(before: before, after: before.map { $0 * 1.03 })
        for statistic in [Statistic.mean, .percentile(50), .percentile(99)] {
            let change = pairs.change(of: statistic)
            let relative = try #require(change.relative)
            #expect(abs(relative.value - PortableMath.log(1.03)) < 1e-9)
            #expect(relative.pValue < 1e-6)
            #expect(abs(change.after / change.before - 1.03) < 1e-9)
        }
    }

    @Test func isDeterministicAndSurvivesSmallAndZeroInput() {
        let ones = PairedBootstrap(before: [0], after: [0]).change(of: .mean)
        #expect(ones.relative == nil)
        #expect(ones.absolute.interval() == 0...0)
        let values = (0..<50).map { Double($0 % 7) }
        let pairs = PairedBootstrap(before: values, after: values.reversed(), seed: 9)
        #expect(pairs.change(of: .percentile(99)) == pairs.change(of: .percentile(99)))
    }
}
