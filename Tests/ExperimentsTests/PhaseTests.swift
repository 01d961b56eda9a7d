import Basics
import Simulator
import StepTime
import Testing
import Traces

/// A policy of given phases.
private struct Phased: SchedulingPolicy {
    var given: StepShape
    func precedes(_ a: RequestView, _ b: RequestView, at step: StepView) -> Bool {
        a.sequence < b.sequence
    }
    func shape(_ step: StepView) -> StepShape { given }
}

/// Counts the steps that break what vLLM asserts at the end of `schedule`.
private final class StepChecker: RunObserver {
    let budget: Int
    private(set) var broken = 0
    var decisionDetail: DecisionDetail { .decisions }

    init(budget: Int) { self.budget = budget }

    func decided(_ decision: Decision) {
        guard case .scheduled(let step) = decision else { return }
        let ids = step.entries.map(\.id)
        let tokens = step.entries.reduce(0) { $0 + $1.tokens }
        let isRight =
            Set(ids).count == ids.count && tokens <= budget && ids.count <= step.running
            && step.entries.allSatisfy { $0.tokens > 0 }
        if !isRight { broken += 1 }
    }
}

@Suite("Phases of a step")
struct PhaseTests {
    private static let phases: [StepShape.Phase] = [.running, .decodes, .chunks, .admissions]

    private func workload(_ random: inout SeededRandom) -> Workload {
        var workload = Workload()
        for row in 0..<14 {
            workload.ids.append(Int64(row))
            workload.arrivals.append(Int64(row) * Int64(random.below(3)) * 4_000_000)
            let opening = Int32(16 * (1 + random.below(4)))
            let rest = Int32(1 + random.below(90))
            workload.promptTokens.append(opening + rest)
            workload.outputTokens.append(Int32(1 + random.below(30)))
            workload.segments += [
                Segment(content: Int64(random.below(2)), length: opening),
                Segment(content: Int64(100 + row), length: rest),
            ]
            workload.segmentEnds.append(workload.segments.count)
        }
        workload.arrivals.sort()
        return workload
    }

    /// Runs a shape both ways in both pools, with room and without. What goes wrong, in words.
    private func problems(
        _ shape: StepShape, seed: UInt64, isTight: Bool
    ) throws -> [String] {
        var problems: [String] = []
        let served = shape.phases
        let canFinish =
            served.contains(.admissions)
            && (served.contains(.running)
                || served.contains(.decodes) && served.contains(.chunks))
        for choice in 0..<4 {
            var random = SeededRandom(seed: seed)
            let workload = workload(&random)
            var plan = RunPlan(
                stepTime: StepTime(
                    LinearStepTime(
                        fixedMicroseconds: 5000, perTokenMicroseconds: 20,
                        perRequestMicroseconds: 2)))
            plan.engine.asyncScheduling = choice & 1 == 1
            plan.engine.enablePrefixCaching = choice & 2 == 2
            plan.engine.numGPUBlocks = isTight ? 22 : 500
            plan.engine.schedulerReserveFullISL = !isTight
            plan.engine.maxNumBatchedTokens = 48
            plan.engine.maxNumSeqs = 6
            plan.engine.maxModelLen = 1024
            plan.policy = Phased(given: shape)
            let checker = StepChecker(budget: 48)
            let name = "\(served), exclusive \(shape.isExclusive), \(choice), seed \(seed)"
            do {
                let result = try simulate(
                    plan, source: InMemorySource(workload), observer: checker)
                if result.counters.finished != workload.count { problems.append(name) }
            } catch let error as InputError {
                // A shape that leaves some work out, or a pool in which it preempts for ever.
                if canFinish && !isTight || !error.problem.contains("no progress") {
                    problems.append("\(name): \(error)")
                }
            }
            if checker.broken > 0 { problems.append("\(name): \(checker.broken) broken steps") }
        }
        return problems
    }

    /// Every list of one to three phases.
    private static let lists: [[StepShape.Phase]] = {
        var lists: [[StepShape.Phase]] = [[]]
        var all: [[StepShape.Phase]] = []
        for _ in 0..<3 {
            lists = lists.flatMap { list in phases.map { list + [$0] } }
            all += lists
        }
        return all
    }()

    @Test("no list of phases schedules a request twice, or more than there is room for")
    func everyList() throws {
        for (number, list) in Self.lists.enumerated() {
            var shape = StepShape()
            shape.phases = list
            let found = try problems(shape, seed: UInt64(number), isTight: number % 2 == 0)
            #expect(found == [])
        }
    }

    @Test("nor does a longer one, with quotas and exclusive phases", arguments: UInt64(1)...30)
    func longLists(seed: UInt64) throws {
        var random = SeededRandom(seed: seed, stream: 7)
        var shape = StepShape()
        shape.phases = (0..<(3 + random.below(4))).map { _ in Self.phases[random.below(4)] }
        shape.isExclusive = random.below(3) == 0
        if random.below(2) == 0 { shape.prefillQuota = 1 + random.below(60) }
        #expect(try problems(shape, seed: seed, isTight: random.below(2) == 0) == [])
    }
}
