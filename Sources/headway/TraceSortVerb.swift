import Traces

extension Verb {
    /// `headway trace sort`.
    static let traceSort = Verb(
        "trace sort",
        summary: "Put a trace's rows in order of arrival.",
        operands: "FILE", operandCount: 1...1,
        details: """
            Rows of equal times stay in the file's order, and turns of a session follow each
            other in order of time. The text is held in memory, 2 GiB of it at most. A row that
            follows one which arrives later is refused: no order is right for both.
            """,
        flags: TraceFlags.all + TraceSink.flags + [.json]
    ) { arguments in
        var options = try TraceFlags.options(arguments)
        options.sortsRows = true
        options.labels = TraceLabel.allCases
        let (source, notes) = try openTrace(arguments.operands[0], options: options)
        try TraceSink(arguments).write(source, read: [notes])
        return 0
    }
}
