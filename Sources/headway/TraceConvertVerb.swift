import Traces

extension Verb {
    /// `headway trace convert`.
    static let traceConvert = Verb(
        "trace convert",
        summary: "Write a trace in another format, and list what that loses.",
        operands: "FILE", operandCount: 1...1,
        flags: TraceFlags.all + TraceSink.flags + [.json]
    ) { arguments in
        let options = try TraceSink.options(arguments)
        let (source, notes) = try openTrace(arguments.operands[0], options: options)
        try TraceSink(arguments).write(source, read: [notes])
        return 0
    }
}
