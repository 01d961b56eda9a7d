/// The files that `headway run --out` writes into a folder.
public enum RunFiles {
    /// The figures, and the digest of every file: without it the folder holds no run.
    public static let summary = "summary.json"
    /// A row per request.
    public static let requests = "requests.csv"
    /// The configuration with everything derived.
    public static let configuration = "config.resolved.json"
    /// Every scheduling decision, where that is wanted.
    public static let decisions = "steps.jsonl"
    /// Where each request's time went, where that is wanted.
    public static let latency = "latency.csv"
    /// Events for a trace viewer, where they are wanted.
    public static let timeline = "timeline.json"
}
