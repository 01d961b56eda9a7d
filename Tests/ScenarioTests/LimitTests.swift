import Results
import Scenario
import StepTime
import Testing
import Traces

@testable import Simulator

/// Tells from each step's decision what kept it from holding more.
private final class LimitWatcher: RunObserver {
    var limits = LimitTimes()
    private var ends: [Int: Int64] = [:]
    private let budget: Int
    private let most: Int
    let decisionDetail = DecisionDetail.decisions

    init(_ plan: RunPlan) {
        budget = plan.engine.maxNumBatchedTokens
        most = plan.engine.maxNumSeqs
    }

    func decided(_ decision: Decision) {
        guard case .scheduled(let step) = decision else { return }
        let span = step.executionEnd - max(step.time, ends[step.replica] ?? 0)
        ends[step.replica] = step.executionEnd
        let tokens = step.entries.reduce(0) { $0 + $1.tokens }
        if !step.preempted.isEmpty {
            limits.blocks += Int128(span)
        } else if tokens == budget {
            guard step.waiting > 0 || step.entries.contains(where: { !$0.samples }) else { return }
            limits.tokenBudget += Int128(span)
        } else if step.waiting > 0 {
            if step.running >= most {
                limits.runningRequests += Int128(span)
            } else {
                limits.blocks += Int128(span)
            }
        }
    }
}

@Suite("What keeps steps from holding more")
struct LimitTests {
    private func requests(_ count: Int, every microseconds: Int, prompt: Int) -> Workload {
        var workload = Workload()
        for row in 0..<count {
            workload.ids.append(Int64(row))
            workload.arrivals.append(Int64(row * microseconds) * 1_000)
            workload.promptTokens.append(Int32(prompt / 2 + row * 613 % prompt))
            workload.outputTokens.append(Int32(1 + row * 37 % 120))
        }
        return workload
    }

    private func simulated(
        _ workload: Workload, _ changes: [String], watched: Bool = false
    ) throws -> (result: RunResult, limits: LimitTimes) {
        let plan = try Configuration.read(file: nil, changes: changes).resolved().plan
        let watcher = LimitWatcher(plan)
        let result = try simulate(
            plan, source: InMemorySource(workload), observer: watched ? watcher : nil)
        return (result, watcher.limits)
    }

    private static let cases: [[String]] = [
        ["engine.max_num_batched_tokens=512", "engine.max_num_seqs=64"],
        ["engine.max_num_seqs=6"], ["engine.num_gpu_blocks=260"],
        ["engine.num_gpu_blocks=200", "engine.scheduler_reserve_full_isl=false"],
        ["engine.async_scheduling=false", "engine.max_num_seqs=6"],
        ["engine.async_scheduling=false", "engine.num_gpu_blocks=260"],
        [
            "engine.max_num_seqs=12", "engine.num_gpu_blocks=300",
            "engine.max_num_batched_tokens=700",
        ],
    ]

    @Test("shares are those of the steps, however these are taken", arguments: cases)
    func steps(changes: [String]) throws {
        let changes = ["engine.max_model_len=4000", "cluster.replicas=2"] + changes
        let workload = requests(160, every: 8_000, prompt: 1_500)
        let (stepped, expected) = try simulated(workload, changes, watched: true)
        #expect(stepped.limits == expected)
        #expect(expected != LimitTimes())
        let forwarded = try simulated(workload, changes).result
        #expect(forwarded.limits == expected && forwarded.digest == stepped.digest)
    }

    @Test("each limit is named by its own key")
    func keys() throws {
        let burst = requests(60, every: 100, prompt: 400)
        let base = ["cluster.replicas=1", "engine.max_model_len=4000"]
        let seats = try simulated(burst, base + ["engine.max_num_seqs=4"]).result.limits
        #expect(seats.runningRequests > 0 && seats.blocks == 0 && seats.other == 0)
        let blocks = try simulated(burst, base + ["engine.num_gpu_blocks=260"]).result.limits
        #expect(blocks.blocks > 0 && blocks.runningRequests == 0 && blocks.other == 0)
        let tokens = try simulated(
            burst, base + ["engine.max_num_batched_tokens=256", "engine.max_num_seqs=200"]
        ).result.limits
        #expect(tokens.tokenBudget > 0 && tokens.blocks == 0 && tokens.other == 0)
        let paced = try simulated(
            burst,
            base + [
                "engine.version=0.33.0", "engine.scheduling_policy=decode_first",
                "engine.prefill_quota_tokens=64",
            ]
        ).result.limits
        #expect(paced.other > 0)
        let idle = try simulated(requests(5, every: 900_000, prompt: 40), base).result.limits
        #expect(idle == LimitTimes())
    }

    @Test("one prompt that is cut is limited by the budget in all its steps but the last")
    func onePrompt() throws {
        var workload = Workload()
        workload.ids = [0]
        workload.arrivals = [0]
        workload.promptTokens = [2_300]
        workload.outputTokens = [50]
        let changes = [
            "cluster.replicas=1", "engine.max_num_batched_tokens=1000",
            "engine.max_num_seqs=100", "step_time.kind=linear", "step_time.fixed_us=5000",
            "step_time.per_token_us=20", "step_time.per_request_us=2",
            "engine.async_scheduling=false",
        ]
        let result = try simulated(workload, changes).result
        // 5,000 + 1,000 · 20 + 2 us, twice.
        #expect(result.limits.tokenBudget == 2 * 25_002_000_000)
        let summary = RunSummary(result, clock: "")
        let share = 2 * 0.025002 / summary.duration
        #expect(abs(summary.limits.tokenBudget - share) < 1e-12)
    }
}
