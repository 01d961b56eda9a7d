import Basics

/// The scheduler that decides in place of the engine's own.
enum CustomScheduler {
    case policy(PolicySeat)
    case external(ExternalScheduler)

    /// The custom scheduler of a plan; nil for the engine's own.
    init?(_ plan: RunPlan, replica: Int) {
        if let external = plan.externalScheduler {
            self = .external(ExternalScheduler(external, replica: replica))
        } else if let policy = plan.policy ?? plan.engine.policyObject {
            self = .policy(PolicySeat(policy))
        } else {
            return nil
        }
    }
}

extension CustomScheduler {
    /// The error for a custom scheduler that schedules nothing, or nothing that finishes: what it
    /// did last, and the replica's state.
    func idle(_ replica: Int, _ step: Int, _ moment: String, _ state: String) -> InputError {
        switch self {
        case .policy(let seat):
            return InputError(
                "scheduling policy \(type(of: seat.policy)) (replica \(replica))",
                "\(moment): \(state)",
                expected: "a policy that lets something into every step, or a larger "
                    + "engine.num_gpu_blocks")
        case .external(let scheduler):
            let refusal = scheduler.lastRefusal
            let last =
                refusal.isEmpty
                ? "no action of it was refused"
                : "its last refused action was \(refusal)"
            return InputError(
                "engine.scheduler (replica \(replica), step \(step))",
                "\"\(scheduler.command.echoed())\" makes \(moment): \(last); \(state)",
                expected: "actions that the engine can execute")
        }
    }
}

extension Scheduler {
    /// Schedules a step as the custom scheduler decides. Its errors end the run at the next check
    /// of progress.
    mutating func scheduleCustom(_ cache: inout KVCache) {
        do {
            switch custom {
            case .policy(let seat):
                try scheduleByPolicy(&cache, seat)
            case .external(let external):
                try scheduleExternally(&cache, external)
            case nil:
                preconditionFailure("the engine's own scheduler is no custom one")
            }
        } catch let error as InputError {
            failure = error
        } catch {
            failure = InputError("engine.scheduler", "\(error)")
        }
    }
}
