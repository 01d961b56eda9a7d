/// One command of the program: `headway NAME ...`.
///
/// A verb is one file, `<Name>Verb.swift`, with `extension Verb { static let name = Verb(...) }`,
/// and one line in the table of `Verb+All.swift`. It is thin: it reads its arguments, calls the
/// modules, and prints through `Console`. `CommandLineEntry` catches its errors: an `InputError`
/// becomes one line on standard error and exit status 2.
struct Verb: Sendable {
    /// The word on the command line.
    let name: String
    /// One line for the list of verbs, beginning with a verb: "Replay a trace ...".
    let summary: String
    /// The operands as the usage line shows them: "[CONFIG.json5]", "DIR...".
    let operands: String
    /// How many operands are allowed.
    let operandCount: ClosedRange<Int>
    /// What a user needs to know beyond the summary and the flags; may be several paragraphs.
    let details: String
    /// The flags it takes. Every verb also has `--help`.
    let flags: [Flag]
    /// Does the work and returns the exit status: 0 success, 1 a difference was found,
    /// 2 bad input (normally by throwing), 3 inconclusive.
    let run: @Sendable (Arguments) throws -> Int32

    init(
        _ name: String, summary: String, operands: String = "",
        operandCount: ClosedRange<Int> = 0...0, details: String = "", flags: [Flag] = [],
        run: @escaping @Sendable (Arguments) throws -> Int32
    ) {
        self.name = name
        self.summary = summary
        self.operands = operands
        self.operandCount = operandCount
        self.details = details
        self.flags = flags
        self.run = run
    }

    /// Whether it changes a configuration; a plain KEY=VALUE is then a change, too.
    var takesChanges: Bool { flags.contains { $0.name == Flag.set.name } }
}

/// A flag that a verb takes: `--json`, `--trace FILE`, `--set KEY=VALUE` (repeated).
struct Flag: Sendable {
    /// With its dashes.
    let name: String
    /// One letter with its dash as a short name; nil if there is none.
    let short: String?
    /// The placeholder for the value in the help text; nil if the flag takes none.
    let value: String?
    /// Whether it may be given more than once.
    let repeats: Bool
    /// Whether its value may be a flag itself.
    let takesFlags: Bool
    /// What it does, beginning with a verb.
    let meaning: String

    init(
        _ name: String, _ value: String? = nil, short: String? = nil, repeats: Bool = false,
        takesFlags: Bool = false,
        _ meaning: String
    ) {
        self.name = name
        self.short = short
        self.value = value
        self.repeats = repeats
        self.takesFlags = takesFlags
        self.meaning = meaning
    }

    /// A flag without a value.
    init(_ name: String, _ meaning: String) {
        self.init(name, nil, meaning)
    }

    /// As shown in the help text.
    var usage: String {
        (short.map { $0 + ", " } ?? "") + name + (value.map { " " + $0 } ?? "")
            + (repeats ? " ..." : "")
    }

    /// Prints the result as JSON, on every verb that prints a table.
    static let json = Flag("--json", "Print the result as JSON (snake_case keys), not as tables.")
    /// Changes one key of the configuration.
    static let set = Flag(
        "--set", "KEY=VALUE", repeats: true,
        "Change keys of the configuration, e.g. --set engine.block_size=32 seed=2.\n"
            + "headway config lists them. The last value of a key counts, and over all of\n"
            + "them that of a flag of its own (--limit, --seed, --model, ...).")
    /// Takes model and engine from a server's command line.
    static let serve = Flag(
        "--serve", "LINE",
        "Take model and engine from a line of vLLM's server: \"vllm serve MODEL\n"
            + "--tensor-parallel-size 4 ...\", or a file with it: a script, a compose file or\n"
            + "manifest (FILE#NAME picks one of several), YAML for its --config. Notes name\n"
            + "what is not simulated; --set wins over it.")
    /// The promises of the service.
    static let slo = Flag(
        "--slo", "LIMITS",
        "Promise this instead of the configuration's slo section:\n"
            + "ttft_p99_ms=500,tpot_p95_ms=40,goodput=0.99; ttft_ms=450 is each request's.")
}
