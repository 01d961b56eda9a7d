import Basics
import Testing

@testable import Results
@testable import Simulator

@Suite("Rows of token_times.csv")
struct TokenTimesTests {
    /// The row of a request that gets a token in each of the first steps.
    private func row(_ gaps: [Int64]) -> String {
        var times = TokenTimes()
        var plans = DecidedPlans()
        var end: Int64 = 100
        for number in 0...gaps.count {
            if number > 0 { end += gaps[number - 1] }
            plans.entries.append(
                ScheduledEntry(
                    id: 7, sequence: 0, tokens: 1, computedBefore: number, kind: .running,
                    promptTokens: 1, samples: true))
            var plan = DecidedPlan(replica: 0, number: number, time: 0)
            plan.times = 1
            plans.append(plan)
            plans.deliveries.append(
                DeliveredSteps(replica: 0, number: number, times: 1, time: end))
        }
        times.add(plans)
        return times.close(
            RequestRecord(
                id: 7, arrival: 0, admitted: 50, firstToken: 100, finish: end, promptTokens: 1,
                outputTokens: Int32(gaps.count + 1), outcome: .finished))
    }

    @Test(
        "say gaps in short",
        arguments: [
            ([], ""), ([5], "5"), ([5, 5], "5*2"), ([5, 6], "5 6"), ([5, 5, 5], "5*3"),
            ([5, 7, 9, 11], "5+2*4"), ([9, 7, 5], "9-2*3"), ([1, 2, 4, 6, 8], "1 2+2*4"),
            ([3, 1, 1, 1, 9], "3 1*3 9"), ([0, 0], "0*2"),
        ] as [([Int64], String)])
    func forms(gaps: [Int64], text: String) {
        #expect(row(gaps) == "7,100,\(gaps.count + 1),\(text)")
    }

    @Test("give the same times back, whatever the gaps")
    func back() {
        var random = SeededRandom(seed: 11)
        for _ in 0..<300 {
            var gaps: [Int64] = []
            while gaps.count < 40 {
                let (first, rise) = (Int64(random.next() % 50), Int64(random.next() % 4))
                for place in 0..<Int64(1 + random.next() % 6) { gaps.append(first + place * rise) }
            }
            var time: Int64 = 100
            var times = [time]
            for gap in gaps {
                time += gap
                times.append(time)
            }
            #expect(TokenTimes.times(row(gaps)[...]) == times, "seed 11: \(gaps)")
        }
    }

    @Test("say the same of gaps told singly and of those told as series")
    func series() {
        var random = SeededRandom(seed: 12)
        for _ in 0..<2_000 {
            var (singly, together): ([TokenTimes.Run], [TokenTimes.Run]) = ([], [])
            for _ in 0..<1 + random.below(6) {
                let gap = Int64(5 + random.below(4))
                let (rise, count) = (Int64(random.below(3)), Int64(1 + random.below(5)))
                TokenTimes.extend(&together, by: gap, rise: rise, times: count)
                for place in 0..<count { TokenTimes.extend(&singly, by: gap + rise * place) }
            }
            #expect(singly == together, "seed 12")
        }
    }

    @Test("of a request without a token are empty, and other texts are no rows")
    func odd() {
        var times = TokenTimes()
        let empty = times.close(
            RequestRecord(id: 3, arrival: 0, promptTokens: 1, outcome: .rejected))
        #expect(empty == "3,,0,")
        #expect(TokenTimes.times(empty[...]) == [])
        for text in [
            "", "1,2", "1,2,3,", "1,2,2,5*9", "1,2,2,x", "1,2,2,5*-1", "1,,2,5", "1,2,2,-5",
        ] {
            #expect(TokenTimes.times(text[...]) == nil, "\(text)")
        }
    }
}
