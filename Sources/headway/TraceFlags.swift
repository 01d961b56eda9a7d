import Basics
import Scenario
import Simulator
import Traces

/// The flags for reading a trace, shared by everything under `headway trace`.
enum TraceFlags {
    static let all = [
        Flag(
            "--format", "FORMAT",
            "Format (default: detected):\n"
                + TraceFormat.allCases.map(\.rawValue).joined(separator: ", ") + "."),
        Flag(
            "--time-unit", "UNIT",
            "Unit of times that are bare numbers: "
                + TimeUnit.allCases.map(\.rawValue).joined(separator: ", ")
                + ". Default: the format's, else\ndetected from the first times."),
        Flag(
            "--block-size", "TOKENS",
            "Tokens per hash id (default: detected from the first rows)."),
        Flag(
            "--columns", "TIME,PROMPT,OUTPUT",
            "Names of a CSV's columns, or of the keys of JSON lines; - for TIME: none."),
        Flag(
            "--strict", "Refuse rows and keys that would be dropped, repaired or not used."),
        Flag("--limit", "N", "Number of requests to read (default all)."),
        Flag("--start", "SECONDS", "Start of the window, from the trace's origin (default 0)."),
        Flag("--end", "SECONDS", "End of the window, exclusive (default: the trace's end)."),
        Flag(
            "--session-rate", "N",
            "Sessions per second if the format records no session starts (default 0.1)."),
        Flag(
            "--request-rate", "N",
            "Requests per second (Poisson) if the format records no times (default: all at 0)."),
        Flag("--seed", "N", "Random seed (default 0)."),
    ]

    /// The options set by the flags.
    static func options(_ arguments: Arguments) throws -> TraceOptions {
        var options = TraceOptions()
        options.format = try arguments.choice("--format")
        options.timeUnit = try arguments.choice("--time-unit")
        options.blockTokens = try arguments.integer("--block-size", atLeast: 1)
        guard options.blockTokens ?? 1 <= 1 << 20 else {
            throw InputError(
                "--block-size", "is too large", expected: "at most \(1 << 20) tokens")
        }
        options.columns = try arguments.value("--columns").map {
            try TraceColumns($0, place: "--columns")
        }
        options.isStrict = arguments.has("--strict")
        options.limit = try arguments.integer("--limit", atLeast: 1)
        try options.keep(
            from: arguments.number("--start") ?? 0, to: arguments.number("--end"), place: "--end")
        options.seed = UInt64(try arguments.integer("--seed") ?? 0)
        if let rate = try arguments.number("--session-rate", atLeast: 1e-9) {
            options.sessionRate = rate
        }
        options.requestRate = try arguments.number("--request-rate", atLeast: 1e-9)
        return options
    }

    /// What was given of the flags, as words for a shell: for a verb that takes the same flags, and
    /// for `headway run`.
    static func repeated(
        _ arguments: Arguments, _ notes: TraceNotes
    ) -> (flags: String, settings: String) {
        let keys = [
            "--format": "format", "--time-unit": "time_unit", "--block-size": "block_size",
            "--columns": "columns", "--strict": "strict", "--start": "start_s", "--end": "end_s",
            "--session-rate": "session_rate", "--request-rate": "request_rate",
        ]
        var flags: [String] = []
        var own: [String] = []
        var settings: [String] = []
        for flag in all.map(\.name) where arguments.has(flag) {
            if flag == "--request-rate", !notes.drawsArrivals { continue }
            let word = arguments.value(flag).map(ShellWord.quoted)
            let again = flag + (word.map { " " + $0 } ?? "")
            flags.append(again)
            if let key = keys[flag] {
                settings.append("trace.\(key)=\(word ?? "true")")
            } else {
                own.append(again)
            }
        }
        if !settings.isEmpty { own.append("--set " + settings.joined(separator: " ")) }
        return (flags.joined(separator: " "), own.joined(separator: " "))
    }

    /// Sets the flags' values in a configuration, for those that have keys.
    static func apply(
        _ arguments: Arguments, to trace: inout Configuration.TraceSection, _ notes: TraceNotes
    ) throws {
        let options = try options(arguments)
        trace.format = options.format ?? trace.format
        trace.timeUnit = options.timeUnit ?? trace.timeUnit
        trace.blockTokens = options.blockTokens ?? trace.blockTokens
        trace.columns = options.columns?.text ?? trace.columns
        trace.strict = trace.strict || options.isStrict
        trace.limit = options.limit ?? trace.limit
        trace.startSeconds = try arguments.number("--start") ?? trace.startSeconds
        trace.endSeconds = try arguments.number("--end") ?? trace.endSeconds
        if arguments.value("--session-rate") != nil { trace.sessionRate = options.sessionRate }
        if notes.drawsArrivals { trace.requestRate = options.requestRate ?? trace.requestRate }
    }
}
