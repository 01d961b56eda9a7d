import Basics
import Results
import Scenario
import StepTime
import Testing
import Traces

@testable import Simulator

/// When each request's tokens were delivered, by its place in the order of arrival, from the log of
/// a run that steps; and the gaps that an observer is told.
private final class TokenTimes: RunObserver {
    var times: [Int64: [Int64]] = [:]
    private var sampled: [Int64: [Int: [Int64]]] = [:]
    var decisionDetail: DecisionDetail { .decisions }

    func decided(_ decision: Decision) {
        switch decision {
        case .scheduled(let step):
            sampled[Int64(step.replica), default: [:]][step.number] =
                step.entries.filter(\.samples).map(\.sequence)
        case .updated(let step):
            let ended = sampled[Int64(step.replica)]?.removeValue(forKey: step.number) ?? []
            for sequence in ended { times[sequence, default: []].append(step.time) }
        }
    }
}

private final class ClassWatcher: RunObserver {
    let figures: RequestFigures
    let stages: StageClasses
    let watchesGaps = true

    init(_ plan: RunPlan, _ rule: ClassRule) {
        figures = RequestFigures(plan, by: [rule], watchesGaps: true)
        stages = StageClasses(plan.objective)
    }

    func record(_ record: RequestRecord) { stages.add(record, gaps: figures.add(record)) }
    func decided(_ plans: DecidedPlans) { figures.add(plans.gaps) }
}

@Suite("Which gaps between tokens count")
struct GapPopulationTests {
    private func requests(_ random: inout SeededRandom, aborts: Bool) -> Workload {
        var workload = Workload()
        var time: Int64 = 0
        for row in 0..<60 + random.below(60) {
            time += Int64(random.below(25)) * 1_000_000
            workload.ids.append(Int64(row))
            workload.arrivals.append(time)
            workload.promptTokens.append(Int32(1 + random.below(2_000)))
            workload.outputTokens.append(Int32(1 + random.below(80)))
            workload.priorities.append(Int32(random.below(3)))
            let givesUp = aborts && random.below(4) == 0
            if aborts {
                workload.aborts.append(
                    givesUp ? time + Int64(1 + random.below(700)) * 1_000_000 : -1)
            }
        }
        return workload
    }

    /// A load, margins and an engine, with the changes that make them.
    private func changes(_ random: inout SeededRandom) -> [String] {
        let loads = [
            [], ["trace.concurrency=9"], ["trace.max_concurrency=11"],
            ["trace.client_timeout_s=0.4", "trace.client_retries=2"],
            ["trace.client_first_token_timeout_s=0.15", "trace.client_retries=1"],
            ["trace.stages=[{rate:40,requests:30},{concurrency:6,requests:20}]"],
        ]
        let margins = [
            [], ["output.warmup=13"], ["output.cooldown=0.2s"], ["output.warmup=auto"],
            ["output.warmup=0.1s", "output.cooldown=7"],
            ["output.warmup=auto", "output.cooldown=auto"],
        ]
        let engines = [
            [], ["engine.async_scheduling=false"], ["engine.num_gpu_blocks=260"],
            ["engine.scheduling_policy=decode_first"],
        ]
        let routers = ["least_outstanding", "round_robin", "random"]
        return loads[random.below(loads.count)] + margins[random.below(margins.count)]
            + engines[random.below(engines.count)] + [
                "cluster.replicas=\(1 + random.below(3))",
                "cluster.router=\(routers[random.below(routers.count)])",
            ]
    }

    private func histogram(_ gaps: some Sequence<Int64>) -> LatencyHistogram {
        var all = HotHistogram()
        for gap in gaps { all.add(gap) }
        return LatencyHistogram(all)
    }

    @Test("ITL is of the gaps of finished requests between the margins, as the log has them")
    func population() throws {
        var (withMargins, withAborts) = (0, 0)
        for seed in UInt64(0)..<40 {
            var random = SeededRandom(seed: seed, stream: 0x6a9)
            let workload = requests(&random, aborts: random.below(2) == 0)
            let changes = changes(&random)
            let place = "seed \(seed): \(changes)"
            let plan = try Configuration.read(file: nil, changes: changes).resolved().plan
            let result: RunResult
            do {
                result = try simulate(plan, source: InMemorySource(workload))
            } catch is InputError {
                continue
            }
            var plain = plan
            (plain.isPlain, plain.margins) = (true, Margins())
            let log = TokenTimes()
            let all = try simulate(plain, source: InMemorySource(workload), observer: log)
            #expect(all.digest == result.digest, "\(place)")
            let start = result.stretch?.leftAtStart ?? 0
            let end = all.records.count - (result.stretch?.leftAtEnd ?? 0)
            var gaps: [Int: [Int64]] = [:]
            for (place, record) in all.records.enumerated() where record.outcome == .finished {
                let times = (log.times[Int64(place)] ?? []).prefix(Int(record.outputTokens))
                gaps[place] = zip(times, times.dropFirst()).map { $1 - $0 }
                #expect(times.count == Int(record.outputTokens), "seed \(seed)")
            }
            func own(_ wanted: (Int, RequestRecord) -> Bool) -> LatencyHistogram {
                histogram(
                    all.records.enumerated().filter { wanted($0.offset, $0.element) }
                        .flatMap { gaps[$0.offset] ?? [] })
            }
            let measured = own { place, _ in place >= start && place < end }
            #expect(result.interTokenLatency == measured, "\(place)")
            #expect(all.interTokenLatency == own { _, _ in true }, "\(place)")
            // As many gaps as TPOT's requests have: the population is one.
            let tokens = all.records.enumerated().filter {
                $0.offset >= start && $0.offset < end && $0.element.outcome == .finished
            }.reduce(0) { $0 + Int($1.element.outputTokens) - 1 }
            #expect(Int(result.interTokenLatency.count) == tokens, "\(place)")

            let watcher = ClassWatcher(plan, .priority)
            let watched = try simulate(plan, source: InMemorySource(workload), observer: watcher)
            watcher.figures.finish()
            #expect(watched.interTokenLatency == measured, "\(place)")
            for members in watcher.figures.classes[0].classes {
                let expected = own { place, record in
                    place >= start && place < end && Int(record.priority) == members.key
                }
                #expect(members.interTokenLatency == expected, "\(place), \(members.name)")
            }
            for stage in watcher.stages.classes(of: watched.stages) where stage.start != nil {
                let expected = own { _, record in Int(record.stage) == stage.key - 1 }
                #expect(stage.interTokenLatency == expected, "\(place), stage \(stage.key)")
            }
            withMargins += result.stretch.map { $0.leftAtStart + $0.leftAtEnd } ?? 0
            withAborts += result.counters.aborted
        }
        #expect(withMargins > 100 && withAborts > 100)
    }

    @Test("only requests whose clients may give up leave the sums, and no others without margins")
    func cost() throws {
        func forwarded(_ changes: [String], abortsFrom first: Int) throws -> Int {
            var workload = Workload()
            for row in 0..<40 {
                workload.ids.append(Int64(row))
                workload.arrivals.append(Int64(row) * 300_000_000)
                workload.promptTokens.append(100)
                workload.outputTokens.append(200)
                workload.aborts.append(row >= first ? Int64(row) * 300_000_000 + 1 << 40 : -1)
            }
            let plan = try Configuration.read(
                file: nil, changes: ["cluster.replicas=1"] + changes
            ).resolved().plan
            return try simulate(plan, source: InMemorySource(workload)).steps.forwarded
        }
        let plain = try forwarded([], abortsFrom: 40)
        let late = try forwarded([], abortsFrom: 20)
        #expect(plain > 500 && late > plain / 5 && late < plain, "\(plain), \(late)")
        #expect(try forwarded(["output.warmup=3"], abortsFrom: 40) == 0)
    }
}
