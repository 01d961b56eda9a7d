import Basics
import Foundation
import Simulator
import StepTime
import TestSupport
import Testing
import Traces

/// Requests that all arrive at once: prompts, outputs and priorities.
private func burst(_ prompts: [Int32], outputs: Int32 = 4) -> Workload {
    var workload = Workload()
    workload.ids = (0..<Int64(prompts.count)).map { $0 }
    workload.arrivals = prompts.map { _ in 0 }
    workload.promptTokens = prompts
    workload.outputTokens = prompts.map { _ in outputs }
    return workload
}

private func plan(_ change: (inout RunPlan) -> Void = { _ in }) -> RunPlan {
    var plan = RunPlan(
        stepTime: StepTime(
            LinearStepTime(
                fixedMicroseconds: 5000, perTokenMicroseconds: 20, perRequestMicroseconds: 2)))
    plan.engine.numGPUBlocks = 200
    plan.engine.maxNumBatchedTokens = 256
    plan.engine.maxModelLen = 2048
    plan.engine.asyncScheduling = false
    change(&plan)
    return plan
}

/// Keeps every scheduled step.
private final class StepKeeper: RunObserver {
    var steps: [ScheduleDecision] = []
    var decisionDetail: DecisionDetail { .decisions }

    func decided(_ decision: Decision) {
        if case .scheduled(let step) = decision { steps.append(step) }
    }
}

private func steps(_ plan: RunPlan, _ workload: Workload) throws -> [ScheduleDecision] {
    let keeper = StepKeeper()
    let result = try simulate(plan, source: InMemorySource(workload), observer: keeper)
    #expect(result.counters.finished == workload.count)
    return keeper.steps
}

@Suite("Scheduling policies")
struct PolicyTests {
    @Test(
        "every shipped policy finishes everything, deterministically, in a tight pool",
        arguments: EngineConfiguration.Policy.allCases, [false, true])
    func finishes(policy: EngineConfiguration.Policy, asynchronous: Bool) throws {
        let plan = plan {
            $0.engine.policy = policy
            $0.engine.asyncScheduling = asynchronous
            $0.engine.numGPUBlocks = 40
            $0.engine.schedulerReserveFullISL = false
        }
        let workload = burst((0..<20).map { 30 + 17 * ($0 % 7) }, outputs: 60)
        let first = try simulate(plan, source: InMemorySource(workload))
        #expect(first.counters.finished == 20)
        #expect(first.counters.preemptions > 0)
        #expect(try simulate(plan, source: InMemorySource(workload)).digest == first.digest)
    }

    @Test("shortest prompt first admits by length")
    func shortest() throws {
        let plan = plan { $0.engine.policy = .shortestPromptFirst }
        let steps = try steps(plan, burst([200, 100, 50, 150]))
        let admitted = steps.flatMap(\.entries).filter { $0.kind == .admitted }.map(\.id)
        #expect(admitted == [2, 1, 3, 0])
    }

    @Test("decode first holds prefill to its quota, and never a decode back")
    func decodeFirst() throws {
        let plan = plan {
            $0.engine.policy = .decodeFirst
            $0.engine.prefillQuota = 64
        }
        let steps = try steps(plan, burst([40, 300, 300], outputs: 20))
        for step in steps {
            let prefill = step.entries.filter { $0.tokens > 1 }.reduce(0) { $0 + $1.tokens }
            #expect(prefill <= 64)
        }
        let decoding = steps.drop { !$0.entries.contains { $0.id == 0 } }.dropFirst().prefix(19)
        #expect(decoding.allSatisfy { $0.entries.first?.id == 0 })
    }

    @Test("prefill first never mixes prefill and decode")
    func prefillFirst() throws {
        let plan = plan { $0.engine.policy = .prefillFirst }
        let steps = try steps(plan, burst([200, 300, 100, 250], outputs: 5))
        for step in steps {
            let decodes = step.entries.filter { $0.tokens == 1 && $0.computedBefore > 0 }
            #expect(decodes.isEmpty || decodes.count == step.entries.count)
        }
    }

    @Test("least attained service lets newcomers catch up")
    func leastAttained() throws {
        let plan = plan {
            $0.engine.policy = .leastAttainedService
            $0.engine.maxNumBatchedTokens = 100
            $0.engine.maxNumSeqs = 100
        }
        var workload = burst([90, 90], outputs: 30)
        workload.arrivals = [0, 40_000_000]
        let steps = try steps(plan, workload)
        // The newcomer's prompt goes before the decode of the request that has tokens already.
        let meeting = try #require(steps.first { $0.entries.contains { $0.id == 1 } })
        #expect(meeting.entries.contains { $0.id == 1 && $0.tokens >= 90 })
    }

    /// A policy that admits one request at a time, the latest first.
    private struct OneAtATime: SchedulingPolicy {
        func precedes(_ a: RequestView, _ b: RequestView) -> Bool { a.sequence > b.sequence }
        func admits(_ candidate: RequestView, _ step: StepView) -> Bool { step.running == 0 }
        func victim(
            among running: [RequestView], for requester: RequestView, at step: StepView
        ) -> Int { 0 }
    }

    /// A policy that names a victim that does not exist.
    private struct NamesNobody: SchedulingPolicy {
        func victim(
            among running: [RequestView], for requester: RequestView, at step: StepView
        ) -> Int { 5 }
    }

    /// A policy that lets nobody in.
    private struct AdmitsNobody: SchedulingPolicy {
        func admits(_ candidate: RequestView, _ step: StepView) -> Bool { false }
    }

    @Test("a policy that lets nobody in is named")
    func admitsNobody() throws {
        let message = try refusalOf(plan { $0.policy = AdmitsNobody() }, burst([50]))
        #expect(message.contains("scheduling policy AdmitsNobody (replica 0)"), "\(message)")
        #expect(message.contains("no progress"), "\(message)")
    }

    @Test("a policy of one's own orders, admits and is held to the rules")
    func custom() throws {
        let own = plan { $0.policy = OneAtATime() }
        let steps = try steps(own, burst([50, 50, 50]))
        #expect(steps.allSatisfy { $0.running <= 1 })
        let admitted = steps.flatMap(\.entries).filter { $0.kind == .admitted }.map(\.id)
        #expect(admitted == [2, 1, 0])
        let wrong = plan {
            $0.policy = NamesNobody()
            $0.engine.numGPUBlocks = 10
        }
        // Nine blocks hold both prompts, and not both answers: somebody has to go.
        let message = try refusalOf(wrong, burst([64, 64], outputs: 30))
        #expect(message.contains("names victim 5 of 2"), "\(message)")
    }
}

private func refusalOf(_ plan: RunPlan, _ workload: Workload) throws -> String {
    do {
        _ = try simulate(plan, source: InMemorySource(workload))
        return "no error"
    } catch let error as InputError { return error.description }
}

@Suite("External schedulers", .serialized)
struct ExternalSchedulerFailureTests {
    private func message(_ command: String, limit: Double = 20) throws -> String {
        try refusalOf(
            plan { $0.externalScheduler = .init(command: command, limitSeconds: limit) },
            burst([50, 60]))
    }

    @Test(
        "what dies, hangs or prints junk ends the run with one clear line",
        arguments: [
            ("sh -c 'exit 3'", "exited with status 3"),
            ("echo oops >&2; exit 1", "oops"),
            ("/nonexistent/scheduler", "exited with status 127"),
            ("echo hello; cat", "not a JSON object: hello"),
            ("echo '[]'; cat", "not a JSON object"),
            ("echo '{}'; cat", "no list of actions"),
            ("echo '{\"actions\":[[\"fly\",1]]}'; cat", "an invalid action"),
            ("echo '{\"actions\":[[\"run\",0,-4]]}'; cat", "tokens"),
            ("echo '{\"actions\":[],\"more\":1}'; cat", "unknown key more"),
            ("echo '{\"actions\":[],\"actions\":[]}'; cat", "names a key twice"),
            ("echo '{\"actions\":[],\"\\u0061ctions\":[]}'; cat", "names a key twice"),
            ("echo '{\"actions\":[],\"stop_at_refusal\":1}'; cat", "neither true nor false"),
            ("echo '{\"actions\":[[\"run\",true,5]]}'; cat", "an invalid action"),
            ("exec 1>&-; cat >/dev/null", "closed its output"),
        ])
    func failures(command: String, part: String) throws {
        let message = try message(command)
        #expect(message.contains(part), "\(message)")
        #expect(!message.contains("\n"))
        #expect(message.contains("engine.scheduler (replica 0, step 0)"))
    }

    @Test("a scheduler that hangs is stopped at its limit")
    func hangs() throws {
        let began = ContinuousClock.now
        let message = try message("sleep 30", limit: 0.2)
        #expect(message.contains("no answer within 0.2 s"))
        #expect(ContinuousClock.now - began < .seconds(10))
    }

    @Test("one that never schedules anything is named, with what it was refused last")
    func idles() throws {
        func message(answer: String, asynchronous: Bool) throws -> String {
            let idle = plan {
                $0.externalScheduler = .init(
                    command: "while read -r line; do echo '\(answer)'; done")
                $0.engine.asyncScheduling = asynchronous
            }
            return try refusalOf(idle, burst([50, 60]))
        }
        for asynchronous in [false, true] {
            var words = try message(answer: "{\"actions\":[]}", asynchronous: asynchronous)
            #expect(words.contains("engine.scheduler (replica 0, step "), "\(words)")
            #expect(words.contains("while read -r line"), "\(words)")
            #expect(words.contains("makes no progress"), "\(words)")
            #expect(words.contains("no action of it was refused"), "\(words)")
            #expect(!words.contains("num_gpu_blocks"), "\(words)")
            // Refusals that end the line count as well.
            words = try message(
                answer: "{\"actions\":[[\"run\",1,5]],\"stop_at_refusal\":true}",
                asynchronous: asynchronous)
            #expect(
                words.contains("its last refused action was run of request 1: it is not running"),
                "\(words)")
        }
    }

    @Test("engine.prefill_schedule_interval holds, and the child is told")
    func prefillInterval() throws {
        // Runs 0 and admits the others until they are in; then everybody.
        let answer =
            "{\"actions\":[[\"admit\",0],[\"admit\",1],[\"run\",0],[\"run\",1]]}"
        func run(interval: Int, log: String) throws -> [ScheduleDecision] {
            let plan = plan {
                $0.engine.prefillScheduleInterval = interval
                $0.externalScheduler = .init(
                    command: "while read -r line; do echo \"$line\" >>\(log); "
                        + "echo '\(answer)'; done")
            }
            var workload = burst([50, 60], outputs: 30)
            workload.arrivals[1] = 10_000_000
            return try steps(plan, workload)
        }
        let scratch = try Scratch()
        let each = try run(interval: 1, log: scratch.path + "/each")
        let fourth = try run(interval: 4, log: scratch.path + "/fourth")
        func admission(_ steps: [ScheduleDecision]) throws -> Int {
            try #require(steps.firstIndex { step in step.entries.contains { $0.id == 1 } })
        }
        let (soon, late) = (try admission(each), try admission(fourth))
        #expect(soon < late)
        // A prompt every fourth step: the first went into step 0.
        #expect(late == 4)
        let told = try String(contentsOfFile: scratch.path + "/fourth", encoding: .utf8)
        #expect(told.contains("\"prefill_schedule_interval\":4"))
        let holding = told.split(separator: "\n").map { $0.contains("\"holds_prefill\":true") }
        #expect(holding.prefix(5) == [false, true, true, true, false])
        let other = try String(contentsOfFile: scratch.path + "/each", encoding: .utf8)
        #expect(!other.contains("holds_prefill"))
    }

    @Test("actions that break a rule are refused and counted, and the run goes on")
    func refusals() throws {
        // Admits both, asks for too much, names strangers; then runs both by the rules.
        let answer =
            "{\"actions\":[[\"admit\",0,0],[\"admit\",1,0],[\"run\",0,9999],[\"preempt\",77],"
            + "[\"run\",0,0],[\"run\",1,0]]}"
        let plan = plan {
            $0.externalScheduler = .init(
                command: "while read -r line; do echo '\(answer)'; done")
        }
        let result = try simulate(plan, source: InMemorySource(burst([50, 60])))
        #expect(result.counters.finished == 2)
        #expect(result.refusedActions > 2)
        #expect(result.firstRefusal.contains("request 0"))
    }
}
