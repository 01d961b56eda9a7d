import Basics
import Models
import Simulator
import Traces

/// Features of only some cases, drawn from a separate stream: adding one does not change a case's
/// other draws.
extension RandomCase {
    mutating func addFeatures(_ random: inout SeededRandom) {
        addLimits(&random)
        addPolicy(&random)
        addCluster(&random)
        addRequests(&random)
        addSessions(&random)
        addVersion(&random)
    }

    /// Sets an earlier release of the engine. A policy that mirrors the engine mirrors the newest.
    private mutating func addVersion(_ random: inout SeededRandom) {
        let release = Self.pick(&random, EngineRelease.all)
        guard random.below(3) > 0, !mirrorsEngine else { return }
        plan.engine.release = release
        plan.engine.dropMissingOptions()
    }

    /// Sets limits of a step and of a request, which change what fits.
    private mutating func addLimits(_ random: inout SeededRandom) {
        if random.below(16) == 0 {
            // Room for long periods of decoding.
            plan.engine.maxModelLen = 1_500
            plan.engine.numGPUBlocks += 1_500 / plan.engine.blockSize
            for row in workload.outputTokens.indices where random.below(6) == 0 {
                workload.outputTokens[row] += Int32(random.below(1_000))
            }
        }
        if random.below(5) == 0 {
            // Without chunks, the engine requires that the longest prompt fits in a step.
            plan.engine.enableChunkedPrefill = false
            plan.engine.maxNumBatchedTokens = max(
                plan.engine.maxNumBatchedTokens, plan.engine.maxModelLen)
            if random.below(4) > 0 { plan.engine.maxNumScheduledTokens = nil }
        }
        if random.below(24) == 0 {
            plan.engine.groups = Self.pick(
                &random,
                [
                    [.full, .sliding(window: 7), .sliding(window: 25), .sliding(window: 70)],
                    [.sliding(window: 5), .sliding(window: 40)], [.full, .full],
                ])
            plan.engine.numGPUBlocks *= plan.engine.groups.count
        }
        if random.below(10) == 0 {
            let scale = Self.pick(&random, [1_500_000, 333_333, 10_000_000])
            plan.stepTime = plan.stepTime.scaled(byMillionths: Int64(scale))
        }
    }

    /// Sets a scheduler other than the engine's own.
    private mutating func addPolicy(_ random: inout SeededRandom) {
        switch random.below(12) {
        case 0, 1:
            plan.engine.policy = Self.pick(
                &random,
                [.shortestPromptFirst, .leastAttainedService, .decodeFirst, .prefillFirst])
            plan.engine.prefillQuota = 1 + random.below(200)
        case 2:
            plan.policy =
                plan.engine.policy == .priority ? ByPriority() : FirstComeFirstServed()
            mirrorsEngine = true
        case 3, 4: plan.policy = RandomPolicy(&random)
        default: break
        }
    }

    private mutating func addCluster(_ random: inout SeededRandom) {
        plan.router.affinitySlack = Self.pick(&random, [0, 1, 8, 8])
        if random.below(3) == 0 {
            plan.objective.timeToFirstToken = Int64(random.below(1 << 40))
            plan.objective.timePerOutputToken = Int64(random.below(1 << 36))
        }
        plan.threads = Self.pick(&random, [nil, 1, 2])
    }

    /// Adds ids other than row numbers, priorities, limits above the answers' lengths, and clients
    /// that abort.
    private mutating func addRequests(_ random: inout SeededRandom) {
        if random.below(4) == 0 {
            workload.ids = workload.ids.map { $0 * 17 + 5 }
        }
        if random.below(4) == 0, workload.priorities.isEmpty {
            workload.priorities = workload.ids.map { _ in Int32(random.below(7)) - 3 }
        }
        if random.below(3) == 0 {
            workload.maxTokens = workload.outputTokens.map {
                Int64($0) + (random.below(2) == 0 ? 0 : Int64(random.below(60)))
            }
        }
        if random.below(6) == 0 {
            // Many abort, some on arrival.
            workload.aborts = workload.arrivals.map { arrival in
                let patience = Int64(random.below(Self.pick(&random, [1, 1_000, 300_000]))) * 1_000
                return random.below(2) == 0 ? arrival + patience : -1
            }
        }
    }

    /// Adds turns that wait for an answer; occasionally two wait for the same one.
    private mutating func addSessions(_ random: inout SeededRandom) {
        guard random.below(4) == 0, workload.count > 1 else { return }
        let gap = Self.pick(&random, [0, 1_000, 400_000])
        workload.predecessors = workload.ids.map { _ in -1 }
        workload.thinkTimes = workload.ids.map { _ in 0 }
        for row in 1..<workload.count where random.below(3) > 0 {
            let before = random.below(4) == 0 ? random.below(row) : row - 1
            workload.predecessors[row] = workload.ids[before]
            workload.thinkTimes[row] = Int64(random.below(gap + 1)) * 1_000
            // A client that waits for its turn gives up relative to it, not at a time of the trace.
            if !workload.aborts.isEmpty { workload.aborts[row] = -1 }
        }
    }
}
