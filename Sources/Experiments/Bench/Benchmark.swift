import Basics
import Foundation
import Models
import Results
import Simulator
import StepTime
import Traces

/// Results of one benchmark: deterministic counts, and times that depend on the machine.
///
/// A study of many runs counts its requests; its other counts are 0.
package struct BenchmarkResult: Sendable, Encodable {
    package var name: String
    package var requests: Int
    package var outputTokens: Int
    package var steps: Int
    /// Steps that were executed individually.
    package var executedSteps: Int
    /// Steps that were fast-forwarded.
    package var strodeSteps: Int
    /// Arrivals, admissions, preemptions and ends.
    package var events: Int
    /// Insertions into and removals from the queues ordered by time or tick.
    package var queueOperations: Int
    /// Probed slots of prefix indices.
    package var hashProbes: Int
    /// Extents of equally held or queued blocks made by the pools.
    package var blockStretches: Int
    /// Allocations and reallocations of storage for the replicas' state.
    package var allocations: Int
    package var preemptions: Int
    package var evictions: Int
    /// Processor time of all threads, and elapsed time, seconds.
    package var cpuSeconds: Double
    package var wallSeconds: Double
    package var requestsPerCpuSecond: Double
    package var nanosecondsPerOutputToken: Double
    package var nanosecondsPerStep: Double
    /// Peak memory of the process so far, MB, including earlier benchmarks.
    package var peakMegabytes: Double
    /// The run's digest; empty for a study.
    package var digest: String
}

/// A benchmark of the simulator itself.
package struct Benchmark: Sendable {
    package let name: String
    /// What it measures, in one line.
    package let meaning: String
    /// Whether it takes more than a few seconds.
    package let isLong: Bool
    private let job: Job
    let writesRows: Bool
    let dividesLatencies: Bool

    private enum Job: Sendable {
        case run(@Sendable () throws -> (plan: RunPlan, source: any RequestSource))
        case study(@Sendable () throws -> TuneWork)
    }

    /// A benchmark that is a study of many runs.
    init(
        _ name: String, _ meaning: String, isLong: Bool = false,
        study: @escaping @Sendable () throws -> TuneWork
    ) {
        self.name = name
        self.meaning = meaning
        self.isLong = isLong
        (writesRows, dividesLatencies) = (false, false)
        job = .study(study)
    }

    init(
        _ name: String, _ meaning: String, isLong: Bool = false, writesRows: Bool = false,
        dividesLatencies: Bool = false,
        _ prepare: @escaping @Sendable () throws -> (plan: RunPlan, source: any RequestSource)
    ) {
        self.name = name
        self.meaning = meaning
        self.isLong = isLong
        self.writesRows = writesRows
        self.dividesLatencies = dividesLatencies
        job = .run(prepare)
    }

    /// The plan and source of a benchmark with one run. Throws `InputError` for a study.
    func prepare() throws -> (plan: RunPlan, source: any RequestSource) {
        guard case .run(let prepare) = job else {
            throw InputError(name, "is a study of many runs", expected: "a benchmark of one run")
        }
        return try prepare()
    }

    private func run(_ study: () throws -> TuneWork) throws -> BenchmarkResult {
        let cpu = ProcessUsage.now.processorSeconds
        let wall = ContinuousClock.now
        let work = try study()
        let spent = ProcessUsage.now.processorSeconds - cpu
        return BenchmarkResult(
            name: name, requests: work.requests, outputTokens: 0, steps: 0, executedSteps: 0,
            strodeSteps: 0, events: 0, queueOperations: 0, hashProbes: 0, blockStretches: 0,
            allocations: 0, preemptions: 0, evictions: 0, cpuSeconds: spent,
            wallSeconds: (ContinuousClock.now - wall) / .seconds(1),
            requestsPerCpuSecond: Double(work.requests) / max(spent, 1e-9),
            nanosecondsPerOutputToken: 0, nanosecondsPerStep: 0,
            peakMegabytes: Double(ProcessUsage.now.peakMemoryBytes) / 1e6, digest: "")
    }

    /// Runs it once. The time includes making the requests, but not building the plan.
    package func run() throws -> BenchmarkResult {
        if case .study(let study) = job { return try run(study) }
        let (plan, source) = try prepare()
        let file = TemporaryFile()
        let rows = writesRows ? try RowWriter(file) : nil
        defer { file.remove() }
        let cpu = ProcessUsage.now.processorSeconds
        let wall = ContinuousClock.now
        let observer = dividesLatencies ? BreakdownObserver(plan) : nil
        let result = try simulate(plan, source: source, observer: rows ?? observer)
        try rows?.close()
        let spent = ProcessUsage.now.processorSeconds - cpu
        let counters = result.counters
        return BenchmarkResult(
            name: name, requests: counters.requests, outputTokens: counters.outputTokens,
            steps: counters.steps, executedSteps: result.steps.executed,
            strodeSteps: result.steps.forwarded, events: result.steps.events,
            queueOperations: result.steps.queueOperations, hashProbes: result.steps.hashProbes,
            blockStretches: result.steps.blockStretches, allocations: result.steps.allocations,
            preemptions: counters.preemptions, evictions: counters.evictions, cpuSeconds: spent,
            wallSeconds: (ContinuousClock.now - wall) / .seconds(1),
            requestsPerCpuSecond: Double(counters.requests) / spent,
            nanosecondsPerOutputToken: spent * 1e9 / Double(max(1, counters.outputTokens)),
            nanosecondsPerStep: spent * 1e9 / Double(max(1, counters.steps)),
            peakMegabytes: Double(ProcessUsage.now.peakMemoryBytes) / 1e6,
            digest: result.digest)
    }
}
