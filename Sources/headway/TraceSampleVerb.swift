import Basics
import Traces

extension Verb {
    /// `headway trace sample`.
    static let traceSample = Verb(
        "trace sample",
        summary: "Keep a share of a trace: whole sessions or windows of time.",
        operands: "FILE", operandCount: 1...1,
        details: """
            The seed picks the sessions or windows. A larger share includes those of a smaller
            one. Requests that wait for one another are one session. Whole sessions thin the
            rate. Whole windows are put end to end and keep the rate. Their number is the share
            of the trace's windows, rounded, at least one. The page counts the requests that are
            kept and the sessions that windows cut.
            """,
        flags: TraceFlags.all + TraceSink.flags + [
            Flag("--share", "N", "Share to keep, above 0, at most 1."),
            Flag("--window", "SECONDS", "Length of the windows to keep (default: keep sessions)."),
            .json,
        ]
    ) { arguments in
        guard let share = try arguments.number("--share") else {
            throw InputError("--share", "not given", expected: "--share N, above 0, at most 1")
        }
        let options = try TraceSink.options(arguments)
        let window = try arguments.number("--window", atLeast: 1e-6)
        guard window ?? 0 <= 9e9 else {
            throw InputError("--window", "is too long", expected: "at most 9e9 seconds")
        }
        let unit = window.map { SampledSource.Unit.window(Int64($0 * 1e9)) } ?? .session
        let (source, notes) = try openTrace(arguments.operands[0], options: options)
        let sample = try SampledSource(source, share: share, unit: unit, seed: options.seed)
        try TraceSink(arguments).write(
            sample, read: [notes],
            found: {
                [sample.cuts.share] + sample.cuts.remarks
            })
        return 0
    }
}
