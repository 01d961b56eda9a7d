import Basics
import Traces

/// Watches a run from outside: progress for a terminal, records for a file.
public protocol RunObserver {
    /// A request ended. Called in order of the simulated time of the end.
    mutating func record(_ record: RequestRecord) throws
    /// Some progress: requests ended so far and simulated time, picoseconds. Called now and then.
    mutating func progress(ended: Int, time: Int64)
    /// One line of the decision log (the conformance log's format, without its newline).
    mutating func decision(_ line: String) throws
    /// Whether `decision` wants lines at all.
    var wantsDecisions: Bool { get }
}

/// Runs a source's requests through a cluster, to the end.
///
/// Throws `InputError` for a source that cannot be read or a run that cannot make progress.
public func simulate(
    _ plan: RunPlan, source: any RequestSource, observer: (any RunObserver)? = nil
) throws -> RunResult {
    throw InputError("simulate", "not reachable yet")
}
