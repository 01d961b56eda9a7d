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
        Flag("--only-model", "NAME", "Keep only the rows that name this model (trace.model)."),
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
        options.model = arguments.value("--only-model")
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

    /// The key of a configuration for each flag.
    static let keys = [
        "--format": "trace.format", "--time-unit": "trace.time_unit",
        "--block-size": "trace.block_size", "--columns": "trace.columns",
        "--only-model": "trace.model", "--strict": "trace.strict", "--limit": "trace.limit",
        "--start": "trace.start_s",
        "--end": "trace.end_s", "--session-rate": "trace.session_rate",
        "--request-rate": "trace.request_rate", "--seed": "seed",
    ]

    /// The given flags as changes of a configuration. A rate that the trace does not draw its
    /// arrivals with is left out: as a key it would replace the recorded times.
    static func changes(_ arguments: Arguments, _ notes: TraceNotes) -> [String] {
        all.map(\.name).compactMap { flag in
            guard arguments.has(flag), let key = keys[flag],
                flag != "--request-rate" || notes.drawsArrivals
            else { return nil }
            return "\(key)=\(arguments.value(flag) ?? "true")"
        }
    }

    /// The given flags as words for a shell: for a verb that has the same flags, and for `headway
    /// run`.
    static func repeated(
        _ arguments: Arguments, _ notes: TraceNotes
    ) -> (flags: String, settings: String) {
        let flags = all.map(\.name).filter(arguments.has).map { flag in
            flag + (arguments.value(flag).map { " " + ShellWord.quoted($0) } ?? "")
        }
        let settings = changes(arguments, notes).map(ShellWord.quoted)
        return (
            flags.joined(separator: " "),
            settings.isEmpty ? "" : "--set " + settings.joined(separator: " ")
        )
    }
}
