import Basics
import Scenario
import Simulator
import Traces

/// What a page size does to a whole cluster: the same trace and configuration, run once per size.
package struct PageSizeTrial: Sendable {
    /// Tokens per block.
    package let pageTokens: Int
    package let result: RunResult

    /// Runs a configuration at each page size, on all cores; results in the order given.
    ///
    /// The pool keeps its tokens: a number of blocks that the configuration gives outright is
    /// converted, one that is derived is derived anew. Throws `InputError` as a run does.
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

    /// The trial with the least mean end-to-end latency; of those within half a percent of it,
    /// the one that comes first. nil when nothing finished.
    package static func best(of trials: [PageSizeTrial]) -> PageSizeTrial? {
        let finished = trials.filter { $0.result.endToEnd.count > 0 }
        guard let least = finished.map(\.result.endToEnd.mean).min() else { return nil }
        return finished.first { $0.result.endToEnd.mean <= least * 1.005 }
    }
}
