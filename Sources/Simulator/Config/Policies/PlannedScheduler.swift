import Basics

extension RunPlan {
    /// Whether something else than the engine's own scheduler decides.
    package var hasCustomScheduler: Bool {
        externalScheduler != nil || policy != nil || engine.policyObject != nil
    }

    /// What decides the order, by the name a configuration gives it.
    package var policyName: String {
        policy == nil ? engine.policy.rawValue : "a policy of one's own"
    }
}

extension ExternalSchedulerConfiguration {
    /// Makes sure that every replica may have its process. Throws `InputError` when it may not.
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
