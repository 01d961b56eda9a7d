import Basics
import TestSupport
import Testing

@testable import Results
@testable import Simulator

@Suite("Rows of token_times.csv and token_steps.csv")
struct TokenTimesTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    /// Steps of the first replica that end at these times, told in one piece each.
    private func plans(_ times: [(number: Int, time: Int64)]) -> DecidedPlans {
        var plans = DecidedPlans()
        for (number, time) in times {
            plans.entries.append(
                ScheduledEntry(
                    id: 7, sequence: 0, tokens: 1, computedBefore: number, kind: .running,
                    promptTokens: 1, samples: true))
            var plan = DecidedPlan(replica: 0, number: number, time: 0)
            plan.times = 1
            plans.append(plan)
            plans.deliveries.append(
                DeliveredSteps(replica: 0, number: number, times: 1, time: time))
        }
        return plans
    }

    private func record(_ first: Int64, tokens: Int) -> RequestRecord {
        RequestRecord(
            id: 7, arrival: 0, admitted: 50, firstToken: first, finish: 1_000, promptTokens: 1,
            outputTokens: Int32(tokens), replica: 0, outcome: .finished)
    }

    @Test("name the steps of a request, and write a stretch of steps in one row")
    func text() throws {
        let names = ["times.csv", "steps.csv"]
        let files = try names.map { try OutputFile(path: scratch.path + "/" + $0, name: $0) }
        var times = try TokenTimes(files[0], steps: files[1])
        times.add(
            plans([(3, 100), (4, 110), (5, 121), (6, 133), (7, 150), (9, 170), (10, 181), (11, 1)]))
        try times.close(record(105, tokens: 7))
        try times.close(RequestRecord(id: 3, arrival: 0, promptTokens: 1, outcome: .rejected))
        for file in files { try file.finish() }
        #expect(
            try scratch.text("times.csv")
                == "id,first_token_ps,tokens,replica,steps\n7,105,7,0,3*5 9*2\n3,,0,,\n")
        #expect(
            try scratch.text("steps.csv")
                == "replica,step,steps,time_ps,gap_ps,rise_ps\n"
                + "0,3,4,100,10,1\n0,7,1,150,0,0\n0,9,2,170,11,0\n")
    }

    @Test("are the same however steps are told, and give their times back")
    func joined() {
        var random = SeededRandom(seed: 12)
        for _ in 0..<2_000 {
            var (number, time) = (0, Int64(100))
            var (singly, together) = (DecidedPlans(), DecidedPlans())
            var steps: [(number: Int, time: Int64)] = []
            for _ in 0..<1 + random.below(6) {
                let (gap, rise) = (Int64(5 + random.below(4)), Int64(random.below(3)) - 1)
                let count = 1 + random.below(6)
                number += random.below(4) == 0 ? 1 : 0
                time += Int64(5 + random.below(4))
                together.deliveries.append(
                    DeliveredSteps(
                        replica: 0, number: number, times: count, time: time, gap: gap, rise: rise))
                for place in 0..<count {
                    if place > 0 { time += gap + rise * Int64(place - 1) }
                    steps.append((number, time))
                    number += 1
                }
            }
            singly = plans(steps)
            var all = plans(steps)
            all.deliveries = together.deliveries
            let tokens = 1 + random.below(steps.count)
            var (one, other): ([StepRun], [StepRun]) = ([], [])
            for (told, keep) in [(singly, { one.append($0) }), (all, { other.append($0) })]
                as [(DecidedPlans, (StepRun) -> Void)]
            {
                var requests = TokenSteps()
                requests.add(told)
                _ = requests.close(record(100, tokens: tokens), keep)
            }
            #expect(one == other, "seed 12")
            let back = one.flatMap { run -> [(number: Int, time: Int64)] in
                var time = run.time
                return (0..<run.count).map { place in
                    if place > 0 { time += run.gap + run.rise * Int64(place - 1) }
                    return (run.step + place, time)
                }
            }
            #expect(back.map(\.number) == steps.prefix(tokens).map(\.number), "seed 12")
            #expect(back.map(\.time) == steps.prefix(tokens).map(\.time), "seed 12")
        }
    }
}
