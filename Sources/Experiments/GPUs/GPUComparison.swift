import Basics
import Results
import Scenario
import Simulator
import StepTime

/// Runs one configuration and trace on several GPUs, with the same seed.
///
/// Values that the configuration does not give are derived for each GPU as on a server: blocks,
/// max_num_batched_tokens, max_num_seqs.
package struct GPUComparison: Sendable {
    /// One GPU's run.
    package struct Entry: Sendable {
        package var gpu: String
        /// Whether operators were measured on it.
        package var isMeasured: Bool
        /// Nil if the configuration does not run on it.
        package var run: Run?
        /// Why it does not run; nil if it does.
        package var problem: String?
        /// Notes specific to this GPU, one line each.
        package var notes: [String] = []
    }

    /// Figures of a run.
    package struct Run: Sendable {
        package var replicas: Int
        /// GPUs of all replicas.
        package var gpus: Int
        /// Tokens that fit in one replica's KV cache.
        package var cachedTokens: Int
        package var summary: RunSummary

        /// Output tokens per second and GPU.
        package var outputPerGPU: Double { summary.outputThroughput / Double(gpus) }
    }

    package let entries: [Entry]
    /// Notes that apply to all runs, one line each.
    package let notes: [String]

    /// Runs a configuration on each GPU of `names`. `notes`: further notes to show.
    ///
    /// - Throws: `InputError` for an unknown or repeated name, for a trace that cannot be read, and
    ///   if no GPU runs the configuration.
    package init(_ base: Configuration, gpus names: [String], notes: [String] = []) throws {
        let gpus = try names.map(GPU.named)
        for (index, gpu) in gpus.enumerated() where gpus[..<index].contains(gpu) {
            throw InputError(
                "--compare-gpus", "names \(gpu.name) twice", expected: "each GPU once")
        }
        if let file = base.trace.file, InputFile.isReadOnce(file) {
            throw InputError(
                "--compare-gpus", "reads the trace once for each GPU, and \(file) is a pipe",
                expected: "a file")
        }
        var entries = try mapOnAllCores(gpus) { try Self.entry(base, $0) }
        guard entries.contains(where: { $0.run != nil }) else {
            throw InputError(
                "--compare-gpus",
                "none of \(gpus.count) GPUs runs it, \(gpus[0].name): "
                    + (entries[0].problem ?? ""),
                expected: "a GPU that does, or more of them (engine.tensor_parallel_size)")
        }
        // Common notes are shown once.
        let running = entries.filter { $0.run != nil }
        let common = running[0].notes.filter { line in
            running.allSatisfy { $0.notes.contains(line) }
        }
        for index in entries.indices {
            entries[index].notes.removeAll { common.contains($0) }
        }
        self.entries = entries
        self.notes = notes + common
    }

    private static func entry(_ base: Configuration, _ gpu: GPU) throws -> Entry {
        var configuration = base
        configuration.hardware.gpu = gpu.name
        var entry = Entry(gpu: gpu.name, isMeasured: gpu.evidence == .measured)
        let resolved: ResolvedConfiguration
        do {
            resolved = try configuration.resolved()
        } catch let error as InputError {
            entry.problem = error.problem
            return entry
        }
        let trace = try resolved.configuration.openTrace()
        var plan = resolved.plan
        plan.keepsRecords = false
        let result = try simulate(plan, source: trace.source)
        entry.run = Run(
            replicas: plan.replicas, gpus: plan.replicas * resolved.deployment.gpus,
            cachedTokens: resolved.memory.tokens,
            summary: RunSummary(result, clock: resolved.clockDescription))
        let counters = result.counters
        if counters.rejected > 0 {
            entry.notes.append(
                "\(Quantity.count(counters.rejected)) of "
                    + Quantity.counted(counters.requests, "request") + " rejected")
        }
        let engine = resolved.configuration.engine
        entry.notes.append(
            "max_num_batched_tokens \(engine.maxNumBatchedTokens!), max_num_seqs "
                + "\(engine.maxNumSeqs!)")
        entry.notes += resolved.warnings + trace.remarks + resolved.rangeWarnings(result)
        entry.notes += plan.stepTime.provenance.assumptions
        return entry
    }
}
