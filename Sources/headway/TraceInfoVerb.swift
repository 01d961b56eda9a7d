import Reports
import Traces

extension Verb {
    /// `headway trace info`.
    static let traceInfo = Verb(
        "trace info",
        summary:
            "Describe a trace: rate, lengths, reuse, dropped rows.",
        operands: "FILE", operandCount: 1...1,
        details: """
            Reads a trace of any format, plain or gzip, or a folder of coding sessions or of
            RAGPulse's tables. Quantiles are linear between neighbouring values. A peak is the
            busiest second or minute divided by the mean rate. Dispersion is variance over mean of
            the counts per second or minute; a Poisson process has 1.
            """,
        flags: TraceFlags.all + [.json]
    ) { arguments in
        let path = arguments.operands[0]
        let (source, notes) = try openTrace(path, options: TraceFlags.options(arguments))
        let info = try TraceInfo(source, notes: notes)
        if arguments.has("--json") {
            try Console.writeJSON(TraceReport(info))
        } else {
            let reading = TraceFlags.repeated(arguments, notes)
            try Console.writePage(TraceReport.text(info, reading: reading))
        }
        return 0
    }
}
