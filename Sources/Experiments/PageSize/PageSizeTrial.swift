import Basics
import Scenario
import Simulator
import Traces

/// The effect of a KV block size on a cluster: the same trace and configuration, run once per size.
package struct PageSizeTrial: Sendable {
    /// Tokens per block.
    package let pageTokens: Int
    package let result: RunResult

    /// Runs a configuration with each block size, on all cores; results in the given order.
    ///
    /// The pool keeps its number of tokens: a given number of blocks is converted, a derived one is
    /// derived again. Throws `InputError` as a run does.
    package static func run(
        _ configuration: Configuration, pageSizes: [Int]
    ) throws -> [PageSizeTrial] {
        try mapOnAllCores(pageSizes) { page in
            var changed = configuration
            changed.engine.blockSize = page
            if let blocks = configuration.engine.numGPUBlocks {
                let tokens = (blocks - 1) * configuration.engine.blockSize
                changed.engine.numGPUBlocks = max(1, tokens / page) + 1
            }
            let resolved = try changed.resolved()
            var plan = resolved.plan
            plan.keepsRecords = false
            let trace = try resolved.configuration.openTrace()
            return PageSizeTrial(
                pageTokens: page, result: try simulate(plan, source: trace.source))
        }
    }

    /// The trial with the lowest mean end-to-end latency. Of those within half a percent, the first
    /// one. Nil if nothing finished.
    package static func best(of trials: [PageSizeTrial]) -> PageSizeTrial? {
        let finished = trials.filter { $0.result.endToEnd.count > 0 }
        guard let least = finished.map(\.result.endToEnd.mean).min() else { return nil }
        return finished.first { $0.result.endToEnd.mean <= least * 1.005 }
    }
}
