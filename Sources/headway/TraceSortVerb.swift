import Traces

extension Verb {
    /// `headway trace sort`.
    static let traceSort = Verb(
        "trace sort",
        summary: "Sort a trace's rows by arrival.",
        operands: "FILE", operandCount: 1...1,
        details: """
            Rows of equal times keep the file's order. Turns of a session follow each other in
            order of time. The text stays in memory, at most 2 GiB. It refuses a row that follows
            a later one, because no order suits both.
            """,
        flags: TraceFlags.all + TraceSink.flags + [.json]
    ) { arguments in
        var options = try TraceSink.options(arguments)
        options.sortsRows = true
        let (source, notes) = try openTrace(arguments.operands[0], options: options)
        try TraceSink(arguments).write(source, read: [notes])
        return 0
    }
}
