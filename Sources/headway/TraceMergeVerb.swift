import Basics
import Traces

extension Verb {
    /// `headway trace merge`.
    static let traceMerge = Verb(
        "trace merge",
        summary: "Merge traces into one, in order of arrival.",
        operands: "FILE FILE...", operandCount: 2...1_000,
        details: """
            Files that record dates, or times since 1970, keep their distances: the parts of a
            trace that was cut make the trace again. Other files begin together. The page says
            which it is.
            """,
        flags: TraceFlags.all + TraceSink.flags + [
            Flag(
                "--offsets", "S,S,...",
                "Seconds to add to each trace's times, which count from its own start\n"
                    + "(default: the distances of files with dates, else 0: begin together)."),
            Flag(
                "--shared-content",
                "Treat equal content ids of different files as the same content."),
            .json,
        ]
    ) { arguments in
        let files = arguments.operands
        let options = try TraceSink.options(arguments, keepsIDs: false)
        let offsets = try arguments.value("--offsets").map(seconds)
        guard offsets.map({ $0.count == files.count }) ?? true else {
            throw InputError(
                "--offsets",
                Quantity.counted(offsets!.count, "offset") + " for "
                    + Quantity.counted(files.count, "trace"),
                expected: "one for each")
        }
        let opened = try files.map { try openTrace($0, options: options) }
        let (sources, notes) = (opened.map(\.source), opened.map(\.notes))
        let sharesContent = arguments.has("--shared-content")
        let merged =
            try offsets.map {
                try MergedSource(sources, offsets: $0, sharesContent: sharesContent)
            }
            ?? MergedSource(sources, sharesContent: sharesContent) {
                TraceNotes.distances(notes) ?? files.map { _ in 0 }
            }
        let keepsDistances = offsets == nil && TraceNotes.distances(notes) != nil
        try TraceSink(arguments).write(
            merged, remarks: offsets == nil ? remarks(notes) : [], read: notes,
            keepsDistances: keepsDistances
        ) {
            merged.withContent.value < 2 || sharesContent
                ? []
                : [
                    "equal content ids (hash ids) of different files are kept apart: requests of "
                        + "one file hit nothing of another (--shared-content: they are the same "
                        + "content)"
                ]
        }
        return 0
    }

    /// What the page says of the files' times, once their first rows are read.
    private static func remarks(_ notes: [TraceNotes]) -> [String] {
        guard let distances = TraceNotes.distances(notes) else {
            let bare = notes.filter { !$0.isDated }.map { $0.path.echoed() }
            let few = bare.prefix(3).joined(separator: ", ") + (bare.count > 3 ? ", ..." : "")
            return [
                "the files are laid over one another, each from its own start: no dates in \(few)"
                    + " (--offsets: seconds to add to each)"
            ]
        }
        let last = Double(distances.max() ?? 0) * 1e-9
        return [
            "the files record dates, or times since 1970, and keep their distances: the last "
                + "begins \(Quantity.duration(seconds: last)) after the first (--offsets "
                + notes.map { _ in "0" }.joined(separator: ",") + ": all begin together)"
        ]
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
