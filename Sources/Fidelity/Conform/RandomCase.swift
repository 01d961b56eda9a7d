import Basics
import Models
import Scenario
import Simulator
import StepTime
import Traces

/// Small random workloads and plans with extreme parameters, for property tests. The seed
/// determines everything.
package struct RandomCase: Sendable {
    package var plan: RunPlan
    package var workload: Workload

    /// The case of a seed. `hasFeatures`: whether to add the features of `addFeatures`. With
    /// `hasImpatientClients` some cases have clients that time out, so that an id may have several
    /// attempts.
    package init(seed: UInt64, hasFeatures: Bool = true, hasImpatientClients: Bool = false) {
        var random = SeededRandom(seed: seed)
        plan = RandomCase.plan(&random)
        workload = RandomCase.workload(&random, plan)
        var features = SeededRandom(seed: seed, stream: 0xfea7)
        guard hasFeatures else { return }
        addFeatures(&features)
        // Drawn separately, so that a seed always gives the same workload.
        var host = SeededRandom(seed: seed, stream: 0x4057)
        if host.below(3) == 0 { RandomCase.setHost(&host, &plan.engine.host) }
        var clients = SeededRandom(seed: seed, stream: 0xc11e)
        if hasImpatientClients, clients.below(6) == 0 {
            plan.patience = RandomCase.patience(&clients)
        }
    }

    static func pick<T>(_ random: inout SeededRandom, _ choices: [T]) -> T {
        choices[random.below(choices.count)]
    }

    /// Whether the engine's own scheduler must agree with the policy that reimplements it.
    package var mirrorsEngine = false

    /// The clock of the default run. Its prices, unlike the linear clock's, rise by a whole amount
    /// with each token of context.
    private static let measured = Result { try Configuration().resolved().plan.stepTime }
    /// Models in which some or all layers have a window.
    private static let hybrids: [[CacheGroup]] = [
        [.sliding(window: 20)], [.full, .sliding(window: 33)], [.full, .sliding(window: 90)],
        [.sliding(window: 17), .full], [.full, .sliding(window: 33), .sliding(window: 33)],
        [.full, .sliding(window: 9), .sliding(window: 60)],
    ]

    /// The same with a window of 128 tokens in half of this model's layers.
    private static let windowed = Result {
        try Configuration.read(file: nil, changes: ["model.name=gpt-oss-20b"])
            .resolved().plan.stepTime
    }

    private static func plan(_ random: inout SeededRandom) -> RunPlan {
        var plan = RunPlan(
            stepTime: StepTime(
                LinearStepTime(
                    fixedMicroseconds: Int64(pick(&random, [0, 100, 5000])),
                    perTokenMicroseconds: Int64(pick(&random, [1, 20])),
                    perRequestMicroseconds: Int64(pick(&random, [0, 2, 7])),
                    perThousandContextMicroseconds: Int64(pick(&random, [0, 42, 999])))))
        if random.below(4) == 0, let measured = try? measured.get() { plan.stepTime = measured }
        plan.engine.blockSize = pick(&random, [1, 2, 3, 4, 16, 16, 48])
        plan.engine.maxModelLen = pick(&random, [40, 120, 400])
        let one = plan.engine.maxModelLen / plan.engine.blockSize + 2
        plan.engine.numGPUBlocks = one + pick(&random, [1, one / 2 + 1, 3 * one, 40 * one])
        plan.engine.maxNumSeqs = pick(&random, [1, 2, 5, 16, 64])
        if random.below(5) == 0 {
            plan.engine.maxNumActiveSeqs = 1 + random.below(plan.engine.maxNumSeqs)
        }
        plan.engine.maxNumBatchedTokens = pick(&random, [8, 33, 64, 256, 2048])
        if random.below(6) == 0 {
            plan.engine.maxNumScheduledTokens = 1 + random.below(100)
        }
        plan.engine.policy = pick(&random, [.fcfs, .fcfs, .priority])
        plan.engine.enablePrefixCaching = random.below(4) > 0
        plan.engine.longPrefillTokenThreshold = pick(&random, [0, 0, 0, 7, 24])
        plan.engine.longPrefillTokenThresholdAdaptive = random.below(3) == 0
        plan.engine.schedulerReserveFullISL = random.below(3) > 0
        plan.engine.watermark = pick(&random, [0, 0, 0.03, 0.3])
        plan.engine.prefillScheduleInterval = pick(&random, [1, 1, 1, 2, 4])
        plan.engine.asyncScheduling = random.below(2) == 0
        plan.engine.stopsAtUnforeseenToken = random.below(2) == 0
        plan.engine.emptyYieldMicroseconds = Int64(pick(&random, [0, 0, 1000]))
        plan.engine.host.schedule = Int64(pick(&random, [0, 0, 3_000_000_000, 77_777]))
        plan.engine.host.schedulePerRequest = Int64(pick(&random, [0, 0, 10_000_000]))
        if random.below(4) == 0 {
            plan.engine.groups = pick(&random, Self.hybrids)
            plan.engine.numGPUBlocks *= plan.engine.groups.count + 1
            plan.engine.prefixCacheRetentionInterval = pick(&random, [nil, 0, 0, 32, 100])
            if random.below(2) == 0, let windowed = try? windowed.get() {
                plan.stepTime = windowed
            }
        }
        plan.replicas = pick(&random, [1, 1, 1, 2, 5])
        plan.router.policy = pick(&random, RouterConfiguration.Policy.allCases)
        plan.router.staleness = Int64(pick(&random, [0, 0, 50_000_000_000]))
        if random.below(6) == 0 {
            let most = 1 + random.below(20)
            plan.arrivals =
                most % 2 == 0 ? .closedLoop(concurrency: most) : .capped(concurrency: most)
        }
        plan.seed = random.next()
        return plan
    }

    /// Sets each other part of the host's time at random, shorter or longer than a step.
    private static func setHost(_ random: inout SeededRandom, _ host: inout HostTimes) {
        host.frontEnd = Int64(pick(&random, [0, 6_644_000_000, 123]))
        host.delivery = Int64(pick(&random, [0, 500_000_000, 77]))
        host.launchGraph = Int64(pick(&random, [0, 300_000_000, 1_000_001]))
        host.launchPiecewise = Int64(pick(&random, [0, 2_700_000_000]))
        host.launchEager = Int64(pick(&random, [0, 20_758_000_000, 55]))
        host.mostGraphTokens = pick(&random, [0, 4, 16, 512])
        host.update = Int64(pick(&random, [0, 100_000_000, 1]))
        host.updatePerToken = Int64(pick(&random, [0, 15_730_000, 3]))
        host.idleStart = Int64(pick(&random, [0, 0, 3_000_000_000]))
    }

    /// Clients that wait for the whole answer, the first token or both, about as long as either
    /// takes, with or without retries.
    private static func patience(_ random: inout SeededRandom) -> ClientPatience {
        func span() -> Int64 {
            1 + Int64(random.below(pick(&random, [10_000, 1_000_000, 20_000_000]))) * 100_000
        }
        var patience = ClientPatience(timeout: span(), retries: random.below(4))
        switch random.below(3) {
        case 0: break
        case 1: patience.firstTokenTimeout = span()
        default: (patience.firstTokenTimeout, patience.timeout) = (span(), .max)
        }
        patience.backoff = pick(&random, ClientPatience.Backoff.allCases)
        patience.pause = pick(&random, [0, 1, 30_000_000_000])
        patience.longestPause = pick(&random, [0, 400_000_000_000])
        return patience
    }

    private static func workload(_ random: inout SeededRandom, _ plan: RunPlan) -> Workload {
        var workload = Workload()
        let count = 1 + random.below(pick(&random, [3, 20, 80]))
        let gap = pick(&random, [0, 0, 1_000, 50_000, 2_000_000])
        let longest = plan.engine.maxModelLen
        let shares = random.below(4) > 0
        let isQuoting = shares && random.below(2) == 0
        let hasAborts = random.below(4) == 0
        var time: Int64 = 0
        for row in 0..<count {
            if random.below(3) > 0 { time += Int64(random.below(gap + 1)) * 1000 }
            workload.ids.append(Int64(row))
            workload.arrivals.append(time)
            let output = 1 + random.below(pick(&random, [1, 8, longest / 2]))
            workload.outputTokens.append(Int32(output))
            if plan.engine.policy == .priority {
                workload.priorities.append(Int32(random.below(4)))
            }
            if hasAborts {
                let patience = Int64(random.below(3_000_000)) * 1000
                workload.aborts.append(random.below(4) == 0 ? time + patience : -1)
            }
            guard shares else {
                workload.promptTokens.append(Int32(1 + random.below(longest + 3)))
                continue
            }
            addContent(&random, &workload, row, longest, quoting: isQuoting)
        }
        return workload
    }

    /// Adds a prompt of a shared beginning, perhaps an earlier answer, and perhaps a unique end.
    private static func addContent(
        _ random: inout SeededRandom, _ workload: inout Workload, _ row: Int, _ longest: Int,
        quoting: Bool
    ) {
        var tokens = 0
        let pieces = 1 + random.below(4)
        var used: Set<Int64> = []
        for _ in 0..<pieces where tokens < longest {
            let length = 1 + random.below(max(1, longest / 3))
            var content = Int64(1 + random.below(3))
            let kind = random.below(4)
            if kind == 0 { content = Int64(1_000 + row) }
            // Answers of earlier, running and later requests.
            if kind == 1, quoting { content = Int64(5_000 + random.below(row + 3)) }
            guard used.insert(content).inserted else { continue }
            workload.segments.append(Segment(content: content, length: Int32(length)))
            tokens += length
        }
        workload.segmentEnds.append(workload.segments.count)
        workload.promptTokens.append(Int32(tokens))
        if quoting {
            // Occasionally two requests give the same answer.
            let answer = random.below(12) == 0 ? random.below(row + 1) : row
            workload.outputContents.append(Int64(5_000 + answer))
        }
    }
}
