import Foundation
import Synchronization

/// Applies a function to every element, on all processors; the results are in the elements' order.
///
/// `each` is called with every result, one at a time and in that order, as soon as it and all
/// before it are there; not at all past a failure. Elements must not depend on one another.
///
/// - Throws: what the first failing element, in order, threw; elements behind it may be left out.
///   What `each` throws counts as its element's failure.
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

/// Results that come in any order and are reported in theirs.
private struct InOrder<Value: Sendable>: Sendable {
    var outcomes: [Result<Value, any Error>?]
    private var reported = 0

    init(count: Int) { outcomes = Array(repeating: nil, count: count) }

    /// Whether the first result not yet reported is a failure: what comes behind is not wanted.
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
