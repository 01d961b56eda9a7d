import Basics
import Testing

@testable import Experiments

@Suite("Advice on seeds")
struct GateQuestionsTests {
    private func question(_ value: Double, margin: Double) -> GateQuestions.Question {
        .init(
            estimate: Estimate(value: value, error: 0.01, freedom: 4), margin: margin, seeds: 5)
    }

    /// Random findings of a suite, some alike, some certain.
    private func questions(_ random: inout SeededRandom) -> [GateQuestions.Question] {
        let seeds = 2 + random.below(9)
        return (0..<(1 + random.below(20))).map { _ in
            let error = random.below(8) == 0 ? 0 : 0.03 * random.uniform()
            let estimate = Estimate(
                value: 0.05 * random.normal(), error: error, freedom: Double(seeds - 1))
            return GateQuestions.Question(
                estimate: estimate, margin: 0.02 * random.uniform(), seeds: seeds)
        }
    }

    @Test("as many seeds as are advised settle it, under the correction for all metrics")
    func advised() throws {
        var advised = 0
        for seed in UInt64(1)...300 {
            var random = SeededRandom(seed: seed)
            let asked = GateQuestions(questions(&random))
            for index in asked.questions.indices where asked.status(index) == .inconclusive {
                guard let total = asked.seedsNeeded(index) else { continue }
                advised += 1
                let seeds = asked.questions[index].seeds
                #expect(total > seeds)
                func later(_ total: Int) -> GateQuestions {
                    let growth = Double(total) / Double(seeds)
                    return GateQuestions(asked.questions.map { $0.grown(growth) })
                }
                let then = later(total)
                #expect(
                    then.status(index) != .inconclusive,
                    "seed \(seed), finding \(index): \(total) seeds")
                // With the correction it gets now, too, whatever the other metrics do.
                let correction = asked.adjusted[index] / asked.questions[index].pValue
                let p = then.questions[index].pValue
                #expect(
                    then.status(index) == .pass || correction * p <= GateQuestions.tail * 1.0001,
                    "seed \(seed), finding \(index): \(total) seeds")
                // No fewer: one less leaves it open, or would with the correction of now.
                guard total - 1 > seeds else { continue }
                let before = later(total - 1)
                let isOpen =
                    before.status(index) == .inconclusive
                    || correction * before.questions[index].pValue > GateQuestions.tail
                #expect(isOpen, "seed \(seed), finding \(index): fewer than \(total) seeds do")
            }
        }
        #expect(advised > 300)
    }

    @Test("the nearer to the margin the more, and more the more metrics there are")
    func grows() throws {
        func need(_ value: Double, of count: Int = 1) -> Int? {
            GateQuestions(Array(repeating: question(value, margin: 0.02), count: count))
                .seedsNeeded(0)
        }
        let far = try #require(need(0.005))
        let near = try #require(need(0.012))
        #expect(far > 5 && near > far)
        #expect(need(0.02) == nil)
        let alone = try #require(need(0.04))
        #expect(try #require(need(0.04, of: 11)) > alone)
    }

    /// As many seeds as it asks for do settle the question, nearly always within a factor of two.
    @Test func isEnoughMostOfTheTime() throws {
        var random = SeededRandom(seed: 3)
        var (asked, settled) = (0, 0)
        for _ in 0..<300 {
            let first = (0..<8).map { _ in 0.005 + 0.02 * random.normal() }
            let estimate = try #require(Estimate(paired: first))
            let open = GateQuestions([.init(estimate: estimate, margin: 0.015, seeds: 8)])
            guard open.status(0) == .inconclusive, let total = open.seedsNeeded(0), total < 200
            else { continue }
            asked += 1
            let more = first + (8..<(2 * total)).map { _ in 0.005 + 0.02 * random.normal() }
            if try !#require(Estimate(paired: more)).interval().contains(0.015) { settled += 1 }
        }
        #expect(asked > 50)
        #expect(Double(settled) / Double(asked) > 0.6)
    }
}

@Suite("Change and columns of the gate")
struct GateChangeTests {
    private func values(_ random: inout SeededRandom, _ count: Int) -> [Double] {
        let level = PortableMath.exp(2 * random.normal())
        let spread = 0.8 * random.uniform()
        return (0..<count).map { _ in level * PortableMath.exp(spread * random.normal()) }
    }

    @Test(
        "sign and size follow from the two columns",
        arguments: ["mean_ttft_ms", "request_goodput"])
    func agree(key: String) throws {
        let sign = Figures.direction(key) == .higher ? -1.0 : 1.0
        for seed in UInt64(1)...200 {
            var random = SeededRandom(seed: seed)
            let isPaired = random.below(2) == 0
            let count = 2 + random.below(8)
            let before = values(&random, count)
            let now = values(&random, isPaired ? count : 2 + random.below(8))
            for margin in [GateSuite.Margin.relative(0.05), .absolute(0.5)] {
                let change = try GateChange(
                    key, before: before, now: now, margin, isPaired: isPaired, place: "here")
                let finding = change.finding(of: "a")
                let (old, new) = (try #require(finding.baseline), try #require(finding.now))
                let worsening = try #require(finding.worsening)
                let expected = sign * (finding.isRelative ? new / old - 1 : new - old)
                #expect(
                    abs(worsening - expected) <= 1e-9 * max(abs(worsening), abs(new) + abs(old)),
                    "seed \(seed), \(margin)")
                #expect(try #require(finding.low) <= worsening)
                #expect(try #require(finding.high) >= worsening)
                #expect(try #require(finding.baselineDeviation) >= 0)
                #expect(try #require(finding.nowDeviation) >= 0)
            }
        }
    }

    @Test("seeds on both sides are pairs; two are needed to show a spread")
    func pairs() {
        let all = SeedPairs(before: [1, 2, 3, 4], now: [1, 2, 3])
        #expect(all.isPaired && all.note(suite: "S", before: [1, 2, 3, 4], now: [1, 2, 3]) == nil)
        let most = SeedPairs(before: [1, 2, 3, 4], now: [2, 3, 4, 5, 6])
        #expect(most.isPaired && most.shared == [2, 3, 4] && most.unknown == [5, 6])
        let note = most.note(suite: "S.json5", before: [1, 2, 3, 4], now: [2, 3, 4, 5, 6])
        #expect(note?.contains("5, 6 have no baseline") == true)
        #expect(
            note?.hasSuffix("headway gate S.json5 --bless --seeds 5 --first-seed 2") == true)
        let one = SeedPairs(before: [1, 2], now: [2, 3])
        #expect(!one.isPaired)
        let none = SeedPairs(before: [1, 2], now: [7, 8, 9])
        #expect(!none.isPaired)
        #expect(
            none.note(suite: "S", before: [1, 2], now: [7, 8, 9])?
                .contains("independent samples") == true)
    }
}
