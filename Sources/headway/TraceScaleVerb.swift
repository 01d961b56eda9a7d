import Basics
import Traces

extension Verb {
    /// `headway trace scale`.
    static let traceScale = Verb(
        "trace scale",
        summary: "Change a trace's rate by thinning, superposition or time.",
        operands: "FILE", operandCount: 1...1,
        details: """
            thin       keeps a share of the sessions, each whole.
            superpose  overlays copies that begin at different places, each with its own
                       content.
            time       runs the clock faster or slower.
            Default: thin below 1, superpose from 2 on, time between.
            """,
        flags: TraceFlags.all + TraceSink.flags + [
            Flag("--factor", "N", "New rate / old rate, above 0."),
            Flag("--by", "WAY", "thin, superpose or time (default by the factor)."),
            .json,
        ]
    ) { arguments in
        guard let factor = try arguments.number("--factor", atLeast: 1e-6) else {
            throw InputError("--factor", "not given", expected: "--factor N, above 0")
        }
        let way = try arguments.choice("--by") ?? RateScaling.usual(for: factor)
        // Copies get new ids, for which no names are written.
        let keepsIDs = way != .superpose
        let options = try TraceSink.options(arguments, keepsIDs: keepsIDs)
        var notes: [TraceNotes] = []
        let source = try way.apply(factor: factor, seed: options.seed) { scale in
            var scaled = options
            scaled.timeScale = scale
            let opened = try openTrace(arguments.operands[0], options: scaled)
            notes.append(opened.notes)
            return opened.source
        }
        let description = way.description(factor: factor)
        try TraceSink(arguments).write(
            source, remarks: [description.prefix(1).uppercased() + description.dropFirst()],
            read: notes, keepsIDs: keepsIDs)
        return 0
    }
}
