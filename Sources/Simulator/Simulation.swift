import Basics
import Foundation
import Traces

/// Watches a run from outside: progress for a terminal, records for a file.
public protocol RunObserver {
    /// How much of the scheduler's decisions `decided` wants to see.
    var decisionDetail: DecisionDetail { get }
    /// Whether the plans of different instances come in an order of their own; else it may depend
    /// on the number of threads, of which there is then one.
    var ordersPlans: Bool { get }
    /// A request ended. Called in the order of arrival, as soon as every earlier one has ended;
    /// from one thread at a time, but not always from the one that began the run.
    mutating func record(_ record: RequestRecord) throws
    /// Requests ended so far and simulated time, picoseconds. Called now and then.
    mutating func progress(ended: Int, time: Int64)
    /// Schedulers decided; those of a replica in order. Called for every `decisionDetail` but
    /// `none`, before `record` for a request that ended by then.
    mutating func decided(_ plans: DecidedPlans) throws
    /// A scheduler decided or a step was processed; in time order within a replica. Called for
    /// `decisions` and `decisionsAndBlocks`, after the plans.
    mutating func decided(_ decision: Decision) throws
}

extension RunObserver {
    public var decisionDetail: DecisionDetail { .none }
    public var ordersPlans: Bool { false }
    public mutating func record(_ record: RequestRecord) throws {}
    public mutating func progress(ended: Int, time: Int64) {}
    public mutating func decided(_ plans: DecidedPlans) throws {}
    public mutating func decided(_ decision: Decision) throws {}
}

/// An observer that looks away.
public struct NoObserver: RunObserver {
    /// Sees nothing.
    public init() {}
}

/// Runs a source's requests through a cluster, to the end.
///
/// Throws `InputError` for a source that cannot be read, a plan that makes no sense or a run that
/// cannot make progress, and whatever the observer throws.
public func simulate(
    _ plan: RunPlan, source: any RequestSource, observer: (any RunObserver)? = nil
) throws -> RunResult {
    var observer = observer ?? NoObserver()
    return try simulate(plan, source: source, watching: &observer)
}

/// As `simulate(_:source:observer:)`, with an observer that the caller keeps.
public func simulate(
    _ plan: RunPlan, source: any RequestSource, watching observer: inout any RunObserver
) throws -> RunResult {
    try plan.check()
    var plan = plan
    // Extents have no block numbers to log. And an external scheduler is told the content of
    // prompts, which extents keep in another form.
    let logsBlocks = observer.decisionDetail == .decisionsAndBlocks && plan.engine.gait == .walk
    if logsBlocks { plan.isPlain = true }
    if logsBlocks || plan.externalScheduler != nil { plan.numbersBlocks = true }
    try plan.externalScheduler?.prepare(replicas: plan.replicas)
    var cluster = Cluster(plan, detail: observer.decisionDetail)
    defer { cluster.dismissSchedulers() }
    var feed = try RequestFeed(source, plan)
    let independent =
        !cluster.router.readsState && !feed.isDependent && plan.externalScheduler == nil
        && !observer.decisionDetail.isStepped && !observer.ordersPlans
    if independent {
        let threads = plan.threads ?? ProcessInfo.processInfo.activeProcessorCount
        try runIndependently(&cluster, &feed, &observer, threads: threads)
    } else {
        try run(&cluster, &feed, &observer)
    }
    var result = cluster.result(plan)
    result.holdsContent = feed.holdsContent
    return result
}
