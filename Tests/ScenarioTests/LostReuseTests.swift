import Scenario
import Testing
import Traces

@testable import Simulator

/// Gathers every plan of a run.
private final class PlanGatherer: RunObserver {
    var decisionDetail: DecisionDetail { .decisions }
    var plans = DecidedPlans()
    var entries: [(replica: Int, entry: ScheduledEntry)] = []

    func decided(_ plans: DecidedPlans) {
        for plan in plans.plans {
            for place in plan.entries { entries.append((plan.replica, plans.entries[place])) }
        }
    }
}

@Suite("Why shared tokens were not found")
struct LostReuseTests {
    private struct Random {
        var state: UInt64

        mutating func below(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
    }

    /// Prompts that share openings of a few hundred tokens; no request quotes an answer.
    private func workload(_ random: inout Random, _ count: Int, gap: Int) -> Workload {
        var workload = Workload()
        var time: Int64 = 0
        for row in 0..<count {
            var segments = [
                Segment(content: Int64(random.below(4)), length: Int32(64 + random.below(3) * 70))
            ]
            segments.append(
                Segment(content: Int64(10 + random.below(5)), length: Int32(1 + random.below(300))))
            if random.below(2) == 0 {
                segments.append(
                    Segment(content: Int64(100 + row), length: Int32(1 + random.below(90))))
            }
            workload.ids.append(Int64(row))
            workload.arrivals.append(time)
            time += Int64(random.below(2 * gap)) * 1_000
            workload.promptTokens.append(segments.reduce(0) { $0 + $1.length })
            workload.outputTokens.append(Int32(1 + random.below(60)))
            workload.segments += segments
            workload.segmentEnds.append(workload.segments.count)
            workload.priorities.append(Int32(random.below(2)))
        }
        return workload
    }

    private func tokens(_ workload: Workload, _ row: Int) -> [[Int64]] {
        workload.segments(of: row).flatMap { segment in
            (0..<segment.length).map { [segment.content, Int64(segment.offset + $0)] }
        }
    }

    /// For each request the most of its first tokens, in whole blocks, that others of its replica
    /// had computed when it was admitted: from the plans, entry by entry.
    private func computed(
        _ workload: Workload, _ entries: [(replica: Int, entry: ScheduledEntry)], block: Int
    ) -> [Int: Int] {
        let prompts = workload.ids.indices.map { tokens(workload, $0) }
        var reached: [Int: [Int: Int]] = [:]
        var most: [Int: Int] = [:]
        for (replica, entry) in entries {
            let row = Int(entry.id)
            if most[row] == nil {
                most[row] =
                    (reached[replica] ?? [:]).map { other, tokens in
                        let common = zip(prompts[row], prompts[other]).prefix { $0 == $1 }.count
                        return min(common, tokens) / block * block
                    }.max() ?? 0
            }
            let end = entry.computedBefore + entry.tokens
            reached[replica, default: [:]][row] = max(reached[replica]?[row] ?? 0, end)
        }
        return most
    }

    @Test(
        "evicted and not yet computed are those of a naive model",
        arguments: [
            ["cluster.replicas=1"], ["cluster.replicas=3", "cluster.router=round_robin"],
            ["cluster.replicas=1", "engine.num_gpu_blocks=70", "engine.max_model_len=1000"],
            [
                "cluster.replicas=2", "engine.num_gpu_blocks=50", "engine.max_model_len=700",
                "engine.scheduling_policy=priority", "engine.max_num_batched_tokens=128",
            ],
            [
                "model.name=mistral-7b-v0.1", "cluster.replicas=1", "engine.num_gpu_blocks=60",
                "engine.max_model_len=900", "engine.block_size=16",
            ],
        ])
    func naive(keys: [String]) throws {
        var (evicted, notComputed) = (0, 0)
        for seed in 1...6 as ClosedRange<UInt64> {
            var random = Random(state: seed)
            let workload = workload(&random, 70, gap: [300, 20_000][Int(seed % 2)])
            let plan = try Configuration.read(file: nil, changes: keys).resolved().plan
            let observer = PlanGatherer()
            let result = try simulate(
                plan, source: InMemorySource(workload), observer: observer)
            let computed = computed(workload, observer.entries, block: 16)
            let prompts = workload.ids.indices.map { tokens(workload, $0) }
            var lost = LostReuse()
            for (row, record) in result.records.enumerated() where record.admitted >= 0 {
                let here =
                    (0..<row).filter { result.records[$0].replica == record.replica }
                    .map { other in zip(prompts[row], prompts[other]).prefix { $0 == $1 }.count }
                    .max() ?? 0
                let whole = min(here, prompts[row].count - 1) / 16 * 16
                let hit = Int(record.hitTokens)
                let existed = max(hit, min(whole, computed[row] ?? 0))
                lost.evicted += existed - hit
                lost.notComputed += max(whole, hit) - existed
            }
            let found = result.counters.sharedTokensLost
            #expect(found.window == 0, "seed \(seed)")
            #expect(found.evicted == lost.evicted, "seed \(seed)")
            #expect(found.notComputed == lost.notComputed, "seed \(seed)")
            evicted += found.evicted
            notComputed += found.notComputed
            // The same without watching, in closed form.
            let alone = try simulate(plan, source: InMemorySource(workload))
            #expect(alone.counters.sharedTokensLost == found, "seed \(seed)")
        }
        if keys.contains(where: { $0.hasPrefix("engine.num_gpu_blocks") }) { #expect(evicted > 0) }
        // Prompts in several steps, so that others come between.
        if keys.contains("engine.max_num_batched_tokens=128") { #expect(notComputed > 0) }
    }

    @Test("a window that was not kept is told apart")
    func windows() throws {
        var random = Random(state: 3)
        let workload = workload(&random, 70, gap: 20_000)
        let keys = [
            "model.name=gpt-oss-20b", "cluster.replicas=1",
            "engine.prefix_cache_retention_interval=0",
        ]
        let plan = try Configuration.read(file: nil, changes: keys).resolved().plan
        let result = try simulate(plan, source: InMemorySource(workload))
        let lost = result.counters.sharedTokensLost
        #expect(lost.window > 0)
        #expect(result.counters.hitTokens + lost.total == result.counters.sharedTokens)
    }
}
