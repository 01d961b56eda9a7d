/// Watches a run from outside: progress for a terminal, records for a file.
public protocol RunObserver {
    /// How much of the scheduler's decisions `decided` wants to see.
    var decisionDetail: DecisionDetail { get }
    /// Whether the plans of different instances come in an order of their own; else it may depend
    /// on the number of threads, of which there is then one.
    var ordersPlans: Bool { get }
    /// Whether `DecidedPlans.gaps` is wanted: each gap between two tokens of a request. Every
    /// request is then kept by itself, which takes longer.
    var watchesGaps: Bool { get }
    /// Whether `DecidedPlans.deliveries` is wanted: when the tokens of each step left the engine.
    /// The run fast-forwards as without an observer.
    var watchesDeliveries: Bool { get }
    /// A request ended. Called in the order of arrival, as soon as every earlier one has ended;
    /// from one thread at a time, but not always from the one that began the run.
    mutating func record(_ record: RequestRecord) throws
    /// All plans made before a moment, picoseconds, and the records of all requests that had ended
    /// by then are told, those of instances in no order of time. Called now and then where
    /// `ordersPlans`.
    mutating func reached(_ time: Int64) throws
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
    public var watchesGaps: Bool { false }
    public var watchesDeliveries: Bool { false }
    public mutating func record(_ record: RequestRecord) throws {}
    /// Goes by no order of time.
    public mutating func reached(_ time: Int64) throws {}
    public mutating func progress(ended: Int, time: Int64) {}
    public mutating func decided(_ plans: DecidedPlans) throws {}
    public mutating func decided(_ decision: Decision) throws {}
}

/// An observer that looks away.
package struct NoObserver: RunObserver {
    /// Sees nothing.
    package init() {}
}
