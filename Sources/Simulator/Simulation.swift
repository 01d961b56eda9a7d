import Basics
import Foundation
import Traces

/// Runs a source's requests through a cluster to the end.
///
/// Throws `InputError` for a source that cannot be read, an invalid plan or a run that cannot make
/// progress, and rethrows the observer's errors.
public func simulate(
    _ plan: RunPlan, source: any RequestSource, observer: (any RunObserver)? = nil
) throws -> RunResult {
    var observer = observer ?? NoObserver()
    return try simulate(plan, source: source, watching: &observer)
}

/// Like `simulate(_:source:observer:)`, with an observer that the caller keeps.
public func simulate(
    _ plan: RunPlan, source: any RequestSource, watching observer: inout any RunObserver
) throws -> RunResult {
    try plan.check()
    var plan = plan
    // Extents have no block numbers to log. And an external scheduler needs the content of prompts,
    // which extents keep in another form.
    let logsBlocks = observer.decisionDetail == .decisionsAndBlocks && plan.engine.advance == .step
    if logsBlocks { plan.isPlain = true }
    if logsBlocks || plan.externalScheduler != nil { plan.numbersBlocks = true }
    plan.tellsGaps = observer.watchesGaps
    plan.tellsDeliveries = observer.watchesDeliveries
    try plan.externalScheduler?.prepare(replicas: plan.replicas)
    var cluster = Cluster(plan, detail: observer.decisionDetail)
    defer { cluster.dismissSchedulers() }
    var arrivals = try Arrivals(source, plan)
    cluster.begin(at: try arrivals.nextArrival(), plan.sampling)
    let independent =
        !cluster.router.readsState && !arrivals.isDependent && plan.externalScheduler == nil
        && !observer.decisionDetail.isStepped && !observer.ordersPlans
    if independent {
        let threads = plan.threads ?? ProcessInfo.processInfo.activeProcessorCount
        try cluster.runIndependently(&arrivals, &observer, threads: threads)
    } else {
        try cluster.run(&arrivals, &observer)
    }
    let lost = cluster.unconserved(arrivals)
    precondition(lost == nil, lost ?? "")
    var result = cluster.result(plan)
    try checkMargins(plan, result)
    result.holdsContent = arrivals.holdsContent
    result.tellsSharing = arrivals.holdsContent && plan.engine.enablePrefixCaching
    result.stages = arrivals.stageRuns(plan)
    result.leavesTrace = arrivals.leavesTrace
    result.followers = arrivals.followers
    return result
}

/// Refuses margins that leave no requests to measure.
private func checkMargins(_ plan: RunPlan, _ result: RunResult) throws {
    let count = result.counters.requests
    guard let stretch = result.stretch, stretch.counters.requests == 0, count > 0 else { return }
    let none = Margins.Margin.requests(0)
    let keys = [
        ("output.warmup", plan.margins.start), ("output.cooldown", plan.margins.end),
    ].filter { $0.1 != none }.map(\.0)
    throw InputError(
        keys.joined(separator: " and "),
        "leave\(keys.count == 1 ? "s" : "") out every request: the run has \(count)",
        expected: "less than the run")
}
