import Foundation
import Synchronization

/// Applies a function to every element on all processors. Returns the results in the elements'
/// order.
///
/// Calls `each` with every result in order, one at a time, as soon as it and all before it are
/// ready, but not beyond a failure. Elements must be independent of each other.
///
/// - Throws: the error of the first failing element, in order; later elements may be skipped. An
///   error thrown by `each` counts as its element's failure.
package func mapOnAllCores<Element: Sendable, Result: Sendable>(
    _ elements: [Element], _ body: @Sendable (Element) throws -> Result,
    each: @Sendable (Result) throws -> Void = { _ in }
) throws -> [Result] {
    let progress = Mutex(InOrder<Result>(count: elements.count))
    let isCounted = WorkShare.began(elements.count)
    defer { if isCounted { WorkShare.finished() } }
    DispatchQueue.concurrentPerform(iterations: elements.count) { index in
        guard !progress.withLock({ $0.hasFailed }) else { return }
        let outcome = Swift.Result { try body(elements[index]) }
        progress.withLock { $0.enter(outcome, at: index, each) }
        if isCounted { WorkShare.elementEnded() }
    }
    return try progress.withLock { try $0.outcomes.map { try $0!.get() } }
}

/// Collects results in any order and reports them in theirs.
private struct InOrder<Value: Sendable>: Sendable {
    var outcomes: [Result<Value, any Error>?]
    private var reported = 0

    init(count: Int) { outcomes = Array(repeating: nil, count: count) }

    /// Whether the next result to report is a failure: later results are not needed.
    var hasFailed: Bool {
        if reported < outcomes.count, case .failure? = outcomes[reported] { return true }
        return false
    }

    mutating func enter(
        _ outcome: Result<Value, any Error>, at index: Int, _ each: (Value) throws -> Void
    ) {
        outcomes[index] = outcome
        while reported < outcomes.count, case .success(let value)? = outcomes[reported] {
            do {
                try each(value)
            } catch {
                outcomes[reported] = .failure(error)
                return
            }
            reported += 1
        }
    }
}
