extension Recipe {
    /// The default trace: 20,000 chat requests at 64 per second, enough for eight replicas of an 8B
    /// model on H100 to be busy and keep up.
    ///
    /// Prompts and answers imitate the Azure LLM inference trace 2023, conversation (prompt median
    /// 1,020 and 90th percentile 2,735 tokens, output median 129 and 90th percentile 424). Sharing
    /// and sessions, which that trace does not record, are invented: two dozen system prompts by
    /// Zipf's law; six of ten sessions have one turn (ShareGPT's mean is 3.5, LMSYS-Chat's 2.0).
    package static let builtInChat: Recipe = {
        var single = chat(name: "single turn", share: 0.6)
        single.prompt = .lognormal(median: 590, p90: 1_900, max: 14_000)
        var session = chat(name: "conversation", share: 0.4)
        session.prompt = .lognormal(median: 120, p90: 480, max: 6_000)
        session.turns = .exponential(mean: 3.2, min: 2, max: 12)
        session.thinkS = .lognormal(median: 18, p90: 70, min: 1, max: 600)
        var recipe = Recipe(arrivals: Arrivals(rate: 64), classes: [single, session])
        recipe.name = "built-in chat"
        recipe.seed = 0
        recipe.description = "Chat-like: shared system prompts, some multi-turn."
        recipe.requests = 20_000
        recipe.warmUpS = 600
        recipe.maxContext = 16_384
        return recipe
    }()

    private static func chat(name: String, share: Double) -> RequestClass {
        var entry = RequestClass(
            prompt: .fixed(1), output: .lognormal(median: 129, p90: 430, min: 2, max: 1_000))
        entry.name = name
        entry.share = share
        entry.correlation = 0.2
        entry.system = .init(
            count: 24, zipf: 1.1, tokens: .lognormal(median: 260, p90: 700, min: 20, max: 2_000))
        return entry
    }
}
