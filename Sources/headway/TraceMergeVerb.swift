import Basics
import Traces

extension Verb {
    /// `headway trace merge`.
    static let traceMerge = Verb(
        "trace merge",
        summary: "Merge traces into one, in order of arrival.",
        operands: "FILE FILE...", operandCount: 2...1_000,
        flags: TraceFlags.all + TraceSink.flags + [
            Flag(
                "--offsets", "S,S,...",
                "Seconds to add to each trace's times (default 0: begin together)."),
            Flag(
                "--shared-content",
                "Treat equal content ids of different files as the same content."),
            .json,
        ]
    ) { arguments in
        let files = arguments.operands
        let options = try TraceSink.options(arguments, keepsIDs: false)
        let offsets = try arguments.value("--offsets").map(seconds) ?? files.map { _ in 0 }
        guard offsets.count == files.count else {
            throw InputError(
                "--offsets",
                Quantity.counted(offsets.count, "offset") + " for "
                    + Quantity.counted(files.count, "trace"),
                expected: "one for each")
        }
        let opened = try files.map { try openTrace($0, options: options) }
        let sources = opened.map(\.source)
        try TraceSink(arguments).write(
            MergedSource(
                sources, offsets: offsets, sharesContent: arguments.has("--shared-content")),
            read: opened.map(\.notes))
        return 0
    }

    private static func seconds(_ text: String) throws -> [Int64] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
            guard let value = Double(word), (0...9e9).contains(value) else {
                throw InputError(
                    "--offsets", "\"\(word)\" is not a number of seconds", expected: "0 to 9e9")
            }
            return Int64((value * 1e9).rounded())
        }
    }
}
