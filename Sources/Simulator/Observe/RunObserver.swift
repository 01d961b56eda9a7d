/// Observes a run from outside: progress for a terminal, records for a file.
public protocol RunObserver {
    /// How much of the scheduler's decisions `decided` receives.
    var decisionDetail: DecisionDetail { get }
    /// Whether the plans of all instances can be put into one order (see `reached`). The run then
    /// uses one thread; otherwise the order may depend on the number of threads.
    var ordersPlans: Bool { get }
    /// Whether `DecidedPlans.gaps` is wanted: each gap between two tokens of a request. Every
    /// request is then kept individually, which is slower.
    var watchesGaps: Bool { get }
    /// Whether `DecidedPlans.deliveries` is wanted: when the tokens of each step left the engine.
    /// The run fast-forwards as without an observer.
    var watchesDeliveries: Bool { get }
    /// A request ended. Called in order of arrival, as soon as every earlier request has ended.
    /// Calls do not overlap, but may come from other threads than the one that began the run.
    mutating func record(_ record: RequestRecord) throws
    /// All plans made before `time` (in picoseconds) have been passed on, and the records of all
    /// requests that had ended by then; instances are not ordered in time. Called now and then if
    /// `ordersPlans`.
    mutating func reached(_ time: Int64) throws
    /// Requests ended so far, and simulated time in picoseconds. Called now and then.
    mutating func progress(ended: Int, time: Int64)
    /// Schedulers decided. Each replica's plans come in order, before `record` for the requests
    /// that ended by then. Called unless `decisionDetail` is `none`.
    mutating func decided(_ plans: DecidedPlans) throws
    /// A scheduler decided, or a step was processed. In time order within a replica. Called for
    /// `decisions` and `decisionsAndBlocks`, after the plans.
    mutating func decided(_ decision: Decision) throws
}

extension RunObserver {
    public var decisionDetail: DecisionDetail { .none }
    public var ordersPlans: Bool { false }
    public var watchesGaps: Bool { false }
    public var watchesDeliveries: Bool { false }
    public mutating func record(_ record: RequestRecord) throws {}
    /// Does nothing.
    public mutating func reached(_ time: Int64) throws {}
    public mutating func progress(ended: Int, time: Int64) {}
    public mutating func decided(_ plans: DecidedPlans) throws {}
    public mutating func decided(_ decision: Decision) throws {}
}

/// An observer that ignores everything.
package struct NoObserver: RunObserver {
    package init() {}
}
