import Basics
import Experiments

/// A comparison of GPUs as a page for a terminal and as JSON.
package struct GPUReport {
    private let comparison: GPUComparison

    package init(_ comparison: GPUComparison) { self.comparison = comparison }

    /// The table, the GPUs that do not fit, and those without measurements.
    package var text: String {
        var table = TextTable([
            "GPU", "GPUs", "TTFT", "p99", "TPOT", "p99", "tokens/s", "a GPU", "KV tokens",
        ])
        for entry in comparison.entries {
            guard let run = entry.run else {
                table.add([name(entry), "does not run"])
                continue
            }
            let summary = run.summary
            table.add([
                name(entry), "\(run.gpus)", milliseconds(summary.timeToFirstToken.mean),
                milliseconds(summary.timeToFirstToken.p99),
                milliseconds(summary.timePerOutputToken.mean),
                milliseconds(summary.timePerOutputToken.p99),
                Quantity.significant(summary.outputThroughput),
                Quantity.significant(run.outputPerGPU), Quantity.count(run.cachedTokens),
            ])
        }
        var parts = [
            table.text,
            "The same requests and seed on each. Means and p99; output tokens of all GPUs and of "
                + "one; tokens that one replica's KV cache holds.",
        ]
        let unmeasured = comparison.entries.filter { !$0.isMeasured }
        if !unmeasured.isEmpty {
            parts.append(
                "* not measured: the kernels of a relative by the ratios of the datasheets.")
        }
        let problems = comparison.entries.compactMap { entry in
            entry.problem.map { "\(entry.gpu) does not run: \($0)" }
        }
        if !problems.isEmpty { parts.append(problems.joined(separator: "\n")) }
        if !notes.isEmpty { parts.append(notes.joined(separator: "\n")) }
        return parts.joined(separator: "\n\n")
    }

    /// Each note once, with the GPUs it applies to unless it applies to all.
    private var notes: [String] {
        var lines: [(text: String, gpus: [String])] = []
        for entry in comparison.entries {
            // The star in the table already tells this.
            for note in entry.notes where !note.hasPrefix("\(entry.gpu): ") {
                if let known = lines.firstIndex(where: { $0.text == note }) {
                    lines[known].gpus.append(entry.gpu)
                } else {
                    lines.append((note, [entry.gpu]))
                }
            }
        }
        return comparison.notes.map { "Note: \($0)" }
            + lines.map { "Note, \($0.gpus.joined(separator: ", ")): \($0.text)" }
    }

    private func name(_ entry: GPUComparison.Entry) -> String {
        entry.gpu + (entry.isMeasured ? "" : " *")
    }

    private func milliseconds(_ value: Double) -> String {
        Quantity.duration(seconds: value / 1000)
    }
}

extension GPUReport: Encodable {
    private enum CodingKeys: String, CodingKey { case gpus, notes }

    private struct EntryJSON: Encodable {
        var gpu: String
        var measured: Bool
        var problem: String?
        var notes: [String]
        var gpus: Int?
        var replicas: Int?
        var meanTtftMs: Double?
        var p99TtftMs: Double?
        var meanTpotMs: Double?
        var p99TpotMs: Double?
        var meanE2ELMs: Double?
        var outputThroughput: Double?
        var outputThroughputPerGpu: Double?
        var kvTokensPerReplica: Int?
        var digest: String?

        init(_ entry: GPUComparison.Entry) {
            gpu = entry.gpu
            measured = entry.isMeasured
            problem = entry.problem
            notes = entry.notes
            guard let run = entry.run else { return }
            gpus = run.gpus
            replicas = run.replicas
            meanTtftMs = run.summary.timeToFirstToken.mean
            p99TtftMs = run.summary.timeToFirstToken.p99
            meanTpotMs = run.summary.timePerOutputToken.mean
            p99TpotMs = run.summary.timePerOutputToken.p99
            meanE2ELMs = run.summary.endToEnd.mean
            outputThroughput = run.summary.outputThroughput
            outputThroughputPerGpu = run.outputPerGPU
            kvTokensPerReplica = run.cachedTokens
            digest = run.summary.digest
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(comparison.entries.map(EntryJSON.init), forKey: .gpus)
        try keys.encode(comparison.notes, forKey: .notes)
    }
}
