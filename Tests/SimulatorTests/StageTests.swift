import Basics
import StepTime
import Testing
import Traces

@testable import Simulator

@Suite("A load in stages")
struct StageTests {
    private func plan(_ load: LoadStages, seed: UInt64) -> RunPlan {
        var plan = RunPlan(
            stepTime: StepTime(
                LinearStepTime(
                    fixedMicroseconds: 5000, perTokenMicroseconds: 20, perRequestMicroseconds: 2)))
        plan.engine.numGPUBlocks = 400
        plan.engine.maxModelLen = 4096
        plan.engine.maxNumSeqs = 6
        plan.arrivals = .staged(load)
        plan.seed = seed
        return plan
    }

    private func workload(_ random: inout SeededRandom, _ requests: Int) -> Workload {
        var workload = Workload()
        for row in 0..<requests {
            workload.ids.append(Int64(row))
            workload.arrivals.append(0)
            let isTooLong = random.below(15) == 0
            workload.promptTokens.append(isTooLong ? 5_000 : Int32(1 + random.below(200)))
            workload.outputTokens.append(Int32(1 + random.below(20)))
        }
        return workload
    }

    private func stages(_ random: inout SeededRandom) -> LoadStages {
        let stages = (0..<1 + random.below(5)).map { _ in
            let isRate = random.below(2) == 0
            return LoadStages.Stage(
                isRate ? .rate(20 + 60 * random.uniform()) : .concurrency(1 + random.below(9)),
                random.below(2) == 0
                    ? .requests(1 + random.below(30)) : .seconds(0.1 + random.uniform()))
        }
        let laws = SendingRate.Law.allCases
        return LoadStages(
            stages, pause: random.below(2) == 0 ? nil : random.uniform(),
            law: laws[random.below(laws.count)])
    }

    private func end(_ record: RequestRecord) -> Int64 {
        record.outcome == .rejected ? record.arrival : record.finish
    }

    /// When each request is sent, and in which stage, from how long the others took.
    private func naive(
        _ load: LoadStages, _ records: [RequestRecord], rows: Int, seed: UInt64
    ) -> [(time: Int64, stage: Int)] {
        func moment(_ seconds: Double) -> Int64 { Int64((seconds * 1e12).rounded()) }
        var (sent, begin): ([(time: Int64, stage: Int)], Int64) = ([], 0)
        for (number, stage) in load.stages.enumerated() {
            let times = load.times(of: number, seed: seed).map { begin + moment($0) }
            var (over, count) = (begin, 0)
            if case .concurrency(let most) = stage.load {
                let close = stage.seconds.map { begin + moment($0) } ?? .max
                while sent.count < rows, count < stage.requests ?? .max {
                    // The first moment with fewer than `most` under way.
                    let ends = zip(sent, records).map { end($1) }
                    let moments = ([begin, over] + ends).filter { $0 >= max(begin, over) }.sorted()
                    let free = moments.first { time in ends.count { $0 > time } < most }!
                    guard free < close else { break }
                    sent.append((free, number))
                    (over, count) = (free, count + 1)
                }
                if let seconds = stage.seconds { over = begin + moment(seconds) }
            } else {
                for time in times where sent.count < rows { sent.append((time, number)) }
                over = max(times.last!, begin + moment(stage.seconds!))
            }
            begin = over
            if let pause = load.pause {
                begin = max(over, zip(sent, records).map { end($1) }.max() ?? 0) + moment(pause)
            }
        }
        return sent
    }

    @Test("sends by the clock and by what has ended, to the picosecond")
    func starts() throws {
        for round in 0..<60 {
            let seed = UInt64.random(in: 0 ... .max)
            var random = SeededRandom(seed: seed)
            let workload = workload(&random, 40 + random.below(200))
            let load = stages(&random)
            let result = try simulate(plan(load, seed: seed), source: InMemorySource(workload))
            let place = "round \(round), seed \(seed)"
            let wanted = naive(load, result.records, rows: workload.count, seed: seed)
            #expect(result.records.map(\.arrival) == wanted.map(\.time), "\(place)")
            #expect(result.records.map { Int($0.stage) } == wanted.map(\.stage), "\(place)")
            #expect(result.records.map(\.id) == Array(0..<Int64(wanted.count)), "\(place)")
            #expect(result.leavesTrace == (wanted.count < workload.count), "\(place)")
            #expect(result.stages.map(\.sent).reduce(0, +) == wanted.count, "\(place)")
            for (number, run) in result.stages.enumerated() {
                #expect(run.sent == wanted.count { $0.stage == number }, "\(place)")
            }
        }
    }

    @Test("fast-forward and stepping send alike, and sessions keep their place")
    func ways() throws {
        var turns = 0
        for seed in UInt64(0)..<20 {
            var random = SeededRandom(seed: seed)
            var workload = workload(&random, 150)
            workload.predecessors = (0..<150).map {
                $0 > 0 && random.below(3) == 0 ? Int64(random.below($0)) : -1
            }
            workload.thinkTimes = (0..<150).map { _ in Int64(random.below(90_000)) * 1_000 }
            var plan = plan(stages(&random), seed: seed)
            let fast = try simulate(plan, source: InMemorySource(workload))
            plan.engine.advance = .step
            let steps = try simulate(plan, source: InMemorySource(workload))
            #expect(fast.digest == steps.digest, "seed \(seed)")
            #expect(fast.stages == steps.stages, "seed \(seed)")
            // A turn belongs to the stage that has begun by the clock, sending or not.
            let begins = fast.stages.compactMap(\.begin)
            guard begins.count == fast.stages.count else { continue }
            for record in fast.records where workload.predecessors[Int(record.id)] >= 0 {
                let stage = begins.lastIndex { $0 <= record.arrival }
                #expect(Int(record.stage) == stage, "seed \(seed), request \(record.id)")
                turns += 1
            }
        }
        #expect(turns > 100)
    }

    @Test("figures by stage are those of its requests")
    func figures() throws {
        var random = SeededRandom(seed: 11)
        let workload = workload(&random, 200)
        let load = LoadStages([
            .init(.rate(30), .requests(60)), .init(.concurrency(4), .requests(50)),
            .init(.rate(9), .seconds(1)), .init(.concurrency(2), .seconds(0.5)),
        ])
        let plan = plan(load, seed: 5)
        let result = try simulate(plan, source: InMemorySource(workload))
        let classes = StageClasses(plan.objective)
        for record in result.records { classes.add(record) }
        let figures = classes.classes(of: result.stages)
        #expect(figures.count == 4 && figures[0].counters.requests == 60)
        for (number, stage) in figures.enumerated() {
            let records = result.records.filter { $0.stage == number }
            let finished = records.filter { $0.outcome == .finished }
            #expect(stage.counters.requests == records.count)
            #expect(stage.counters.finished == finished.count)
            #expect(stage.counters.outputTokens == finished.reduce(0) { $0 + Int($1.outputTokens) })
            #expect(stage.endToEnd.count == finished.count)
            #expect(stage.duration == records.map(end).max()! - records.map(\.arrival).min()!)
        }
    }

    @Test("a trace that ends before a stage leaves it without figures")
    func early() throws {
        var random = SeededRandom(seed: 4)
        let workload = workload(&random, 20)
        let stage = LoadStages.Stage(.rate(20), .seconds(2))
        let plan = plan(LoadStages([stage, stage]), seed: 5)
        let result = try simulate(plan, source: InMemorySource(workload))
        let classes = StageClasses(plan.objective)
        for record in result.records { classes.add(record) }
        let figures = classes.classes(of: result.stages)
        #expect(figures.count == 2 && figures[1].counters.requests == 0)
        #expect(figures[0].duration > 0 && figures[1].duration == 0)
    }

    @Test("a stage that sends nothing is refused")
    func refused() {
        for stages in [
            [], [LoadStages.Stage(.rate(0.5), .seconds(1))],
            [LoadStages.Stage(.concurrency(0), .seconds(1))],
        ] {
            #expect(throws: InputError.self) {
                try simulate(
                    plan(LoadStages(stages), seed: 0), source: InMemorySource(Workload()))
            }
        }
    }
}
