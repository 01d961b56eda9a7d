import Reports
import Traces

extension Verb {
    /// `headway trace info`.
    static let traceInfo = Verb(
        "trace info",
        summary:
            "Show what a trace looks like: rate, burstiness, lengths, reuse, what was dropped.",
        operands: "FILE", operandCount: 1...1,
        details: """
            Reads a trace of any format, plain or gzip; a folder of coding sessions or of RAGPulse's
            tables too. Quantiles lie straight between neighbouring values. Peaks are the busiest
            second or minute over the mean rate; dispersion is variance over mean of the counts
            per second or minute, 1 for a Poisson process.
            """,
        flags: TraceFlags.all + [.json]
    ) { arguments in
        let path = arguments.operands[0]
        let (source, notes) = try openTrace(path, options: TraceFlags.options(arguments))
        let info = try TraceInfo(source, notes: notes)
        if arguments.has("--json") {
            try Console.writeJSON(TraceReport(info))
        } else {
            try Console.write(TraceReport.text(info))
        }
        return 0
    }
}
