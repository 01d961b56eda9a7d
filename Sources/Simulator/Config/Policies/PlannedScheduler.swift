import Basics

extension RunPlan {
    /// Whether something other than the engine's own scheduler decides.
    package var hasCustomScheduler: Bool {
        externalScheduler != nil || policy != nil || engine.policyObject != nil
    }

    /// The name under which a configuration selects the scheduling policy, or a fixed text for a
    /// policy passed as a value.
    package var policyName: String {
        policy == nil ? engine.policy.rawValue : "a policy of one's own"
    }
}

extension ExternalSchedulerConfiguration {
    /// Checks that every replica may start its process. Throws `InputError` if not.
    func prepare(replicas: Int) throws {
        do {
            try ExternalProcess.prepare(for: replicas)
        } catch let error as ExternalProcess.Failure {
            throw InputError(
                "engine.scheduler", "\"\(command.echoed())\" \(error.words)",
                expected: "fewer replicas or a higher limit")
        }
    }
}
