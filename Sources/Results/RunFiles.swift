/// The files that `headway run --out` writes into a folder.
package enum RunFiles {
    /// The figures, and the digest of every file: without it the folder holds no run.
    package static let summary = "summary.json"
    /// A row per request.
    package static let requests = "requests.csv"
    /// The configuration with everything derived.
    package static let configuration = "config.resolved.json"
    /// The figures of each class, where a rule groups requests.
    package static let classes = "classes.csv"
    /// Every scheduling decision, where that is wanted.
    package static let decisions = "steps.jsonl"
    /// The same with a line for steps in a row that are alike, where that is wanted.
    package static let plans = "plans.jsonl"
    /// Where each request's time went, where that is wanted.
    package static let latency = "latency.csv"
    /// What a report draws: distributions, series, the slowest requests.
    package static let report = "report.json"
    /// What each replica did over time, where that is wanted.
    package static let series = "series.csv"
    /// The steps that gave each request its tokens, where every token's time is wanted.
    package static let tokenTimes = "token_times.csv"
    /// When the tokens of each step left, beside it.
    package static let tokenSteps = "token_steps.csv"
    /// Events for a trace viewer, where they are wanted.
    package static let timeline = "timeline.json"
}
