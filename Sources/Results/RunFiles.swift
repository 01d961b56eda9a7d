/// The files that `headway run --out` writes into a folder.
package enum RunFiles {
    /// The figures, and the digest of every file. Without it the folder holds no run.
    package static let summary = "summary.json"
    /// One row per request.
    package static let requests = "requests.csv"
    /// The configuration with everything derived.
    package static let configuration = "config.resolved.json"
    /// The figures of each class, if a rule groups requests.
    package static let classes = "classes.csv"
    /// Every scheduling decision, if wanted.
    package static let decisions = "steps.jsonl"
    /// The same with one line for consecutive steps that are alike, if wanted.
    package static let plans = "plans.jsonl"
    /// Where each request's time went, if wanted.
    package static let latency = "latency.csv"
    /// The data of a report's charts: distributions, series, the slowest requests.
    package static let report = "report.json"
    /// The work of each replica over time, if wanted.
    package static let series = "series.csv"
    /// The steps that gave each request its tokens, if every token's time is wanted.
    package static let tokenTimes = "token_times.csv"
    /// When the tokens of each step were delivered; written together with it.
    package static let tokenSteps = "token_steps.csv"
    /// Events for a trace viewer, if wanted.
    package static let timeline = "timeline.json"
}
