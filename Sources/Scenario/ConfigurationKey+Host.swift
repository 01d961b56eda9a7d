extension ConfigurationKey {
    /// Keys of an engine's host.
    static let host: [ConfigurationKey] = [
        .init(
            "engine.async_scheduling", \.engine.asyncScheduling, .flag,
            "Schedule step k+1 while step k runs."),
        .init(
            "engine.host.profile", \.engine.host.profile,
            .optional(
                .text("a host profile's name or path"),
                null: "by engine.version and GPU with measured operators, else none"),
            "Host profile, which gives the times that the engine's host adds to steps and\n"
                + "requests: vllm-0.23-async, vllm-0.19-async, vllm-0.18-async, vllm-0.15-async,\n"
                + "vllm-0.11-sync, vllm-0.12-sync, vllm-2025-10, vllm-2025-10-h200,\n"
                + "vllm-2025-10-b200, sglang-0.5.9, trtllm-2025, none, or a file of headway\n"
                + "calibrate. The keys below replace single figures. engine.host: NAME is short\n"
                + "for this key."),
        figure(
            "front_end", \.engine.host.frontEnd,
            "From the client to the scheduler."),
        figure(
            "schedule", \.engine.host.schedule,
            "Deciding a step and preparing its inputs."),
        figure(
            "schedule_per_request", \.engine.host.schedulePerRequest,
            "The same per request in the step."),
        figure(
            "launch_graph", \.engine.host.launchGraph,
            "Launching a decode step that is one captured graph."),
        figure(
            "launch_piecewise", \.engine.host.launchPiecewise,
            "Launching any other step within the captured sizes; its kernels run meanwhile."),
        figure(
            "launch_eager", \.engine.host.launchEager,
            "Launching a step beyond the captured sizes; its kernels run meanwhile."),
        figure(
            "update", \.engine.host.update,
            "Processing a finished step."),
        figure(
            "update_per_token", \.engine.host.updatePerToken,
            "The same per sampled token."),
        figure("delivery", \.engine.host.delivery, "From a processed step to the client."),
        figure(
            "idle_start", \.engine.host.idleStart,
            "Extra time of the first step after an idle time."),
        figure(
            "gpu_wait", \.engine.host.gpuWait,
            "Time between steps that nothing hides; measured operators only."),
        figure(
            "gpu_wait_per_request", \.engine.host.gpuWaitPerRequest,
            "The same per request."),
        figure(
            "gpu_wait_per_first", \.engine.host.gpuWaitPerFirst,
            "Extra time per request for a step's first requests: the first 8, or the profile's\n"
                + "number."),
        .init(
            "engine.empty_yield_us", \.engine.emptyYieldMicroseconds, .integer(0...1_000_000_000),
            "Sleep after an iteration that scheduled nothing, microseconds."),
    ]

    private static func figure(
        _ name: String, _ member: WritableKeyPath<Configuration, Double?> & Sendable,
        _ meaning: String
    ) -> ConfigurationKey {
        .init(
            "engine.host.\(name)_us", member,
            .optional(.number(0...1e8), null: "the profile's"), meaning + " Microseconds.")
    }
}
